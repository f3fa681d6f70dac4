#!/bin/bash
# stopped.sh - a pilot stopped for longer than a lease does no harm when it goes on.
# SPDX-License-Identifier: Apache-2.0
#
# Another pilot gets its work; the late reports are refused, the bytes are the same and
# nothing is left over.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5003 40 40 || exit 1

make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1

make_area slow "$scratch/data"
make_campaign "$scratch/slow.yaml" c1 "$scratch/store-slow" "lease_s: 2" "task:" "  segments: 1"
must spillway --area "$scratch/slow" plan "$scratch/slow.yaml"
start_serve "$scratch/slow" c1 || finish
start_pilot "$scratch/slow" 2
first=$piloted
some_committed() { [ "$(spillway --area "$scratch/slow" status c1 --json | grep -o '"committed":[0-9]*' | cut -d: -f2)" -gt 3 ]; }
wait_for 30 some_committed || fail "the first pilot commits nothing"
stopped=$(below "$first")
kill -STOP $stopped
leased() { spillway --area "$scratch/slow" status c1 --json | grep -q '"leased":[1-9]'; }
is_complete "$scratch/slow" c1 && fail "the campaign is too short for this test"
leased || fail "the stopped pilot holds nothing: the test is void"

start_pilot "$scratch/slow" 2
wait_for 60 is_complete "$scratch/slow" c1 || fail "not complete beside a stopped pilot: $(spillway --area "$scratch/slow" status)"
kill -CONT $stopped
wait_for 60 bash -c "! kill -0 $first" || fail "the pilot that was stopped does not end"
same_bytes "$scratch/store-calm" "$scratch/store-slow"
settled() { [ "$(find "$scratch/store-slow/parts" -type f | wc -l)" -eq 0 ]; }
wait_for 45 settled || no_strays "$scratch/store-slow"
kill "$served"
must spillway --area "$scratch/slow" verify c1
must spillway --area "$scratch/slow" catalog check
finish
