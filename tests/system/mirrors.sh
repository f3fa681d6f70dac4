#!/bin/bash
# mirrors.sh - a store that lost its payloads after planning is put right from mirrors.
# SPDX-License-Identifier: Apache-2.0
#
# Whatever kind the mirror is: the bytes are those of a campaign that lost nothing, and the
# store is whole again. When no mirror has it: one line that names each.
. "$2/tests/system/area_lib.sh"
must spillway-simulate --out "$scratch/data" --runs 9001-9002 --spills 4 --events 20 --seed 5
data=$scratch/data/conditions
reco() { # FILE STORE MIRRORS
    cat >"$1" <<YAML
name: c1
purpose: test
store: $2
select: {types: [physics]}
conditions: {source: "file:$data", tag: sim-1, mirrors: [$3]}
reconstruct: {setup: 2022-electron-100}
retry: {delay_s: 1}
skims:
  - {name: random, kind: random, fraction: 0.1, events: [physics]}
YAML
}
make_area calm "$scratch/data"
reco "$scratch/calm.yaml" "$scratch/store-calm" ""
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

# Mirrors of each kind: a service, a snapshot, a folder, another store.
cp -r "$data" "$scratch/copy"
must spillway conditions snapshot sim-1 --runs 9001-9002 --source "$data" --out "$scratch/snapshot"
exec 3< <(exec "$bin/spillway" conditions serve --data "$scratch/copy" --listen 127.0.0.1:0)
started+=($!)
read -r -t 20 line <&3 || fail "the service does not start"
url=${line##* }

store=$scratch/store
blobs() { (cd "$store/conditions" && find . -type f | sort | xargs sha256sum); }
gain=$(sha256sum "$data"/payloads/calo_gain/* | head -1 | cut -d' ' -f1)
gain=$store/conditions/${gain:0:2}/$gain
harmed() { # all are gone but one, which is damaged
    [ -f "$gain" ] || fail "the gain is not in the store by its hash"
    find "$store/conditions" -type f ! -path "$gain" -delete
    chmod u+w "$gain"
    printf 'X' | dd of="$gain" bs=1 seek=5 conv=notrunc status=none
}
fresh() { # MIRRORS: a planned campaign, its store harmed, the node's cache empty
    rm -rf "$scratch/area" "$store"
    make_area area "$scratch/data"
    reco "$scratch/c.yaml" "$store" "$1"
    must spillway --area "$scratch/area" plan "$scratch/c.yaml"
    blobs >"$scratch/whole"
    [ "$(wc -l <"$scratch/whole")" -ge 8 ] || fail "only $(wc -l <"$scratch/whole") blobs"
    harmed
}
run() { timeout 200 "$bin/spillway" --area "$scratch/area" run "$scratch/c.yaml" --workers 2; }
for mirrors in "$url" "$scratch/snapshot" "$scratch/none, http://127.0.0.1:1/none, $scratch/copy" "$scratch/store-calm"; do
    fresh "$mirrors"
    must run
    same_bytes "$scratch/store-calm" "$store"
    blobs >"$scratch/now"
    # What no task asked for is not put back.
    [ "$(wc -l <"$scratch/now")" -ge 6 ] || fail "$mirrors: only $(wc -l <"$scratch/now") blobs were put back"
    comm -13 "$scratch/whole" "$scratch/now" >"$scratch/wrong"
    [ -s "$scratch/wrong" ] && fail "$mirrors: put back wrongly: $(head -3 "$scratch/wrong")"
    for cause in "is gone from" "is damaged in"; do
        grep -q "blob=healed .*cause=\".*$cause the store\".* put-back=yes" "$scratch/area/logs/pilots.log" ||
            fail "$mirrors: the log does not say that one $cause the store"
    done
done
must spillway --area "$scratch/area" catalog check

# No mirror has it: one line, which names them.
fresh "$scratch/none, http://127.0.0.1:1/none"
expect 10 run
says err "E_CAMPAIGN_STUCK" "file:$scratch/none: nothing has this hash" "http://127.0.0.1:1/none: "
must spillway --area "$scratch/area" catalog check
# The mirrors come to life: released, the campaign goes on.
mkdir -p "$scratch/none"
cp -r "$data"/* "$scratch/none"
must spillway --area "$scratch/area" retry c1
must run
same_bytes "$scratch/store-calm" "$store"
finish
