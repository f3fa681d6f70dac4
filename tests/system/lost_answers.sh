#!/bin/bash
# lost_answers.sh - a third of the coordinator's answers never arrive: the same bytes.
# SPDX-License-Identifier: Apache-2.0
# Every report is sent again and committed once.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5002 5 100 || exit 1

make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1

make_area lossy "$scratch/data"
make_campaign "$scratch/lossy.yaml" c1 "$scratch/store-lossy" "lease_s: 5" "task:" "  segments: 1"
must spillway --area "$scratch/lossy" plan "$scratch/lossy.yaml"
start_serve "$scratch/lossy" c1 || finish
port=$(sed 's/.*://' "$scratch/lossy/coordinator.url")
lossy_proxy_helper "$port" 30 "$RANDOM" >"$scratch/proxy.port" &
started+=($!)
wait_for 10 test -s "$scratch/proxy.port" || fail "the proxy did not start"
echo "http://127.0.0.1:$(cat "$scratch/proxy.port")" >"$scratch/proxy.url"
start_pilot "$scratch/lossy" 3 "$scratch/proxy.url"
wait_for 120 is_complete "$scratch/lossy" c1 || fail "not complete: $(spillway --area "$scratch/lossy" status)"
same_bytes "$scratch/store-calm" "$scratch/store-lossy"
no_strays "$scratch/store-lossy"
kill "$served"
must spillway --area "$scratch/lossy" verify c1
must spillway --area "$scratch/lossy" catalog check
finish
