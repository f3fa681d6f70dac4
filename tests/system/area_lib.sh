# area_lib.sh - what system tests share: a scratch folder, an area, campaigns, checks.
# SPDX-License-Identifier: Apache-2.0
# Sourced with $1 = folder of the programs, $2 = source folder.
set -u
bin=$1
source=$2
export PATH=$bin:$PATH
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/spillway-test.XXXXXX")
started=()
cleanup() {
    exec 2>/dev/null # the shell tells of each child that it kills
    for pid in "${started[@]:-}"; do
        [ -n "$pid" ] && kill -9 "$pid" 2>/dev/null
    done
    [ -n "${KEEP:-}" ] || rm -rf "$scratch"
}
trap cleanup EXIT

failures=0
fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}
finish() {
    if [ "$failures" -gt 0 ]; then
        echo "$failures checks failed"
        exit 1
    fi
    echo "all checks passed"
    exit 0
}

# must COMMAND...: stops the test when it fails.
must() {
    "$@" >"$scratch/out" 2>"$scratch/err" && return 0
    local status=$?
    echo "FAIL ($status): $*"
    tail -n 20 "$scratch/out" "$scratch/err"
    for log in "$scratch"/*/logs/*.log; do
        [ -f "$log" ] && echo "== $log" && tail -5 "$log"
    done
    exit 1
}

# refused STATUS WORDS COMMAND...: it must fail with that exit status and one line on
# stderr that holds the words (an advice line may follow).
refused() {
    local status=$1 words=$2
    shift 2
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    local got=$?
    [ "$got" -eq "$status" ] || fail "exit $got instead of $status: $* ($(head -1 "$scratch/err"))"
    grep -q -- "$words" "$scratch/err" || fail "no \"$words\" in the message of: $* ($(head -1 "$scratch/err"))"
    [ "$(wc -l <"$scratch/err")" -le 2 ] || fail "more than one line and advice: $*: $(cat "$scratch/err")"
}

# expect STATUS COMMAND...: stops the test unless it ends so; its output is in
# $scratch/out and $scratch/err afterwards.
expect() {
    local status=$1 got
    shift
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    got=$?
    [ "$got" -eq "$status" ] && return 0
    echo "FAIL: exit $got instead of $status: $*"
    tail -n 20 "$scratch/out" "$scratch/err"
    exit 1
}

# says out|err TEXT...: what the last command wrote holds each text.
says() {
    local file=$scratch/$1 text
    for text in "${@:2}"; do
        grep -qF -- "$text" "$file" || {
            fail "no \"$text\" in its $1"
            head -40 "$file"
        }
    done
}

# skip WHY: CTest shows the test as skipped.
skip() {
    echo "SKIPPED: $*"
    exit 77
}

# chunk_line FILE: a line of runs.yaml with its size and checksum.
chunk_line() {
    local sum
    sum=$(python3 -c 'import sys, zlib
print("%08x" % zlib.adler32(open(sys.argv[1], "rb").read()))' "$1")
    echo "      - {file: $1, size: $(stat -c %s "$1"), adler32: \"$sum\"}"
}

# make_area NAME DATA: an area with the runs of DATA imported and scanned.
make_area() {
    must spillway init "$scratch/$1"
    must spillway --area "$scratch/$1" runs import "$2/runs.yaml"
    must spillway --area "$scratch/$1" runs scan
}

# make_campaign FILE NAME STORE [more lines]: raw skims and summaries only.
make_campaign() {
    local file=$1
    cat >"$file" <<YAML
name: $2
purpose: test
store: $3
select:
  types: [physics]
skims:
  - name: all
    kind: all
    events: [physics, calibration]
  - name: random
    kind: random
    fraction: 0.1
    events: [physics]
YAML
    shift 3
    printf '%s\n' "$@" >>"$file"
}

# reco_campaign FILE NAME STORE DATA TAG [more lines]: with reconstruction; the lines hold
# the skims.
reco_campaign() {
    local file=$1
    cat >"$file" <<YAML
name: $2
purpose: test
store: $3
select:
  types: [physics]
conditions:
  source: file:$4/conditions
  tag: $5
reconstruct:
  setup: 2022-electron-100
YAML
    shift 5
    printf '%s\n' "$@" >>"$file"
}

# catalog_sum AREA: of what its catalog holds; the file is as long as its map and mostly a
# hole, which is not read. Nothing when there is none.
catalog_sum() {
    python3 - "$1/catalog/data.mdb" <<'PY'
import hashlib, os, sys
try:
    file = os.open(sys.argv[1], os.O_RDONLY)
except FileNotFoundError:
    sys.exit()
sum, at, end = hashlib.sha256(), 0, os.fstat(file).st_size
sum.update(b"%d" % end)
while at < end:
    try:
        at = os.lseek(file, at, os.SEEK_DATA)
    except OSError:
        break # a hole to the end
    hole = os.lseek(file, at, os.SEEK_HOLE)
    while at < hole:
        part = os.pread(file, min(hole - at, 65536), at)
        if part.count(0) < len(part):
            sum.update(b"%d" % at + part)
        at += len(part)
print(sum.hexdigest())
PY
}

# published STORE: the published files by name and sha256, without the sidecars.
published() {
    (cd "$1/published" && find . -type f ! -name '*.prov.json' | sort | xargs sha256sum)
}

# same_bytes STORE STORE...: all must have published the same.
same_bytes() {
    published "$1" >"$scratch/first.sums"
    [ -s "$scratch/first.sums" ] || fail "$1: nothing was published"
    for other in "${@:2}"; do
        published "$other" >"$scratch/other.sums"
        diff "$scratch/first.sums" "$scratch/other.sums" >"$scratch/diff" ||
            fail "$other differs from $1: $(head -3 "$scratch/diff")"
    done
}

# no_strays STORE: nothing is left below parts/.
no_strays() {
    local left
    left=$(find "$1/parts" -type f 2>/dev/null | wc -l)
    [ "$left" -eq 0 ] || fail "$1/parts: $left stray files: $(find "$1/parts" -type f | head -2)"
}

# wait_for SECONDS COMMAND...: until the command succeeds; false when it never does.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.05
    done
}

# start_serve AREA CAMPAIGN: in the background; pid in $served, address in the area.
start_serve() {
    rm -f "$1/coordinator.url"
    spillway --area "$1" serve "$2" >>"$1/logs/coordinator.log" 2>&1 &
    served=$!
    started+=("$served")
    wait_for 20 test -s "$1/coordinator.url" || { fail "serve did not start: $(tail -1 "$1/logs/coordinator.log")"; return 1; }
}

# start_pilot AREA RANKS [address file]: in the background; pid of mpirun in $piloted.
# More of its options are taken from the array pilot_options.
start_pilot() {
    mpirun.openmpi --enable-recovery --oversubscribe --mca mpi_yield_when_idle 1 -n "$2" \
        "$bin/spillway-pilot" --coordinator "${3:-$1/coordinator.url}" --token "$1/pilot.token" \
        --cache "$1/cache" --scratch "$1/scratch" --executor "$bin/spillway-executor" \
        "${pilot_options[@]}" >>"$1/logs/pilots.log" 2>&1 &
    piloted=$!
    started+=("$piloted")
}

is_complete() { # AREA CAMPAIGN
    spillway --area "$1" status "$2" | grep -q ": complete$"
}

# below PID: it and all its descendants.
below() {
    local parents=$1 all=$1 next
    while [ -n "$parents" ]; do
        next=$(ps -o pid= --ppid "$(echo $parents | tr ' ' ',')" 2>/dev/null | tr '\n' ' ')
        all="$all $next"
        parents=$(echo $next)
    done
    echo $all
}
