#!/bin/bash
# supervisor.sh - spillway run gives up in one line, drains on Ctrl-C, leaves nobody behind.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5004 40 40 || exit 1
make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

# A coordinator that cannot listen dies at once: tried ten times, ever later, then one line
# with its own reason. Meanwhile nothing runs hot.
python3 -c 'import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(600)' >"$scratch/port" &
started+=("$!")
wait_for 10 test -s "$scratch/port" || fail "no port"
port=$(cat "$scratch/port")
make_area deaf "$scratch/data"
make_campaign "$scratch/deaf.yaml" c1 "$scratch/store-deaf"
begin=$SECONDS
spillway --area "$scratch/deaf" run "$scratch/deaf.yaml" --workers 1 --listen "127.0.0.1:$port" \
    >"$scratch/out" 2>"$scratch/err"
status=$?
took=$((SECONDS - begin))
[ "$status" -eq 14 ] || fail "exit $status, not 14"
grep -q "error E_HTTP_LISTEN: the coordinator died 10 times in a row, see .*/logs/coordinator.log: .*cannot listen" \
    "$scratch/err" || fail "not its last words: $(cat "$scratch/err")"
[ "$(grep -c ': error ' "$scratch/err")" -eq 1 ] || fail "not one line: $(cat "$scratch/err")"
[ "$(grep -c 'error E_HTTP_LISTEN' "$scratch/deaf/logs/coordinator.log")" -eq 10 ] || fail "not ten times"
[ "$took" -ge 10 ] || fail "ten deaths within $took s: it runs hot"
[ "$took" -le 60 ] || fail "gave up after $took s only"

# mpirun that does not work: the same.
mkdir "$scratch/bin"
printf '#!/bin/sh\necho "no such network" >&2\nexit 3\n' >"$scratch/bin/mpirun.openmpi"
chmod +x "$scratch/bin/mpirun.openmpi"
PATH=$scratch/bin:$PATH spillway --area "$scratch/deaf" run "$scratch/deaf.yaml" --workers 1 >"$scratch/out" 2>"$scratch/err"
status=$?
[ "$status" -eq 14 ] || fail "exit $status, not 14"
grep -q "error E_PROCESS: mpirun died 10 times in a row, see .*/logs/pilots.log: exit status 3" "$scratch/err" ||
    fail "not how it ended: $(cat "$scratch/err")"

# started_run AREA: in the background; pid in $run. Waits until segments are committed.
started_run() {
    spillway --area "$scratch/$1" run "$scratch/$1.yaml" --workers 2 >"$scratch/$1.out" 2>&1 &
    run=$!
    started+=("$run")
    wait_for 60 some_committed "$1" || fail "$1: nothing was committed: $(tail -3 "$scratch/$1.out")"
}
some_committed() {
    spillway --area "$scratch/$1" status c1 | grep -q " committed"
}
gone() { # PID...
    local pid
    for pid in "$@"; do
        [ ! -e "/proc/$pid" ] || grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" || return 1
    done
}
in_order() { # AREA: what is there is right, and the same command goes on
    must spillway --area "$scratch/$1" catalog check
    must spillway --area "$scratch/$1" run "$scratch/$1.yaml" --workers 2
    same_bytes "$scratch/store-calm" "$scratch/store-$1"
    no_strays "$scratch/store-$1"
    must spillway --area "$scratch/$1" verify c1
}

# Ctrl-C drains: what is at work is finished and committed, then all end.
make_area drained "$scratch/data"
make_campaign "$scratch/drained.yaml" c1 "$scratch/store-drained" "task:" "  segments: 1"
started_run drained
mapfile -t family < <(below "$run" | tr ' ' '\n')
kill -INT "$run"
wait "$run"
status=$?
[ "$status" -eq 130 ] || fail "exit $status, not 130: $(tail -3 "$scratch/drained.out")"
grep -q "stopped by signal 2; the same command goes on" "$scratch/drained.out" || fail "it does not say so"
wait_for 10 gone "${family[@]}" || fail "left behind: $(ps -o pid,args -p "$(echo "${family[@]}" | tr ' ' ',')")"
spillway --area "$scratch/drained" status c1 >"$scratch/out"
grep -q " leased" "$scratch/out" && fail "drained, but leases are left: $(cat "$scratch/out")"
is_complete "$scratch/drained" c1 && fail "it was complete already: nothing was drained"
in_order drained

# SIGKILL of the supervisor takes everybody with it.
make_area killed "$scratch/data"
make_campaign "$scratch/killed.yaml" c1 "$scratch/store-killed" "task:" "  segments: 1" "lease_s: 2"
started_run killed
mapfile -t family < <(below "$run" | tr ' ' '\n')
[ "${#family[@]}" -ge 6 ] || fail "not all there: ${family[*]}"
kill -9 "$run"
wait "$run" 2>/dev/null
wait_for 20 gone "${family[@]}" || fail "left behind: $(ps -o pid,args -p "$(echo "${family[@]}" | tr ' ' ',')")"
in_order killed
finish
