#!/bin/bash
# restore.sh - a coordinator that died, an older catalog, a lost file: the same bytes.
# SPDX-License-Identifier: Apache-2.0
# It dies between commit and publish; later it is restored from an older copy of its
# catalog; a published file is removed, parts are damaged. Nothing is left over.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5003 4 80 || exit 1

make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1

# A file stands where the folder of a published file must be made: the merge is committed,
# then publishing fails and the coordinator ends.
make_area torn "$scratch/data"
make_campaign "$scratch/torn.yaml" c1 "$scratch/store-torn" "lease_s: 3" "task:" "  segments: 3"
must spillway --area "$scratch/torn" plan "$scratch/torn.yaml"
mkdir -p "$scratch/store-torn/published"
touch "$scratch/store-torn/published/skim.all"
start_serve "$scratch/torn" c1 || finish
start_pilot "$scratch/torn" 2
wait_for 60 bash -c "! kill -0 $served" || fail "the coordinator survived a publish that cannot work"
spillway --area "$scratch/torn" status c1 >"$scratch/out"
is_complete "$scratch/torn" c1 && fail "complete without its files"
grep -q "E_DISK_WRITE" "$scratch/torn/logs/coordinator.log" || fail "no clear line: $(tail -1 "$scratch/torn/logs/coordinator.log")"
must spillway --area "$scratch/torn" catalog copy "$scratch/older"
rm "$scratch/store-torn/published/skim.all"
start_serve "$scratch/torn" c1 || finish
wait_for 60 is_complete "$scratch/torn" c1 || fail "not complete after the restart: $(spillway --area "$scratch/torn" status)"
same_bytes "$scratch/store-calm" "$scratch/store-torn"
no_strays "$scratch/store-torn"
kill "$served"
wait "$served"
wait_for 30 bash -c "! kill -0 $piloted" || kill -9 "$piloted"

# Restored from the older copy: it points at parts that were collected since.
rm -rf "$scratch/torn/catalog"
cp -r "$scratch/older" "$scratch/torn/catalog"
must spillway --area "$scratch/torn" run "$scratch/torn.yaml" --workers 1
same_bytes "$scratch/store-calm" "$scratch/store-torn"
no_strays "$scratch/store-torn"
must spillway --area "$scratch/torn" verify c1
must spillway --area "$scratch/torn" catalog check

# A published file that vanished is made again.
rm "$(find "$scratch/store-torn/published" -name 'skim.random_005002*.dat')"
spillway --area "$scratch/torn" verify c1 >"$scratch/out" 2>&1 && fail "verify passed a missing file"
start_serve "$scratch/torn" c1 || finish
start_pilot "$scratch/torn" 2
again() { [ -n "$(find "$scratch/store-torn/published" -name 'skim.random_005002*.dat')" ] && is_complete "$scratch/torn" c1; }
wait_for 60 again || fail "the lost file was not made again"
same_bytes "$scratch/store-calm" "$scratch/store-torn"
kill "$served"
wait "$served"
wait_for 30 bash -c "! kill -0 $piloted" || kill -9 "$piloted"

# Bytes of parts changed while they waited to be merged: the merge finds it, the
# coordinator looks for itself, and those segments are made again.
make_area hurt "$scratch/data"
make_campaign "$scratch/hurt.yaml" c1 "$scratch/store-hurt" "lease_s: 2" "task:" "  segments: 1"
must spillway --area "$scratch/hurt" plan "$scratch/hurt.yaml"
start_serve "$scratch/hurt" c1 || finish
start_pilot "$scratch/hurt" 2
some() { [ "$(find "$scratch/store-hurt/parts" -type f | wc -l)" -ge 3 ]; }
wait_for 60 some || fail "no parts were made"
kill -9 "$served" "$piloted"
wait "$served" "$piloted" 2>/dev/null
hurt=0
while IFS= read -r part; do
    printf 'X' | dd of="$part" bs=1 seek=100 conv=notrunc status=none && hurt=$((hurt + 1))
done < <(find "$scratch/store-hurt/parts" -type f)
[ "$hurt" -gt 0 ] || fail "nothing was left to damage"
must spillway --area "$scratch/hurt" run "$scratch/hurt.yaml" --workers 1
grep -q "event=products_gone" "$scratch/hurt/logs/coordinator.log" || fail "nobody noticed"
same_bytes "$scratch/store-calm" "$scratch/store-hurt"
no_strays "$scratch/store-hurt"
must spillway --area "$scratch/hurt" verify c1
must spillway --area "$scratch/hurt" catalog check
finish
