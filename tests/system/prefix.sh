#!/bin/bash
# prefix.sh - tasks far longer than the allocations of their pilots: prefixes are committed.
# SPDX-License-Identifier: Apache-2.0
#
# Each pilot knows its walltime, which ends long before its task does, or is told to stop
# while it is at work on one (SIGUSR1, SIGTERM). The campaign is complete after many such
# allocations, no lease was lost, nothing was done twice, the bytes are those of a calm one.
. "$2/tests/system/area_lib.sh"

must spillway-simulate --out "$scratch/data" --runs 9001-9001 --spills 60 --events 1200 \
    --chunk-bytes 500000000 --seed 7
prefix_campaign() { # FILE STORE: all segments of a chunk are one task, however long it takes
    reco_campaign "$1" c1 "$2" "$scratch/data" sim-1 "skims:" \
        "  - {name: random, kind: random, fraction: 0.05, events: [physics]}" \
        "task:" "  seconds: 0" "  bytes: 1000000000"
}
make_area calm "$scratch/data"
prefix_campaign "$scratch/calm.yaml" "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1

area=$scratch/short
make_area short "$scratch/data"
prefix_campaign "$scratch/short.yaml" "$scratch/store-short"
must spillway --area "$area" plan "$scratch/short.yaml"
start_serve "$area" c1 || finish
# However quick this machine is, its executor gets no more than a tenth of a core.
cat >"$scratch/slow-executor" <<SH
#!/bin/bash
"$bin/spillway-executor" "\$@" <&0 &
child=\$!
for signal in USR1 USR2 TERM; do trap "kill -\$signal \$child" \$signal; done
while kill -STOP \$child 2>/dev/null; do
    sleep 0.045
    kill -CONT \$child
    sleep 0.005
done
wait \$child
SH
chmod +x "$scratch/slow-executor"
pilots=("$bin/spillway-pilot" --coordinator "$area/coordinator.url" --token "$area/pilot.token"
    --cache "$area/cache" --scratch "$area/scratch" --executor "$scratch/slow-executor")
committed() { spillway --area "$area" status c1 --json | grep -o '"committed":[0-9]*' | cut -d: -f2; }
parts() { find "$scratch/store-short/parts" -type f 2>/dev/null | wc -l; }

# One after another until all is done. Six are told by a signal as soon as they write; the
# others know their walltime, by option or as Slurm says it. A machine on which nothing gets
# done within a walltime needs a longer one.
walltime=1
told() { # SIGNAL
    local had
    had=$(parts)
    "${pilots[@]}" >"$scratch/pilot" 2>&1 &
    pilot=$!
    started+=("$pilot")
    at_work() { [ "$(parts)" -gt "$had" ] || ! kill -0 $pilot; }
    wait_for 60 at_work || fail "a pilot does nothing: $(cat "$scratch/pilot")"
    kill -"$1" "$pilot" 2>/dev/null
    wait "$pilot" || fail "the pilot ended with $? after SIG$1: $(cat "$scratch/pilot")"
}
limited() { # COMMAND...
    local before
    before=$(committed)
    "$@" >"$scratch/pilot" 2>&1 || fail "$1: the pilot ended with $?: $(cat "$scratch/pilot")"
    [ "$(committed)" -gt "$before" ] || walltime=$((walltime + 1))
}
for allocation in $(seq 60); do
    is_complete "$area" c1 && break
    case $allocation in
    2 | 4 | 6) told USR1 ;;
    3 | 5 | 7) told TERM ;;
    *[13579]) limited mpirun.openmpi -n 1 "${pilots[@]}" --walltime $walltime ;;
    *) limited env SLURM_JOB_END_TIME=$(($(date +%s) + walltime)) "${pilots[@]}" ;;
    esac
    cat "$scratch/pilot" >>"$scratch/pilots"
    grep -q 'end=in-order' "$scratch/pilot" || fail "not in order: $(cat "$scratch/pilot")"
done
is_complete "$area" c1 || fail "not complete after $allocation allocations: $(spillway --area "$area" status c1)"
grep -q 'drain=walltime' "$scratch/pilots" || fail "no pilot stopped for its walltime"
grep -q 'drain=signal ' "$scratch/pilots" || fail "no pilot stopped for SIGUSR1"
grep -q 'drain=signal-at-once' "$scratch/pilots" || fail "no pilot stopped for SIGTERM"

# Every attempt that got anywhere is a prefix or a whole task, and no segment was done twice.
sum=0 prefixes=0
for attempt in $(seq 1000); do
    spillway --area "$area" trace --attempt "$attempt" --json >"$scratch/attempt" 2>/dev/null || break
    grep -qE '"state":"(committed|returned)"' "$scratch/attempt" || fail "attempt $attempt: $(cat "$scratch/attempt")"
    grep -q '"kind":"process"' "$scratch/attempt" || continue
    done=$(grep -o '"committed":[0-9]*' "$scratch/attempt" | cut -d: -f2)
    of=$(grep -o '"segments":[0-9]*' "$scratch/attempt" | cut -d: -f2)
    sum=$((sum + done))
    [ "$done" -gt 0 ] && [ "$done" -lt "$of" ] && prefixes=$((prefixes + 1))
done
echo "$allocation allocations, $prefixes prefixes, $sum segments committed of $(committed)"
[ "$sum" -eq "$(committed)" ] || fail "$sum segments were committed by attempts, $(committed) are"
[ "$prefixes" -ge 3 ] || fail "only $prefixes prefixes"
same_bytes "$scratch/store-calm" "$scratch/store-short"
must spillway --area "$area" verify c1
kill "$served"
wait "$served"
must spillway --area "$area" catalog check
no_strays "$scratch/store-short"

# What is no walltime is said; what is no time is passed over with a warning.
SLURM_JOB_END_TIME=tomorrow timeout 20 "${pilots[@]}" --patience 1 >"$scratch/pilot" 2>&1
grep -q 'SLURM_JOB_END_TIME=unknown' "$scratch/pilot" || fail "no warning: $(cat "$scratch/pilot")"
refused 2 "walltime: 1 second at least" "${pilots[@]}" --walltime 0
refused 2 "walltime" "${pilots[@]}" --walltime soon
finish
