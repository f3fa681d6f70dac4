#!/bin/bash
# refusals_storage.sh - a store that is full, read-only or not there, a catalog on a full
# disk: said by name, nothing is lost, nothing runs hot, and it goes on after space is made.
# SPDX-License-Identifier: Apache-2.0
# Mounts small file systems in a name space of its own, so none is left behind.
if [ -z "${SPILLWAY_TEST_MOUNTS:-}" ]; then
    unshare -m true 2>/dev/null || {
        echo "SKIPPED: only root can mount the small disks of this test"
        exit 77
    }
    exec unshare -m env SPILLWAY_TEST_MOUNTS=1 bash "$0" "$@"
fi
. "$2/tests/system/area_lib.sh"
unmount() {
    local place
    for place in $(awk -v root="$scratch/" 'index($2, root) == 1 {print $2}' /proc/mounts); do
        umount -l "$place"
    done
}
trap 'unmount; cleanup' EXIT
make_raw_helper "$scratch/data" 5001 5002 3 400 || exit 1
disk() { # FOLDER SIZE
    mkdir -p "$1"
    must mount -t tmpfs -o "size=$2" none "$1"
}
patient=("lease_s: 2" "task:" "  segments: 2" "retry:" "  delay_s: 1")
make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 2

# ticks PID: processor time of the process and all below it, in 1/100 s.
ticks() {
    local pid sum=0
    for pid in "$1" $(ps -o pid= --ppid "$1"); do
        [ -r "/proc/$pid/stat" ] && sum=$((sum + $(awk '{print $14 + $15 + $16 + $17}' "/proc/$pid/stat")))
        [ "$pid" = "$1" ] || for grandchild in $(ps -o pid= --ppid "$pid"); do
            [ -r "/proc/$grandchild/stat" ] && sum=$((sum + $(awk '{print $14 + $15 + $16 + $17}' "/proc/$grandchild/stat")))
        done
    done
    echo "$sum"
}
# idle PID LOG: over two seconds neither a processor nor a log is used up.
idle() {
    local before lines
    before=$(ticks "$1")
    lines=$(wc -l <"$2")
    sleep 2
    [ $(($(ticks "$1") - before)) -lt 60 ] || fail "hot loop: $(($(ticks "$1") - before)) ticks in 2 s"
    [ $(($(wc -l <"$2") - lines)) -lt 40 ] || fail "the log grew by $(($(wc -l <"$2") - lines)) lines in 2 s"
}
waits_after() { # AREA CODE
    spillway --area "$1" status c1 | grep -q "wait and are tried again: $2:"
}

# A full store: the campaign waits, says why, and ends as if nothing had been.
make_area full "$scratch/data"
disk "$scratch/store-full" 600k
make_campaign "$scratch/full.yaml" c1 "$scratch/store-full" "${patient[@]}"
spillway --area "$scratch/full" run "$scratch/full.yaml" --workers 2 >"$scratch/full.out" 2>&1 &
run=$!
started+=("$run")
wait_for 20 waits_after "$scratch/full" E_DISK_FULL || fail "status does not say that the store is full"
wait_for 10 grep -q "wait after E_DISK_FULL" "$scratch/full.out" || fail "run does not say so: $(cat "$scratch/full.out")"
spillway --area "$scratch/full" status c1 --json | grep -q '"waiting_failure":"E_DISK_FULL"' || fail "not in JSON"
too_small="the store $scratch/store-full is too small: about [0-9.e-]* GB are still to be written"
for command in status overdue; do
    spillway --area "$scratch/full" $command c1 | grep -q "  $too_small" || fail "$command does not say that the store is too small"
    spillway --area "$scratch/full" $command c1 --json | grep -q '"store_free_bytes":[0-9]*,"store_expected_bytes":[0-9]*' || fail "nor in JSON"
done
idle "$run" "$scratch/full/logs/coordinator.log"
kill -0 "$run" || fail "the run gave up: $(tail -3 "$scratch/full.out")"
must mount -o remount,size=64m "$scratch/store-full"
wait "$run" || fail "after space was made: $(tail -3 "$scratch/full.out")"
same_bytes "$scratch/store-calm" "$scratch/store-full"
no_strays "$scratch/store-full"

# Planning says what the store will not hold, by what campaigns like it wrote.
make_campaign "$scratch/more.yaml" c2 "$scratch/store-full"
sed -i 's/fraction: 0.1/fraction: 0.2/' "$scratch/more.yaml"
must spillway --area "$scratch/full" plan "$scratch/more.yaml" --dry-run
grep -q "too small" "$scratch/out" && fail "a store with room is called too small"
used=$(df --output=used -k "$scratch/store-full" | tail -1)
must mount -o remount,size=$((used + 64))k "$scratch/store-full"
must spillway --area "$scratch/full" plan "$scratch/more.yaml" --dry-run
says out "the store $scratch/store-full is too small: about"

# A store that became read-only.
make_area ro "$scratch/data"
disk "$scratch/store-ro" 64m
make_campaign "$scratch/ro.yaml" c1 "$scratch/store-ro" "${patient[@]}"
must mount -o remount,ro "$scratch/store-ro"
refused 15 "E_DISK_WRITE: store $scratch/store-ro: .*Read-only file system" \
    spillway --area "$scratch/ro" plan "$scratch/ro.yaml"
must mount -o remount,rw "$scratch/store-ro"
must spillway --area "$scratch/ro" plan "$scratch/ro.yaml"
must mount -o remount,ro "$scratch/store-ro"
spillway --area "$scratch/ro" run "$scratch/ro.yaml" --workers 2 >"$scratch/ro.out" 2>&1 &
run=$!
started+=("$run")
wait_for 20 waits_after "$scratch/ro" E_DISK_WRITE || fail "status does not say that the store is read-only"
grep -q "Read-only file system" "$scratch/ro/logs/coordinator.log" || fail "the log does not say it"
idle "$run" "$scratch/ro/logs/coordinator.log"
must mount -o remount,rw "$scratch/store-ro"
wait "$run" || fail "after it can be written: $(tail -3 "$scratch/ro.out")"
same_bytes "$scratch/store-calm" "$scratch/store-ro"

# A store that is not mounted is not an empty store: nothing is forgotten.
must umount "$scratch/store-full"
refused 15 "E_STORE_ABSENT: $scratch/store-full: has neither" spillway --area "$scratch/full" serve c1
must spillway --area "$scratch/full" catalog check
must spillway --area "$scratch/full" status c1
grep -A1 "^c1: complete$" "$scratch/out" | grep -q "^  18 segments: 18 committed$" || fail "forgotten: $(cat "$scratch/out")"

# The catalog's disk is full while pilots report: one line, nothing torn, and it goes on.
disk "$scratch/tight" 3m
make_area tight "$scratch/data"
make_campaign "$scratch/tight.yaml" c1 "$scratch/store-tight" "lease_s: 4" "task:" "  segments: 1"
must spillway --area "$scratch/tight" plan "$scratch/tight.yaml"
mkdir "$scratch/outside"
mv "$scratch/tight/logs" "$scratch/outside/logs" && ln -s "$scratch/outside/logs" "$scratch/tight/logs"
cp "$scratch/tight/pilot.token" "$scratch/outside/"
start_serve "$scratch/tight" c1
dd if=/dev/zero of="$scratch/tight/ballast" bs=4096 status=none 2>/dev/null
mpirun.openmpi --enable-recovery --oversubscribe --mca mpi_yield_when_idle 1 -n 3 \
    "$bin/spillway-pilot" --coordinator "$scratch/tight/coordinator.url" --token "$scratch/outside/pilot.token" \
    --cache "$scratch/outside/cache" --scratch "$scratch/outside/scratch" >"$scratch/outside/pilots.log" 2>&1 &
piloted=$!
started+=("$piloted")
wait_for 30 bash -c "! kill -0 $served" || fail "the coordinator survived a full disk"
wait "$served"
status=$?
[ "$status" -eq 15 ] || fail "the coordinator ended with $status, not 15"
log=$scratch/outside/logs/coordinator.log
[ "$(grep -c 'error E_' "$log")" -eq 1 ] || fail "not one line: $(tail -5 "$log")"
grep -q "error E_DISK_FULL: " "$log" || fail "not the full disk: $(grep 'error E_' "$log")"
must spillway --area "$scratch/tight" catalog check
expect 15 spillway --area "$scratch/tight" run "$scratch/tight.yaml" --workers 1
says err "error E_DISK_FULL: " "Free space"
[ "$(grep -c error "$scratch/err")" -eq 1 ] || fail "not one line: $(cat "$scratch/err")"
[ "$(find "$scratch/tight" -name '*tmp*' | wc -l)" -eq 0 ] || fail "half-written files: $(ls "$scratch/tight")"
must spillway --area "$scratch/tight" catalog check
kill -0 "$piloted" || fail "the pilot did not wait: $(tail -3 "$scratch/outside/pilots.log")"
rm "$scratch/tight/ballast"
start_serve "$scratch/tight" c1
wait_for 40 is_complete "$scratch/tight" c1 || fail "not complete after space was made: $(spillway --area "$scratch/tight" status)"
same_bytes "$scratch/store-calm" "$scratch/store-tight"
no_strays "$scratch/store-tight"
must spillway --area "$scratch/tight" catalog check
kill "$served"
kill -USR1 "$piloted"
finish
