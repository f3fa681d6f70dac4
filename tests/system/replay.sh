#!/bin/bash
# replay.sh - what coordinators decided is decided again, and under another policy.
# SPDX-License-Identifier: Apache-2.0
#
# A campaign gets stuck because a raw file is gone; each life of its coordinator has a
# journal that gives the same decisions without the area; a rule in another campaign file
# shows what it would have done. Bad journals are refused with one line.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5002 2 60 || exit 1
area=$scratch/area
make_area area "$scratch/data"
make_campaign "$scratch/c.yaml" c1 "$scratch/store"
must spillway --area "$area" plan "$scratch/c.yaml"
rm "$scratch/data/raw/cdr01001-005001.dat"
expect 10 spillway --area "$area" run "$scratch/c.yaml" --workers 1
start_serve "$area" c1 || finish
kill -9 "$served"
wait "$served" 2>/dev/null
[ "$(ls "$area/journal" | wc -l)" -eq 2 ] || fail "two lives, journals: $(ls "$area/journal")"
cp "$area/journal/c1.000001" "$scratch/journal"
must spillway replay "$area/journal/c1.000002"
rm -r "$area"
must spillway replay "$scratch/journal"
says out "campaign c1: " "the same decisions"
grep -q "cut" "$scratch/out" && fail "a whole journal is cut: $(cat "$scratch/out")"

head -c -7 "$scratch/journal" >"$scratch/torn"
must spillway replay "$scratch/torn"
says out "the same decisions" "are no whole line and were cut"

make_campaign "$scratch/other.yaml" other "$scratch/store" "retry:" "  rules:" \
    "  - {code: E_WORKER_INPUT, text: gone, action: retry, delay_s: 5}"
must spillway replay "$scratch/journal" --policy "$scratch/other.yaml"
says out "E_WORKER_INPUT: rule 101, quarantine, would be rule 1, retry" \
    "the history would be another one: state of segment" "failures would be answered otherwise"
must spillway replay "$scratch/journal" --policy "$scratch/c.yaml"
says out "under the other policy 0 of " "the history would be the same"

head -2 "$scratch/journal" >"$scratch/started"
must spillway replay "$scratch/started"
says out "ended before its first event"
refused 10 "line 0: this is no journal" spillway replay "$scratch/c.yaml"
refused 15 "E_DISK_OPEN" spillway replay "$scratch/nothing"
refused 2 "one journal is missing" spillway replay
finish
