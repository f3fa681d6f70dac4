#!/bin/bash
# skip.sh - an event that crashes the reconstruction is named, skipped, and taken back.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
must spillway-simulate --out "$scratch/data" --runs 9001-9003 --spills 1 --events 60 \
    --chunk-bytes 30000000 --seed 7
skip_campaign() { # FILE STORE
    reco_campaign "$1" c1 "$2" "$scratch/data" sim-1 "skims:" \
        "  - {name: all, kind: all, events: [physics, calibration]}" \
        "retry: {attempts: 2, delay_s: 0}"
}
make_area calm "$scratch/data"
skip_campaign "$scratch/calm.yaml" "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1

# An executor that crashes at event 17 of each run. Run 9003 is done elsewhere without it.
area=$scratch/wild
make_area wild "$scratch/data"
skip_campaign "$scratch/wild.yaml" "$scratch/store-wild"
must spillway --area "$area" plan "$scratch/wild.yaml"
counted() { spillway --area "$area" status c1 --json | grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2; }
nothing_open() { [ $(($(counted ready) + $(counted leased) + $(counted waiting))) -eq 0 ]; }
crashing() { # UNTIL: serve and a pilot whose executor crashes
    start_serve "$area" c1 || finish
    CRASH_EVENT=17 "$bin/spillway-pilot" --coordinator "$area/coordinator.url" \
        --token "$area/pilot.token" --cache "$area/cache" --scratch "$area/scratch" \
        --executor "$bin/crash_helper" >>"$area/logs/pilots.log" 2>&1 &
    piloted=$!
    started+=("$piloted")
    wait_for 30 "$1" || fail "$1: $(spillway --area "$area" status c1) $(tail -n 5 "$area/logs/pilots.log")"
    kill "$piloted" 2>/dev/null
    wait "$piloted" 2>/dev/null # hands merges back; else the next one waits for its leases
    kill "$served" 2>/dev/null
    wait "$served" 2>/dev/null
}
crashing nothing_open
[ "$(counted quarantined)" -eq 3 ] || fail "not three segments are quarantined: $(spillway --area "$area" status c1)"
must spillway --area "$area" status c1
says err "E_WORKER_CRASH" "at event 17: the executor crashed with signal 11"

skip=(spillway --area "$area" skip c1 --by ann --reason "peak of 0 samples")
refused 2 "--event is needed" "${skip[@]}" --run 9001 --spill 1
refused 2 "--by is needed" spillway --area "$area" skip c1 --by "" --run 9001 --spill 1 --event 17 --reason x
refused 2 "no physics or calibration event 9999" "${skip[@]}" --run 9001 --spill 1 --event 9999
refused 2 "has no run 9001 spill 4" "${skip[@]}" --run 9001 --spill 4 --event 17
refused 2 "has no run 8000 spill 1" "${skip[@]}" --run 8000 --spill 1 --event 17
refused 2 "event 17 is not skipped" "${skip[@]}" --run 9001 --spill 1 --event 17 --undo
must spillway --area "$area" catalog check

# Two runs go on without it; the segment of the third is accepted as lost.
for run in 9001 9002; do
    must "${skip[@]}" --run $run --spill 1 --event 17
    says out "event 17 is skipped; 1 segments are ready again"
done
refused 2 "event 17 is skipped already" "${skip[@]}" --run 9001 --spill 1 --event 17
must spillway --area "$area" catalog check
crashing nothing_open
[ "$(counted quarantined)" -eq 1 ] || fail "the skipped event still crashes: $(spillway --area "$area" status c1)"
refused 2 "its segment is committed with it" "${skip[@]}" --run 9001 --spill 1 --event 18
must spillway --area "$area" close c1 --by bob --reason "not worth it"
complete() { is_complete "$area" c1; }
crashing complete
must spillway --area "$area" verify c1
# The files say which events are not in them; a plan of the same runs names them.
sidecar=$(find "$scratch/store-wild/published" -name 'reco_009001_*.prov.json')
grep -q '"skipped_events":\[{"spill":1,"event":17,"by":"ann",.*"reason":"peak of 0 samples"}\]' "$sidecar" ||
    fail "its sidecar does not name the event: $(cat "$sidecar")"
sidecar=$(find "$scratch/store-wild/published" -name 'reco_009003_*.prov.json' | head -1)
[ -z "$sidecar" ] || grep -q '"skipped_events":\[\]' "$sidecar" || fail "skipped in 9003: $(cat "$sidecar")"
sed 's/^name: c1/name: c2/' "$scratch/wild.yaml" >"$scratch/again.yaml"
must spillway --area "$area" plan "$scratch/again.yaml" --dry-run
says out "run 9001 spill 1 event 17: skipped in campaign c1 by ann (peak of 0 samples), not here"
must spillway --area "$area" amend c1 --file "$scratch/wild.yaml" --runs 9002 --dry-run
says out "run 9002 spill 1 event 17: skipped in campaign c1 by ann"
must spillway --area "$area" catalog check
no_strays "$scratch/store-wild"
must python3 - "$area/losses/c1.json" <<'PY'
import json, sys
text = json.load(open(sys.argv[1]))
skipped = [l for l in text["losses"] if "event" in l]
assert [(l["run"], l["spill"], l["event"], l["events"], l["reason"], l["accepted_by"],
         l["accepted_reason"]) for l in skipped] == \
    [(run, 1, 17, 1, "skipped", "ann", "peak of 0 samples") for run in (9001, 9002)], skipped
whole = [l for l in text["losses"] if "event" not in l]
assert [(l["run"], l["accepted_by"]) for l in whole] == [(9003, "bob")], whole
for part in text["runs"] + [text["all"]]:
    assert part["selected"]["events"] == part["delivered"]["events"] + part["lost"]["events"]
    assert part["open"]["events"] == 0
runs = {r["run"]: r for r in text["runs"]}
assert runs[9001]["lost"]["events"] == 1 and runs[9003]["lost"]["events"] > 1
# The spill is incomplete: nothing of its EOT counts, or its share.
assert runs[9001]["delivered"]["eot_drop"] == 0
assert 0 < runs[9001]["lost"]["eot_scale"] < runs[9001]["delivered"]["eot_scale"]
PY
must spillway --area "$area" report c1
says out "event 17, skipped, 84484.1 EOT, accepted by ann on 20" ": peak of 0 samples"

# The event is in no column, all others are; the skip is in the key texts and the trace.
rows() { find "$1/published" -name "$2" -exec rows_helper {} \; | cut -d' ' -f1-4 | sort; }
diff <(rows "$scratch/store-calm" 'reco_009001_*.root') <(rows "$scratch/store-wild" 'reco_009001_*.root') >"$scratch/diff"
[ "$(grep -c '^[<>]' "$scratch/diff")" -eq 1 ] && grep -q '^< 9001 1 17 ' "$scratch/diff" ||
    fail "columns: $(cat "$scratch/diff")"
file=$(cd "$scratch/store-wild" && find published -name 'reco_009001_*.root')
must spillway --area "$area" trace "$scratch/store-wild/$file"
says out "skipped_events"
grep -h -o '"skipped":[0-9]*' "$scratch"/store-wild/published/*/*/summary_009001* "$scratch"/store-wild/published/*/summary_009001* 2>/dev/null | grep -q ':1$' ||
    grep -rqs '"skipped":1' "$scratch/store-wild/published" || fail "no summary says that an event was skipped"

# Taken back, with an executor that does not crash, all is as if it had never been.
for run in 9001 9002; do
    must "${skip[@]}" --run $run --spill 1 --event 17 --undo
    says out "event 17 is taken back in"
done
must spillway --area "$area" recover c1
must spillway --area "$area" catalog check
must spillway --area "$area" run "$scratch/wild.yaml" --workers 1
same_bytes "$scratch/store-calm" "$scratch/store-wild"
grep -q '"losses":\[\]' "$area/losses/c1.json" || fail "the loss list is an old one"
must spillway --area "$area" verify c1
must spillway --area "$area" catalog check
no_strays "$scratch/store-wild"

# Nothing to skip where nothing is reconstructed.
make_raw_helper "$scratch/plain" 5001 5001 1 10 || exit 1
make_area plain "$scratch/plain"
make_campaign "$scratch/plain.yaml" c1 "$scratch/store-plain"
must spillway --area "$scratch/plain" plan "$scratch/plain.yaml"
refused 2 "does not reconstruct" spillway --area "$scratch/plain" skip c1 --run 5001 --spill 1 --event 1 --by ann --reason x
finish
