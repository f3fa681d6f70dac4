#!/bin/bash
# show.sh - show, export and verify of a file by its path: what they print, what they refuse.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"

tuple=$source/tests/golden/root/rntuple.root
histogram=$source/tests/golden/root/th1d.root

# printed TEXT COMMAND...: exit status 0 and exactly this on standard output.
printed() {
    local text=$1
    shift
    "$@" >"$scratch/out" 2>"$scratch/err" || fail "exit $?: $*: $(head -1 "$scratch/err")"
    [ "$(cat "$scratch/out")" = "$text" ] || fail "another output: $*: $(cat "$scratch/out")"
}

printed 'run,ecal,hit_e
3610,1.5,1
3610,-2,
3611,100.25,1 2' spillway export --csv "$tuple"
printed '[
{"run":3611,"hit_e":[1,2]}
]' spillway export --json "$tuple" --columns hit_e,run --entries 2-
spillway export --json "$tuple" | jq -e 'length == 3 and .[1].ecal == -2' >/dev/null ||
    fail 'the JSON of three events is another'
refused 2 'no column "foo"' spillway export --csv "$tuple" --columns foo
refused 2 'the last is before' spillway export --csv "$tuple" --entries 3-1
refused 2 'one form is wanted' spillway export "$tuple"
refused 2 'no events' spillway export --csv "$histogram"

printed 'h: t
entries 10  mean 1.95  spread 1.10567  below 0  above 0

           0            1 |############
           1            4 |################################################
           2            2 |########################
           3            3 |####################################
           4
             x' spillway show "$histogram" --histogram h
spillway show "$tuple" --json | jq -e '.entries == 3 and .columns[1].most == 100.25' \
    >/dev/null || fail 'the listing of the columns is another'
spillway show "$histogram" --json | jq -e '.histograms[0].entries == 10' >/dev/null ||
    fail 'the listing of the histograms is another'
must spillway show "$tuple" --column ecal --svg "$scratch/ecal.svg"
python3 -c 'import sys, xml.dom.minidom
svg = xml.dom.minidom.parse(sys.argv[1])
sys.exit(0 if len(svg.getElementsByTagName("path")) > 5 else 1)' "$scratch/ecal.svg" ||
    fail 'the picture is no XML or empty'
refused 2 'no histogram "g"' spillway show "$histogram" --histogram g
refused 2 'not both' spillway show "$histogram" --histogram h --column x
refused 10 'no event' spillway show "$source/README.md"

must spillway verify "$tuple"
cp "$tuple" "$scratch/bad.root"
printf 'x' | dd of="$scratch/bad.root" bs=1 seek=680 conv=notrunc status=none
refused 10 '1 faults' spillway verify "$scratch/bad.root"
grep -q 'byte 676: page 0 of column 1 (ecal), cluster 0: its checksum' "$scratch/out" ||
    fail "the damaged page is not named: $(cat "$scratch/out")"
head -c 2000 "$tuple" >"$scratch/bad.root"
refused 10 'truncated' spillway verify "$scratch/bad.root"
refused 10 'bad.root' spillway show "$scratch/bad.root"
finish
