#!/bin/bash
# amend_keys.sh - another tag, another release and a pause for some runs. SYNTHETIC.
# SPDX-License-Identifier: Apache-2.0
# What is published is what two calm areas have, one planned so from the start for all runs.
. "$2/tests/system/area_lib.sh"

must spillway-simulate --out "$scratch/data" --runs 9001-9003 --spills 3 --events 40 --seed 5
conditions=$scratch/data/conditions
sed '/^ECAL1 2 2 /s/ [^ ]*$/ 0.0333/' "$conditions/payloads/calo_gain/sim.txt" >"$conditions/payloads/calo_gain/new.txt"
cmp -s "$conditions/payloads/calo_gain/sim.txt" "$conditions/payloads/calo_gain/new.txt" && fail "the gain did not change"
jq -c --arg sum "$(sha256sum <"$conditions/payloads/calo_gain/new.txt" | cut -d' ' -f1)" \
    --argjson size "$(stat -c %s "$conditions/payloads/calo_gain/new.txt")" '.name = "gain" |
    (.payloads[] | select(.payload_type_name == "calo_gain")) |=
        (.payload_url = "calo_gain/new.txt" | .checksum = $sum | .size = $size)' \
    "$conditions/tags/sim-1.json" >"$conditions/tags/gain.json"

campaign() { # FILE STORE TAG
    reco_campaign "$1" demo "$2" "$scratch/data" "$3" "skims:" \
        "  - {name: random, kind: random, fraction: 0.1, events: [physics]}"
}
# A release that computes the same under another number.
release=$(spillway-executor --release)
mkdir "$scratch/next"
python3 - "$bin" "$release" "$scratch/next" <<'PY'
import os, sys
for name in "spillway", "spillway-executor", "spillway-pilot":
    data = open(sys.argv[1] + "/" + name, "rb").read()
    place = sys.argv[3] + "/" + name
    open(place, "wb").write(data.replace(sys.argv[2].encode(), sys.argv[2][::-1].encode()))
    os.chmod(place, 0o755)
PY
[ "$("$scratch/next/spillway-executor" --release)" = "$(rev <<<"$release")" ] || fail "the release is the same"

calm() { # NAME TAG PROGRAM
    make_area "$1" "$scratch/data"
    campaign "$scratch/$1.yaml" "$scratch/store-$1" "$2"
    must "$3" --area "$scratch/$1" run "$scratch/$1.yaml" --workers 2
}
calm first sim-1 spillway
calm tag gain spillway
calm release sim-1 "$scratch/next/spillway"
holds() { # RUN=STORE...: these runs are published as in that store, and nothing else
    local pair
    published "$store" | sort -k2 >"$scratch/now"
    for pair in "$@"; do published "$scratch/store-${pair#*=}" | grep "/00${pair%=*}/"; done | sort -k2 >"$scratch/want"
    diff "$scratch/now" "$scratch/want" >"$scratch/diff" || fail "$*: published/ is another: $(head -4 "$scratch/diff")"
}

area=$scratch/area
store=$scratch/store
make_area area "$scratch/data"
campaign "$scratch/demo.yaml" "$store" sim-1
campaign "$scratch/gain.yaml" "$store" gain
sw() { spillway --area "$area" "$@"; }
next() { "$scratch/next/spillway" --area "$area" "$@"; }
must sw run "$scratch/demo.yaml" --workers 2
holds 9001=first 9002=first 9003=first

# Another tag for one run: the preview names it, the others stay as they are.
must sw amend demo --file "$scratch/gain.yaml" --runs 9002 --dry-run
says out "1 of 1 runs change" "run 9002: 10 segments invalidated (10 run again, 0 found)"
must sw amend demo --file "$scratch/gain.yaml" --runs 9002 --reason "new gains" --by ann
says out "amendment demo+1"
must sw explain demo demo+1
says out "payload.calo_gain"

# The amendment of a campaign that is complete is paused by the name of the campaign, and
# one that is made meanwhile is paused with it.
must sw pause demo --reason "beam time" --by bob
says out "campaign demo+1 is paused"
must next amend demo --file "$scratch/demo.yaml" --runs 9003 --reason "new release"
says out "amendment demo+2"
must sw overdue
says out "demo+1: paused by bob: beam time" "demo+2: paused by bob: beam time"
must sw resume demo
says out "campaign demo+1 goes on" "campaign demo+2 goes on"
must sw pause demo+2
must sw overdue demo+1
grep -q paused "$scratch/out" && fail "demo+2 alone was meant: $(cat "$scratch/out")"
must sw resume demo+2

# Each by pilots of its own release.
spillway --area "$area" run "$scratch/demo.yaml" --workers 2 >"$scratch/run.out" 2>&1 &
supervisor=$!
started+=("$supervisor")
wait_for 60 is_complete "$area" demo+1 || fail "demo+1: $(tail -3 "$scratch/run.out")"
is_complete "$area" demo+2 && fail "an executor of another release did demo+2"
kill "$supervisor"
wait "$supervisor"
must next run "$scratch/demo.yaml" --workers 2
holds 9001=first 9002=tag 9003=release
must sw verify demo
must sw catalog check
must sw status demo
says out "amendment of runs 9002: demo+1 by ann" "amendment of runs 9003: demo+2 by $(id -un)"

# And back, both: merges only, the earlier bytes.
must sw rollback demo --runs 9002-9003 --reason "all back" --by ann
must sw run "$scratch/demo.yaml" --workers 2
holds 9001=first 9002=first 9003=first
must sw verify demo
must sw catalog check
finish
