#!/bin/bash
# raw_slice.sh - a spill or an event as a file of its own, byte for byte.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"
must make_raw_helper "$scratch/data" 9000 9000 1 40
file=$(find "$scratch/data" -name "*.dat" | sort | head -1)
cut=$scratch/cut.dat

# offset and length of a spill, as inspect tells them
place() { spillway raw inspect "$1" | awk -v spill="$2" '/ spill .*offset/ {on = 1; next} on && $1 == spill {print $2, $3; exit}'; }

expect 0 spillway raw inspect "$file"
grep -q "start-of-run" "$scratch/out" || fail "the file has no start of run: nothing is tested"
read -r offset length < <(place "$file" 1)
expect 0 spillway raw slice "$file" --spill 1 --out "$cut"
tail -c "$length" "$cut" >"$scratch/got"
tail -c +$((offset + 1)) "$file" | head -c "$length" | cmp - "$scratch/got" || fail "the spill differs"
expect 0 spillway raw inspect "$cut"
says out "start-of-run" "no damage"

# One event: in the cut file it is the only one, with the same bytes.
expect 0 spillway raw slice "$file" --spill 1 --event 3 --out "$scratch/one.dat"
says out "1 events"
expect 0 spillway raw inspect "$scratch/one.dat"
says out "start-of-run" "no damage"
[ "$(grep -cE '^(physics|calibration) +1 ' "$scratch/out")" = 1 ] || fail "not one event"

# Damage inside the spill comes along.
head -c 512 /dev/zero >"$scratch/foreign"
cat "$file" "$scratch/foreign" >"$scratch/gap.dat"
expect 0 spillway raw slice "$scratch/gap.dat" --spill 1 --out "$scratch/gap-cut.dat"
expect 0 spillway raw inspect "$scratch/gap-cut.dat"
says out "512 bytes in no good event"

refused 15 "File exists" spillway raw slice "$file" --spill 1 --out "$cut"
refused 2 "--out FILE is missing" spillway raw slice "$file" --spill 1
refused 2 "--spill N is missing" spillway raw slice "$file" --out "$scratch/x"
refused 2 "has no spill 77: its spills are" spillway raw slice "$file" --spill 77 --out "$scratch/x"
refused 2 "has no event 99999 in spill 1" spillway raw slice "$file" --spill 1 --event 99999 --out "$scratch/x"
[ ! -e "$scratch/x" ] || fail "a refused slice left a file"
finish
