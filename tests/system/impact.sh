#!/bin/bash
# impact.sh - a new calibration re-runs exactly what it touches. SYNTHETIC.
# SPDX-License-Identifier: Apache-2.0
# One gain for one run, one spill of an LED table with those that fall back on it; explain
# names them.
. "$2/tests/system/area_lib.sh"

must spillway-simulate --out "$scratch/data" --runs 9001-9003 --spills 8 --events 20 --seed 3
conditions=$scratch/data/conditions

campaign() { # FILE NAME TAG
    reco_campaign "$1" "$2" "$scratch/store" "$scratch/data" "$3" "skims:" \
        "  - {name: random, kind: random, fraction: 0.1, events: [physics]}"
}

# edit_tag NEW OLD TYPE FIRST AFTER FILE: a copy of a tag in which the payload of a type is
# FILE (below payloads/) for the runs from FIRST to before AFTER. Rows end where the next
# one of their type starts.
edit_tag() {
    local sum size
    sum=$(sha256sum "$conditions/payloads/$6" | cut -d' ' -f1)
    size=$(stat -c %s "$conditions/payloads/$6")
    jq -c --arg new "$1" --arg type "$3" --argjson first "$4" --argjson after "$5" \
        --arg url "$6" --arg sum "$sum" --argjson size "$size" '
        ([.payloads[] | select(.payload_type_name == $type and .major_iov <= $first)]
            | max_by(.major_iov)) as $old |
        .name = $new |
        .payloads |= ([.[] | select(.payload_type_name != $type or .major_iov != $first)] +
            [$old + {payload_url: $url, checksum: $sum, size: $size, major_iov: $first}] +
            (if any(.[]; .payload_type_name == $type and .major_iov == $after) then []
             else [$old + {major_iov: $after}] end))' \
        "$conditions/tags/$2.json" >"$conditions/tags/$1.json"
}

make_area a "$scratch/data"
campaign "$scratch/base.yaml" base sim-1
must spillway --area "$scratch/a" run "$scratch/base.yaml" --workers 2
segments=$(spillway --area "$scratch/a" status base --json | jq '.[0].segments')

# One gain, changed for run 9002 only.
sed '/^ECAL1 2 2 /s/ [^ ]*$/ 0.0333/' "$conditions/payloads/calo_gain/sim.txt" >"$conditions/payloads/calo_gain/new.txt"
cmp -s "$conditions/payloads/calo_gain/sim.txt" "$conditions/payloads/calo_gain/new.txt" && fail "the gain did not change"
edit_tag gain sim-1 calo_gain 9002 9003 calo_gain/new.txt
campaign "$scratch/gain.yaml" gain gain
must spillway --area "$scratch/a" plan "$scratch/gain.yaml"
spillway --area "$scratch/a" explain base gain >"$scratch/explain"
grep -q "payload.calo_gain" "$scratch/explain" || fail "explain does not name the gain: $(head -3 "$scratch/explain")"
grep -Eq "9001|9003" <(head -1 "$scratch/explain") && fail "explain names other runs: $(head -1 "$scratch/explain")"
must spillway --area "$scratch/a" run "$scratch/gain.yaml" --workers 2
must spillway --area "$scratch/a" verify gain

# What ran: attempts of campaign gain touch run 9002 only; the published files of the
# others are the very same.
for run in 9001 9003; do
    [ "$(find "$scratch/store/published" -name "reco_00${run}_*.root" | wc -l)" -eq 1 ] ||
        fail "run $run was made again"
done
[ "$(find "$scratch/store/published" -name 'reco_009002_*.root' | wc -l)" -eq 2 ] || fail "run 9002 was not made again"

# One LED spill edited: exactly the spills whose effective row changed, with those that
# fall back on it. Spill 7 has no row of its own: it takes the row of spill 6.
led=led_spill/run-009003.txt
grep -q '^9003 7 ' "$conditions/payloads/$led" && fail "spill 7 has LED rows: the test is void"
awk '$1 == 9003 && $2 == 6 && !done {$NF = $NF * 1.01; done = 1} {print}' \
    "$conditions/payloads/$led" >"$conditions/payloads/led_spill/edited.txt"
edit_tag led sim-1 led_spill 9003 9004 led_spill/edited.txt
campaign "$scratch/led.yaml" led led
spillway --area "$scratch/a" plan "$scratch/led.yaml" >"$scratch/out" 2>"$scratch/err" || fail "plan led: $(cat "$scratch/err")"
grep -q "led_spill: .* run 9003 spills 6-7" "$scratch/out" ||
    grep -q "led_spill: .* run 9003 spill.* 6.*7" "$scratch/out" || fail "not exactly spills 6 and 7: $(grep led_spill "$scratch/out")"
must spillway --area "$scratch/a" run "$scratch/led.yaml" --workers 2
must spillway --area "$scratch/a" verify led
must spillway --area "$scratch/a" catalog check

# The same values under another name: nothing runs.
jq -c '.name = "renamed"' "$conditions/tags/sim-1.json" >"$conditions/tags/renamed.json"
campaign "$scratch/renamed.yaml" renamed renamed
spillway --area "$scratch/a" plan "$scratch/renamed.yaml" >"$scratch/out" 2>&1
grep -q "^0 segments to run .*, 0 to select, $segments reused" "$scratch/out" || fail "renamed tag: $(sed -n 2p "$scratch/out")"
finish
