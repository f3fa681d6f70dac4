#!/bin/bash
# refusals_conditions.sh - conditions that are missing, wrong, or served by a service that is
# dead, slow or lies: a plan ends in seconds with the cause and stores nothing.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
. "$2/tests/system/conditions_lib.sh"
unset http_proxy https_proxy all_proxy
make_raw_helper "$scratch/data" 9000 9002 3 40 || exit 1
make_area area "$scratch/data"
export SPILLWAY_AREA=$scratch/area
before=$(catalog_sum "$SPILLWAY_AREA")
conditions=$scratch/conditions
base_payloads "$conditions"
# shellcheck disable=SC2046
tag "$conditions" t1 $(base_rows)

# reco FILE NAME SOURCE TAG [more lines]
reco() {
    local file=$1
    cat >"$file" <<YAML
name: $2
purpose: test
store: $scratch/store
select: {runs: [9000-9002]}
conditions: {source: "$3", tag: $4}
reconstruct: {setup: 2022-electron-100}
skims:
  - {name: all, kind: all}
YAML
    shift 4
    printf '%s\n' "$@" >>"$file"
}
file=$scratch/c.yaml
untouched() {
    [ "$(catalog_sum "$SPILLWAY_AREA")" = "$before" ] || fail "$1: the catalog was changed"
}
# plan_refused STATUS WORDS: within 20 s, one line and its advice, nothing in the catalog.
plan_refused() {
    local start=$SECONDS
    refused "$1" "$2" timeout 20 "$bin/spillway" plan "$file" --patience 1
    [ $((SECONDS - start)) -lt 15 ] || fail "$2: after $((SECONDS - start)) s"
    untouched "$2"
}

# Folders.
reco "$file" c1 "$conditions" t9
plan_refused 11 "E_TAG_UNKNOWN: .*t9"
reco "$file" c1 "$scratch/nowhere" t1
plan_refused 11 "$scratch/nowhere"
reco "$file" c1 "ftp://host/x" t1
plan_refused 2 "ftp://host/x"
# shellcheck disable=SC2046
tag "$conditions" gap $(base_rows | grep -v calo_gain) calo_gain/a:9000-9000 calo_gain/a:9002
reco "$file" c1 "$conditions" gap
expect 11 spillway plan "$file"
says err "E_PLAN_CONDITIONS" "calo_gain: run 9001"
untouched "a gap"
# shellcheck disable=SC2046
tag "$conditions" two $(base_rows | grep -v -e calo_gain -e time_offset) calo_gain/a:9000-9000 time_offset/a:9000-9001
reco "$file" c1 "$conditions" two
expect 11 spillway plan "$file"
says err "calo_gain: runs 9001 - 9002" "time_offset: run 9002"
untouched "two gaps"
expect 11 spillway run "$file"
untouched "run with gaps"
refused 2 "patience" spillway plan "$file" --patience 86401
refused 2 "patience" spillway plan "$file" --patience -1
printf '{"name": "bad", "status": "frozen", "payl' >"$conditions/tags/bad.json"
reco "$file" c1 "$conditions" bad
plan_refused 11 "bad.json: line 1"
: >"$conditions/tags/bad.json"
plan_refused 11 "bad.json"
head -c 100000 /dev/urandom >"$conditions/tags/bad.json"
plan_refused 11 "bad.json"
# shellcheck disable=SC2046
tag "$conditions" bad $(base_rows)
sed -i 's|"calo_gain/a"|"../../../etc/passwd"|' "$conditions/tags/bad.json"
plan_refused 11 "not a plain relative path"
# A payload that is not what the tag says, or says nothing sensible.
wrong_payload() { # TEXT WORDS: as the gain, with its right checksum
    printf '%s' "$1" >"$conditions/payloads/calo_gain/wrong"
    # shellcheck disable=SC2046
    tag "$conditions" bad $(base_rows | grep -v calo_gain) calo_gain/wrong:9000
    plan_refused 11 "$2"
}
head="spillway-table 1
type calo_gain
source ours
synthetic yes
led_reference l1
columns detector:name x:count y:count gain_gev_per_count:real
"
wrong_payload "" "calo_gain"
wrong_payload "<html>" "calo_gain"
wrong_payload "${head}ECAL0 0 0 0.01
" "calo_gain"
wrong_payload "${head}ECAL0 0 0 nan
end
" "calo_gain"
wrong_payload "${head}ECAL0 0 0 -1
end
" "calo_gain"
wrong_payload "${head}ECAL0 0 0
end
" "calo_gain"
cp "$conditions/payloads/calo_gain/a" "$conditions/payloads/calo_gain/wrong"
# shellcheck disable=SC2046
tag "$conditions" bad $(base_rows | grep -v calo_gain) calo_gain/wrong:9000
sed -i 's/0\.01/0.02/' "$conditions/payloads/calo_gain/wrong"
plan_refused 11 "E_PAYLOAD_HASH: .*calo_gain/wrong"
rm "$conditions/payloads/calo_gain/wrong"
plan_refused 11 "calo_gain/wrong"

# Services: one that is not there, then each that misbehaves.
reco "$file" c1 "http://127.0.0.1:1/api/cdb_rest" t
plan_refused 11 "Couldn't connect"
reco "$file" c1 "http://nosuch.invalid/api/cdb_rest" t
plan_refused 11 "nosuch.invalid"
hostile() { # MODE WORDS
    conditions_helper "$1" >"$scratch/port" &
    local helper=$!
    started+=("$helper")
    wait_for 10 test -s "$scratch/port"
    reco "$file" c1 "http://127.0.0.1:$(cat "$scratch/port")/api/cdb_rest" t
    # What the tag of the helper lacks is told only once it is read.
    plan_refused 11 "$2"
    kill "$helper"
    wait "$helper" 2>/dev/null
    : >"$scratch/port"
}
hostile html500 "status 500"
hostile json500 "tag is being rebuilt"
hostile busy "status 503: too many clients"
hostile truncated "after 18 bytes"
hostile endless "more than"
hostile drip "Timeout\|too slow"
hostile html200 "not JSON"
hostile nonsense "globalTag/t: line 1"
hostile othertag "got 'u'"
hostile leave "conditions service"
hostile climbing "not a plain relative path"
hostile moving "changed between two reads"
hostile wronghash "checksum is"
hostile nopayload "status 404"
hostile localbase "no http or https URL"
expect 0 spillway status
says out "no campaign is planned yet"

finish
