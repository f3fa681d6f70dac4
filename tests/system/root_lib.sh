# root_lib.sh - what tests with jsroot share: where it is, and comparing with it.
# SPDX-License-Identifier: Apache-2.0
# Sourced after area_lib.sh.
judge=$source/build/jsroot

need_judge() {
    command -v node >/dev/null || skip 'node is missing, run deploy/packages.sh test'
    [ -f "$judge/installed" ] || skip 'jsroot is missing, run deploy/packages.sh test'
}

# judged FILE: what jsroot reads in it, in $scratch/judged.
judged() {
    node "$source/tests/jsroot/dump.mjs" "$judge" "$1" >"$scratch/judged" 2>"$scratch/err" && return 0
    fail "jsroot cannot read $1: $(tail -1 "$scratch/err")"
    return 1
}

# same_as TEXT: $scratch/judged is this text.
same_as() {
    diff "$1" "$scratch/judged" >"$scratch/diff" || fail "$1: jsroot reads something else: $(head -5 "$scratch/diff")"
}

# publish: a SYNTHETIC data set in $scratch/data, published in $scratch/store.
publish() {
    must spillway-simulate --out "$scratch/data" --runs 9001-9002 --spills 2 --events 150 --seed 5
    make_area area "$scratch/data"
    reco_campaign "$scratch/campaign.yaml" one "$scratch/store" "$scratch/data" sim-1 \
        "skims:" "  - name: missing" "    kind: cuts" "    events: [physics]" "    cuts:" \
        "      - {quantity: preshower_gev, min: 0.2}" "      - {quantity: ecal_gev, max: 70}"
    must spillway --area "$scratch/area" run "$scratch/campaign.yaml" --workers 2
}
