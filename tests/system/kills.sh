#!/bin/bash
# kills.sh - whatever is killed at whatever moment, the published bytes are the same.
# SPDX-License-Identifier: Apache-2.0
#
# Executors, fork servers, ranks, leads, mpirun and coordinators are killed by SIGKILL or
# stopped at random moments: nothing twice, nothing missing, nothing left over. KILLS=n
# sets how many (30).
. "$2/tests/system/area_lib.sh"
kills=${KILLS:-30}
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "SEED=$seed KILLS=$kills"

# Work enough for all of them.
make_raw_helper "$scratch/data" 5001 5006 $((100 + 2 * kills)) 40 || exit 1
make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

make_area wild "$scratch/data"
make_campaign "$scratch/wild.yaml" c1 "$scratch/store-wild" "lease_s: 2" "task:" "  segments: 1" \
    "retry:" "  delay_s: 0"
spillway --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2 >"$scratch/wild.out" 2>&1 &
supervisor=$!
started+=($supervisor)

# Kills that come faster than a world starts on a busy machine would end nothing but
# starts, and the supervisor gives up after ten of those: every fourth waits until something
# was committed since the one before.
committed() {
    spillway --area "$scratch/wild" status c1 2>/dev/null | grep -oE '[0-9]+ (committed|files)' | tr -d '\n'
}
moved_on() {
    [ "$(committed)" != "$before" ] || ! kill -0 "$supervisor" 2>/dev/null
}
before=
stuck() {
    fail "$1"
    ps -o pid,ppid,stat,etimes,args -p "$(below "$supervisor" | tr ' ' ',')"
    tail -n 20 "$scratch"/wild/logs/*.log
}
ended() {
    ! kill -0 "$supervisor" 2>/dev/null
}

done_kills=0
while [ "$done_kills" -lt "$kills" ] && kill -0 "$supervisor" 2>/dev/null; do
    targets=($(below "$supervisor"))
    unset "targets[0]"
    targets=("${targets[@]}")
    # A coordinator that is killed as soon as it is there, before any pilot is, is given up:
    # as it should be.
    [ "${#targets[@]}" -gt 1 ] || { sleep 0.05; continue; }
    target=${targets[$((RANDOM % ${#targets[@]}))]}
    if [ $((RANDOM % 6)) -eq 0 ]; then
        kill -STOP "$target" 2>/dev/null
        (sleep 3; kill -CONT "$target" 2>/dev/null) &
    else
        kill -9 "$target" 2>/dev/null
    fi
    done_kills=$((done_kills + 1))
    if [ $((done_kills % 4)) -eq 0 ]; then
        wait_for 120 moved_on || { stuck "nothing was committed for 120 s after kill $done_kills"; break; }
        before=$(committed)
    fi
    # Not synchronisation: the moments of the kills are meant to be arbitrary.
    sleep "0.$((RANDOM % 9))"
done
wait_for 300 ended || { stuck "the run does not end"; kill -9 "$supervisor"; }
wait "$supervisor"
status=$?
echo "kills done: $done_kills, supervisor exit $status"
[ "$status" -eq 0 ] || { fail "run ended with $status: $(tail -3 "$scratch/wild.out")"; tail -n 5 "$scratch"/wild/logs/*.log; }
same_bytes "$scratch/store-calm" "$scratch/store-wild"
no_strays "$scratch/store-wild"
must spillway --area "$scratch/wild" verify c1
must spillway --area "$scratch/wild" catalog check
# What each of the killed coordinators decided follows from what it was told.
for journal in "$scratch"/wild/journal/c1.*; do
    must spillway replay "$journal"
done
finish
