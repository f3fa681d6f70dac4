#!/bin/bash
# stages.sh - a sample first, then a gate for each period; the bytes are those without it.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"

make_raw_helper "$scratch/data" 5001 5004 6 40 || exit 1
python3 - "$scratch/data/runs.yaml" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
for run in 5003, 5004:
    text = re.sub(r"(run: %d\n    period: )T1" % run, r"\1T2", text)
open(sys.argv[1], "w").write(text)
PY
sw() { spillway --area "$area" "$@"; }
count() { sw status "${2:-demo}" --json | grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2; }
waits_for() { # WORDS COMMAND...: the campaign is over but for its gates
    expect 17 "${@:2}"
    says err "$1"
}
stage() { # PERIOD KEY [CAMPAIGN]
    sw status "${3:-demo}" --json | python3 -c '
import json, sys
print(next(s for s in json.load(sys.stdin)[0]["stages"] if s["period"] == sys.argv[1])[sys.argv[2]])' "$1" "$2"
}
is() { # PERIOD KEY VALUE [CAMPAIGN]
    local got
    got=$(stage "$1" "$2" "${4:-demo}")
    [ "$got" = "$3" ] || fail "period $1: $2 is $got, not $3"
}
evidence_of() { # PERIOD [CAMPAIGN]: its hash
    must sw validate "${2:-demo}" --period "$1"
    sed -nE 's/^evidence ([0-9a-f]{64})$/\1/p' "$scratch/out"
}
approve() { sw gate demo --approve --by ann "$@"; }

# What it must be: the same campaign without stages.
area=$scratch/plain
make_area plain "$scratch/data"
make_campaign "$scratch/plain.yaml" demo "$scratch/store-plain"
must sw run "$scratch/plain.yaml" --workers 2
refused 2 "has no gate of period" sw validate demo --period T1

area=$scratch/area
make_area area "$scratch/data"
make_campaign "$scratch/demo.yaml" demo "$scratch/store" \
    "stages:" "  sample: {spills: 2}" "  gate: {expires: 7}"
must sw plan "$scratch/demo.yaml" --dry-run
says out "a sample of 2 spills of each run" "period T1: sample of" "period T2: sample of"
must sw plan "$scratch/demo.yaml" --simulate 8
says out "stages: the sample, 20 segments, in" "then 40 wait behind gates"

# The sample is done, then the run ends and says what it waits for.
waits_for "2 gates are closed" sw run "$scratch/demo.yaml" --workers 2
must sw status demo
says out "demo: waits for a gate" "period T1" "wait for its gate" "spillway validate demo --period T2"
must sw overdue
says out "segments wait for its gate" "owner: manager"
grep -q "no progress" "$scratch/out" && fail "a gate is no lack of progress"
sampled=$(count committed)
[ "$sampled" -eq "$(($(stage T1 sample) + $(stage T2 sample)))" ] || fail "$sampled segments were done"
[ -z "$(find "$scratch/store/published" -type f 2>/dev/null)" ] || fail "published before any gate was opened"
waits_for "2 gates are closed" sw run "$scratch/demo.yaml" --workers 2

# Evidence is the same each time, and its name is its content.
first=$(evidence_of T1)
says out "sample of period T1" "run 5001: 2 spills" "run 5002" "spillway gate demo --period T1"
file=$(echo "$area/evidence/demo.$(echo "$first" | cut -c1-16).json")
[ "$(sha256sum <"$file" | cut -d' ' -f1)" = "$first" ] || fail "the evidence has another sha256"
[ "$(evidence_of T1)" = "$first" ] || fail "the evidence differs from time to time"
other=$(evidence_of T2)
python3 - "$file" <<'PY' || fail "the evidence does not add up"
import json, sys
text = json.load(open(sys.argv[1]))
assert text["period"] == "T1" and [r["run"] for r in text["runs"]] == [5001, 5002], text
for run in text["runs"]:
    assert run["selected"]["spills"] == run["delivered"]["spills"] == 2, run
    for skim in run["skims"]:
        assert skim["seen"] == skim["kept"] + skim["rejected"], skim
    everything = next(s for s in run["skims"] if s["skim"] == "all")
    assert everything["kept"] == run["delivered"]["events"] == 80, run
    assert {s["stream"] for s in run["streams"]} == {"summary", "flow", "skim.all", "skim.random"}
assert text["losses"] == []
PY

# What is not said properly opens nothing.
refused 2 "control character" sw gate demo --period T1 --approve --evidence "$first" --by "$(printf 'a\nb')"
refused 2 "either --approve or --refuse" sw gate demo --period T1 --evidence "$first" --by ann
refused 2 "--reason is needed" sw gate demo --period T1 --refuse --evidence "$first" --by ann
refused 2 "at least 12 characters" approve --period T1 --evidence 123
refused 2 "does not tell of the sample of period T1" approve --period T1 --evidence "$other"
refused 2 "no gate of period" approve --period T9 --evidence "$first"
refused 2 "is no date" approve --period T1 --evidence "$first" --expires soon
refused 2 "expired before" approve --period T1 --evidence "$first" --expires 2020-01-01
refused 2 "is not planned" sw gate nosuch --period T1 --approve --by ann --evidence "$first"
is T1 waits_for decision

# Refused, then approved: that period is done, the other one waits. The sample is reused.
must sw gate demo --period T1 --refuse --evidence "$first" --by bob --reason "gains of run 5002"
must sw status demo
says out "refused by bob" "gains of run 5002"
waits_for "2 gates are closed" sw run "$scratch/demo.yaml" --workers 2
must approve --period T1 --evidence "${first:0:16}" --reason "understood"
says out "period T1 is approved until"
is T1 stage full
waits_for "1 gate is closed" sw run "$scratch/demo.yaml" --workers 2
is T1 stage "done"
is T2 waits_for decision
[ "$(find "$scratch/store/published" -name 'skim.all*.dat' | wc -l)" -eq 2 ] || fail "T1 is not published, or more is"
refused 2 "nothing waits behind its gate" approve --period T1 --evidence "$first"
must sw trace --chunk cdr02001-005001.dat

# An approval that expired before a coordinator ran releases nothing; the next one does.
for margin in 2 10 60; do # it must be given before it expires, also on a busy machine
    soon=$(date -u -d "+$margin seconds" +%Y-%m-%dT%H:%M:%S)
    approve --period T2 --evidence "$other" --expires "$soon" >"$scratch/out" 2>"$scratch/err" && break
done
says out "period T2 is approved until"
expired() { [ "$(stage T2 waits_for)" = expired ]; }
wait_for 120 expired || fail "the approval does not expire"
waits_for "1 gate is closed" sw run "$scratch/demo.yaml" --workers 2
must sw status demo
says out "the approval by ann expired at" "what was released goes on"
must approve --period T2 --evidence "$other"
must sw status demo
says out "released when a coordinator runs"
must sw run "$scratch/demo.yaml" --workers 2
# The sample is not done again: each segment was committed by one attempt.
sum=0
for attempt in $(seq 1000); do
    sw trace --attempt "$attempt" --json >"$scratch/attempt" 2>/dev/null || break
    grep -q '"kind":"process"' "$scratch/attempt" || continue
    sum=$((sum + $(grep -o '"committed":[0-9]*' "$scratch/attempt" | cut -d: -f2)))
done
[ "$sum" -eq "$(count segments)" ] || fail "attempts committed $sum segments, the campaign has $(count segments)"
must sw verify demo
must sw catalog check
no_strays "$scratch/store"
same_bytes "$scratch/store-plain" "$scratch/store"
for journal in "$area"/journal/demo.*; do
    must spillway replay "$journal"
done

# A coordinator that runs is told by HTTP and waits meanwhile; killed at once, the next
# one knows what was said.
area=$scratch/served
make_area served "$scratch/data"
make_campaign "$scratch/served.yaml" demo "$scratch/store-served" \
    "stages:" "  sample: {spills: 1}"
must sw plan "$scratch/served.yaml"
start_serve "$area" demo
start_pilot "$area" 3
both_wait() { [ "$(stage T1 waits_for)$(stage T2 waits_for)" = decisiondecision ]; }
wait_for 300 both_wait || fail "the sample is not done"
told_to_wait() { # the coordinator itself says so, and does not take it for a failure
    curl -s -m 10 -H "Authorization: Bearer $(cat "$area/pilot.token")" \
        "$(cat "$area/coordinator.url")/status" >"$scratch/answer"
    grep -q '"stuck":false,"waits_for_gate":true' "$scratch/answer"
}
wait_for 60 told_to_wait || fail "the coordinator says $(cat "$scratch/answer")"
first=$(evidence_of T1)
other=$(evidence_of T2)
must approve --period T1 --evidence "$first"
says out "approved until"
first_done() { [ "$(stage T1 stage)" = "done" ]; }
wait_for 300 first_done || fail "the rest of T1 is not done"
is T2 waits_for decision
refused 2 "nothing waits behind its gate" approve --period T1 --evidence "$first"
must approve --period T2 --evidence "$other"
kill -9 "$served"
start_serve "$area" demo
wait_for 300 is_complete "$area" demo || fail "the campaign does not end: $(sw status demo)"
same_bytes "$scratch/store-plain" "$scratch/store-served"
kill "$served"
wait "$served" "$piloted" 2>/dev/null
must sw catalog check

# An amendment makes another sample: what was approved before is void, its own rest waits
# for a gate of its own; after a rollback the approval holds again.
area=$scratch/amended
make_area amended "$scratch/data"
make_campaign "$scratch/amended.yaml" demo "$scratch/store-amended" \
    "stages:" "  sample: {spills: 2}"
sed 's/fraction: 0.1$/fraction: 0.3/' "$scratch/amended.yaml" >"$scratch/changed.yaml"
waits_for "2 gates are closed" sw run "$scratch/amended.yaml" --workers 2
first=$(evidence_of T1)
other=$(evidence_of T2)
must approve --period T1 --evidence "$first"
must approve --period T2 --evidence "$other"
must sw amend demo --file "$scratch/changed.yaml" --runs 5003 --reason "wider sample"
is T1 waits_for release
is T2 waits_for changed
must sw status demo
says out "the sample changed since ann approved it"
refused 2 "does not tell of the sample of period T2" approve --period T2 --evidence "$other"
waits_for "1 gate is closed" sw run "$scratch/amended.yaml" --workers 2
is T1 stage "done"
is T2 waits_for changed
is T2 waits_for decision demo+1
evidence=$(evidence_of T2 demo+1)
[ "$(evidence_of T2)" != "$other" ] || fail "the amended runs are in the evidence"
must sw rollback demo --runs 5003 --reason "too wide"
is T2 waits_for release
refused 2 "does not tell of the sample" sw gate demo+1 --period T2 --approve --by ann --evidence "$evidence"
must sw run "$scratch/amended.yaml" --workers 2
same_bytes "$scratch/store-plain" "$scratch/store-amended"
must sw verify demo
must sw catalog check
finish
