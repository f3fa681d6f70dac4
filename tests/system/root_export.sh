#!/bin/bash
# root_export.sh - published files: jsroot reads the RNTuple, and the tree that is exported
# from it, back value by value, and the histograms.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
. "$2/tests/system/root_lib.sh"

publish
mapfile -t files < <(find "$scratch/store/published" -name 'reco_*.root' | sort)
[ "${#files[@]}" -ge 2 ] || fail "only ${#files[@]} reco files: $(find "$scratch/store/published" -type f)"

# The same bytes each time; only what was asked for appears.
mkdir "$scratch/a" "$scratch/b"
must spillway export --ttree "$scratch/a/tree.root" "${files[@]}"
must spillway export --ttree "$scratch/b/tree.root" "${files[@]}"
cmp "$scratch/a/tree.root" "$scratch/b/tree.root" || fail 'two exports differ'
[ "$(ls "$scratch/a")" = tree.root ] || fail "left beside the tree: $(ls "$scratch/a")"

# Left by an export that was killed it is written over; what another one writes is not.
echo half >"$scratch/d.root.new"
refused 2 "another export is writing it" flock "$scratch/d.root.new" spillway export --ttree "$scratch/d.root" "${files[0]}"
must grep -qx half "$scratch/d.root.new"
must spillway export --ttree "$scratch/d.root" "${files[0]}"
must [ ! -e "$scratch/d.root.new" ]

# What is wrong is said, and leaves nothing.
refused 2 'is there already' spillway export --ttree "$scratch/a/tree.root" "${files[0]}"
refused 2 'published files is missing' spillway export --ttree "$scratch/c.root"
refused 2 'one form is wanted' spillway export "${files[0]}"
head -c 3000 "${files[0]}" >"$scratch/cut"
refused 10 "$scratch/cut" spillway export --ttree "$scratch/c.root" "${files[1]}" "$scratch/cut"
[ -z "$(find "$scratch" -maxdepth 1 -name 'c.root*')" ] || fail 'a failed export left a file'

need_judge
must root_values_helper reco tree "${files[@]}"
mv "$scratch/out" "$scratch/want"
judged "$scratch/a/tree.root"
grep -qx 'key reco TTree SYNTHETIC reconstructed events' "$scratch/judged" || fail 'the tree is not marked'
grep -q '^text "run' "$scratch/judged" || fail 'the meanings of the columns are missing'
grep -q '^text "SYNTHETIC spillway-ttree-1 .*9002 ' "$scratch/judged" || fail 'the provenance is missing'
sed -i '/^streamers /d; /^key /d; /^text /d' "$scratch/judged"
same_as "$scratch/want"
events=$(grep -vc '^#' "$scratch/data/truth.txt")
grep -qx "columns reco TTree $events" "$scratch/judged" || fail "entries: $(grep ^columns "$scratch/judged")"

for file in "${files[@]}"; do
    must root_values_helper reco ntuple "$file"
    mv "$scratch/out" "$scratch/want"
    judged "$file" || continue
    grep -q '^description reco SYNTHETIC ' "$scratch/judged" || fail "$file is not marked SYNTHETIC"
    sed -i '/^streamers /d; /^key /d; /^description /d' "$scratch/judged"
    same_as "$scratch/want"
done

# Histograms: jsroot reads each, and the whole run is in them.
mapfile -t hists < <(find "$scratch/store/published" -name 'hist_*.root' | sort)
[ "${#hists[@]}" -eq 2 ] || fail "${#hists[@]} files of histograms"
for file in "${hists[@]}"; do
    judged "$file" || continue
    run=${file##*/hist_00}
    events=$(grep -c "^${run%%_*} " "$scratch/data/truth.txt")
    grep -q "^histogram events/type TH1D $(python3 -c 'import struct, sys
print(struct.pack(">d", float(sys.argv[1])).hex())' "$events") " "$scratch/judged" ||
        fail "$file: not $events events: $(grep '^histogram events/type' "$scratch/judged")"
done
for file in $(find "$scratch/store/published" -name 'flow_*.root'); do
    judged "$file"
    grep -q '^label 1 ' "$scratch/judged" || fail "$file: the steps have no names"
done
finish
