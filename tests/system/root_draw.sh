#!/bin/bash
# root_draw.sh - JSROOT in headless Chromium draws published histograms and columns.
# SPDX-License-Identifier: Apache-2.0
#
# The picture stays in $KEEP_PICTURE, when that names a file, for a look at it.
. "$2/tests/system/area_lib.sh"
. "$2/tests/system/root_lib.sh"
need_judge
command -v chromium >/dev/null || skip 'chromium is missing, run deploy/packages.sh test'

publish
mkdir "$scratch/files"
for kind in hist flow reco; do
    cp "$(find "$scratch/store/published" -name "${kind}_009001_*.root")" "$scratch/files/$kind.root"
done
must spillway export --ttree "$scratch/files/tree.root" "$scratch/files/reco.root"

node "$source/tests/jsroot/serve.mjs" "$judge" "$scratch/files" >"$scratch/address" &
started+=("$!")
wait_for 20 test -s "$scratch/address" || { fail 'the server does not start'; finish; }

# browse OPTION...: the page that draws $drawn, with a profile of its own.
drawn='?draw=hist.root:ECAL/ecal_intime&draw=hist.root:events/hcal_ecal:colz&draw=flow.root:cutflow/missing'
drawn+='&draw=reco.root:reco:spillevent&draw=reco.root:reco:ecal&draw=tree.root:reco:hottestx'
browse() {
    timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$(mktemp -d "$scratch/profile.XXXXXX")" --virtual-time-budget=60000 \
        --window-size=1800,940 "$@" "$(cat "$scratch/address")$drawn" 2>"$scratch/err"
}

browse --dump-dom >"$scratch/page"
events=$(grep -c '^9001 ' "$scratch/data/truth.txt")
physics=$(awk '$1 == 9001 && $4 == 7' "$scratch/data/truth.txt" | wc -l)
for line in "drawn hist.root:ECAL/ecal_intime TH1D $physics" \
    "drawn hist.root:events/hcal_ecal:colz TH2D $physics" \
    "drawn flow.root:cutflow/missing TH1D [0-9]*" \
    "drawn reco.root:reco:spillevent TH1F $events" \
    "drawn reco.root:reco:ecal TH1F $((3 * events))" \
    "drawn tree.root:reco:hottestx TH1F $events"; do
    grep -q "$line\$" "$scratch/page" || fail "no \"$line\": $(grep -aE '^(failed|drawn|done)|<pre' "$scratch/page" | head -5)"
done

# Six pictures: ink in each of them.
browse --screenshot="$scratch/shot.png" >/dev/null
[ -s "$scratch/shot.png" ] || { fail "no picture: $(tail -1 "$scratch/err")"; finish; }
[ -z "${KEEP_PICTURE:-}" ] || cp "$scratch/shot.png" "$KEEP_PICTURE"
python3 - "$scratch/shot.png" >"$scratch/ink" <<'END' || fail 'the picture cannot be read'
import struct, sys, zlib
data, at, packed = open(sys.argv[1], "rb").read(), 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + size]
    if kind == b"IHDR":
        width, height, depth, colour = struct.unpack(">IIBB", body[:10])
    packed += body if kind == b"IDAT" else b""
    at += size + 12
assert depth == 8 and colour in (2, 6)
step = 3 if colour == 2 else 4
raw, old, rows = zlib.decompress(packed), bytearray(width * step), []
for y in range(height):
    line = bytearray(raw[y * (width * step + 1) + 1:(y + 1) * (width * step + 1)])
    kind = raw[y * (width * step + 1)]
    for x in range(len(line)):
        a = line[x - step] if x >= step else 0
        b, c = old[x], old[x - step] if x >= step else 0
        p = a + b - c
        near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        line[x] = (line[x] + (0, a, b, (a + b) // 2, near)[kind]) & 255
    rows.append(line)
    old = line
for top in (130, 515):
    for left in (0, 565, 1130):
        print(sum(1 for row in rows[top:top + 380] for x in range(left, left + 560)
                  if row[x * step] + row[x * step + 1] + row[x * step + 2] < 600))
END
awk '$1 < 1000 {exit 1} END {exit NR != 6}' "$scratch/ink" || fail "dark points of the six pictures: $(xargs <"$scratch/ink")"
echo "dark points of the six pictures: $(xargs <"$scratch/ink")"
finish
