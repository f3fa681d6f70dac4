#!/bin/bash
# raw_table.sh - each kind of damage that the collaboration's decoder is known to pass over.
# SPDX-License-Identifier: Apache-2.0
#
# Planted one by one into the sample file, and told by raw check --json with class, source,
# place and loss; 0 where the piece is marked and kept.
. "$2/tests/system/area_lib.sh"
data=${SPILLWAY_TEST_DATA:-../shared/data}/raw
sample=$data/sample-009000.dat
[ -r "$sample" ] || {
    echo "skipped: $sample is not there"
    exit 0
}
expect 0 spillway raw check --maps "$data/maps" "$sample"
python3 - "$bin/spillway" "$data" "$scratch" <<'PY' || fail "see above"
import json, struct, subprocess, sys
program, folder, scratch = sys.argv[1:]
sample = open(folder + "/sample-009000.dat", "rb").read()
HEAD, EQUIPMENT, SLINK = 68, 28, 12

def word(data, at):
    return struct.unpack_from("<I", data, at)[0]

def event_at(number):
    at = 0
    for _ in range(number):
        at += word(sample, at)
    return at

EVENT = event_at(17)                     # in the middle of a spill
SIZE = word(sample, EVENT)
FIRST = EVENT + HEAD                     # sub-events
SECOND = FIRST + word(sample, FIRST)
COUNT = 0
while event_at(COUNT) < len(sample):
    COUNT += 1

def blocks():
    """Source: offsets of its equipment and of its S-Link block, bytes of the block."""
    found = {}
    for start in (FIRST, SECOND):
        at = start + HEAD
        while at < start + word(sample, start):
            size, slink = word(sample, at), at + EQUIPMENT
            found[word(sample, slink) >> 16 & 0x3FF] = (at, slink, size - EQUIPMENT)
            at += size
    return found

BLOCKS = blocks()
SADC, APV = 616, 380
EQUIP, BLOCK, BYTES = BLOCKS[SADC]
ADC = BLOCK + SLINK                      # the first ADC block, its first channel
ADC_BYTES = 4 * (word(sample, ADC) >> 12 & 0xFFF)
CHANNEL = ADC + 4
CHANNEL_BYTES = 4 * (1 + ((word(sample, CHANNEL) >> 16 & 0x1FF) + 1) // 2)
APV_BLOCK, APV_BYTES = BLOCKS[APV][1:]
APV_ADC = APV_BLOCK + SLINK
APV_ADC_BYTES = 4 * (word(sample, APV_ADC) & 0xFFFF)
CHIP = APV_ADC + 8
CHIP_BYTES = 4 * (word(sample, CHIP) & 0xFFFF)

def turned(*changes):
    """The file with bits of words turned, or with a number added to a word."""
    data = bytearray(sample)
    for at, bits in changes:
        struct.pack_into("<I", data, at, word(data, at) ^ bits)
    return bytes(data)

def added(at, number):
    data = bytearray(sample)
    struct.pack_into("<I", data, at, word(data, at) + number & 0xFFFFFFFF)
    return bytes(data)

LAST = event_at(COUNT - 1)
END = EVENT + SIZE
SUB = word(sample, SECOND)
rows = [  # what, file, places: class, source, offset, length, loss
    ("end inside the last event", sample[:LAST + 600], [("truncated", None, LAST, 600, 600)]),
    ("bad magic", turned((EVENT + 4, 1)), [("event-header", None, EVENT, SIZE, SIZE)]),
    ("swapped magic", turned((EVENT + 4, 0xDA1E5AFE ^ 0xFE5A1EDA)),
     [("event-header", None, EVENT, SIZE, SIZE)]),
    ("size 0", turned((EVENT, SIZE)), [("event-header", None, EVENT, SIZE, SIZE)]),
    ("size not a multiple of 4", added(EVENT, 2), [("event-header", None, EVENT, SIZE, SIZE)]),
    ("512 bytes between events", sample[:EVENT] + b"\x5a" * 512 + sample[EVENT:],
     [("foreign-bytes", None, EVENT, 512, 512)]),
    ("event 400 bytes short", added(EVENT, -400),
     [("subevent-size", None, SECOND, SUB - 400, SUB - 400), ("foreign-bytes", None, END - 400, 400, 400)]),
    ("event 4 bytes too long", added(EVENT, 4), [("event-size", None, EVENT, SIZE, SIZE)]),
    ("sub-event of another event", turned((SECOND + 24, 1)), [("subevent-header", None, SECOND, SUB, SUB)]),
    ("sub-event too long", added(SECOND, 4), [("subevent-size", None, SECOND, SUB, SUB)]),
    ("sub-event runs into the next", added(FIRST, 4),
     [("subevent-size", None, FIRST, SECOND - FIRST, SECOND - FIRST)]),
    ("S-Link size", added(BLOCK, -1), [("slink-size", SADC, EQUIP, BYTES + EQUIPMENT, BYTES + EQUIPMENT)]),
    ("S-Link event number", turned((BLOCK + 4, 1)), [("slink-event", SADC, BLOCK, BYTES, BYTES)]),
    ("S-Link spill number", turned((BLOCK + 4, 1 << 20)), [("slink-spill", SADC, BLOCK, BYTES, 0)]),
    ("S-Link error flag", turned((BLOCK, 1 << 31)), [("slink-flags", SADC, BLOCK, BYTES, 0)]),
    ("TCS FIFO full", turned((BLOCK + 8, 1 << 8)), [("tcs-fifo", SADC, BLOCK, BYTES, 0)]),
    ("TCS sync", turned((BLOCK + 8, 0x40 << 8)), [("tcs-sync", SADC, BLOCK, BYTES, 0)]),
    ("TCS checksum", turned((BLOCK + 8, 8 << 8)), [("tcs-ecc", SADC, BLOCK, BYTES, 0)]),
    ("TCS undefined bit", turned((BLOCK + 8, 2 << 8)), [("tcs-bits", SADC, BLOCK, BYTES, 0)]),
    ("ADC block of another event", turned((ADC, 1)), [("adc-event", SADC, ADC, ADC_BYTES, ADC_BYTES)]),
    ("ADC key", turned((ADC, 1 << 30)), [("adc-key", SADC, ADC, ADC_BYTES, ADC_BYTES)]),
    ("ADC block too large", turned((ADC, ~word(sample, ADC) & 0xFFF << 12)),
     [("adc-size", SADC, ADC, BYTES - SLINK, BYTES - SLINK)]),
    ("ADC error bit", turned((ADC, 1 << 24)), [("adc-error", SADC, ADC, 4, 0)]),
    ("channel header", turned((CHANNEL, 1 << 31)),
     [("channel-header", SADC, CHANNEL, ADC_BYTES - 4, ADC_BYTES - 4)]),
    ("no samples", turned((CHANNEL, word(sample, CHANNEL) & 0x1FF << 16)),
     [("channel-header", SADC, CHANNEL, ADC_BYTES - 4, ADC_BYTES - 4)]),
    ("sample word", turned((CHANNEL + 8, 1 << 30)),
     [("sample-word", SADC, CHANNEL, CHANNEL_BYTES, CHANNEL_BYTES)]),
    ("channel twice", turned((CHANNEL + CHANNEL_BYTES, (word(sample, CHANNEL + CHANNEL_BYTES)
                              ^ word(sample, CHANNEL)) & 15 << 26)),
     [("channel-twice", SADC, CHANNEL + CHANNEL_BYTES, CHANNEL_BYTES, CHANNEL_BYTES)]),
    ("APV chip of another event", turned((CHIP, 1 << 16)), [("chip-event", APV, CHIP, CHIP_BYTES, CHIP_BYTES)]),
    ("APV block too large", turned((APV_ADC, ~word(sample, APV_ADC) & 0xFFFF)),
     [("adc-size", APV, APV_ADC, APV_BYTES - SLINK, APV_BYTES - SLINK)]),
    ("APV frame not good", turned((CHIP + 4, 1)), [("chip-frame", APV, CHIP, CHIP_BYTES, CHIP_BYTES)]),
    ("APV time tag", turned((APV_ADC + 4, 1 << 5)), "time-tag"),
    ("unknown source", turned((BLOCK, (SADC ^ 617) << 16)),
     [("source-missing", SADC, EVENT, SIZE, 0), ("source-unknown", 617, BLOCK, BYTES, 0)]),
    ("event twice", sample[:END] + sample[EVENT:], [("repeated-event", None, END, SIZE, SIZE)]),
    ("another event of the number", sample[:END] + turned((EVENT + 64, 1))[EVENT:],
     [("event-conflict", None, END, SIZE, SIZE)]),
    ("event gone", sample[:EVENT] + sample[END:], [("event-missing", None, EVENT, 0, 0)]),
    ("one bit of a sample", turned((CHANNEL + 4, 1)), []),
]
# Where an equipment of a wrong size ends is seen where the next one begins.
for step, name in ((4, "off by 4"), (2, "not a multiple of 4"), (1 << 24, "too large")):
    rows.append(("equipment size " + name, added(EQUIP, step),
                 [("equipment-size", SADC if step == 4 else None, EQUIP, EQUIPMENT + BYTES, EQUIPMENT + BYTES)]))

failed = 0
for what, data, expected in rows:
    path = scratch + "/planted.dat"
    open(path, "wb").write(data)
    done = subprocess.run([program, "raw", "check", "--json", "--maps", folder + "/maps", path],
                          capture_output=True, text=True)
    report = json.loads(done.stdout)
    found = [tuple(p[k] for k in ("class", "source", "offset", "length", "loss")) for p in report["damage"]]
    right = report["agree"] and report["bytes"] == len(data) == report["good_bytes"] + report["gap_bytes"]
    if isinstance(expected, str):        # nothing but this class
        right = right and {place[0] for place in found} == {expected}
    else:
        right = right and sorted(found, key=str) == sorted(expected, key=str)
    if not right or done.returncode != (10 if expected else 0):
        failed += 1
        print(f"{what}: exit {done.returncode}\n  expected {expected}\n  found    {found}")
sys.exit(failed > 0)
PY
finish
