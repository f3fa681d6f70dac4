#!/bin/bash
# refusals_changed.sh - raw chunks that change after the scan are set aside, the rest delivered.
# SPDX-License-Identifier: Apache-2.0
#
# Segments are told with chunk, segment and offset; after the file is put right and
# released the bytes are those of a calm campaign. complete_at accepts the loss instead.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5004 3 60 || exit 1
raw=$scratch/data/raw
cp -r "$raw" "$scratch/good"

make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

# Changed, truncated, removed while the coordinator runs; run 5004 is left alone.
make_area wild "$scratch/data"
make_campaign "$scratch/wild.yaml" c1 "$scratch/store-wild"
must spillway --area "$scratch/wild" plan "$scratch/wild.yaml"
start_serve "$scratch/wild" c1 || finish
printf 'XXXX' | dd of="$raw/cdr01001-005001.dat" bs=1 seek=50000 conv=notrunc status=none
truncate -s 30000 "$raw/cdr02001-005002.dat"
rm "$raw/cdr01002-005003.dat"
start_pilot "$scratch/wild" 3
is_stuck() { spillway --area "$1" status "$2" 2>/dev/null | grep -q ": stuck$"; }
wait_for 40 is_stuck "$scratch/wild" c1 || fail "not stuck: $(spillway --area "$scratch/wild" status)"

# The end of a run that others work on: not while the service owns the catalog.
refused 2 "owned by process $served, which serves http" \
    spillway --area "$scratch/wild" run "$scratch/wild.yaml"
refused 2 "owned by process $served" spillway --area "$scratch/wild" retry c1
kill "$served"
wait "$served"
kill -USR1 "$piloted"

expect 10 spillway --area "$scratch/wild" run "$scratch/wild.yaml" --workers 1
says err "E_CAMPAIGN_STUCK: campaign c1: 7 of 36 segments are quarantined" "spillway retry" \
    "E_WORKER_INPUT: chunk cdr01001-005001.dat: segment 2 (spill 2) at byte " \
    "input changed: adler32 " \
    "E_WORKER_INPUT: chunk cdr02001-005002.dat: segment 0 (spill 0) at byte 0: $raw/cdr02001-005002.dat: input changed: 30000 bytes" \
    "E_WORKER_INPUT: chunk cdr01002-005003.dat: segment 0 (spill 2) at byte 0: $raw/cdr01002-005003.dat: input changed: the file is gone" \
    "(attempt " "; rule 101: quarantine)"
[ "$(grep -c E_WORKER_INPUT "$scratch/err")" -eq 7 ] || fail "7 segments: $(cat "$scratch/err")"
attempt=$(sed -n 's/.*(attempt \([0-9]*\) on .*/\1/p' "$scratch/err" | head -1)
must spillway --area "$scratch/wild" trace --attempt "$attempt"
says out "attempt $attempt of campaign c1: process, " "failed with E_WORKER_INPUT, signal 0: " \
    "rule 101: class input -> quarantine; done: quarantine"
refused 2 "there is no attempt 999999" spillway --area "$scratch/wild" trace --attempt 999999
must spillway --area "$scratch/wild" verify c1
must spillway --area "$scratch/wild" catalog check
find "$scratch/store-wild/published" -name '*_005004_*' | grep -q skim.all || fail "run 5004 is not published"
find "$scratch/store-wild/published" | grep -q '_005001_' && fail "run 5001 is published with a hole"

# Released too early: the same again, and nothing is lost.
must spillway --area "$scratch/wild" retry c1 --run 5001
grep -q ": 1 quarantined" "$scratch/out" || fail "retry --run: $(cat "$scratch/out")"
expect 10 spillway --area "$scratch/wild" run "$scratch/wild.yaml" --workers 1
says err "campaign c1: 7 of 36 segments are quarantined"

cp "$scratch/good"/* "$raw/"
must spillway --area "$scratch/wild" retry c1 --json
grep -q '{"quarantined":7,"lost":0,"merges":0}' "$scratch/out" || fail "retry: $(cat "$scratch/out")"
must spillway --area "$scratch/wild" retry c1
must spillway --area "$scratch/wild" catalog check
must spillway --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2
same_bytes "$scratch/store-calm" "$scratch/store-wild"
no_strays "$scratch/store-wild"
must spillway --area "$scratch/wild" verify c1
must spillway --area "$scratch/wild" catalog check
refused 2 "is not planned" spillway --area "$scratch/wild" retry c9
refused 2 "unknown option --force" spillway --area "$scratch/wild" retry c1 --force
refused 2 "one campaign is missing" spillway --area "$scratch/wild" retry

# The loss is accepted: complete, with the loss in events; taken back it is as if it had
# never been.
make_area half "$scratch/data"
make_campaign "$scratch/half.yaml" c1 "$scratch/store-half" "complete_at: 0.5"
must spillway --area "$scratch/half" plan "$scratch/half.yaml"
truncate -s 30000 "$raw/cdr02001-005002.dat"
must spillway --area "$scratch/half" run "$scratch/half.yaml" --workers 2
grep -q "is complete: 32 segments committed, 4 lost" "$scratch/out" || fail "loss: $(cat "$scratch/out")"
must spillway --area "$scratch/half" verify c1
grep -q "lost [1-9]" "$scratch/out" || fail "verify does not tell the loss: $(cat "$scratch/out")"
must spillway --area "$scratch/half" catalog check
cp "$scratch/good"/* "$raw/"
must spillway --area "$scratch/half" retry c1
grep -q " 0 quarantined and 0 lost" "$scratch/out" || fail "retry without --lost: $(cat "$scratch/out")"
must spillway --area "$scratch/half" retry c1 --lost
grep -q " 0 quarantined and 4 lost" "$scratch/out" || fail "retry --lost: $(cat "$scratch/out")"
must spillway --area "$scratch/half" run "$scratch/half.yaml" --workers 2
must spillway --area "$scratch/half" verify c1
must spillway --area "$scratch/half" catalog check
same_bytes "$scratch/store-calm" "$scratch/store-half"
finish
