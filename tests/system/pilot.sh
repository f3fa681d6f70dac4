#!/bin/bash
# pilot.sh - pilots of one to three ranks: losses of all kinds cost attempts, no result.
# SPDX-License-Identifier: Apache-2.0
set -u
bin=$1
make=$bin/executor_helper
command -v mpirun >/dev/null || { echo "no mpirun: skipped"; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
dir=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
    rm -rf "$dir"
}
trap finish EXIT
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

"$make" make "$dir" || exit 1
mkdir "$dir/tasks"
for n in $(seq -w 1 24); do
    "$make" task "$dir" $((10#$n % 3)) 1 both 1 >"$dir/tasks/$n" || exit 1
done
echo secret >"$dir/token"
# What the products must be, made by hand.
"$make" task "$dir" 0 3 both 9 >"$dir/task"
"$bin/spillway-executor" --task "$dir/task" --out "$dir/expected" 2>/dev/null || exit 1
expected=$("$make" show "$dir/expected" | grep ^product | sort)

coordinator() { # coordinator LOSE [ATTEMPTS]: hands out no more ATTEMPTS until hold changes
    rm -rf "$dir/out" "$dir/address"
    mkdir "$dir/out"
    hold "${2:-}"
    "$bin/pilot_helper" "$dir/address" secret "$dir/out" "$1" "$dir"/tasks/* \
        >"$dir/coordinator.log" 2>&1 &
    coordinator=$!
    pids+=($coordinator)
    for _ in $(seq 100); do [ -s "$dir/address" ] && return; sleep 0.05; done
    fail "the coordinator does not start"
}

hold() { # hold ATTEMPTS: nothing beyond them is handed out; hold: everything is
    if [ -n "${1:-}" ]; then
        echo "$1" >"$dir/new.hold" && mv "$dir/new.hold" "$dir/out.hold"
    else
        rm -f "$dir/out.hold"
    fi
}

pilot() { # pilot RANKS [mpirun options]: in the background
    local ranks=$1
    shift
    mpirun "$@" -n "$ranks" "$bin/spillway-pilot" --coordinator "$dir/address" \
        --token "$dir/token" --scratch "$dir/scratch" --cache "$dir/cache" --silence 5 \
        >"$dir/pilot.log" 2>&1 &
    pilot=$!
    pids+=($pilot)
}

executors() { pgrep -f -- "spillway-executor --serve --cache $dir/cache" | while read -r pid; do
    [ "$( (tr '\0' ' ' <"/proc/$pid/cmdline") 2>/dev/null | cut -d' ' -f1)" = "$bin/spillway-executor" ] && echo "$pid"
done; }

products_are_right() { # all tasks reported, their products those made by hand
    [ "$(find "$dir/out" -name '*.report' | wc -l)" = 24 ] || { fail "$1: reports are missing"; return; }
    local made
    made=$(for report in "$dir"/out/*.report; do "$make" show "$report"; done |
        grep ^product | sort -u)
    [ "$made" = "$expected" ] || fail "$1: products differ"
}

nothing_is_left() {
    for _ in $(seq 100); do
        pgrep -f -- "$dir/cache" >/dev/null || return
        sleep 0.1
    done
    fail "$1: processes are left: $(pgrep -af -- "$dir/cache")"
}

ends() { # ends NAME STATUS: the pilot ends, "any" status counts under --enable-recovery
    wait "$pilot"
    local status=$?
    [ "$2" = any ] || [ $status = "$2" ] || {
        fail "$1: exit status $status"
        cat "$dir/pilot.log"
    }
}

for ranks in 1 2 3; do
    coordinator 0
    pilot $ranks
    ends "$ranks ranks" 0
    wait $coordinator || fail "$ranks ranks: coordinator"
    products_are_right "$ranks ranks"
    nothing_is_left "$ranks ranks"
done
grep -q 'attempts=24 failed=0' "$dir/coordinator.log" || fail "more attempts than tasks"

coordinator 3
pilot 3
ends "lost answers" 0
products_are_right "lost answers"

# Executors die under the pilot, one by SIGKILL, one by SIGSEGV, again and again.
coordinator 0 3
pilot 3
killed=0
for _ in $(seq 400); do
    [ $killed -lt 6 ] || break
    for pid in $(executors | head -1); do
        kill -$((killed % 2 == 0 ? 9 : 11)) "$pid" 2>/dev/null && killed=$((killed + 1))
    done
    hold $((3 + 3 * killed))
    sleep 0.02
done
hold
ends "executors killed" 0
[ $killed = 6 ] || fail "only $killed executors could be killed"
products_are_right "executors killed"
nothing_is_left "executors killed"

# A fork server dies.
coordinator 0 4
pilot 2
for _ in $(seq 400); do
    executor=$(executors | head -1)
    [ -n "$executor" ] && break
    sleep 0.02
done
# Its parent; that of the lead, which needs none, has ended or is about to.
pid=$(awk '{print $4}' "/proc/$executor/stat")
grep -q spillway-fork-server "/proc/$pid/cmdline" && kill -9 "$pid" || fail "there was no fork server"
hold
ends "fork server killed" 0
products_are_right "fork server killed"
nothing_is_left "fork server killed"

# A worker rank dies; the others go on, and the world ends.
coordinator 0 4
pilot 3 --enable-recovery
for _ in $(seq 400); do [ "$(executors | wc -l)" = 2 ] && break; sleep 0.02; done
rank=$(pgrep -f -- "$bin/spillway-pilot --coordinator $dir/address" | while read -r pid; do
    tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -q '^OMPI_COMM_WORLD_RANK=2$' &&
        [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$bin/spillway-pilot")" ] &&
        ! grep -q fork-server "/proc/$pid/cmdline" && echo "$pid"
done | head -1)
kill -9 "$rank" || fail "there was no rank 2"
hold
ends "rank killed" any
products_are_right "rank killed"
nothing_is_left "rank killed"

# A rank dies before MPI has started: the others, which wait for it in MPI_Init, give up.
coordinator 0
cat >"$dir/dying" <<END
#!/bin/sh
[ "\$OMPI_COMM_WORLD_RANK" != 2 ] || kill -9 \$\$
exec "$bin/spillway-pilot" "\$@"
END
chmod +x "$dir/dying"
timeout -k 5 60 mpirun --enable-recovery -n 3 "$dir/dying" --coordinator "$dir/address" \
    --token "$dir/token" --scratch "$dir/scratch" --cache "$dir/cache" --silence 1 \
    >"$dir/pilot.log" 2>&1
status=$?
[ $status -ne 124 ] && [ $status -ne 137 ] || fail "a rank that died at the start holds the world"
grep -q 'error E_WORKER_WORLD: MPI does not start within 3 s' "$dir/pilot.log" ||
    fail "it does not say why: $(cat "$dir/pilot.log")"
nothing_is_left "rank died at the start"
pilot 2
ends "after a world that did not start" 0
products_are_right "after a world that did not start"

# The coordinator comes back elsewhere, with everything to do again.
coordinator 0 4
pilot 2
for _ in $(seq 400); do [ -n "$(ls "$dir/out")" ] && break; sleep 0.02; done
kill -9 $coordinator
wait $coordinator 2>/dev/null
coordinator 0
ends "coordinator moved" 0
products_are_right "coordinator moved"

# SIGUSR1 to mpirun: the pilot ends in order, work is handed back, another one ends it.
coordinator 0 4
pilot 2
for _ in $(seq 400); do [ -n "$(ls "$dir/out")" ] && break; sleep 0.02; done
kill -USR1 $pilot
ends "drained" 0
hold
grep -q 'end=in-order' "$dir/pilot.log" || fail "drained: not in order"
nothing_is_left "drained"
pilot 2
ends "after the drain" 0
products_are_right "after the drain"

# The lead dies: nobody is left behind.
coordinator 0 4
pilot 3 --enable-recovery
for _ in $(seq 400); do [ "$(executors | wc -l)" = 2 ] && break; sleep 0.02; done
lead=$(pgrep -f -- "$bin/spillway-pilot --coordinator $dir/address" | while read -r pid; do
    tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -q '^OMPI_COMM_WORLD_RANK=0$' &&
        [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$bin/spillway-pilot")" ] &&
        ! grep -q fork-server "/proc/$pid/cmdline" && echo "$pid"
done | head -1)
kill -9 "$lead" || fail "there was no lead"
nothing_is_left "lead killed"
wait "$pilot"

[ $failures = 0 ] || exit 1
echo "all well"
