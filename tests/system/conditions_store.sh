#!/bin/bash
# conditions_store.sh - a conditions store that is served: told, asked, killed, copied.
# SPDX-License-Identifier: Apache-2.0
set -u
if [ -z "${SPILLWAY_TEST_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
    exec unshare -m env SPILLWAY_TEST_MOUNTS=1 bash "$0" "$@" # mounts end with this test
fi
bin=$1
spillway=$bin/spillway
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
server=
unset http_proxy https_proxy all_proxy BEARER_TOKEN BEARER_TOKEN_FILE
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
fail() { echo "FAILED: $*" >&2; exit 1; }
stop() { [ -z "$server" ] || { kill "${1:--TERM}" "$server" 2>/dev/null; wait "$server" 2>/dev/null; server=; }; }
trap 'stop; umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
command -v python3 >/dev/null || fail "python3 is missing: deploy/packages.sh test"

# serve DIR: sets url; the token is in DIR/token.
serve() {
    exec 3< <(exec "$spillway" conditions serve --data "$1" --listen 127.0.0.1:0)
    server=$!
    read -r -t 20 line <&3 || fail "no first line from serve"
    url=${line##* }
}

# expect STATUS TEXT COMMAND...
expect() {
    local status=$1 text=$2 got
    shift 2
    timeout 60 "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ "$got" = "$status" ] || { cat "$work/out" "$work/err" >&2; fail "status $got, not $status: $*"; }
    grep -qF -- "$text" "$work/out" "$work/err" ||
        { cat "$work/out" "$work/err" >&2; fail "does not say '$text': $*"; }
}

# ---- the API ----
data=$work/data
serve "$data"
[ "$(stat -c %a "$data/token")" = 600 ] || fail "others may read the token"
python3 "$here/conditions_store.py" "$url" "$data/token" || fail "the API"
expect 2 'is owned by process' "$spillway" conditions serve --data "$data" --listen 127.0.0.1:0
expect 0 'unbroken up to' "$spillway" conditions log --source "$url"

# ---- commands ----
# tell STATUS TEXT WORDS...: a command against the served store.
tell() { expect "$1" "$2" "$spillway" conditions "${@:3}" --source "$url" --token "$data/token"; }
table() { printf 'spillway-table 1\ntype %s\nsource ours\nsynthetic yes\n%s\n' "$1" "$2"; cat; echo end; }
gain() {
    table calo_gain "led_reference $1" <<END
columns detector:name x:count y:count gain_gev_per_count:real
ECAL0 0 0 $2
ECAL0 0 1 0.02
END
}
gain l1 0.01 >"$work/gain1"
gain l1 0.011 >"$work/gain2"
gain l2 0.01 >"$work/gain3"
gain l1 99999 >"$work/gain4"
table led_reference "id l1" >"$work/led" <<END
columns detector:name x:count y:count amplitude_counts:real
ECAL0 0 0 800
END
tell 11 "no tag 'c'" put "$work/gain1" --tag c --type calo_gain --runs 3500-
tell 0 'from 3500.0' put "$work/gain1" --tag c --type calo_gain --runs 3500- --new
tell 0 'from 3500.0' put "$work/led" --tag c --type led_reference --runs 3500-
tell 11 'gain_gev_per_count' put "$work/gain4" --tag c --type calo_gain --runs 3600-
tell 11 'no payload type' put "$work/gain1" --tag c --type nosuch --runs 3600-
tell 2 'before the first' put "$work/gain1" --tag c --type calo_gain --runs 3600-3500
expect 2 'token' "$spillway" conditions clone c d --source "$url"
expired=eyJhbGciOiJub25lIn0.eyJzdWIiOiJuYTY0IiwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln
expect 11 'the token of $BEARER_TOKEN expired on 2023-11-14 22:13:20 UTC' \
    env BEARER_TOKEN=$expired "$spillway" conditions clone c d --source "$url"
expect 2 'goes by https only' \
    env BEARER_TOKEN=$expired "$spillway" conditions clone c d --source http://192.0.2.1/api/cdb_rest
tell 0 'is a copy of c' clone c d
tell 0 'from 3600.0' put "$work/gain3" --tag d --type calo_gain --runs 3600-3610
tell 11 "led_reference 'l2'" freeze d # does not fit the reference
tell 0 'sha256:' freeze c
tell 11 'frozen for good' put "$work/gain2" --tag c --type calo_gain --runs 3600-3610
sum=$(sha256sum "$work/gain2" | cut -d' ' -f1)
[ ! -e "$data/blobs/${sum:0:2}/$sum" ] || fail "a refused put leaves bytes behind"
tell 0 'no tag uses it' uses "$sum"
tell 11 'name: global tag with this name already exists' clone c c
for address in nonsense 127.0.0.1:99999 :80 '[::1:80'; do
    expect 2 'is not HOST:PORT' "$spillway" conditions serve --data "$work/new" --listen "$address"
done
[ ! -e "$work/new" ] || fail "a refused address leaves a store behind"
expect 2 'is a store of conditions serve' "$spillway" conditions import "$work/gain1" --runs 1- --to "$data" --tag c
[ ! -e "$data/tags" ] || fail "an import made a folder of tags in a store"
for words in 'snapshot c --types x --out y' 'show --runs 1-2' 'put f --types x' 'copy x --out y' 'log --most 3' 'tags --thin'; do
    # shellcheck disable=SC2086
    expect 2 "conditions ${words%% *} takes no --" "$spillway" conditions $words --source "$url"
done
tell 2 'is no name of a tag' put "$work/gain1" --tag 'a&b' --type calo_gain --runs 3500- --new
tell 0 'is a copy of c' clone c e
tell 0 'from 3600.0' put "$work/gain2" --tag e --type calo_gain --runs 3600-3610/5
tell 0 'calo_gain 3600.0 to 3610.6' diff c e
grep -q 'ECAL0 0 0 gain_gev_per_count: 0.01 -> 0.011 GeV/count (+10 %)' "$work/out" || fail "diff names no value"
tell 0 'say the same' diff c e --runs 3500-3599
sum=$(sha256sum "$work/gain1" | cut -d' ' -f1)
tell 0 '3610.6' uses "$sum"
tell 0 'clone of c' log e
tell 0 'manifest ' check e --runs 3500-3700

# ---- copies while it is served ----
expect 0 'copied to' "$spillway" conditions copy "$work/copy" --data "$data"
expect 0 'calo_gain' "$spillway" conditions show c --source "$url"
cp "$work/out" "$work/shown"
stop
serve "$work/copy"
expect 0 'calo_gain' "$spillway" conditions show c --source "$url"
cmp "$work/out" "$work/shown" || fail "the copy says something else"
expect 0 'unbroken up to' "$spillway" conditions log --source "$url"
stop

# ---- kill -9 at any moment: what was acknowledged is there, once ----
killed=$work/killed
serve "$killed"
python3 "$here/conditions_writers.py" "$url" "$killed/token" make || fail "make"
for round in 1 2 3 4 5 6 7 8; do
    python3 "$here/conditions_writers.py" "$url" "$killed/token" write "$round" "$work/acknowledged" &
    writers=$!
    # Killed after a number of writes that differs from round to round.
    timeout 60 bash -c 'while [ "$(cat "$2" 2>/dev/null | grep -c "^$1 ")" -lt $(($1 * 9 % 23 + 3)) ]; do sleep 0.01; done' \
        _ "$round" "$work/acknowledged" || fail "writers of round $round came to nothing"
    stop -KILL
    wait "$writers" || fail "writers of round $round"
    serve "$killed"
    python3 "$here/conditions_writers.py" "$url" "$killed/token" check "$work/acknowledged" || fail "after kill $round"
done
expect 0 'unbroken up to' "$spillway" conditions log --source "$url"
stop

# ---- a full disk ----
if [ -n "${SPILLWAY_TEST_MOUNTS:-}" ]; then
    mkdir "$work/small"
    mount -t tmpfs -o size=4m none "$work/small" || fail "mount"
    serve "$work/small/data"
    python3 "$here/conditions_writers.py" "$url" "$work/small/data/token" fill || fail "a full disk"
    expect 0 'unbroken up to' "$spillway" conditions log --source "$url"
    stop
    serve "$work/small/data" # and it opens again
    expect 0 'unbroken up to' "$spillway" conditions log --source "$url"
    stop
fi
echo "all well"
