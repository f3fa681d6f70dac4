#!/bin/bash
# raw_large.sh - a raw file of 3 GB in flat memory, and one that grows while it is read.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"

# 50 events of 60 MB, each 240 sources with blocks as large as can be. The words of the
# blocks are holes of the file, so it takes little space.
python3 - "$scratch/large.dat" <<'PY'
import struct, sys
words = 65535
equipment = 28 + 4 * words
size = 68 + 240 * equipment
with open(sys.argv[1], "wb") as out:
    for event in range(50):
        start = event * size
        head = [size, 0xDA1E5AFE, 68, 0x30006, 7, 42, event + 1, 1 << 20 | event + 1] + [0] * 9
        out.seek(start)
        out.write(struct.pack("<17I", *head))
        for source in range(240):
            out.seek(start + 68 + source * equipment)
            out.write(struct.pack("<10I", equipment, 64, source, 0, 0, 0, 4,
                                  words | source + 1 << 16, 1 << 20 | event + 1, 8 << 8))
    out.truncate(50 * size)
PY
bytes=$(stat -c %s "$scratch/large.dat")
[ "$bytes" -gt 3000000000 ] || fail "only $bytes bytes"

# check_large STATUS: the report in $scratch/out, the largest resident memory checked.
check_large() {
    python3 - "$bin/spillway" "$scratch/large.dat" "$1" "$scratch/out" <<'PY' || fail "raw check of 3 GB"
import resource, subprocess, sys
done = subprocess.run([sys.argv[1], "raw", "check", "--json", sys.argv[2]], stdout=open(sys.argv[4], "w"),
                      stderr=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print("exit %d, peak memory %.0f MiB" % (done.returncode, peak))
sys.exit(done.returncode != int(sys.argv[3]) or peak > 300)
PY
}
check_large 0
says out "\"bytes\":$bytes,\"good_bytes\":$bytes,\"gap_bytes\":0" '"events":{"physics":50}' '"damage":[]'

# A header beyond 2 GB and the end in the middle of an event.
printf 'xxxx' | dd of="$scratch/large.dat" bs=1 seek=$((40 * (bytes / 50) + 4)) conv=notrunc status=none
truncate -s $((bytes - 1000000)) "$scratch/large.dat"
check_large 10
says out '"agree":true' '"places":2' "\"class\":\"event-header\",\"source\":null,\"offset\":$((40 * (bytes / 50)))," \
    "\"class\":\"truncated\",\"source\":null,\"offset\":$((49 * (bytes / 50))),\"length\":$((bytes / 50 - 1000000))"
rm "$scratch/large.dat"

# While a DAQ writes, with pieces that end anywhere, each reading is right about the bytes
# that were there when it began.
make_raw_helper "$scratch/data" 5001 5001 4 4000 || exit 1
good=$scratch/data/raw/cdr02001-005001.dat
: >"$scratch/grows.dat"
python3 - "$good" "$scratch/grows.dat" <<'PY' &
import sys, time
data = open(sys.argv[1], "rb").read()
with open(sys.argv[2], "ab", buffering=0) as out:
    at = 0
    while at < len(data):
        out.write(data[at:at + 4099])
        at += 4099
        time.sleep(0.001)
PY
writer=$!
started+=("$writer")
wait_for 20 test -s "$scratch/grows.dat"
readings=0
while kill -0 "$writer" 2>/dev/null; do
    spillway raw check --json "$scratch/grows.dat" >>"$scratch/readings" 2>/dev/null
    readings=$((readings + 1))
done
wait "$writer"
python3 - "$scratch/readings" <<'PY' || fail "a reading of the growing file"
import json, sys
sizes = []
for line in open(sys.argv[1]):
    report = json.loads(line)
    assert report["agree"] and report["bytes"] == report["good_bytes"] + report["gap_bytes"], report
    assert [p["class"] for p in report["damage"]] in ([], ["truncated"]), report["damage"]
    sizes.append(report["bytes"])
assert sizes == sorted(sizes) and sizes[0] < sizes[-1], sizes
print(len(sizes), "readings of", sizes[0], "to", sizes[-1], "bytes")
PY
expect 0 spillway raw check "$scratch/grows.dat"
finish
