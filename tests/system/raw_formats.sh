#!/bin/bash
# raw_formats.sh - the same SYNTHETIC events in every data format give the same results.
# SPDX-License-Identifier: Apache-2.0
#
# Each encoding of the calorimeters and each header of the DAQ goes the whole way: digits,
# scan, campaign with reconstruction and skim.
. "$2/tests/system/area_lib.sh"

# digits DIR SADC: what was measured; the old formats name chip 4 x port + ADC instead of
# both, and compressed blocks have no sum of the samples.
digits() {
    local chunk
    for chunk in "$1"/raw/*.dat; do
        must spillway raw check "$chunk"
        must spillway raw dump --digits "$chunk" --maps "$1/conditions/payloads/channel_map/sim.xml"
        [ ! -s "$scratch/err" ] || fail "$chunk: $(head -1 "$scratch/err")"
        awk '$1 == "SADC" {
                 $7 += 64 * $6; $6 = 0; sum = 0
                 for (i = 9; i <= NF; i++) sum += $i
                 if ($8 != ("'"$2"'" == "huffman" ? 0 : sum % 65536)) print "wrong sum " $8
                 $8 = "sum"
             }
             {print}' "$scratch/out"
    done
}

# results STORE NAME: columns of every event but its place and size in the raw file,
# histograms, events of the skim.
results() {
    local file
    for file in $(find "$1/published" -name 'reco_*.root' | sort); do
        must spillway export --csv "$file"
        head -1 "$scratch/out" | cut -d, -f5,6 | grep -qx 'rawoffset,rawsize' || fail "columns 5 and 6 are not the place"
        cut -d, -f1-4,7- "$scratch/out"
    done >"$2.columns"
    for file in $(find "$1/published" -name 'hist_*.root' | sort); do
        must spillway show --json "$file"
        sed -E "s|$file\",.*\"bytes\":[0-9]+||" "$scratch/out"
    done >"$2.hist"
    for file in $(find "$1/published" -name 'skim.hadrons_*.dat' | sort); do
        rows_helper "$file"
    done >"$2.skim"
}

# through BITS SADC DATE: simulates, scans, runs; leaves $scratch/NAME.{digits,columns,...}.
through() {
    local name=$1-$2-$3
    must spillway-simulate --out "$scratch/$name" --runs 9001 --spills 2 --events 120 --led 8 \
        --seed 5 --adc-bits "$1" --sadc-format "$2" --date-header "$3"
    digits "$scratch/$name" "$2" >"$scratch/$name.digits"
    make_area "area-$name" "$scratch/$name"
    reco_campaign "$scratch/$name.yaml" formats "$scratch/store-$name" "$scratch/$name" sim-1 \
        "skims:" "  - name: hadrons" "    kind: cuts" "    events: [physics, calibration]" \
        "    cuts:" "      - {quantity: hcal_gev, min: 3}"
    must spillway --area "$scratch/area-$name" run "$scratch/$name.yaml" --workers 1
    must spillway --area "$scratch/area-$name" verify formats
    results "$scratch/store-$name" "$scratch/$name"
    [ "$(wc -l <"$scratch/$name.columns")" -eq $((1 + 2 * 128)) ] || fail "$name: $(wc -l <"$scratch/$name.columns") lines of columns"
    [ "$(wc -l <"$scratch/$name.digits")" -gt $((2 * 128 * 109)) ] || fail "$name: $(wc -l <"$scratch/$name.digits") digits"
    [ "$(wc -l <"$scratch/$name.skim")" -gt 5 ] || fail "$name: $(wc -l <"$scratch/$name.skim") events in the skim"
}

# same NAME NAME [WHAT...]: nothing differs.
same() {
    local one=$1 other=$2 what
    shift 2
    [ $# -gt 0 ] || set -- digits columns hist skim
    for what; do
        cmp "$scratch/$one.$what" "$scratch/$other.$what" ||
            fail "$what of $other and $one differ: $(diff "$scratch/$one.$what" "$scratch/$other.$what" | head -4 | cut -c1-200)"
    done
    cmp "$scratch/$one/truth.txt" "$scratch/$other/truth.txt" || fail "$other and $one are of other events"
}

through 10 1 old
through 10 1-extended 72
through 10 2 3.14
same 10-1-old 10-1-extended-72
same 10-1-old 10-2-3.14
through 10 3 68
through 10 huffman 68
same 10-3-68 10-huffman-68

# Formats 1 and 2 say that 1023 is the most that can be, so only there it is marked: the
# flags of events with such a sample differ, and nothing else.
same 10-1-old 10-3-68 digits skim
for name in 10-1-old 10-3-68; do
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) flags[i] = $i ~ /flags/}
             {for (i = 1; i <= NF; i++) if (!flags[i]) printf "%s,", $i; print ""}' \
        "$scratch/$name.columns" >"$scratch/$name.numbers"
done
same 10-1-old 10-3-68 numbers
awk '$1 == "SADC" && / 1023( |$)/ {print $2 "," $3 "," $4}' "$scratch/10-1-old.digits" | sort -u >"$scratch/full"
diff "$scratch/10-1-old.columns" "$scratch/10-3-68.columns" | sed -n 's/^< //p' | cut -d, -f1-3 | sort >"$scratch/marked"
[ -s "$scratch/marked" ] || fail "no event has a full ADC"
[ -z "$(comm -23 "$scratch/marked" "$scratch/full")" ] || fail "flags differ where no ADC is full: $(comm -23 "$scratch/marked" "$scratch/full" | head -3)"

through 12 3 old
through 12 huffman 3.14
same 12-3-old 12-huffman-3.14
cmp -s "$scratch/12-3-old.digits" "$scratch/10-3-68.digits" && fail "ten bits are as good as twelve"
refused 2 "--adc-bits 12: format 2 holds 10" spillway-simulate --out "$scratch/none" --runs 1 --spills 1 \
    --events 1 --adc-bits 12 --sadc-format 2
finish
