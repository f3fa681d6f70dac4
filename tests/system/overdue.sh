#!/bin/bash
# overdue.sh - a campaign that does not go on says so, with the cause, and when it does again.
# SPDX-License-Identifier: Apache-2.0
#
# No coordinator, no pilot, a pilot that is stopped for longer than its lease: each is told
# by spillway overdue with its owner and reason, the alert also by status and log. Stopped
# for longer than a rank may be silent, as by a batch system that suspends the job, the
# pilot goes on as if nothing had been.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5002 100 60 || exit 1
area=$scratch/area
make_area area "$scratch/data"
make_campaign "$scratch/c.yaml" c1 "$scratch/store" "lease_s: 1" "task:" "  segments: 1" \
    "retry:" "  segment_limit_s: 1"
must spillway --area "$area" overdue
says out "every campaign is complete"
must spillway --area "$area" plan "$scratch/c.yaml"
must spillway --area "$area" overdue
says out "segments ready: no coordinator runs" "owner: pilot, until the patience of the campaign"
refused 2 "is not planned" spillway --area "$area" overdue c9

late() { spillway --area "$area" overdue c1 >"$scratch/late" 2>&1; grep -q "$1" "$scratch/late"; }
start_serve "$area" c1 || finish
wait_for 20 late "no progress for [0-9]* s: there is work, but no pilot: start one" ||
    fail "no pilot is not told: $(cat "$scratch/late")"
must spillway --area "$area" status c1
says out "no progress: there is work, but no pilot"
must spillway --area "$area" overdue --json
says out '"coordinator":true,"alert":true' '"late":[{"state":"ready","segments":'
grep -q 'event=no_progress .*cause="there is work, but no pilot' "$area/logs/coordinator.log" ||
    fail "the log has no alert"

pilot_options=(--silence 4)
start_pilot "$area" 2
count() { spillway --area "$area" status c1 --json | grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2; }
committed() { [ "$(count committed)" -gt 1 ]; }
wait_for 30 committed || fail "the pilot commits nothing"
stopped_at_work() {
    local before
    stopped=$(below "$piloted")
    kill -STOP $stopped
    before=$(count leased) # what was on its way may still change that
    [ "$before" -gt 0 ] && [ "$(count leased)" -gt 0 ] && return 0
    kill -CONT $stopped # between two tasks
    return 1
}
wait_for 30 stopped_at_work || fail "the pilot was never stopped with a lease in its hands"
is_complete "$area" c1 && fail "the campaign is too short for this test"
wait_for 30 late "attempt [0-9]* on $(hostname): plan segments from [0-9]*, 1 in all: its term ended" ||
    fail "the stopped pilot is not told: $(cat "$scratch/late")"
grep -A1 "segments leased: its pilot is silent" "$scratch/late" | grep -q "owner: pilot, until the term of its lease" ||
    fail "no reason: $(cat "$scratch/late")"
grep -q "event=overdue attempt=[0-9]* host=$(hostname) " "$area/logs/coordinator.log" ||
    fail "the log does not name the late lease"
slept() { grep -q ": its term ended \([6-9]\|[1-9][0-9]\) s ago" "$scratch/late"; }
until_slept() { late . && slept; }
wait_for 30 until_slept || fail "the pilot is not stopped for long: $(cat "$scratch/late")"
kill -CONT $stopped
wait_for 60 is_complete "$area" c1 || fail "not complete: $(spillway --area "$area" status)"
grep -q " slept_s=" "$area/logs/pilots.log" || fail "the pilot does not say that it slept"
grep -E "given_up|lead=lost" "$area/logs/pilots.log" && fail "who slept was given up"
grep -q "event=progress_again" "$area/logs/coordinator.log" || fail "the log does not end the alert"
wait_for 10 late "nothing is late" || fail "something is late: $(cat "$scratch/late")"
kill "$served"
must spillway --area "$area" catalog check
finish
