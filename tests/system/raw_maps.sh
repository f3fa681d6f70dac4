#!/bin/bash
# raw_maps.sh - gaps of channel maps and channels mapped twice are told run by run.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"

# Maps of one's own: a gap in the runs, a wire and a cell that two detectors claim.
maps=$scratch/maps
mkdir -p "$maps/2018.xml"
cat >"$maps/CALO.xml" <<'END'
<Map>
<ChipSADC version="2" runs="100-199 250-299" options="xy data_format3">
ECAL 616 0 0 0 0
ECAL 616 0 1 1 0
</ChipSADC>
<ChipSADC version="2" runs="180-189" options="xy data_format3">
VETO 616 0 1 0 0
</ChipSADC>
</Map>
END
cat >"$maps/2018.xml/ST.xml" <<'END'
<Map><ChipF1 version="4" runs="100-299" options="tdc">
ST01X 2 0 0x101 0 1 8 0 7 1
ST02X 2 0 0x101 7 1 1 0 0 1
</ChipF1>
<ChipNA64TDC runs="100-299">
ST03X 5 0
</ChipNA64TDC></Map>
END
refused 11 "2 faults, listed above" spillway raw maps "$maps"
says out "ECAL             ChipSADC       616  2 in runs 100-199, 2 in runs 250-299" \
    "ST01X            ChipF1           2  8 in runs 100-199" \
    "runs 200-249: no channel of ChipSADC is mapped" \
    "runs 180-189: ECAL and VETO are both on ChipSADC source 616 port 0 adc 0 channel 1" \
    "runs 100-179: note: VETO has 0 of 1 channels" \
    "not decoded: ChipNA64TDC, 1 sections, 1 lines" \
    "note: ST01X and ST02X are both on ChipF1 source 2 geographic id 257 channel 7"
expect 0 spillway raw maps "$maps" --runs 110
expect 0 spillway raw maps "$maps" --runs 260-299
expect 11 spillway raw maps "$maps" --runs 150-185
says out "runs 180-185: ECAL and VETO"
refused 2 "expected RUN or FIRST-LAST" spillway raw maps "$maps" --runs 9-5
refused 15 "No such file" spillway raw maps "$scratch/none"
printf '<Map>\n<ChipAPV version="2">\nMM 380 0\n</ChipAPV></Map>' >"$maps/MM.xml"
refused 11 "MM.xml:3: no ChipAPV line of version 2: \"MM 380 0\"" spillway raw maps "$maps"

# The hodoscopes of 2018: both ports in run 3700, one in run 4250, none before 3610.
data=${SPILLWAY_TEST_DATA:-$source/../shared/data}
[ -d "$data" ] || { echo "no test data at $data: the map of 2018 is left out"; finish; }
expect 0 spillway raw maps "$data/maps/HODO_2018.xml" --runs 3700
says out "HOD2X            ChipSADC       623  32 in runs 3610-4223, 16 in runs 4224-4310" \
    "no gap"
expect 0 spillway raw maps "$data/maps/HODO_2018.xml" --runs 4250
says out "run 4250: note: HOD2X has 16 of 32 channels (ChipSADC source 623)"
expect 11 spillway raw maps "$data/maps/HODO_2018.xml" --runs 3600-3700
says out "runs 3600-3609: no channel of ChipSADC is mapped"
expect 0 spillway raw maps "$data/raw/maps"
says out "MM03X            ChipAPV        380  384 in runs 1-99999"
finish
