#!/bin/bash
# raw_plan.sh - a plan tells what its channel maps lack before a campaign starts.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"
. "$(dirname "$0")/conditions_lib.sh"
must make_raw_helper "$scratch/data" 9000 9002 1 20
make_area area "$scratch/data"
export SPILLWAY_AREA=$scratch/area
conditions=$scratch/conditions
base_payloads "$conditions"

# plan_with TAG: a campaign of all three runs with that tag.
plan_with() {
    cat >"$scratch/$1.yaml" <<YAML
name: $1
purpose: test
store: store
select: {runs: [9000-9002]}
conditions: {source: conditions, tag: $1}
reconstruct: {setup: 2022-electron-100}
skims:
  - {name: all, kind: all}
YAML
    spillway plan "$scratch/$1.yaml" "${@:2}"
}

section() { # RUNS LINES...
    echo "<ChipSADC version=\"2\" runs=\"$1\" options=\"xy data_format3\">"
    printf '%s\n' "${@:2}"
    echo "</ChipSADC>"
}

map() { # NAME; sections on stdin
    { echo '<Map><!-- spillway source=ours synthetic=yes -->'; cat; echo '</Map>'; } \
        >"$conditions/payloads/channel_map/$1"
    # shellcheck disable=SC2046
    tag "$conditions" "$1" $(base_rows | grep -v channel_map) "channel_map/$1:9000"
}

# A run without any section, and one in which two detectors have a channel.
{
    section 9000-9001 "ECAL0 616 0 0 0 0" "ECAL0 616 0 1 1 0"
    section 9001 "VETO 616 0 1 0 0"
} | map broken
expect 11 plan_with broken
says err "run 9001: channel_map: ECAL0 and VETO are both on ChipSADC source 616 port 0 adc 0 channel 1" \
    "run 9002: channel_map: no channel of ChipSADC is mapped" "2 problems"
says out "run 9000: 4 segments" "run 9001: blocked: channel_map: ECAL0 and VETO" "run 9002: blocked"
expect 11 plan_with broken --dry-run --json
says out '"run 9002: channel_map: no channel of ChipSADC is mapped"'

# Fewer channels than in other runs are told and block nothing.
{
    section 9000-9002 "ECAL0 616 0 0 0 0"
    section 9000-9001 "ECAL0 616 0 1 1 0"
} | map fewer
expect 0 plan_with fewer --dry-run
says out "run 9002: channel_map: ECAL0 has 1 of 2 channels (ChipSADC source 616)"
grep -q "run 9001: channel_map" "$scratch/out" && fail "a run that lacks nothing is named"
expect 0 plan_with fewer --dry-run --json
says out '"notes":["run 9002: channel_map: ECAL0 has 1 of 2 channels (ChipSADC source 616)"]'

# A map that cannot be read blocks all of its runs, with the line.
section 9000-9002 "ECAL0 616 0" | map unread
expect 11 plan_with unread
says err "run 9000: channel_map: channel_map:3: no ChipSADC line of version 2" "3 problems"
finish
