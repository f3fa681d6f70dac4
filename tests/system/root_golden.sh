#!/bin/bash
# root_golden.sh - jsroot reads the golden files; so the judge itself is known to work.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
. "$2/tests/system/root_lib.sh"
need_judge

for file in "$source"/tests/golden/root/*.root; do
    judged "$file" && same_as "${file%.root}.txt"
done

# A byte of the golden tree changed: another value is read, and the comparison tells.
cp "$source/tests/golden/root/ttree.root" "$scratch/ttree.root"
printf '\x90' | dd of="$scratch/ttree.root" bs=1 seek=354 conv=notrunc status=none
judged "$scratch/ttree.root"
grep -qx 'hit_e 0 3f900000' "$scratch/judged" || fail 'a changed value was not read as such'
finish
