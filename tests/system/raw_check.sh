#!/bin/bash
# raw_check.sh - spillway raw check: damage is told with class, source, place and loss.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5001 2 40 || exit 1
good=$scratch/data/raw/cdr02001-005001.dat
bytes=$(stat -c %s "$good")

refused 2 "one raw file is missing" spillway raw check
refused 15 "No such file" spillway raw check "$scratch/none.dat"
expect 0 spillway raw check "$good"
says out "run 5001, DATE 3.6, $bytes bytes = $bytes in good events + 0 in gaps" "no damage"
expect 0 spillway raw check --json "$good"
says out '"agree":true' '"events":{"start-of-run":1' '"event_step":2' '"places":0' '"damage":[]'

# Three faults: 512 foreign bytes, a wrong S-Link event number, the end cut off.
python3 - "$good" "$scratch/bad.dat" "$scratch/expected" <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
starts = [0]
while starts[-1] < len(data):
    starts.append(starts[-1] + struct.unpack_from("<I", data, starts[-1])[0])
block = starts[6] + 68 + 68 + 28           # behind event, sub-event, equipment header
words = struct.unpack_from("<I", data, block)[0] & 0xFFFF
data[block + 4] ^= 1
last = starts[-2]
del data[last + 30:]
data[starts[10]:starts[10]] = b"\x5a" * 512
open(sys.argv[2], "wb").write(data)
with open(sys.argv[3], "w") as out:
    print(f"slink-event 700 {block} {words * 4} {words * 4}", file=out)
    print(f"foreign-bytes None {starts[10]} 512 512", file=out)
    print(f"truncated None {last + 512} 30 30", file=out)
PY
expect 10 spillway raw check "$scratch/bad.dat"
says out "3 places of damage" "slink-event      source  700: 1 places" "foreign-bytes"
says err "E_RAW_DAMAGE" "bad.dat: 3 places of damage, "
expect 10 spillway raw check --json "$scratch/bad.dat"
python3 - "$scratch/out" "$scratch/bad.dat" >"$scratch/found" <<'PY'
import json, os, sys
report = json.load(open(sys.argv[1]))
assert report["bytes"] == os.path.getsize(sys.argv[2])
assert report["bytes"] == report["good_bytes"] + report["gap_bytes"], report
assert report["gap_bytes"] == sum(p["loss"] for p in report["damage"] if p["class"] != "slink-event")
assert report["lost_inside"] == sum(p["loss"] for p in report["damage"] if p["class"] == "slink-event")
assert report["agree"] and report["places"] == len(report["damage"]) == 3
for place in report["damage"]:
    print(place["class"], place["source"], place["offset"], place["length"], place["loss"])
assert report["damage"][1]["before"]["event"] + 2 == report["damage"][1]["after"]["event"]
assert report["damage"][2]["after"] is None
PY
diff "$scratch/expected" "$scratch/found" || fail "other damage than was planted"

# Maps say what the sources are: 700 has words that no decoder reads, here wrongly taken for
# an MSADC; 800 is a scaler that a map may lack.
map()
{
    printf '<Map><DaqOptions><ChipsCreation>\n%s\n</ChipsCreation></DaqOptions>%s</Map>\n' "$@"
}
scaler='<Scaler version="2">B 800 0</Scaler>'
map '-1 -1 -1 700 -1 ChipNA64TDC s' "$scaler" >"$scratch/right.xml"
map '-1 -1 -1 700 -1 ChipSADC s' "$scaler" >"$scratch/wrong.xml"
map '-1 -1 -1 700 -1 ChipNA64TDC s' '' >"$scratch/lacking.xml"
refused 15 "No such file" spillway raw check --maps "$scratch/none" "$good"
expect 0 spillway raw check --maps "$scratch/right.xml" "$good"
says out "no damage"
expect 10 spillway raw check --maps "$scratch/lacking.xml" "$good"
says out "source-unknown   source  800: " "0 bytes lost: a source that the channel maps do not have"
expect 10 spillway raw check --maps "$scratch/wrong.xml" "$good"
says out "adc-size         source  700: "

# A file that ends anywhere: a report, or nothing wrong when it ends between two events.
head -c 3000 "$good" >"$scratch/small.dat"
for size in 40 68 100 164 700 1500 2900; do
    truncate -s "$size" "$scratch/small.dat"
    spillway raw check "$scratch/small.dat" >"$scratch/out" 2>"$scratch/err"
    [ $? -eq 10 ] || [ $? -eq 0 ] || fail "$size bytes: $(cat "$scratch/err")"
    head -c 3000 "$good" >"$scratch/small.dat"
done
finish
