#!/bin/bash
# runs.sh - run lists are imported whole or not at all; bad chunks never get in.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"
data=${SPILLWAY_TEST_DATA:-$source/../shared/data}
[ -d "$data" ] || skip "no test data at $data: set SPILLWAY_TEST_DATA"
export SPILLWAY_AREA=$scratch/area
work=$scratch
command -v python3 > /dev/null || skip "no python3 for checksums"
sample=$data/raw/sample-009000.dat

expect 2 spillway runs list
says err "E_AREA" "spillway init"
expect 0 spillway init "$SPILLWAY_AREA"
expect 0 spillway init "$SPILLWAY_AREA"
says out "was already there"
[ "$(stat -c %a "$SPILLWAY_AREA/pilot.token")" = 600 ] || fail "the token can be read"

# The real table: sums, then the same import again.
expect 0 spillway runs import "$data/runs-2016-2018.csv"
says out "runs    1362 added"
expect 0 spillway runs import "$data/runs-2016-2018.csv" --json
says out '"runs":{"added":0,"changed":0,"unchanged":1362}'
expect 0 spillway runs summary
says out "2018-invisible-100       246    45818   242    1.276e8   108   188.80e9" \
    "281.46e9, published 284e9" "3265 4060 4076 4191 4242 4277 4307"
expect 0 spillway runs show 4060 --json
says out 'ntrig_placeholder;beam_loss;ps_in_trigger' '"spill_list":[]'
expect 2 spillway runs show 1
says err "run 1 is not in the catalogue"

# Conflicts are explained and change nothing; --replace takes them.
cat > "$work/conflict.yaml" << END
runs:
  - {run: 4060, momentum_gev: 150, setup: other}
  - {run: 9999, type: physics}
END
expect 10 spillway runs import "$work/conflict.yaml"
says err "E_RUNS_CONFLICT" "run 4060: in the catalogue setup is 2018-invisible-100" \
    "momentum_gev is 100, the list says 150" "--replace"
expect 2 spillway runs show 9999
expect 0 spillway runs import "$work/conflict.yaml" --replace
expect 0 spillway runs show 9999

# Mistakes have a line.
printf 'runs:\n  - {run: 5}\n  - {run: 5}\n' > "$work/twice.yaml"
expect 10 spillway runs import "$work/twice.yaml"
says err "twice.yaml:3: run 5 is there twice"
sed '1p;2{p;p}' "$data/runs-2016-2018.csv" | sed 1d >"$work/twice.csv"
expect 10 spillway runs import "$work/twice.csv"
says err "twice.csv:3: run 1820 is there twice"
printf 'runs:\n  - run: 5\n    beam: x\n' > "$work/key.yaml"
expect 2 spillway runs import "$work/key.yaml"
says err "key.yaml:3: unknown key beam"
printf 'runs:\n  - run: 5\n    files: [cdr01001-000006.dat]\n' > "$work/other.yaml"
expect 2 spillway runs import "$work/other.yaml"
says err "other.yaml:3: file: is of another run"

# Chunks: one good, and one of each kind of trouble.
raw=$work/raw
mkdir "$raw"
cp "$sample" "$raw/cdr01001-009000.dat"
head -c 700000 "$sample" > "$raw/cdr01002-009000.dat"
: > "$raw/cdr01003-009000.dat"
head -c 100000 /dev/zero > "$raw/cdr01004-009000.dat"
cp "$sample" "$raw/cdr01001-009001.dat"
cp "$sample" "$raw/cdr01005-009000.dat"
cp "$sample" "$raw/cdr01006-009000.dat"
{
    echo "setups:"
    echo "  - {name: demo, eot: {source: 3, scaler_word: 0, scale: 2}}"
    echo "runs:"
    echo "  - run: 9000"
    echo "    setup: demo"
    echo "    type: physics"
    echo "    origin: data"
    echo "    synthetic: true"
    echo "    chunks:"
    for chunk in "$raw"/*-009000.dat; do
        chunk_line "$chunk"
    done
    echo "  - run: 9001"
    echo "    synthetic: true"
    echo "    files: [raw/cdr01001-009001.dat]"
} > "$work/runs.yaml"
expect 0 spillway runs import "$work/runs.yaml"
says out "chunks  7 added" "setups  1 added"
printf 'x' | dd of="$raw/cdr01005-009000.dat" bs=1 seek=5000 conv=notrunc status=none
rm "$raw/cdr01006-009000.dat"

expect 10 spillway runs scan 9000-9001
says err "E_RAW_EMPTY" "cdr01003-009000.dat" "E_RAW_NO_EVENT" "cdr01004-009000.dat" \
    "chunk cdr01005-009000.dat" "has adler32" "cdr01006-009000.dat" "E_RAW_RUN" \
    "cdr01001-009001.dat" "5 chunks could not be scanned"
says out "2 chunks scanned" "5 failed" "1 chunks with damage"
expect 0 spillway runs show 9000
says out "run 9000 SYNTHETIC" "chunk cdr01001-009000.dat" "scanned: 2 segments" \
    "not scanned: 0 segments" "spill 1: EOT"
cp "$work/out" "$work/first"

# A second scan reads only what is missing; one from the start is stored whole or not.
cp "$sample" "$raw/cdr01005-009000.dat"
expect 10 spillway runs scan 9000 --json
says out '"chunks":1' '"known":2' '"failed":3'
expect 10 spillway runs scan 9000 --again --json
says out '"chunks":0' '"known":0' '"failed":3'
expect 0 spillway runs show 9000
says out "chunk cdr01001-009000.dat" "scanned: 2 segments"
diff <(grep ^spill "$work/first") <(grep ^spill "$work/out") || fail "spills changed"

# A chunk that moved keeps its segments; other bytes need --replace and a scan.
mkdir "$work/moved"
cp "$sample" "$work/moved/cdr01001-009000.dat"
{
    echo "runs:"
    echo "  - run: 9000"
    echo "    chunks:"
    chunk_line "$work/moved/cdr01001-009000.dat"
} > "$work/moved.yaml"
expect 0 spillway runs import "$work/moved.yaml"
says out "chunks  0 added, 1 changed"
expect 0 spillway runs show 9000
says out "$work/moved/cdr01001-009000.dat"
[ "$(grep -c 'scanned: 2 segments' "$work/out")" -eq 3 ] || fail "segments are lost"
head -c 600000 "$sample" > "$work/moved/cdr01001-009000.dat"
sed -i '4d' "$work/moved.yaml"
chunk_line "$work/moved/cdr01001-009000.dat" >> "$work/moved.yaml"
expect 10 spillway runs import "$work/moved.yaml"
says err "E_RUNS_CONFLICT" "chunk cdr01001-009000.dat: in the catalogue"
expect 0 spillway runs import "$work/moved.yaml" --replace
expect 0 spillway runs show 9000
says out "cdr01001-009000.dat: 600000 bytes" "not scanned: 0 segments"

# Beam counts: once for several builders, anew after the definition changed, and never
# with other segments or bytes than a plan has.
must make_raw_helper "$work/made" 9100 9100 3 40
expect 0 spillway runs import "$work/made/runs.yaml"
expect 0 spillway runs scan 9100
says out "0 spills with different beam counts, 0 damaged end-of-burst records"
expect 0 spillway runs show 9100
says out "spill 0: EOT unknown" "spill 3: EOT 9100003"
sed 's/scale: 1/scale: 0.5/' "$work/made/runs.yaml" >"$work/made/scale.yaml"
expect 10 spillway runs import "$work/made/scale.yaml"
says err "set-up test: the list has another EOT definition"
expect 0 spillway runs import "$work/made/scale.yaml" --replace
make_campaign "$work/c.yaml" planned "$work/store"
sed -i 's/^select:.*/select:\n  runs: [9100]/' "$work/c.yaml"
expect 0 spillway plan "$work/c.yaml"
expect 0 spillway runs scan 9100 --again
says out "3 chunks scanned"
expect 0 spillway runs show 9100
says out "spill 3: EOT 4550001.5"
expect 0 spillway catalog check
must make_raw_helper "$work/made" 9100 9100 3 44
expect 10 spillway runs import "$work/made/runs.yaml" --replace
says err "campaign planned is planned with the known ones"

# Output that cannot be written is an error.
expect 15 bash -c "'$bin/spillway' runs list > /dev/full"
expect 0 spillway runs list --setup demo --json
says out '"run":9000' '"synthetic":true'
finish
