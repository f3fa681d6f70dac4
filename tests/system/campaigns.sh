#!/bin/bash
# campaigns.sh - several campaigns at one coordinator; pause, resume, cancel, priority.
# SPDX-License-Identifier: Apache-2.0
# A key that two campaigns want is made once; orders hold over kill -9 of the coordinator.
. "$2/tests/system/area_lib.sh"

make_raw_helper "$scratch/data" 5001 5003 30 40 || exit 1

make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" all "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

sw() { spillway --area "$area" "$@"; }
field() { # CAMPAIGN NAME: a number of status --json
    sw status "$1" --json 2>/dev/null | sed -nE "s/.*\"$2\":([0-9]+).*/\1/p"
}
some_committed() { [ "$(field "$1" committed)" -gt 0 ]; }
none_leased() { [ "$(field "$1" leased)" -eq 0 ]; }
coordinator() { sw catalog owner | sed -nE 's/^process ([0-9]+) owns.* serves .*/\1/p'; }
restarted() { local now; now=$(coordinator); [ -n "$now" ] && [ "$now" != "$1" ]; }
syncs() { # CAMPAIGN: calls of pilots in its newest journal
    grep -c '^event [0-9]* 3 ' "$(ls "$area/journal/$1".* | tail -1)"
}
asked() { [ "$(syncs "$1")" -ge 5 ]; }

# Two campaigns at once that share run 5002, one of them by priority.
area=$scratch/two
make_area two "$scratch/data"
make_campaign "$scratch/a.yaml" a "$scratch/store-two" "task:" "  segments: 1"
make_campaign "$scratch/b.yaml" b "$scratch/store-two" "priority: 5" "task:" "  segments: 2"
sed -i 's/^  types: \[physics\]/&\n  runs: [5001-5002]/' "$scratch/a.yaml"
sed -i 's/^  types: \[physics\]/&\n  runs: [5002-5003]/' "$scratch/b.yaml"
must spillway --area "$area" run "$scratch/a.yaml" "$scratch/b.yaml" --workers 2
says out "campaign a is complete" "campaign b is complete"
must sw verify a
must sw verify b
must sw catalog check
no_strays "$scratch/store-two"
same_bytes "$scratch/store-calm" "$scratch/store-two"
must sw status b
says out "priority 5 by"
for journal in "$area"/journal/*; do must spillway replay "$journal"; done

# Two that were planned before either ran: the second one finds what the first one made.
area=$scratch/late
make_area late "$scratch/data"
make_campaign "$scratch/first.yaml" first "$scratch/store-late"
make_campaign "$scratch/second.yaml" second "$scratch/store-late"
must sw plan "$scratch/first.yaml"
must sw plan "$scratch/second.yaml"
must sw run "$scratch/first.yaml" --workers 2
must sw run "$scratch/second.yaml" --workers 1
must sw catalog check
must sw verify second
same_bytes "$scratch/store-calm" "$scratch/store-late"

# Pause under load: what is in hand is finished, nothing else is handed out, also by the
# coordinator that comes after a kill.
area=$scratch/held
make_area held "$scratch/data"
make_campaign "$scratch/held.yaml" held "$scratch/store-held" "task:" "  segments: 1"
sw run "$scratch/held.yaml" --workers 1 >"$scratch/held.out" 2>&1 &
supervisor=$!
started+=("$supervisor")
wait_for 60 some_committed held || fail "nothing is committed"
must sw pause held --reason "beam study"
says out "campaign held is paused"
wait_for 60 none_leased held || fail "leases stay while it is paused"
before=$(field held committed)
[ "$before" -lt "$(field held segments)" ] || fail "it was over before it was paused"
pid=$(coordinator)
kill -9 "$pid"
wait_for 60 restarted "$pid" || fail "no other coordinator came"
must sw pause held
says out "is paused already"
wait_for 60 asked held || fail "no pilot asks"
[ "$(field held committed)" = "$before" ] || fail "a paused campaign went on"
[ "$(field held leased)" = 0 ] || fail "work of a paused campaign was handed out"
must sw status
says out "held: paused" "pause by $(id -un) at" ": beam study"
must sw overdue held
says out "held: paused by $(id -un): beam study" "nothing is late"
must sw overdue held --json
says out '"hold":"pause","hold_by":"'"$(id -un)"
progress_says() { grep -q "segments, .*, paused by $(id -un): beam study" "$scratch/held.out"; }
wait_for 20 progress_says || fail "the progress of run does not say that it is paused: $(tail -2 "$scratch/held.out")"
must sw resume held --by ann
wait "$supervisor" || fail "it does not end after resume: $(tail -2 "$scratch/held.out")"
same_bytes "$scratch/store-calm" "$scratch/store-held"
must sw verify held
must sw catalog check
must sw status held
says out "held: complete" "pause by" "resume by ann"
for journal in "$area"/journal/held.*; do must spillway replay "$journal"; done
refused 2 "is complete" sw pause held

# Cancel: leases are void, what was committed is used again under another name.
area=$scratch/ended
make_area ended "$scratch/data"
make_campaign "$scratch/ended.yaml" ended "$scratch/store-ended" "task:" "  segments: 1"
sw run "$scratch/ended.yaml" --workers 2 >"$scratch/ended.out" 2>&1 &
supervisor=$!
started+=("$supervisor")
wait_for 60 some_committed ended || fail "nothing is committed"
must sw cancel ended --reason "wrong tag"
says out "campaign ended is cancelled"
wait "$supervisor"
status=$?
[ "$status" -eq 2 ] || fail "run of a cancelled campaign ended with $status"
grep -q "was cancelled by $(id -un): wrong tag" "$scratch/ended.out" || fail "run does not say who cancelled"
none_leased ended || fail "a cancelled campaign has leases"
must sw catalog check
refused 2 "was cancelled" sw serve ended
refused 2 "plan it under another name" sw resume ended
make_campaign "$scratch/again.yaml" again "$scratch/store-ended" "task:" "  segments: 1"
must sw plan "$scratch/again.yaml"
grep -qE ", 0 reused;" "$scratch/out" && fail "what was committed is not used again: $(cat "$scratch/out")"

# Orders without a coordinator: the next one knows them.
must sw pause again --reason "not yet"
must sw priority again 7
refused 2 "why is it cancelled" sw cancel again
start_serve "$area" again
start_pilot "$area" 2
wait_for 60 asked again || fail "no pilot asks the paused campaign"
none_leased again || fail "work was handed out"
kill -9 "$served"
# With leases in the catalog and nobody there.
must sw resume again
start_serve "$area" again
leased() { [ "$(field again leased)" -gt 0 ]; }
wait_for 60 leased || fail "nothing is handed out"
kill -9 "$served" "$piloted"
must sw cancel again --reason "moved to another site"
none_leased again || fail "cancelled without a coordinator, it has leases"
must sw catalog check

# Bad input.
refused 2 "is not planned" sw pause nosuch
refused 2 "is not planned" sw priority nosuch 3
refused 2 "1001" sw priority again 1001
refused 2 "one campaign" sw pause
refused 2 "control character" sw pause again --by "a
b"
refused 2 "one line" sw pause again --reason "a
b"
refused 2 "named twice" sw serve again again
refused 2 "was cancelled" sw serve again ended
make_campaign "$scratch/bad.yaml" bad "$scratch/store-ended" "priority: 1001"
refused 2 "priority" sw plan "$scratch/bad.yaml"
finish
