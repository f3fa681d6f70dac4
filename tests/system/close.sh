#!/bin/bash
# close.sh - losses that a manager accepts: recorded, listed, bounded, and taken back.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5003 3 60 || exit 1
raw=$scratch/data/raw
cp -r "$raw" "$scratch/good"
make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

# A chunk of two runs is broken: its segments are quarantined, all else is published.
area=$scratch/lossy
make_area lossy "$scratch/data"
make_campaign "$scratch/lossy.yaml" c1 "$scratch/store-lossy" "never_below:" \
    "  - {stream: summary, share: 0.5}" "  - {stream: skim.all, share: 0.75}"
must spillway --area "$area" plan "$scratch/lossy.yaml"
truncate -s 20000 "$raw/cdr02001-005001.dat" "$raw/cdr02001-005002.dat"
expect 10 spillway --area "$area" run "$scratch/lossy.yaml" --workers 2
says err "quarantined"
count() { spillway --area "$area" status c1 --json | grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2; }
set_aside=$(count quarantined)
[ "$set_aside" -ge 4 ] || fail "only $set_aside segments are quarantined"

# What is not said properly changes nothing.
refused 2 "--by is needed" spillway --area "$area" close c1 --by "" --reason "x"
refused 2 "--reason is needed" spillway --area "$area" close c1 --by ann
refused 2 "--reason is needed" spillway --area "$area" close c1 --by ann --reason ""
refused 2 "control character" spillway --area "$area" close c1 --by "$(printf 'a\nb')" --reason x
refused 2 "more than 199 bytes" spillway --area "$area" close c1 --by ann --reason "$(printf '%0200d' 0)"
refused 2 "is not planned" spillway --area "$area" close c9 --by ann --reason x
refused 2 "7-3" spillway --area "$area" close c1 --by ann --reason x --runs 7-3
[ "$(count quarantined)" -eq "$set_aside" ] || fail "a refused close changed something"

# All of it would be too much for one stream; one run is not.
refused 10 "of stream skim.all; never_below says 0.7500" \
    spillway --area "$area" close c1 --by ann --reason "both files are gone"
[ "$(count quarantined)" -eq "$set_aside" ] || fail "close went below never_below"
must spillway --area "$area" close c1 --by ann --reason 'the disk of "gdaq2" died' --runs 5001 --json
says out "{\"lost\":$((set_aside / 2))}"
must spillway --area "$area" report c1
says out 'lost, E_' ', accepted by ann on 20' 'Z: the disk of "gdaq2" died' "quarantined, E_"
# The same per spill: each balances, and together they are the run.
must spillway --area "$area" report c1 --spills
says out " spill 1 "
must spillway --area "$area" report c1 --spills --json
mv "$scratch/out" "$scratch/spills"
must python3 - "$scratch/spills" <<'PY'
import json, sys
text = json.load(open(sys.argv[1]))
parts = "selected", "delivered", "lost", "open", "masked"
lost = 0
for run in text["runs"]:
    assert run["spills"] and len({s["spill"] for s in run["spills"]}) == len(run["spills"]), run
    for what in "events", "spills", "eot_drop", "eot_scale":
        for spill in run["spills"]:
            rest = sum(spill[p][what] for p in parts[1:])
            assert abs(spill["selected"][what] - rest) <= 1e-9 * rest, (what, spill)
        for part in parts:
            all_of_it = sum(spill[part][what] for spill in run["spills"])
            assert abs(run[part][what] - all_of_it) <= 1e-9 * all_of_it, (what, part, run["run"])
    lost += sum(spill["lost"]["events"] for spill in run["spills"])
assert lost == text["all"]["lost"]["events"] > 0
named = {(l["run"], l["spill"]) for l in text["losses"] if l["state"] == "lost" and l["events"]}
assert named == {(r["run"], s["spill"]) for r in text["runs"] for s in r["spills"] if s["lost"]["events"]}
PY
must spillway --area "$area" catalog check
[ ! -e "$area/losses/c1.json" ] || fail "a loss list although the campaign is open"

# With the other run mended it completes, and the loss list is there.
cp "$scratch/good/cdr02001-005002.dat" "$raw/"
must spillway --area "$area" retry c1
must spillway --area "$area" run "$scratch/lossy.yaml" --workers 2
says out "$((set_aside / 2)) lost"
must python3 - "$area/losses/c1.json" $((set_aside / 2)) <<'PY'
import json, sys
text = json.load(open(sys.argv[1]))
losses = text["losses"]
assert len(losses) == int(sys.argv[2]), losses
assert all(l["run"] == 5001 and l["state"] == "lost" and l["reason"].startswith("E_") and
           l["accepted_by"] == "ann" and l["accepted_unix_s"] > 1500000000 for l in losses)
assert losses[0]["accepted_reason"] == 'the disk of "gdaq2" died'
for part in text["runs"] + [text["all"]]:
    for what in "events", "spills":
        assert part["selected"][what] == part["delivered"][what] + part["lost"][what] + \
            part["open"][what] + (part["masked"][what] if what == "spills" else 0), part
assert text["all"]["lost"]["events"] == sum(l["events"] for l in losses) > 0
assert abs(sum(l["eot"] for l in losses) / text["all"]["lost"]["eot_scale"] - 1) < 1e-9
assert text["all"]["lost"]["eot_drop"] > 0 and text["all"]["open"]["events"] == 0
PY
must spillway --area "$area" verify c1
first=$(published "$scratch/store-lossy" | grep -c .)

# Recovery opens exactly what was lost, after publication; then it is as if it had never
# been, and the loss list says so.
cp "$scratch/good/cdr02001-005001.dat" "$raw/"
must spillway --area "$area" recover c1 --runs 5002-5003 --json
says out '{"ready":0}'
[ "$(count lost)" -eq $((set_aside / 2)) ] || fail "recover took another run"
refused 2 "is not planned" spillway --area "$area" recover c9
must spillway --area "$area" recover c1 --reason "a copy was found on tape"
says out "$((set_aside / 2)) lost segments are ready again"
[ "$(count ready)" -eq $((set_aside / 2)) ] || fail "not exactly the lost ones are ready"
must spillway --area "$area" catalog check
must spillway --area "$area" run "$scratch/lossy.yaml" --workers 2
[ "$first" -gt 0 ] || fail "nothing was published before the recovery"
same_bytes "$scratch/store-calm" "$scratch/store-lossy"
grep -q '"losses":\[\]' "$area/losses/c1.json" || fail "the loss list is an old one"
must spillway --area "$area" verify c1
must spillway --area "$area" catalog check
no_strays "$scratch/store-lossy"
must spillway help close
says out "never_below" "losses/CAMPAIGN.json"

# A loss that complete_at accepts says so.
make_area self "$scratch/data"
make_campaign "$scratch/self.yaml" c1 "$scratch/store-self" "complete_at: 0.5"
must spillway --area "$scratch/self" plan "$scratch/self.yaml"
truncate -s 20000 "$raw/cdr02001-005001.dat"
must spillway --area "$scratch/self" run "$scratch/self.yaml" --workers 2
must spillway --area "$scratch/self" report c1
says out ", accepted by complete_at of the campaign"
grep -q '"accepted_by":"complete_at"' "$scratch/self/losses/c1.json" || fail "loss list: who accepted?"
finish
