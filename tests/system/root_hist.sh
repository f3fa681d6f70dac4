#!/bin/bash
# root_hist.sh - published histograms agree with the summaries, and verify accepts them.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
. "$2/tests/system/root_lib.sh"
need_judge

# A SYNTHETIC campaign: its histograms agree with its summaries.
must spillway-simulate --out "$scratch/data" --runs 9001 --spills 3 --events 200 \
    --chunk-bytes 3000000 --seed 5
reco_campaign "$scratch/c.yaml" c "$scratch/store" "$scratch/data" sim-1 \
    "skims:" "  - name: loose" "    kind: cuts" "    events: [physics]" "    cuts:" \
    "      - {quantity: ecal_gev, max: 70}" "      - {quantity: hcal_gev, max: 10}" \
    "task:" "  segments: 2"
make_area area "$scratch/data"
must spillway --area "$scratch/area" run "$scratch/c.yaml" --workers 1
must spillway --area "$scratch/area" verify c

# cells PATH of $scratch/judged as decimal numbers, without those below and above.
cells() {
    awk -v path="$1" '$1 == "histogram" { mine = $2 == path } mine && $1 == "cells"' "$scratch/judged" |
        node -e '
            const words = require("fs").readFileSync(0, "latin1").trim().split(" ").slice(2, -1);
            console.log(words.map(word => Buffer.from(word, "hex").readDoubleBE()).join(" "))'
}

cat "$scratch"/store/published/summary/009001/*.jsonl >"$scratch/summary"
want=$(node -e '
    const sum = { seen: 0, masked: 0, after: [0, 0], kept: 0, physics: 0, led: 0 };
    for (const line of require("fs").readFileSync(process.argv[1], "latin1").trim().split("\n")) {
        const { events, skims: [skim] } = JSON.parse(line);
        sum.seen += skim.seen; sum.masked += skim.masked;
        sum.kept += skim.seen - skim.rejected;
        skim.after.forEach((n, i) => { sum.after[i] += n; });
        sum.physics += events[7]; sum.led += events[8];
    }
    console.log(sum.seen, sum.seen - sum.masked, ...sum.after, sum.kept);
    console.log(sum.physics, sum.led);' "$scratch/summary")
judged "$(echo "$scratch"/store/published/flow/009001/*.root)"
[ "$(cells cutflow/loose)" = "$(head -1 <<<"$want")" ] ||
    fail "cut flow $(cells cutflow/loose), summaries $(head -1 <<<"$want")"
grep -q '^label 3 ecal_gev \[, 70)$' "$scratch/judged" || fail 'a cut has no label'
judged "$(echo "$scratch"/store/published/hist/009001/*.root)"
[ "$(cells events/type | cut -d' ' -f8,9)" = "$(tail -1 <<<"$want")" ] ||
    fail "events by type $(cells events/type), summaries $(tail -1 <<<"$want")"
grep -q '^key provenance TObjString SYNTHETIC$' "$scratch/judged" || fail 'nothing says SYNTHETIC'
for path in ECAL/ecal_intime HCAL/time SRD/flags ECAL/pedestal S/amplitude; do
    awk -v path=$path '$1 == "histogram" && $2 == path && $4 ~ /^4/ { found = 1 }
        END { exit !found }' "$scratch/judged" || fail "$path is empty"
done
finish
