#!/bin/bash
# raw_damage.sh - a campaign over damaged raw files delivers all that is whole, lists the rest.
# SPDX-License-Identifier: Apache-2.0
#
# SYNTHETIC data; in one run an event loses its magic, foreign bytes lie between two events,
# one event has a block of another event, one is there twice, behind one comes another of its
# number, a chunk ends inside its last event, and fourteen events have one word changed each,
# from the sub-event down to a sample.
. "$2/tests/system/area_lib.sh"

must spillway-simulate --out "$scratch/good" --runs 9000-9001 --spills 3 --events 150 \
    --chunk-bytes 2000000 --seed 11
cp -r "$scratch/good" "$scratch/bad"

# Damages files of run 9001; writes what must be told, class loss, and the events that are lost.
python3 - "$scratch/bad" "$scratch/expected" "$scratch/lost" <<'PY'
import os, re, struct, sys, zlib
folder, expected, lost = sys.argv[1:]
names = sorted(n for n in os.listdir(folder + "/raw") if n.endswith("-009001.dat"))
told, gone = [], []

def starts(data):
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from("<I", data, at)[0], struct.unpack_from("<I", data, at + 16)[0] & 0xFFFF
        yield at, size, kind
        at += size

def name_of(data, at):
    word = struct.unpack_from("<I", data, at + 28)[0]
    return "9001 %d %d" % (word >> 20, word & 0xFFFFF)

first = bytearray(open(f"{folder}/raw/{names[0]}", "rb").read())
events = [e for e in starts(first) if e[2] in (7, 8)]
at, size, _ = events[10]
gone.append(name_of(first, at))
struct.pack_into("<I", first, at + 4, 0)
told.append(("event-header", size))
at, size, _ = events[20]
block = at + 68 + 68 + 28
words = struct.unpack_from("<I", first, block)[0] & 0xFFFF
struct.pack_into("<I", first, block + 4, struct.unpack_from("<I", first, block + 4)[0] ^ 1)
told.append(("slink-event", 4 * words))

# Inside of events: the first sub-event, equipment, S-Link block, ADC block and channel.
def word_change(at, change):
    struct.pack_into("<I", first, at, change(struct.unpack_from("<I", first, at)[0]))

def inside(number, name, loss, place, change):
    at, size, _ = events[number]
    sub, equipment, slink = at + 68, at + 136, at + 164
    places = {"event": at, "sub": sub, "sub2": sub + struct.unpack_from("<I", first, sub)[0],
              "equipment": equipment, "slink": slink, "adc": slink + 12, "channel": slink + 16}
    where, offset = place
    block = 4 * (struct.unpack_from("<I", first, slink)[0] & 0xFFFF)
    adc = 4 * (struct.unpack_from("<I", first, slink + 12)[0] >> 12 & 0xFFF)
    costs = {"sub2": struct.unpack_from("<I", first, places["sub2"])[0], "equipment": 28 + block,
             "block but 8": block - 8, "block but 12": block - 12, "adc": adc, "adc but 4": adc - 4,
             "channel": 4 + 4 * 13, "nothing": 0}
    word_change(places[where] + offset, change)
    inner.append((name, costs[loss]))

inner = []
hurt = [name_of(first, events[i][0]) for i in [20, *range(60, 74)]]
inside(60, "sample-word", "channel", ("channel", 8), lambda w: w ^ 1 << 30)
inside(61, "channel-header", "adc but 4", ("channel", 0), lambda w: w ^ 1 << 31)
inside(62, "adc-event", "adc", ("adc", 0), lambda w: w ^ 1)
inside(63, "adc-key", "adc", ("adc", 0), lambda w: w ^ 1 << 30)
inside(64, "adc-error", "nothing", ("adc", 0), lambda w: w ^ 1 << 24)
inside(65, "slink-spill", "nothing", ("slink", 4), lambda w: w ^ 1 << 20)
inside(66, "slink-flags", "nothing", ("slink", 0), lambda w: w ^ 1 << 31)
inside(67, "tcs-fifo", "nothing", ("slink", 8), lambda w: w ^ 1 << 8)
inside(68, "slink-size", "equipment", ("slink", 0), lambda w: w + 1)
inside(69, "subevent-header", "sub2", ("sub2", 28), lambda w: w ^ 1)
inside(70, "event-flags", "nothing", ("event", 52), lambda w: w ^ 1 << 31)
inside(71, "equipment-size", "equipment", ("equipment", 0), lambda w: w + 4)
inside(72, "adc-size", "block but 12", ("adc", 0), lambda w: w | 0xFFF << 12)
inside(73, "multiplexer", "block but 8", ("slink", 0), lambda w: w | 1023 << 16)
at, size, _ = events[50]
other = bytearray(first[at:at + size])
other[64] ^= 1
first[at + size:at + size] = other
told.append(("event-conflict", size))
at, size, _ = events[40]
first[at + size:at + size] = first[at:at + size]
told.append(("repeated-event", size))
at = events[30][0]
first[at:at] = b"\xa5" * 512
told.append(("foreign-bytes", 512))
open(f"{folder}/raw/{names[0]}", "wb").write(first)

last = bytearray(open(f"{folder}/raw/{names[1]}", "rb").read())
at, size, kind = [e for e in starts(last) if e[2] in (7, 8)][-1]
gone.append(name_of(last, at))
del last[at + size // 2:]
told.append(("truncated", size // 2))
open(f"{folder}/raw/{names[1]}", "wb").write(last)

# The run list says what these files are: damage came before the checksums were made.
text = open(folder + "/runs.yaml").read()
for name in names[:2]:
    data = open(f"{folder}/raw/{name}", "rb").read()
    text, count = re.subn(r"(%s.*?size: )\d+(.*?adler32: )\"\w+\"" % re.escape(name),
                          lambda m: '%s%d%s"%08x"' % (m[1], len(data), m[2], zlib.adler32(data)),
                          text, count=1, flags=re.S)
    assert count == 1, name
open(folder + "/runs.yaml", "w").write(text)
open(expected, "w").write("".join(f"{c} {n}\n" for c, n in sorted(told + inner)))
open(lost + ".hurt", "w").write("".join(h + "\n" for h in sorted(hurt)))
open(lost, "w").write("".join(g + "\n" for g in sorted(gone)))
PY
[ -s "$scratch/lost" ] || exit 1

# Each damage is told with what it costs.
for file in "$scratch"/bad/raw/*-009001.dat; do
    spillway raw check --json "$file"
done 2>/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    report = json.loads(line)
    assert report["agree"] and report["bytes"] == report["good_bytes"] + report["gap_bytes"], report
    for place in report["damage"]:
        print(place["class"], place["loss"])' | sort >"$scratch/told"
diff "$scratch/expected" "$scratch/told" || fail "raw check tells something else"
for file in "$scratch"/bad/raw/*-009000.dat; do
    expect 0 spillway raw check "$file"
done

# events NAME: what was delivered, byte for byte: run, spill, event, sha256.
events() {
    find "$scratch/store-$1/published" -name 'skim.all_*.dat' | sort | xargs cat | python3 -c '
import hashlib, struct, sys
data, at = sys.stdin.buffer.read(), 0
while at < len(data):
    size, _, _, _, kind, run = struct.unpack_from("<6I", data, at)
    word = struct.unpack_from("<I", data, at + 28)[0]
    if kind & 0xFFFF in (7, 8):
        print(run, word >> 20, word & 0xFFFFF, hashlib.sha256(data[at:at + size]).hexdigest())
    at += size' | sort
}
for name in good bad; do
    make_area "area-$name" "$scratch/$name"
    reco_campaign "$scratch/$name.yaml" "$name" "$scratch/store-$name" "$scratch/$name" sim-1 \
        "skims:" "  - {name: all, kind: all, events: [physics, calibration]}"
    must spillway --area "$scratch/area-$name" run "$scratch/$name.yaml" --workers 2
    must spillway --area "$scratch/area-$name" verify "$name"
    must spillway --area "$scratch/area-$name" catalog check
    events "$name" >"$scratch/events.$name"
done

# Everything but the two events that are lost is delivered, as it was written; the events
# that are damaged inside too, with their damage.
[ "$(wc -l <"$scratch/events.good")" -gt 300 ] || fail "only $(wc -l <"$scratch/events.good") events"
comm -23 <(cut -d' ' -f1-3 "$scratch/events.good") <(cut -d' ' -f1-3 "$scratch/events.bad") >"$scratch/gone"
diff "$scratch/lost" "$scratch/gone" || fail "other events are lost"
comm -13 "$scratch/events.good" "$scratch/events.bad" >"$scratch/changed"
cut -d' ' -f1-3 "$scratch/changed" | diff "$scratch/lost.hurt" - || fail "other events are changed"

# What is reconstructed of an event in which nothing is wrong is what it was.
for name in good bad; do
    find "$scratch/store-$name/published" -name 'reco_*.root' -exec rows_helper {} \; | sort >"$scratch/rows.$name"
done
[ "$(wc -l <"$scratch/rows.good")" -eq "$(wc -l <"$scratch/events.good")" ] || fail "columns of $(wc -l <"$scratch/rows.good") events"
diff <(cut -d' ' -f1-3 "$scratch/rows.bad") <(cut -d' ' -f1-3 "$scratch/events.bad") || fail "events in columns and skim differ"
comm -13 "$scratch/rows.good" "$scratch/rows.bad" | cut -d' ' -f1-3 | comm -23 - "$scratch/lost.hurt" >"$scratch/other"
[ ! -s "$scratch/other" ] || fail "columns of undamaged events changed: $(head -3 "$scratch/other")"

# The accounts of the campaign have each damage in its class, and every lost byte.
find "$scratch/store-bad/published" -name 'summary_*.jsonl' | sort | xargs cat | python3 -c '
import json, sys
damage, lost, events = [0] * 64, 0, 0
for line in sys.stdin:
    if line.startswith("{") and "damaged_bytes" in line:
        account = json.loads(line)
        lost += account["damaged_bytes"]
        events += account["damaged_events"]
        for i, count in enumerate(account["damage"]):
            damage[i] += count
told = {i: n for i, n in enumerate(damage) if n}
# One of each but event-flags (23), which only raw check tells; ten events lost a part.
assert told == {i: 1 for i in (0, 1, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 21, 28, 32, 50)}, told
assert events == 10, events
print(lost)' >"$scratch/bytes" || fail "the summaries"
want=$(awk '$1 ~ /^(event-(header|conflict)|foreign-bytes|repeated-event|truncated)$/ {n += $2} END {print n}' "$scratch/expected")
[ "$(cat "$scratch/bytes")" -eq "$want" ] || fail "$(cat "$scratch/bytes") lost bytes in the summaries, not $want"
expect 0 spillway --area "$scratch/area-bad" runs show 9001
says out "4 damages of" "1 damages of"
finish
