#!/bin/bash
# raw_dump.sh - every digit of a raw file as text, as the list of its maker has it.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"
data=${SPILLWAY_TEST_DATA:-$source/../shared/data}
[ -d "$data" ] || skip "no test data at $data: set SPILLWAY_TEST_DATA"
sample=$data/raw/sample-009000.dat
truth=$scratch/truth
gunzip -c "$data/raw/truth.txt.gz" >"$truth"
[ "$(wc -l <"$truth")" = 16256 ] || fail "the list has $(wc -l <"$truth") digits, not 16256"

# same WHAT: standard output of the last command, without scalers, is the truth.
same() {
    grep -v ^SCALER "$scratch/out" | cmp - "$truth" || fail "$1: the digits differ"
}

expect 0 spillway raw dump --digits "$sample" --maps "$data/raw/maps"
same "with maps"
# 40 events, 34 channels; the two last are put together from halves of the words.
[ "$(grep -c ^SCALER "$scratch/out")" = 1360 ] || fail "not 1360 scaler digits"
says out "SCALER 9000 1 1 3 0 7" "SCALER 9000 2 1 3 31 " "SCALER 9000 1 1 3 33 "
expect 0 spillway raw dump --digits "$sample"
same "without maps"
expect 0 spillway raw dump "$sample" --digits --spill 2
grep -v ^SCALER "$scratch/out" | cmp - <(grep -E '^[A-Z0-9]+ 9000 2 ' "$truth") || fail "spill 2 differs"

# A broken sample word costs its channel and nothing else, and it is said.
cp "$sample" "$scratch/hurt.dat"
printf '\377' | dd of="$scratch/hurt.dat" bs=1 seek=$((184 + 3)) conv=notrunc 2>/dev/null
expect 0 spillway raw dump --digits "$scratch/hurt.dat"
grep -v ^SCALER "$scratch/out" | cmp - <(tail -n +2 "$truth") || fail "more than the channel is lost"
says err "is damaged: what is not damaged was printed"

# One event word by word.
expect 0 spillway raw inspect "$sample" --event 9000:1:1 --maps "$data/raw/maps"
says out "event 9000:1:1 at byte 0 of the file, 18828 bytes" \
    "     164  0668088b    S-LINK source 616 (sadc): 2187 words, event type 1" \
    "channel 0: 32 samples, sum 6415 = ECAL0 (0, 0)" "samples 30, 31: 198 204" \
    "channel 104: 110 162 390 = MM01X 104" "channel 59: time 19786 = ST01X 35"
[ "$(grep -cE '^ +[0-9]+  [0-9a-f]{8}  ' "$scratch/out")" = $((18828 / 4)) ] || fail "not every word has its line"
grep -qE ' -$' "$scratch/out" && fail "a word of a good event has no meaning"
expect 0 spillway raw inspect "$scratch/hurt.dat" --event 1:1
says out "        wrong mark" "channel 0: 32 samples, sum 6415; DAMAGE sample-word"
expect 0 spillway raw inspect "$sample" --event 376420
says out "event 9000:2:1 at byte 376420"
refused 10 "byte 4: no event header" spillway raw inspect "$sample" --event 4
refused 2 "none at 999999999" spillway raw inspect "$sample" --event 999999999
refused 2 "has no event 77 in spill 1" spillway raw inspect "$sample" --event 1:77
refused 2 "RUN:SPILL:EVENT" spillway raw inspect "$sample" --event 1:x
expect 0 spillway raw dump "$sample" --spill 2
[ "$(grep -c '^event 9000:2:' "$scratch/out")" = 20 ] || fail "not the 20 events of spill 2"

# An event that is not in the index because its size is wrong can still be looked at.
cp "$sample" "$scratch/size.dat"
printf '\374\377\377\001' | dd of="$scratch/size.dat" bs=1 seek=0 conv=notrunc 2>/dev/null
expect 0 spillway raw inspect "$scratch/size.dat" --event 0
says err "the file ends inside this event"
says out "event 9000:1:1 at byte 0"

refused 11 "no ChipSADC section for run 9000" spillway raw dump --digits "$sample" --maps "$data/maps/HODO_2018.xml"
refused 15 "No such file" spillway raw dump --digits "$sample" --maps "$scratch/none"
finish
