#!/bin/bash
# refusals_payloads.sh - payloads that are damaged or gone after planning: found by their
# hash, named, no segment is committed with them; a damaged node cache heals itself.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
must spillway-simulate --out "$scratch/data" --runs 9001-9002 --spills 4 --events 20 --seed 5
reco() { # FILE STORE
    reco_campaign "$1" c1 "$2" "$scratch/data" sim-1 "retry: {delay_s: 1}" "skims:" \
        "  - {name: random, kind: random, fraction: 0.1, events: [physics]}"
}
make_area calm "$scratch/data"
reco "$scratch/calm.yaml" "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

make_area wild "$scratch/data"
reco "$scratch/wild.yaml" "$scratch/store"
must spillway --area "$scratch/wild" plan "$scratch/wild.yaml"
gain=$(find "$scratch/data/conditions/payloads/calo_gain" -type f | head -1)
hash=$(sha256sum "$gain" | cut -d' ' -f1)
blob=$scratch/store/conditions/${hash:0:2}/$hash
cmp "$gain" "$blob" || fail "the gain is not in the store by its hash"
run_wild() { spillway --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2; }
none_committed() {
    spillway --area "$scratch/wild" status c1 --json | grep -q '"committed":0' || fail "$1: segments are committed"
    must spillway --area "$scratch/wild" catalog check
    no_strays "$scratch/store"
}

# Other bytes of the same size in the store.
chmod u+w "$blob"
printf '9' | dd of="$blob" bs=1 seek=$(($(stat -c %s "$blob") - 8)) conv=notrunc status=none
expect 10 timeout 100 "$bin/spillway" --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2
says err "E_CAMPAIGN_STUCK" "E_PAYLOAD_HASH: " "$hash"
none_committed "another gain"

# Cut short; gone. Both are no matter of patience once the store is there.
truncate -s 100 "$blob"
must spillway --area "$scratch/wild" retry c1
expect 10 timeout 100 "$bin/spillway" --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2
says err "$hash"
none_committed "a short gain"
rm "$blob"
must spillway --area "$scratch/wild" retry c1
expect 10 timeout 100 "$bin/spillway" --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2
says err "E_CONDITIONS_FETCH: " "$hash: is gone from the store"
none_committed "no gain"

# Put right and released: the calm bytes.
cp "$gain" "$blob"
must spillway --area "$scratch/wild" retry c1
must run_wild
same_bytes "$scratch/store-calm" "$scratch/store"

# A damaged cache of the node heals itself, a missing one is made again.
cached=$(find "$scratch/wild/cache/objects" -type f -name "$hash" | head -1)
[ -n "$cached" ] || fail "the node cache does not have the gain: $(find "$scratch/wild/cache" -type f | head -3)"
[ -f "$scratch/wild/cache/lead/objects/${hash:0:2}/$hash" ] || fail "the node did not get the gain from the lead"
for harm in 'printf x | dd of=$cached bs=1 seek=50 conv=notrunc status=none' ': >$cached' 'rm $cached' \
    'head -c 5000000 /dev/zero >$cached' 'rm $cached; mkdir $cached'; do
    rm -rf "$scratch/wild/catalog" "$scratch/store/published" "$scratch/store/parts" "$scratch/wild/spillway.area"
    must spillway init "$scratch/wild"
    must spillway --area "$scratch/wild" runs import "$scratch/data/runs.yaml"
    must spillway --area "$scratch/wild" runs scan
    chmod u+w "$cached" "$(dirname "$cached")"
    eval "$harm"
    must timeout 60 "$bin/spillway" --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2
    same_bytes "$scratch/store-calm" "$scratch/store"
    # What is no file is not touched, it only costs the sharing.
    [ -d "$cached" ] || cmp "$cached" "$gain" || fail "not healed: $harm"
done
finish
