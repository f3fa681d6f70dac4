#!/bin/bash
# refusals_raw.sh - raw files that are not what the run catalogue says are named.
# SPDX-License-Identifier: Apache-2.0
#
# Raw files that are not what the run catalogue says: each is named by the
# scan with what is wrong and where, the others go on, nothing of a bad one is stored, and
# no plan takes a run that is not whole.
. "$2/tests/system/area_lib.sh"
shopt -s lastpipe # so that failures in a pipe are counted
make_raw_helper "$scratch/data" 5001 5012 2 40 || exit 1
raw=$scratch/data/raw
cp -r "$raw" "$scratch/good"
export SPILLWAY_AREA=$scratch/area
must spillway init "$SPILLWAY_AREA"
list=$scratch/data/runs.yaml

# relist FILE: size and adler32 in the run list become those of the file.
relist() {
    python3 - "$list" "$1" <<'PY'
import os, re, sys, zlib
text = open(sys.argv[1]).read()
name = os.path.basename(sys.argv[2])
data = open(sys.argv[2], "rb").read()
text, count = re.subn(r"(file: raw/%s\n        size: )\d+(\n        adler32: )\"\w+\"" % re.escape(name),
                      lambda m: '%s%d%s"%08x"' % (m[1], len(data), m[2], zlib.adler32(data)), text)
assert count == 1
open(sys.argv[1], "w").write(text)
PY
}
# Honest catalogue entries of files that are no good raw data.
: >"$raw/cdr02001-005001.dat"                                 # empty
head -c 30 "$scratch/good/cdr02001-005002.dat" >"$raw/cdr02001-005002.dat" # in the first header
head -c 20000 "$scratch/good/cdr02001-005003.dat" >"$raw/cdr02001-005003.dat" # in an event
head -c 5000 "$source/README.md" "$source/CMakeLists.txt" >"$raw/cdr02001-005004.dat" # text
cp "$(command -v bash)" "$raw/cdr02001-005005.dat"              # a program
cp "$scratch/good/cdr02001-005002.dat" "$raw/cdr02001-005006.dat" # another run
head -c 100000 /dev/urandom >"$raw/cdr02001-005007.dat"       # noise
head -c 100000 /dev/zero >"$raw/cdr02001-005008.dat"          # zeros
for run in 1 2 3 4 5 6 7 8; do
    relist "$raw/cdr02001-00500$run.dat"
done
must spillway runs import "$list"
# Files that are not what a right catalogue says.
printf 'X' | dd of="$raw/cdr02001-005009.dat" bs=1 seek=9000 conv=notrunc status=none
echo tail >>"$raw/cdr02001-005010.dat"
rm "$raw/cdr02001-005011.dat"

expect 10 spillway runs scan
cp "$scratch/err" "$scratch/scan"
says err "E_SCAN: 10 chunks could not be scanned"
named() { # CHUNK CODE WORDS
    grep -q "error $2: .*$1.*$3" "$scratch/scan" || fail "$1: no $2 with \"$3\": $(grep "$1" "$scratch/scan")"
    [ "$(grep -c "$1" "$scratch/scan")" -eq 1 ] || fail "$1 is named $(grep -c "$1" "$scratch/scan") times"
}
named cdr02001-005001.dat E_RAW_EMPTY "empty"
named cdr02001-005002.dat E_RAW_NO_EVENT ""
named cdr02001-005004.dat E_RAW_NO_EVENT ""
named cdr02001-005005.dat E_RAW_NO_EVENT ""
named cdr02001-005006.dat E_RAW_RUN "5002"
named cdr02001-005007.dat E_RAW_NO_EVENT ""
named cdr02001-005008.dat E_RAW_NO_EVENT ""
named cdr02001-005009.dat E_SCAN "has adler32 [0-9a-f]*, the catalogue says"
named cdr02001-005010.dat E_SCAN "bytes, the catalogue says"
named cdr02001-005011.dat E_DISK_OPEN "No such file"
grep -q "5012\|cdr01001" "$scratch/scan" && fail "a good chunk is blamed: $(grep "5012\|cdr01001" "$scratch/scan")"
expect 0 spillway catalog check

# The truncated one has events, so it is read with its damage told and every byte kept.
expect 0 spillway runs show 5003
says out "cdr02001-005003.dat: 20000 bytes" "damage"
for run in 1 2 4 5 6 7 8 9; do
    expect 0 spillway runs show 500$run
    says out "cdr02001-00500$run.dat" "not scanned: 0 segments"
done

# A plan names every chunk that is in the way; a dry run shows the runs; nothing is stored.
make_campaign "$scratch/c1.yaml" c1 "$scratch/store"
expect 10 spillway plan "$scratch/c1.yaml"
says err "E_PLAN_INPUT" "run 5001: chunk cdr02001-005001.dat was not scanned" \
    "run 5011: chunk cdr02001-005011.dat was not scanned"
[ "$(grep -c "was not scanned" "$scratch/err")" -eq 10 ] || fail "not 10 chunks: $(cat "$scratch/err")"
expect 10 spillway plan "$scratch/c1.yaml" --dry-run
says out "run 5001: blocked" "run 5012: "
expect 0 spillway status
says out "no campaign is planned yet"

# Good copies are put in place, the list is corrected: the scan goes on with what is left.
cp "$scratch/good"/* "$raw/"
make_raw_helper "$scratch/again" 5001 5012 2 40
sed -i "s|raw/|$raw/|" "$scratch/again/runs.yaml"
expect 10 spillway runs import "$scratch/again/runs.yaml"
says err E_RUNS_CONFLICT
must spillway runs import "$scratch/again/runs.yaml" --replace
must spillway runs scan
must spillway plan "$scratch/c1.yaml"
expect 0 spillway catalog check

# A gap in the chunk numbers of a builder.
must spillway init "$scratch/gap"
sed '/cdr01001-005003/,+2d' "$scratch/again/runs.yaml" >"$scratch/gap.yaml"
must spillway --area "$scratch/gap" runs import "$scratch/gap.yaml"
must spillway --area "$scratch/gap" runs scan
expect 10 spillway --area "$scratch/gap" plan "$scratch/c1.yaml"
says err "run 5003: chunk cdr01001-005003.dat is missing" "E_PLAN_INPUT"

# Run lists that are wrong, by line; all or nothing.
bad() { # LINE WORDS: the run list on stdin
    cat >"$scratch/bad.yaml"
    spillway --area "$scratch/gap" runs list >"$scratch/list.before"
    spillway --area "$scratch/gap" runs import "$scratch/bad.yaml" >"$scratch/out" 2>"$scratch/err"
    status=$?
    [ "$status" -eq 10 ] || [ "$status" -eq 2 ] || fail "status $status: $2"
    grep -q "$scratch/bad.yaml:$1: .*$2" "$scratch/err" || fail "no \"$1: $2\": $(cat "$scratch/err")"
    [ "$(wc -l <"$scratch/err")" -le 2 ] || fail "more than a line: $(cat "$scratch/err")"
    spillway --area "$scratch/gap" runs list | cmp -s "$scratch/list.before" - || fail "the catalogue changed: $2"
}
chunk() { printf 'runs:\n  - run: 6001\n    chunks:\n      - {file: %s, size: %s, adler32: "%s"}\n' "$@"; }
printf 'runs:\n  - run: 6000\n  - run: minus\n' | bad 3 "run"
printf 'runs:\n  - run: 4294967296\n' | bad 2 "run"
printf 'runs:\n  - run: 6000\n    colour: red\n' | bad 3 "unknown key colour"
printf 'runs:\n  - run: 6000\n    type: holiday\n' | bad 3 "type"
printf 'runs:\n  - run: 6000\n    momentum_gev: strong\n' | bad 3 "momentum_gev"
printf 'runs:\n  - run: 6000\n    setup: nowhere\n    period: a/b\n' | bad "[34]" ""
chunk raw/cdr01001-006002.dat 10 00000001 | bad 4 "of another run"
chunk raw/readme.txt 10 00000001 | bad 4 ""
chunk raw/cdr01001-006001.dat ten 00000001 | bad 4 "size"
chunk raw/cdr01001-006001.dat 10 xyz | bad 4 "adler32"
chunk raw/cdr01001-006001.dat -1 00000001 | bad 4 "size"
printf '' | bad 1 "empty"
printf '\0\1\2' | bad 1 ""
head -c 4000 "$bin/spillway" | bad 1 ""
printf 'RUN;PERIOD\n1;2\n' >"$scratch/bad.csv"
expect 10 spillway --area "$scratch/gap" runs import "$scratch/bad.csv"
says err "$scratch/bad.csv:1: "
refused 15 "nosuch.yaml" spillway --area "$scratch/gap" runs import "$scratch/nosuch.yaml"
must spillway --area "$scratch/gap" catalog check
finish
