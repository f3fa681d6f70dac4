#!/bin/bash
# root_values.sh - jsroot reads back what our writers wrote: every type and shape.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
. "$2/tests/system/root_lib.sh"
need_judge

# compare KIND...: a file of root_values_helper against what it says of it.
compare() {
    rm -f "$scratch/file.root"
    must root_values_helper "$1" "$scratch/file.root" "${@:2}"
    mv "$scratch/out" "$scratch/want"
    judged "$scratch/file.root" || return
    sed -i '/^streamers /d' "$scratch/judged"
    same_as "$scratch/want"
}

# ENTRIES CLUSTER WIDTH FILLER: none, one, below a cluster, many; baskets and pages of 16
# bytes, and above 16 MiB where compression makes more than one block.
for kind in tree ntuple; do
    compare $kind 0 7 0 0
    compare $kind 1 7 0 0
    compare $kind 9 2 1 0
    compare $kind 10 4 0 0
    compare $kind 64 64 0 0
    compare $kind 1000 7 0 0
    compare $kind 40000 16384 0 0
    compare $kind 5000 5000 1024 0
    # Beyond 4 GB: keys, baskets and pages have 64-bit places. Before them is a hole.
    compare $kind 1000 100 0 5
    [ "$(stat -c %s "$scratch/file.root")" -gt 4294967296 ] || fail 'the file is below 4 GB'
done

for entries in 0 1 1000; do
    compare hist $entries
done
finish
