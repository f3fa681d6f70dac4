#!/bin/bash
# raw_inspect.sh - spillway raw: what people are told about a raw file.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"
data=${SPILLWAY_TEST_DATA:-$source/../shared/data}
[ -d "$data" ] || skip "no test data at $data: set SPILLWAY_TEST_DATA"
sample=$data/raw/sample-009000.dat

expect 0 spillway raw --help
says out "raw inspect"
refused 2 "a word such as inspect" spillway raw
refused 2 "has no 'look'" spillway raw look
refused 2 "one raw file is missing" spillway raw inspect
refused 15 "No such file" spillway raw inspect "$scratch/none.dat"
: >"$scratch/empty.dat"
refused 10 "the file is empty" spillway raw inspect "$scratch/empty.dat"
refused 10 "no event in" spillway raw inspect "$0"

expect 0 spillway raw inspect "$sample"
says out "run 9000, DATE version 3.6, super-events, 753504 bytes, adler32 96475223" "physics                      40         753504" \
    "sadc            3       120       700320        10240        0" "no damage"

# Two events lost their magic: their bytes are named, the others are counted.
cp "$sample" "$scratch/hurt.dat"
printf 'xxxx' | dd of="$scratch/hurt.dat" bs=1 seek=4 conv=notrunc 2>/dev/null
expect 0 spillway raw inspect "$scratch/hurt.dat"
says out "physics                      39" "event-header     at byte 0, 18828 bytes"
finish
