#!/bin/bash
# raw_damage.sh - a campaign over damaged raw files delivers all that is whole, lists the rest.
# SPDX-License-Identifier: Apache-2.0
#
# SYNTHETIC data; in one run an event loses its magic, foreign bytes lie between two events,
# one event has a block of another event, one is there twice, behind one comes another of its
# number, and a chunk ends inside its last event.
. "$2/tests/system/area_lib.sh"

must spillway-simulate --out "$scratch/good" --runs 9001-9002 --spills 3 --events 150 \
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
open(expected, "w").write("".join(f"{c} {n}\n" for c, n in sorted(told)))
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
        if place["loss"]:
            print(place["class"], place["loss"])' | sort >"$scratch/told"
diff "$scratch/expected" "$scratch/told" || fail "raw check tells something else"
for file in "$scratch"/bad/raw/*-009002.dat; do
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
    cat >"$scratch/$name.yaml" <<YAML
name: $name
purpose: test
store: $scratch/store-$name
select:
  types: [physics]
conditions:
  source: file:$scratch/$name/conditions
  tag: sim-1
reconstruct:
  setup: 2022-electron-100
skims:
  - {name: all, kind: all, events: [physics, calibration]}
YAML
    must spillway --area "$scratch/area-$name" run "$scratch/$name.yaml" --workers 2
    must spillway --area "$scratch/area-$name" verify "$name"
    must spillway --area "$scratch/area-$name" catalog check
    events "$name" >"$scratch/events.$name"
done

# Everything but the two events that are lost is delivered, as it was written; the event
# with the block of another event too, with that block.
[ "$(wc -l <"$scratch/events.good")" -gt 300 ] || fail "only $(wc -l <"$scratch/events.good") events"
comm -23 <(cut -d' ' -f1-3 "$scratch/events.good") <(cut -d' ' -f1-3 "$scratch/events.bad") >"$scratch/gone"
diff "$scratch/lost" "$scratch/gone" || fail "other events are lost"
comm -13 "$scratch/events.good" "$scratch/events.bad" >"$scratch/changed"
[ "$(wc -l <"$scratch/changed")" -eq 1 ] || fail "changed events: $(cat "$scratch/changed")"

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
assert told == {0: 1, 1: 1, 3: 1, 9: 1, 21: 1, 50: 1}, told
assert events == 1, events
print(lost)' >"$scratch/bytes" || fail "the summaries"
want=$(awk '$1 != "slink-event" {n += $2} END {print n}' "$scratch/expected")
[ "$(cat "$scratch/bytes")" -eq "$want" ] || fail "$(cat "$scratch/bytes") lost bytes in the summaries, not $want"
expect 0 spillway --area "$scratch/area-bad" runs show 9001
says out "4 damages of" "1 damages of"
finish
