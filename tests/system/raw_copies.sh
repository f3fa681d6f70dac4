#!/bin/bash
# raw_copies.sh - an event that two segments of a run have is delivered once.
# SPDX-License-Identifier: Apache-2.0
#
# SYNTHETIC data; in run 9001 events of one chunk are also in a chunk of the other builder,
# and the first chunk is there once more under another name.
. "$2/tests/system/area_lib.sh"

must spillway-simulate --out "$scratch/good" --runs 9000-9001 --spills 2 --events 200 \
    --chunk-bytes 700000 --seed 3
cp -r "$scratch/good" "$scratch/bad"

# Behind an event of builder 2 come events of builder 1, of the same spill, with other bytes.
python3 - "$scratch/bad" "$scratch/copied" <<'PY'
import os, re, struct, sys, zlib
folder, copied = sys.argv[1:]
raw = folder + "/raw/"

def events(data):
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from("<I", data, at)[0], struct.unpack_from("<I", data, at + 16)[0] & 0xFFFF
        word = struct.unpack_from("<I", data, at + 28)[0]
        if kind in (7, 8):
            yield at, size, word >> 20, word & 0xFFFFF
        at += size

one = bytearray(open(raw + "cdr01001-009001.dat", "rb").read())
two = bytearray(open(raw + "cdr02001-009001.dat", "rb").read())
chosen = [e for e in events(one) if e[2] == 1][20:33]
copy = bytearray(b"".join(bytes(one[at:at + size]) for at, size, _, _ in chosen))
copy[64] ^= 1
at, size = [e for e in events(two) if e[2] == 1][25][:2]
two[at + size:at + size] = copy
open(raw + "cdr02001-009001.dat", "wb").write(two)
number = sum(n.startswith("cdr01") and n.endswith("-009001.dat") for n in os.listdir(raw)) + 1
other = "cdr01%03d" % number
open(raw + other + "-009001.dat", "wb").write(one)

text = open(folder + "/runs.yaml").read()
text, count = re.subn(r"(cdr02001-009001.dat, size: )\d+(, adler32: )\"\w+\"",
                      lambda m: '%s%d%s"%08x"' % (m[1], len(two), m[2], zlib.adler32(two)), text)
assert count == 1
line = re.search(r".*cdr01001-009001.dat.*\n", text)
text = text.replace(line[0], line[0] + line[0].replace("cdr01001", other))
open(folder + "/runs.yaml", "w").write(text)
open(copied, "w").write("%d %d %d %d %s\n" % (len(chosen), chosen[0][3], len(copy), len(one), other))
PY
read -r events first bytes whole other <"$scratch/copied" || exit 1

must spillway init "$scratch/area"
must spillway --area "$scratch/area" runs import "$scratch/bad/runs.yaml"
must spillway --area "$scratch/area" runs scan
says err "run 9001 spill 1: $events events of cdr02001-009001.dat are in cdr01001-009001.dat too, the first is event $first" \
    "events of $other-009001.dat are in cdr01001-009001.dat too, the first is event 1"
says out "events that another segment has"
must spillway --area "$scratch/area" catalog check

# The same again when all chunks are read anew, and when a scan goes on where it was.
must spillway --area "$scratch/area" runs show 9001 --json
cp "$scratch/out" "$scratch/first"
must spillway --area "$scratch/area" runs scan --again
says err "$events events of cdr02001-009001.dat are in cdr01001-009001.dat too"
must spillway --area "$scratch/area" runs show 9001 --json
cmp "$scratch/first" "$scratch/out" || fail "another scan finds something else"
must spillway init "$scratch/area2"
must spillway --area "$scratch/area2" runs import "$scratch/bad/runs.yaml"
mv "$scratch/bad/raw/cdr02001-009001.dat" "$scratch/aside"
expect 10 spillway --area "$scratch/area2" runs scan
says err "1 chunks could not be scanned"
mv "$scratch/aside" "$scratch/bad/raw/cdr02001-009001.dat"
must spillway --area "$scratch/area2" runs scan
says err "$events events of cdr02001-009001.dat are in cdr01001-009001.dat too"
must spillway --area "$scratch/area2" runs show 9001 --json
cmp "$scratch/first" "$scratch/out" || fail "a scan in two parts finds something else"

# rows NAME: every event that was delivered.
rows() {
    find "$scratch/store-$1/published" -name 'skim.all_*.dat' -exec rows_helper {} \; |
        awk '$4 >= 7' | sort
}
for name in good bad; do
    [ $name = bad ] || make_area area-good "$scratch/good"
    [ $name = good ] || mv "$scratch/area" "$scratch/area-bad"
    reco_campaign "$scratch/$name.yaml" "$name" "$scratch/store-$name" "$scratch/$name" sim-1 \
        "skims:" "  - {name: all, kind: all, events: [physics, calibration]}"
    must spillway --area "$scratch/area-$name" run "$scratch/$name.yaml" --workers 2
    must spillway --area "$scratch/area-$name" verify "$name"
    must spillway --area "$scratch/area-$name" catalog check
    rows $name >"$scratch/rows.$name"
    find "$scratch/store-$name/published" -name 'reco_*.root' -exec rows_helper {} \; | sort >"$scratch/reco.$name"
done
[ "$(wc -l <"$scratch/rows.good")" -eq $((2 * 2 * 210)) ] || fail "$(wc -l <"$scratch/rows.good") events"
diff "$scratch/rows.good" "$scratch/rows.bad" >"$scratch/diff" || fail "skims: $(head -3 "$scratch/diff")"
diff "$scratch/reco.good" "$scratch/reco.bad" >"$scratch/diff" || fail "columns: $(head -3 "$scratch/diff")"

# The accounts have them as damage; selected and delivered are those of the good data.
find "$scratch/store-bad/published" -name 'summary_*.jsonl' -exec cat {} \; | python3 -c '
import json, sys
damage, lost = 0, 0
for line in sys.stdin:
    if line.startswith("{") and "damaged_bytes" in line:
        account = json.loads(line)
        lost += account["damaged_bytes"]
        damage += account["damage"][51]
print(damage, lost)' >"$scratch/damage"
read -r count lost <"$scratch/damage"
[ "$count" -gt "$events" ] || fail "$count damages"
[ "$lost" -gt "$bytes" ] && [ "$lost" -lt $((bytes + whole)) ] || fail "$lost bytes"
for name in good bad; do
    must spillway --area "$scratch/area-$name" report $name --json
    python3 -c '
import json, sys
total = json.load(open(sys.argv[1]))["all"]
assert total["selected"]["events"] == total["delivered"]["events"] > 0, total
print(total["selected"]["events"])' "$scratch/out" >"$scratch/selected.$name" || fail "$name: the report"
done
cmp "$scratch/selected.good" "$scratch/selected.bad" || fail "other numbers of events are selected"
finish
