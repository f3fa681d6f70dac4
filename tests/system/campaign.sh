#!/bin/bash
# campaign.sh - the same bytes for every number of ranks, task size and order.
# SPDX-License-Identifier: Apache-2.0
# A second run does nothing; verify, trace, status and catalog check agree.
. "$2/tests/system/area_lib.sh"

make_raw_helper "$scratch/data" 5001 5002 3 60 || exit 1

run_with() { # NAME WORKERS [campaign lines]
    local name=$1 workers=$2
    shift 2
    make_area "$name" "$scratch/data"
    make_campaign "$scratch/$name.yaml" c1 "$scratch/store-$name" "$@"
    must spillway --area "$scratch/$name" run "$scratch/$name.yaml" --workers "$workers"
    must spillway --area "$scratch/$name" verify c1
    must spillway --area "$scratch/$name" catalog check
    no_strays "$scratch/store-$name"
}

run_with one 1
run_with two 2 "task:" "  segments: 2"
run_with five 5 "task:" "  segments: 1"
run_with bytes 2 "task:" "  bytes: 40000"
same_bytes "$scratch/store-one" "$scratch/store-two" "$scratch/store-five" "$scratch/store-bytes"

# 2 runs x 3 spills x 60 events; a builder writes 8 records: run start and end, 3 x 2.
events=$(spillway --area "$scratch/one" verify c1 | grep -o 'selected [0-9]*' | cut -d' ' -f2)
[ "$events" -eq $((2 * 3 * 60 + 2 * 2 * 8)) ] || fail "$events events and records selected"

# A second run does nothing, and says why.
must spillway --area "$scratch/one" run "$scratch/one.yaml"
grep -q "nothing to run" "$scratch/out" || fail "the second run: $(cat "$scratch/out")"

# Another campaign with the same keys reuses everything.
make_campaign "$scratch/again.yaml" c2 "$scratch/store-one"
must spillway --area "$scratch/one" run "$scratch/again.yaml" --workers 1
grep -q "nothing to run" "$scratch/out" ||
    grep -q "is complete" "$scratch/out" || fail "c2: $(cat "$scratch/out")"
must spillway --area "$scratch/one" verify c2
attempts=$(spillway --area "$scratch/one" status c2 --json)
same_bytes "$scratch/store-one" "$scratch/store-two"

# Traces both ways.
file=$(cd "$scratch/store-one" && find published -name 'skim.all_*.dat' | head -1)
must spillway --area "$scratch/one" trace "$scratch/store-one/$file"
grep -q "cdr01001-00500" "$scratch/out" || fail "trace does not name the raw chunk"
must spillway --area "$scratch/one" trace --chunk cdr02001-005001.dat
grep -q "skim.all_005001" "$scratch/out" || fail "forward trace does not name the skim"
refused 2 "no campaign published" spillway --area "$scratch/one" trace nosuch.dat

# A damaged published file is found and named.
cp -r "$scratch/store-one" "$scratch/kept"
printf 'x' | dd of="$scratch/store-one/$file" bs=1 seek=1000 conv=notrunc 2>/dev/null
spillway --area "$scratch/one" verify c1 >"$scratch/out" 2>&1 && fail "verify passed a changed file"
grep -q "$(basename "$file")" "$scratch/out" || fail "verify does not name the changed file"
finish
