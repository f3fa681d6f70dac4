#!/bin/bash
# run.sh - measurements against yardsticks in the same run; fails below a minimum only.
# SPDX-License-Identifier: Apache-2.0
#
# tests/bench/run.sh [stage...]       all stages: four minutes on two cores
# tests/bench/run.sh --tiny [...]     small sizes, no verdict: that the benches work
# --programs DIR: built before, instead of building the release preset
set -u -o pipefail
cd "$(dirname "$(realpath "$0")")/../.." || exit 1

stages=(executor memory walk columns merge verify manifest plan restart completions core)

stages+=(conditions dispatch simulate)
# Lines with a verdict. Column 2 is what counts: the ratio ours / yardstick, or ours.
limits='
executor                ratio >= 0.05   bytes per CPU second, everything on / read() loop
memory                  ratio <= 1.1    peak after 10^5 events / after 10^4
memory                  ours  <= 256    MB
columns                 ratio <= 0.13   CPU seconds of writing columns / of the executor
select                  ratio >= 8      events per CPU second from columns / from raw
select.eminvis_loose    ratio >= 18     the same, one skim that keeps 1 %
walk                    ratio >= 0.75   bytes per CPU second / read() loop
decode                  ratio >= 0.2    bytes per CPU second / read() loop
pulses                  ratio >= 0.16   bytes per CPU second / read() loop
checksum                ratio >= 0.95   pulses with the checksum / without
merge.reco              ratio >= 0.3    bytes per second / cp and sync
merge.skim.ecal_calib   ratio >= 0.25   the same, raw events
verify                  ratio >= 0.6    bytes per CPU second / read() loop
plan.raw                ours  <= 10     CPU seconds for 10^6 segments, raw skims only
plan.led                ours  <= 10     the same with 51 * 10^5 LED amplitudes
manifest                ours  <= 5      CPU seconds for 500 000 intervals, from tag to hash and back
manifest.memory         ours  <= 1024   MB at its largest
restart                 ours  <= 1      seconds to the first lease, 10^6 segments
status                  ratio <= 1.5    what status reads of 10^6 segments / one read of the plan
completions.G1000       ratio >= 8      durable a second, catalog alone / fdatasync a second
completions.turn        ratio >= 8      the same through a turn of the service
completions.http        ratio >= 8      the same through the service as a process, over HTTP
dispatch                ours  >= 10000  empty tasks a second through a pilot of two ranks, no catalog
core.lease              ours  <= 10000  CPU nanoseconds to lease and commit a segment
simulate                ratio >= 0.4    seconds of a campaign simulated / as it ran, median of three;
simulate                ratio <= 2.5    0.85 to 1.15 is the target, on cores that are free
conditions.whole        ours  <= 50     ms for a whole tag of 10 000 intervals / when kept
conditions.point.1      ratio >= 0.4    point queries a second, 1 connection / bare libmicrohttpd
conditions.point.16     ratio >= 0.4    the same, 16 connections
conditions.point.64     ratio >= 0.4    the same, 64 connections
conditions.p99.64       ours  <= 5      ms, 99 of 100 point queries at 64 connections
'

usage()
{
    sed -n 's/^# \(tests.*\|--prog.*\)/\1/p' "$0"
    echo
    echo "Prints a line a measurement: stage ours yardstick ratio. Stages: ${stages[*]}"
    echo 'Minimum (another value fails):'
    sed '/^$/d; s/^/  /' <<<"$limits"
}

tiny=
bin=
wanted=()
while [ $# -gt 0 ]; do
    case $1 in
    --help)
        usage
        exit 0
        ;;
    --tiny) tiny=yes ;;
    --programs)
        bin=${2-}
        shift
        ;;
    *)
        [[ " ${stages[*]} " == *" $1 "* ]] || {
            echo "run.sh: $1 is no stage: ${stages[*]}" >&2
            exit 2
        }
        wanted+=("$1")
        ;;
    esac
    shift
done
[ ${#wanted[@]} -gt 0 ] || wanted=("${stages[@]}")

if [ -z "$bin" ]; then
    bin=build/release/bin
    log=$(mktemp)
    cmake --preset release >"$log" 2>&1 && cmake --build --preset release --target \
        bench_programs spillway spillway-executor spillway-pilot spillway-simulate >>"$log" 2>&1 || {
        tail -20 "$log"
        rm -f "$log"
        exit 1
    }
    rm -f "$log"
fi
bin=$(realpath "$bin")

scratch=$(mktemp -d "${TMPDIR:-/tmp}/spillway-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
lines=$scratch/lines
failed=0

# Sizes. 20 spills of 5000 events are 10^5 events in two chunks of 330 MB.
events=5000 pairs=7 merges=5 plan_runs=250 restart_runs=100 segments=1000000 turns=100000 verified=60 intervals=10000
[ -z "$tiny" ] || events=50 pairs=2 merges=1 plan_runs=1 restart_runs=1 segments=5000 turns=2000 verified=1 intervals=100

points=10000 dispatched=100000
[ -z "$tiny" ] || points=100 dispatched=500

# measure PROGRAM WORDS...
measure()
{
    "$bin/$1" "${@:2}" 2>"$scratch/err" | tee -a "$lines"
    [ "${PIPESTATUS[0]}" -eq 0 ] && return
    echo "FAILED: $1: $(tail -1 "$scratch/err")"
    failed=1
}

# A folder of its own, gone when the measurement is done.
measure_in()
{
    mkdir "$scratch/folder"
    measure "$1" "$scratch/folder" "${@:2}"
    rm -rf "$scratch/folder"
}

# Empty tasks through dask.distributed with one worker, beside what `dispatch` gave.
dask()
{
    local python=/usr/bin/python3 rate
    [ -z "$tiny" ] && "$python" -c 'import distributed' 2>/dev/null || {
        echo '# dispatch.dask: not measured, it wants python3-distributed'
        return
    }
    cat >"$scratch/beside.py" <<'PYTHON'
import time
from dask.distributed import Client

def nothing(number):
    return number

if __name__ == '__main__':
    with Client(n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
        client.gather(client.map(nothing, range(100)))
        start = time.monotonic()
        client.gather(client.map(nothing, range(1000, 6000)))
        print(5000 / (time.monotonic() - start))
PYTHON
    rate=$(timeout 300 "$python" "$scratch/beside.py" 2>"$scratch/err") || {
        echo "FAILED: dask: $(tail -1 "$scratch/err")"
        failed=1
        return
    }
    awk -v rate="$rate" '$1 == "dispatch" {
        printf "dispatch.dask %s %.4g/s %.3g\n", $2, rate, $2 / rate }' "$lines"
}

# again NAME FRACTION: a campaign of raw skims that shares no product with the others.
again()
{
    cat >"$scratch/triggered/$1.yaml" <<YAML
name: $1
purpose: test
store: $scratch/triggered/store
select:
  types: [physics]
skims:
  - {name: some, kind: random, fraction: $2, events: [physics]}
YAML
}

# What plan --simulate says of this machine, by what the campaign before took, beside the
# campaign itself, from its first pilot to its end by the log.
simulate()
{
    local area=$scratch/triggered/area plan said number
    again s0 0.5
    must "$bin/spillway" --area "$area" run "$scratch/triggered/s0.yaml" --workers 1
    for number in 1 2 3; do
        again "s$number" "0.5$number"
        plan=("$bin/spillway" --area "$area" plan "$scratch/triggered/s$number.yaml")
        said=$("${plan[@]}" --simulate 1 --allocation 1 --failures 0 --json |
            sed 's/.*"time_s":\([0-9.]*\).*/\1/')
        must "$bin/spillway" --area "$area" run "$scratch/triggered/s$number.yaml" --workers 1
        awk -F'[T:Z ]' -v said="$said" '
            / event=pilot / { from = $2 * 3600 + $3 * 60 + $4 }
            / event=complete / { took = $2 * 3600 + $3 * 60 + $4 - from }
            END { print said, took, said / took }' "$area/logs/coordinator.log"
    done | sort -g -k3 | sed -n '2s/^/simulate /p' | tee -a "$lines"
}

must()
{
    "$@" >"$scratch/out" 2>&1 || {
        echo "FAILED: $*"
        tail -5 "$scratch/out"
        exit 1
    }
}

# data FOLDER PRESCALE: one run of synthetic data and a planned campaign with the skims of
# lib/reco/README.md.
data()
{
    local place=$scratch/$1
    [ -d "$place" ] && return
    mkdir "$place"
    must "$bin/spillway-simulate" --out "$place/data" --runs 9001 --spills 20 \
        --events "$events" --led 20 --seed 3 --beam-prescale "$2"
    sed -e "s|^name: .*|name: bench|" -e "s|^store: .*|store: $place/store|" \
        -e "s|^  source: .*|  source: file:$place/data/conditions|" \
        deploy/demo.yaml >"$place/campaign.yaml"
    must "$bin/spillway" init "$place/area"
    must "$bin/spillway" --area "$place/area" runs import "$place/data/runs.yaml"
    must "$bin/spillway" --area "$place/area" runs scan
    must "$bin/spillway" --area "$place/area" plan "$place/campaign.yaml"
    # A changed cut of one skim: the same reconstruction, only the selection runs.
    sed -e 's/^name: bench/name: eminvis_loose/' -e '/name: ecal_calib/,$d' \
        "$place/campaign.yaml" >"$place/other.yaml"
    must "$bin/spillway" --area "$place/area" plan "$place/other.yaml"
}

# How fast a file is read depends on how it was written: a loop over what came in small
# pieces takes twice the time. Each measurement has files that were written by cp.
rewritten()
{
    local file
    for file in "$1"/data/raw/*.dat; do
        must cp "$file" "$file.new"
        must mv "$file.new" "$file"
    done
}

run()
{
    local place=$scratch/triggered campaign
    case $1 in
    executor | memory | walk | columns | merge | simulate) data triggered 100 ;;
    esac
    case $1 in
    executor | walk | columns) rewritten "$place" ;;
    esac
    campaign=("$place/area" bench "$bin/spillway-executor")
    case $1 in
    executor) measure executor_bench "${campaign[@]}" "$pairs" ;;
    columns) measure columns_bench "${campaign[@]}" "$pairs" eminvis_loose ;;
    memory) measure memory_bench "${campaign[@]}" ;;
    walk)
        measure raw_bench "$place/data/raw/cdr01001-009001.dat" \
            "$place/data/conditions/payloads/channel_map/sim.xml" "$pairs"
        ;;
    merge) measure merge_bench "${campaign[@]}" "$merges" ;;
    verify) measure_in verify_bench "$verified" "$pairs" ;;
    manifest) measure_in manifest_bench "$intervals" "$merges" ;;
    plan) measure_in plan_bench "$plan_runs" ;;
    restart) measure_in restart_bench "$restart_runs" ;;
    completions)
        measure_in catalog_bench "$segments"
        measure_in turn_bench "$turns"
        measure_in serve_bench "$turns"
        ;;
    core) measure core_bench "$segments" ;;
    dispatch)
        measure_in dispatch_bench "$bin/spillway-pilot" "$bin/ping_bench" "$dispatched" 3
        dask
        ;;
    simulate) simulate ;;
    conditions) measure_in conditions_bench "$points" "$pairs" ;;
    esac
}

echo 'stage ours yardstick ratio'
for stage in "${wanted[@]}"; do
    run "$stage"
done
[ -z "$tiny" ] || exit "$failed"

awk -v failed="$failed" '
    NR == FNR { if (NF > 0) { n++; name[n] = $1; what[n] = $2; sign[n] = $3; bound[n] = $4 } next }
    {
        for (i = 1; i <= n; i++) {
            value = what[i] == "ratio" ? $NF + 0 : $2 + 0
            if ($1 != name[i] || (sign[i] == ">=" ? value >= bound[i] : value <= bound[i]))
                continue
            print "BELOW MINIMUM: " $1 ": " what[i] " " value ", " sign[i] " " bound[i] " is wanted"
            failed = 1
        }
    }
    END { exit failed }' <(echo "$limits") "$lines"
