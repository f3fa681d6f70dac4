#!/bin/bash
# kills.sh - whatever is killed at whatever moment, the published bytes are the same.
# SPDX-License-Identifier: Apache-2.0
#
# Executors, ranks, leads and coordinators of one campaign are killed by SIGKILL at random
# moments, with a fork server or an mpirun in between; one of each kind is stopped with
# leases out for longer than a lease lasts. Nothing twice, nothing missing, nothing left
# over. KILLS=n sets how many (30), SEED=n repeats their order.
. "$2/tests/system/area_lib.sh"
kills=${KILLS:-30}
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "SEED=$seed KILLS=$kills"
lease=2 # s
kinds=(executor rank lead coordinator)

# The kinds of processes below the supervisor that are not dead yet, as lines "PID KIND".
family() {
    local pid ppid state args kind number
    ps -o pid=,ppid=,stat=,args= -p "$(below "$supervisor" | tr ' ' ',')" |
        while read -r pid ppid state args; do
            kind=
            case $state:${args%% *} in
            Z*) ;;
            *:*/spillway) [[ $ppid:$args != "$supervisor:"*" serve "* ]] || kind=coordinator ;;
            *:mpirun*) kind=mpirun ;;
            *:spillway-fork-server) kind=fork-server ;;
            *:*/spillway-executor) kind=executor ;;
            *:*/spillway-pilot)
                [[ $(ps -o args= -p "$ppid") == mpirun* ]] || continue
                number=$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" |
                    sed -n 's/^OMPI_COMM_WORLD_RANK=//p')
                case $number in
                '') ;;
                0) kind=lead ;;
                *) kind=rank ;;
                esac
                ;;
            esac
            [ -z "$kind" ] || echo "$pid $kind"
        done
}
# one_of KIND: its pid in $target; not the coordinator while it is alone: one that is killed
# before any pilot is there is given up after ten times, as it should be.
one_of() {
    local all found
    all=$(family)
    [ "$(wc -l <<<"$all")" -gt 1 ] || return 1
    found=($(sed -n "s/ $1\$//p" <<<"$all"))
    [ "${#found[@]}" -gt 0 ] || return 1
    target=${found[$((RANDOM % ${#found[@]}))]}
}
number() { # KEY: of the status
    spillway --area "$scratch/wild" status c1 --json 2>/dev/null | grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2
}
ended() { ! kill -0 "$supervisor" 2>/dev/null; }
stuck() {
    fail "$1"
    ps -o pid,ppid,stat,etimes,args -p "$(below "$supervisor" | tr ' ' ',')"
    tail -n 20 "$scratch"/wild/logs/*.log
}

# Kills that come faster than a world starts on a busy machine would end nothing but
# starts, and the supervisor gives up after ten of those: every fourth waits until something
# was committed since the one before.
moved_on() { [ "$(number committed) $(number files_published)" != "$before" ] || ended; }

declare -A killed stopped
# kill_one KIND: false when the campaign is over before there is one.
kill_one() {
    until one_of "$1" && kill -9 "$target" 2>/dev/null; do
        ! ended || return 1
        sleep 0.05
    done
    killed[$1]=$((${killed[$1]:-0} + 1))
}
# stop_one KIND: for longer than a lease, while leases are out, from beginning to end.
stop_one() {
    local since
    for try in 1 2 3 4 5; do
        until one_of "$1" && [ "0$(number leased)" -gt 0 ] && kill -STOP "$target" 2>/dev/null; do
            ! ended || return 1
            sleep 0.05
        done
        since=$(date +%s%N)
        while [ $(($(date +%s%N) - since)) -le $((lease * 1500000000)) ]; do
            sleep 0.1 # the time that it is stopped is what is tested
        done
        case $(ps -o stat= -p "$target") in
        T*) [ "0$(number leased)" -eq 0 ] || stopped[$1]=$((${stopped[$1]:-0} + 1)) ;;
        esac
        kill -CONT "$target" 2>/dev/null
        [ "${stopped[$1]:-0}" -eq 0 ] || return 0
    done
    fail "no $1 could be stopped for more than $lease s with leases out"
}

# The kind of the next kill in $kind; towards the end those that had none.
kind_next() {
    for kind in "${kinds[@]}"; do
        [ $((kills - done_kills)) -gt 4 ] || [ "${killed[$kind]:-0}" -gt 0 ] || return
    done
    kind=${kinds[$((RANDOM % 4))]}
}

# storm: kills and stops, until all are done; false when the campaign was over before.
storm() {
    before=
    done_kills=0
    killed=()
    stopped=()
    local first=$((RANDOM % 4)) stops=0 kind
    while [ "$done_kills" -lt "$kills" ]; do
        kind_next
        kill_one "$kind" || return 1
        done_kills=$((done_kills + 1))
        case $((RANDOM % 12)) in
        0) kill_one fork-server || return 1 ;;
        1) kill_one mpirun || return 1 ;;
        esac
        if [ $((done_kills % 4)) -eq 0 ]; then
            wait_for 120 moved_on || { stuck "nothing was committed for 120 s after kill $done_kills"; return 0; }
            before="$(number committed) $(number files_published)"
        fi
        if [ $((done_kills * 5)) -ge $((kills * (stops + 1))) ] && [ "$stops" -lt 4 ]; then
            stop_one "${kinds[$(((first + stops) % 4))]}" || return 1
            stops=$((stops + 1))
        fi
        # Not synchronisation: the moments of the kills are meant to be arbitrary.
        sleep "0.$((RANDOM % 4))"
    done
}

# As much work as all of them need on this machine: at least 200 segments a kill.
for more in 1 3 12; do
    rm -rf "$scratch"/{data,calm,wild,store-calm,store-wild}
    make_raw_helper "$scratch/data" 5001 $((5000 + more * (kills + 4) / 5)) 700 10 || exit 1
    make_area wild "$scratch/data"
    make_campaign "$scratch/wild.yaml" c1 "$scratch/store-wild" "lease_s: $lease" "task:" "  segments: 1" \
        "retry:" "  delay_s: 0"
    spillway --area "$scratch/wild" run "$scratch/wild.yaml" --workers 2 >"$scratch/wild.out" 2>&1 &
    supervisor=$!
    started+=($supervisor)
    storm && break
    wait "$supervisor" || break
    echo "all $(number segments) segments were done after $done_kills kills: again with more of them"
done
for kind in "${kinds[@]}"; do
    echo "$kind: ${killed[$kind]:-0} killed, ${stopped[$kind]:-0} stopped for more than $lease s"
    [ "${killed[$kind]:-0}" -gt 0 ] || [ "$kills" -lt 4 ] || fail "no $kind was killed"
    [ "${stopped[$kind]:-0}" -gt 0 ] || fail "no $kind was stopped"
done
[ "$done_kills" -eq "$kills" ] || fail "only $done_kills of $kills kills"
wait_for 300 ended || { stuck "the run does not end"; kill -9 "$supervisor"; }
wait "$supervisor"
status=$?
echo "kills done: $done_kills, beside them ${killed[fork-server]:-0} fork servers and ${killed[mpirun]:-0} mpirun; supervisor exit $status"
[ "$status" -eq 0 ] || { fail "run ended with $status: $(tail -3 "$scratch/wild.out")"; tail -n 5 "$scratch"/wild/logs/*.log; }

make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2
same_bytes "$scratch/store-calm" "$scratch/store-wild"
no_strays "$scratch/store-wild"
must spillway --area "$scratch/wild" verify c1
must spillway --area "$scratch/wild" catalog check
# What each of the killed coordinators decided follows from what it was told.
for journal in "$scratch"/wild/journal/c1.*; do
    must spillway replay "$journal"
done
finish
