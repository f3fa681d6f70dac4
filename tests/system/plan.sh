#!/bin/bash
# plan.sh - keys follow from content: what is planned, refused, unchanged, run again.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"
. "$(dirname "$0")/conditions_lib.sh"
must make_raw_helper "$scratch/data" 9000 9002 3 40
make_area area "$scratch/data"
export SPILLWAY_AREA=$scratch/area
conditions=$scratch/conditions
base_payloads "$conditions"
# shellcheck disable=SC2046
tag "$conditions" t1 $(base_rows)

# reco FILE NAME TAG [more lines]
reco() {
    local file=$1
    cat >"$file" <<YAML
name: $2
purpose: test
store: store
select: {runs: [9000-9002]}
conditions: {source: conditions, tag: $3}
reconstruct: {setup: 2022-electron-100}
skims:
  - {name: all, kind: all}
YAML
    shift 3
    printf '%s\n' "$@" >>"$file"
}

# Raw skims need no conditions; a dry run writes nothing.
make_campaign "$scratch/raw.yaml" raw "$scratch/store"
before=$(catalog_sum "$SPILLWAY_AREA")
expect 0 spillway plan "$scratch/raw.yaml" --dry-run
says out "campaign raw: 3 runs, 27 segments, 360 events" "27 segments to run" \
    "run 9001: 9 segments, 120 events: 9 to run"
[ "$(catalog_sum "$SPILLWAY_AREA")" = "$before" ] ||
    fail "a dry run changed the catalog"
[ ! -e "$scratch/store" ] || fail "a dry run made the store"
# On virtual cores: the same seed says the same but for the CPU time, nothing is written.
expect 0 spillway plan "$scratch/raw.yaml" --simulate 8 --failures 0 --json
says out '"synthetic":true' '"segments":27' '"events":360' '"complete":21' '"assumed":true'
cp "$scratch/out" "$scratch/first"
expect 0 spillway plan "$scratch/raw.yaml" --simulate 8 --failures 0 --json
cmp -s "$scratch/first" "$scratch/out" || fail "the same seed simulates something else"
expect 0 spillway plan "$scratch/raw.yaml" --simulate 8 --walltime 60 --event-ms 20
says out "SYNTHETIC" "taken: 20 ms an event" "time: " "in 90 % of" "tail: " "which wait for" \
    "coordinator: " "of a core" "best: task: {seconds: "
[ "$(catalog_sum "$SPILLWAY_AREA")" = "$before" ] ||
    fail "a simulation changed the catalog"
[ ! -e "$scratch/store" ] || fail "a simulation made the store"
refused 2 "1 to 10000000 cores" spillway plan "$scratch/raw.yaml" --simulate 0
refused 2 "whole number" spillway plan "$scratch/raw.yaml" --simulate many
refused 2 "1 to 10000000 cores" spillway plan "$scratch/raw.yaml" --simulate 1 --allocation 0
refused 2 "0 to 1000 times" spillway plan "$scratch/raw.yaml" --simulate 1 --failures -1
refused 2 "at most a year" spillway plan "$scratch/raw.yaml" --simulate 1 --walltime 99999999999
refused 2 "above 0" spillway plan "$scratch/raw.yaml" --simulate 1 --event-ms -1

expect 0 spillway plan "$scratch/raw.yaml"
expect 0 spillway plan "$scratch/raw.yaml"
says out "nothing was written"
expect 0 spillway plan "$scratch/raw.yaml" --simulate 8
says out "campaign raw, SYNTHETIC: 27 segments, 360 events on 8 cores"
expect 0 spillway catalog check
echo "# other" >>"$scratch/raw.yaml"
expect 2 spillway plan "$scratch/raw.yaml"
says err "E_PLAN_FROZEN" "new name"
refused 2 "unknown option" spillway plan "$scratch/raw.yaml" --force

# With conditions: values and sets are shared, payloads are in the store by their hash.
reco "$scratch/one.yaml" one t1
expect 0 spillway plan "$scratch/one.yaml" --dry-run --json
says out '"to_run":27' '"frozen":true' '"problems":[]'
[ ! -e "$scratch/store/conditions" ] || fail "a dry run wrote payloads into the store"
expect 0 spillway plan "$scratch/one.yaml"
says out "tag t1 (frozen)"
hash=$(sha256sum "$conditions/payloads/calo_gain/a" | cut -d' ' -f1)
cmp "$conditions/payloads/calo_gain/a" "$scratch/store/conditions/${hash:0:2}/$hash" ||
    fail "the gain is not in the store"
expect 0 spillway catalog check

# The same content under other names, times and folders has the same keys.
cp -r "$conditions" "$scratch/conditions2"
mv "$scratch/conditions2/tags/t1.json" "$scratch/conditions2/tags/t2.json"
sed -i 's/"name": "t1"/"name": "t2"/' "$scratch/conditions2/tags/t2.json"
reco "$scratch/two.yaml" two t2
sed -i 's/source: conditions/source: conditions2/' "$scratch/two.yaml"
expect 0 spillway plan "$scratch/two.yaml"
expect 0 spillway impact one two --json
says out '"segments":27' '"different":0'

# A payload that is wrong at the source comes from its mirror, and that is said; when the
# source is gone the mirror gives all of it.
cp -r "$conditions" "$scratch/broken"
sed -i 's/0.01/0.02/' "$scratch/broken/payloads/calo_gain/a"
reco "$scratch/broken.yaml" broken t1
sed -i 's/source: conditions/source: broken/' "$scratch/broken.yaml"
refused 11 "checksum is" spillway plan "$scratch/broken.yaml"
sed -i 's/source: broken/source: broken, mirrors: [gone, conditions]/' "$scratch/broken.yaml"
expect 0 spillway plan "$scratch/broken.yaml"
says out "to be looked at:" "calo_gain/a: taken from file:" "/conditions, since file:" \
    "checksum is" "/gone: "
expect 0 spillway impact one broken --json
says out '"segments":27' '"different":0'
reco "$scratch/mirrored.yaml" mirrored t1
sed -i 's/source: conditions/source: gone, mirrors: [conditions]/' "$scratch/mirrored.yaml"
expect 0 spillway plan "$scratch/mirrored.yaml" --json
says out 'tag t1: taken from file:' 'no folder of tags'
expect 0 spillway impact one mirrored --json
says out '"segments":27' '"different":0'
sed 's/mirrors: .*, tag/mirrors: [missing], tag/; s/^name: .*/name: neither/' \
    "$scratch/mirrored.yaml" >"$scratch/neither.yaml"
refused 11 "/missing: " spillway plan "$scratch/neither.yaml"
says err "/gone: "

# A tag that moves changes nothing in the campaign and is told; one that is the same by MD5,
# from another place or without its payloads is the same.
expect 0 spillway status one --json
says out '"tag_moved":"no"'
cp "$conditions/tags/t1.json" "$scratch/t1.json"
expect 0 spillway explain one --segment 9001/1/1/0
cp "$scratch/out" "$scratch/keys_before"
mv "$conditions/payloads" "$scratch/payloads"
expect 0 spillway status one --json
says out '"tag_moved":"no"'
sed -i 's/"status": *"frozen"/"status": "unlocked"/; s/9223372036854775807/9002/' "$conditions/tags/t1.json"
python3 - "$conditions/tags/t1.json" <<'PYTHON'
import json, sys
tag = json.load(open(sys.argv[1]))
row = next(r for r in tag["payloads"] if r["payload_type_name"] == "calo_gain")
row["checksum"] = "0" * 32
json.dump(tag, open(sys.argv[1], "w"))
PYTHON
expect 0 spillway status one
says out "tag t1 moved since planning (calo_gain" "keeps what it was planned with"
expect 0 spillway status one --json
says out '"tag_moved":"yes"'
expect 0 spillway explain one --segment 9001/1/1/0
cmp -s "$scratch/out" "$scratch/keys_before" || fail "a moved tag changed the keys of a planned campaign"
mv "$conditions/tags/t1.json" "$scratch/moved.json"
expect 0 spillway status one
says out "whether tag t1 moved is not known" "no tag 't1'"
mv "$scratch/t1.json" "$conditions/tags/t1.json"
mv "$scratch/payloads" "$conditions/payloads"

# Gaps list every type and run range; the runs in them are blocked; nothing is stored.
# shellcheck disable=SC2046
tag "$conditions" gaps $(base_rows | grep -v -e calo_gain -e led_spill) \
    calo_gain/a:9000-9000 led_spill/a:9000
rm "$conditions/payloads/led_spill/a"
base_payloads "$conditions"
reco "$scratch/gaps.yaml" gaps gaps
expect 11 spillway plan "$scratch/gaps.yaml"
says out "run 9000: 9 segments" "run 9001: blocked"
says err "E_PLAN_CONDITIONS" "calo_gain: runs 9001 - 9002"
expect 11 spillway plan "$scratch/gaps.yaml" --dry-run
says out "run 9000: 9 segments" "run 9002: blocked"
expect 0 spillway plan "$scratch/one.yaml"

# A spill that nothing covers ends the ladder: an error by name, or allowed by name.
grep -v -e '^9001' "$conditions/payloads/led_spill/a" >"$conditions/payloads/led_spill/b"
# shellcheck disable=SC2046
tag "$conditions" ladder $(base_rows | grep -v led_spill) led_spill/b:9000
reco "$scratch/ladder.yaml" ladder ladder
expect 11 spillway plan "$scratch/ladder.yaml"
says err "run 9001: " "led_spill" "E_PLAN_CONDITIONS"
sed -i 's/tag: ladder/tag: ladder, allow: [nearest_run], budget: {nearest_run: 0.2}/' "$scratch/ladder.yaml"
expect 11 spillway plan "$scratch/ladder.yaml" --dry-run
says err "led_spill: level nearest_run for 3 of 9 spills" "budget is 20 %" "E_PLAN_CONDITIONS"
expect 11 spillway plan "$scratch/ladder.yaml"
sed -i 's/nearest_run: 0.2/nearest_run: 0.5/' "$scratch/ladder.yaml"
expect 0 spillway plan "$scratch/ladder.yaml" --dry-run --json
says out '"level":"nearest_run","spills":3'
expect 0 spillway plan "$scratch/ladder.yaml"
says out "fallback led_spill: level nearest_run for 3 of 9 spills"
expect 0 spillway report ladder
says out "fallback led_spill: level nearest_run for 3 of 9 spills"
expect 0 spillway report ladder --json
says out '"level":"nearest_run","spills":3'

# Physics takes no synthetic run, and no synthetic payload that nobody acknowledged.
reco "$scratch/physics.yaml" physics t1
sed -i 's/purpose: test/purpose: physics/' "$scratch/physics.yaml"
expect 10 spillway plan "$scratch/physics.yaml" --dry-run
says err "no run is selected"
says out "runs not taken: 3 by synthetic"
mkdir "$scratch/real"
cp -r "$scratch/data/raw" "$scratch/real"
sed '/synthetic/d' "$scratch/data/runs.yaml" >"$scratch/real/runs.yaml"
make_area real_area "$scratch/real"
SPILLWAY_AREA=$scratch/real_area
expect 11 spillway plan "$scratch/physics.yaml"
says out "27 segments to run"
says err "calo_gain: payload" "acknowledge" "sampling: payload"
sed -i 's/tag: t1/tag: t1, acknowledge: [bad_spills, calo_gain, channel_map, led_reference, led_spill, pedestal, sampling, time_offset]/' "$scratch/physics.yaml"
expect 0 spillway plan "$scratch/physics.yaml"
SPILLWAY_AREA=$scratch/area

# One gain of one run changes the keys of that run and of nothing else; one LED row those
# of its spill; explain says which line.
sed 's/0\.01/0.02/' "$conditions/payloads/calo_gain/a" >"$conditions/payloads/calo_gain/b"
# shellcheck disable=SC2046
tag "$conditions" gain $(base_rows | grep -v calo_gain) calo_gain/a:9000-9000 \
    calo_gain/b:9001-9001 calo_gain/a:9002
reco "$scratch/gain.yaml" gain gain
expect 0 spillway plan "$scratch/gain.yaml"
expect 0 spillway impact one gain
says out "9 of 27 segments differ" "calo_gain: 9 segments, run 9001"
expect 0 spillway explain one gain --run 9001
says out "-payload.calo_gain=" "+payload.calo_gain="
sed 's/^9002 2 ECAL0 0 0 .*/9002 2 ECAL0 0 0 850/' "$conditions/payloads/led_spill/a" \
    >"$conditions/payloads/led_spill/c"
# shellcheck disable=SC2046
tag "$conditions" led $(base_rows | grep -v led_spill) led_spill/c:9000
reco "$scratch/led.yaml" led led
expect 0 spillway plan "$scratch/led.yaml"
expect 0 spillway impact one led
says out "3 of 27 segments differ" "led_spill: 3 segments, run 9002 spill 2"
expect 0 spillway explain one --segment 9002/1/1/1
says out "spillway-reco-1" "run=9002" "segment=1" "payload.led_spill=" "spillway-select-1"
refused 2 "expected RUN/BUILDER/CHUNK/ORDINAL" spillway explain one --segment 9002
refused 2 "no campaign nine" spillway explain nine one

# A spill that bad_spills names changes its select keys only, and has its own account.
payload "$conditions" bad_spills b <<END
columns run:count spill:count from_event:count
9000 2 0
END
# shellcheck disable=SC2046
tag "$conditions" bad $(base_rows | grep -v bad_spills) bad_spills/b:9000
reco "$scratch/bad.yaml" bad bad
expect 0 spillway plan "$scratch/bad.yaml"
expect 0 spillway impact one bad
says out "3 of 27 segments differ" "3 only in selection" "bad_spills: 3 segments, run 9000 spill 2"
expect 0 spillway report bad
[ "$(grep -A2 '^run 9000 ' "$scratch/out" | tr -s ' ')" = "run 9000 events 120 0 0 120
 spills 3 0 0 2 1
 EOT 2.7e+07 0 0 1.8e+07 9e+06" ] || fail "the table of run 9000: $(cat "$scratch/out")"
expect 0 spillway report bad --json
says out '"masked":{"events":0,"spills":1,"eot_drop":9000002' '"losses":[]'
refused 2 "no campaign nine" spillway report nine

# What is not in order is named: a chunk that was not scanned, one that is missing.
sed '/cdr01001-009001/,+2d' "$scratch/data/runs.yaml" >"$scratch/data/missing.yaml"
must spillway init "$scratch/area2"
must spillway --area "$scratch/area2" runs import "$scratch/data/missing.yaml"
expect 10 spillway --area "$scratch/area2" plan "$scratch/one.yaml"
says err "run 9001: chunk cdr01001-009001.dat is missing" \
    "run 9000: chunk cdr01002-009000.dat was not scanned" "E_PLAN_INPUT"
sed -i 's/9000-9002/1-5/' "$scratch/one.yaml"
expect 10 spillway --area "$scratch/area2" plan "$scratch/one.yaml"
says err "no run is selected"
# All campaigns of an area share one store: keys have one product, names one file.
must make_raw_helper "$scratch/rawdata" 5001 5001 1 10
make_area shared "$scratch/rawdata"
make_campaign "$scratch/shared.yaml" s1 "$scratch/store-shared"
must spillway --area "$scratch/shared" plan "$scratch/shared.yaml"
make_campaign "$scratch/shared2.yaml" s2 "$scratch/store-other"
refused 2 "keeps its products in $scratch/store-shared" \
    spillway --area "$scratch/shared" plan "$scratch/shared2.yaml"

finish
