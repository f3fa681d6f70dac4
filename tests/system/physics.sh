#!/bin/bash
# physics.sh - a SYNTHETIC data set through a whole campaign, compared with its truth.
# SPDX-License-Identifier: Apache-2.0
#
# Every event once, injected signal in eminvis_loose, energies within resolution, seen =
# kept + rejected + damaged; same bytes for 1 and 3 ranks, and for tags that resolve to the
# same values; a second selection reads stored columns and gives the bytes of raw.
. "$2/tests/system/area_lib.sh"

must spillway-simulate --out "$scratch/data" --runs 9001-9002 --spills 3 --events 400 \
    --signal-fraction 0.05 --chunk-bytes 3000000 --seed 7
grep -v '^#' "$scratch/data/truth.txt" >"$scratch/truth"
tags=$scratch/data/conditions/tags
sed 's/"sim-1"/"same-values"/' "$tags/sim-1.json" >"$tags/same-values.json"

physics_campaign() { # FILE NAME STORE TAG [cut on ecal_gev [segments of a task]]
    sed -e "s|^name: .*|name: $2|" -e "s|^store: .*|store: $3|" -e "s|^  tag: .*|  tag: $4|" \
        -e "s|^  source: .*|  source: file:$scratch/data/conditions|" \
        -e "s|ecal_gev, max: 70}|ecal_gev, max: ${5:-70}}|" \
        -e "s|fraction: 0.01|fraction: 0.05|" "$source/deploy/demo.yaml" >"$1"
    printf '%s\n' "task:" "  segments: ${6:-3}" >>"$1"
}

make_area one "$scratch/data"
physics_campaign "$scratch/one.yaml" one "$scratch/store-one" sim-1
must spillway --area "$scratch/one" run "$scratch/one.yaml" --workers 1
must spillway --area "$scratch/one" verify one
must spillway --area "$scratch/one" catalog check
no_strays "$scratch/store-one"
find_one() { find "$scratch/store-one/published" -name "$1"; }

# Every event of the truth is in the columns once, with its type.
for file in $(find_one 'reco_*.root'); do rows_helper "$file"; done >"$scratch/rows"
sort -k1,3 "$scratch/rows" | cut -d' ' -f1-4 >"$scratch/have"
sort -k1,3 "$scratch/truth" | cut -d' ' -f1-4 >"$scratch/want"
diff "$scratch/want" "$scratch/have" >"$scratch/diff" || fail "events: $(head -3 "$scratch/diff")"

# Signal that fired the trigger, without pile-up and in good spills: all in eminvis_loose.
for file in $(find_one 'skim.eminvis_loose_*.dat'); do rows_helper "$file"; done |
    awk '$4 == 7 {print $1, $2, $3}' | sort >"$scratch/kept"
awk '$5 == "signal" && $6 == 3 && $20 == "-" && $21 == 0 {print $1, $2, $3}' "$scratch/truth" | sort >"$scratch/signal"
[ "$(wc -l <"$scratch/signal")" -gt 20 ] || fail "only $(wc -l <"$scratch/signal") signal events"
lost=$(comm -23 "$scratch/signal" "$scratch/kept" | wc -l)
[ "$lost" -eq 0 ] || fail "$lost signal events are not in eminvis_loose: $(comm -23 "$scratch/signal" "$scratch/kept" | head -3)"
[ "$(wc -l <"$scratch/kept")" -lt $(($(wc -l <"$scratch/signal") + $(wc -l <"$scratch/truth") / 10)) ] ||
    fail "eminvis_loose keeps $(wc -l <"$scratch/kept") events: it selects nothing"

# Energies against the truth: electrons without pile-up, resolution 10 %/sqrt(E) + 1 %.
awk 'NR == FNR {if ($5 == "electron" && $20 == "-") truth[$1, $2, $3] = $8 + $9; next}
     ($1, $2, $3) in truth {
         e = truth[$1, $2, $3]; d = ($5 - e) / e; sum += d; n++
         if (d * d > 25 * (0.1 / sqrt(e) + 0.01) ^ 2) far++
     }
     END {print n, sum / n, far + 0}' "$scratch/truth" "$scratch/rows" >"$scratch/energy"
read -r events mean far <"$scratch/energy"
echo "electrons $events, mean deviation $mean, beyond 5 sigma $far"
[ "$events" -gt 200 ] || fail "only $events electrons compared"
awk -v m="$mean" 'BEGIN {exit !(m < 0.02 && m > -0.02)}' || fail "mean energy deviates by $mean"
[ "$far" -eq 0 ] || fail "$far electrons deviate by more than five sigma"

# Muon pairs leave two minimum-ionising particles in each HCAL module (within 20 %).
awk 'NR == FNR {if ($5 == "dimuon" && $20 == "-") truth[$1, $2, $3] = $10; next}
     ($1, $2, $3) in truth {d = ($7 - truth[$1, $2, $3]) / truth[$1, $2, $3]; sum += d; n++}
     END {exit !(n > 10 && sum / n < 0.2 && sum / n > -0.2)}' "$scratch/truth" "$scratch/rows" ||
    fail "muon pairs in HCAL0 do not agree with the truth"

# Seen = kept + rejected (masked ones too) + damaged, per segment and skim; seen over all = truth.
for file in $(find_one 'summary_*.jsonl'); do rows_helper "$file"; done >"$scratch/summary"
awk '{for (i = 4; i + 5 <= NF; i += 6)
          if ($(i + 1) != $(i + 3) + $(i + 4) + $(i + 5)) bad++}
     END {exit bad > 0}' "$scratch/summary" || fail "seen is not kept + rejected + damaged"
seen=$(awk '{s += $5} END {print s}' "$scratch/summary")
[ "$seen" -eq "$(wc -l <"$scratch/truth")" ] || fail "skim ecal_calib saw $seen of $(wc -l <"$scratch/truth") events"

# Three ranks, one segment a task, another tag with the same values: the same bytes.
make_area three "$scratch/data"
physics_campaign "$scratch/three.yaml" three "$scratch/store-three" same-values 70 1
must spillway --area "$scratch/three" run "$scratch/three.yaml" --workers 3
same_bytes "$scratch/store-one" "$scratch/store-three"

# A changed cut re-runs the selection only, from stored columns; from raw it is the same.
physics_campaign "$scratch/cut.yaml" cut "$scratch/store-one" sim-1 60
spillway --area "$scratch/one" plan "$scratch/cut.yaml" --dry-run >"$scratch/out"
grep -q "^0 segments to run .* to select" "$scratch/out" || fail "a changed cut: $(sed -n 2p "$scratch/out")"
must spillway --area "$scratch/one" run "$scratch/cut.yaml" --workers 2
make_area raw "$scratch/data"
physics_campaign "$scratch/raw.yaml" cut "$scratch/store-raw" sim-1 60
must spillway --area "$scratch/raw" run "$scratch/raw.yaml" --workers 1
(cd "$scratch/store-raw/published" && find . -type f ! -name '*.prov.json' | sort) >"$scratch/files"
while read -r file; do
    cmp "$scratch/store-raw/published/$file" "$scratch/store-one/published/$file" ||
        fail "from columns and from raw differ: $file"
done <"$scratch/files"
must spillway --area "$scratch/one" verify cut
no_strays "$scratch/store-one"
finish
