#!/bin/bash
# refusals_pilots.sh - pilots that must not work here are told why.
# SPDX-License-Identifier: Apache-2.0
#
# Pilots that must not work here (token, release, results, protocol),
# messages that are none, a coordinator that is not there: each side says why, with both
# values; nothing that works is disturbed.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5002 3 60 || exit 1
make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1
area=$scratch/area
make_area area "$scratch/data"
make_campaign "$scratch/c1.yaml" c1 "$scratch/store" "task:" "  segments: 2"
must spillway --area "$area" plan "$scratch/c1.yaml"
start_serve "$area" c1 || finish
log=$area/logs/coordinator.log

# pilot NAME OPTION...: in the background, alone; its log is $scratch/NAME.log.
pilot() {
    local name=$1
    shift
    "$bin/spillway-pilot" --coordinator "$area/coordinator.url" --token "$area/pilot.token" \
        --cache "$scratch/cache" --scratch "$scratch/scratch" "$@" >"$scratch/$name.log" 2>&1 &
    piloted=$!
    started+=("$piloted")
}
# ends NAME STATUS WORDS: the pilot ends so and says so in its last line.
ends() {
    wait_for 30 bash -c "! kill -0 $piloted" || fail "$1: the pilot goes on"
    kill -9 "$piloted" 2>/dev/null
    wait "$piloted"
    local status=$?
    [ "$status" -eq "$2" ] || fail "$1: exit $status instead of $2: $(tail -3 "$scratch/$1.log")"
    grep -q -- "$3" "$scratch/$1.log" || fail "$1: no \"$3\": $(tail -3 "$scratch/$1.log")"
    [ "$(grep -c " error " "$scratch/$1.log")" -le 1 ] || fail "$1: more than one error line: $(cat "$scratch/$1.log")"
}

# A wrong token: waits for a new one, as long as it may.
echo "$(head -c 64 /dev/zero | tr '\0' 0)" >"$scratch/wrong.token"
pilot wrong --token "$scratch/wrong.token" --patience 2
ends wrong 16 "E_WORKER_LONELY text=.*this pilot token is not the coordinator's: read pilot.token again"
: >"$scratch/empty.token"
pilot empty --token "$scratch/empty.token" --patience 1
ends empty 16 "$scratch/empty.token: the first line is empty"
pilot absent --token "$scratch/no.token" --patience 1
ends absent 16 "$scratch/no.token: cannot be opened"

# Another release, and another result of the golden segment: refused with both values.
release=$("$bin/spillway-executor" --release)
other=$(printf '%064d' 7)
python3 - "$bin/spillway-executor" "$release" "$other" "$scratch/other-executor" <<'PY'
import os, sys
data = open(sys.argv[1], "rb").read()
assert data.count(sys.argv[2].encode()) >= 1
open(sys.argv[4], "wb").write(data.replace(sys.argv[2].encode(), sys.argv[3].encode()))
os.chmod(sys.argv[4], 0o755)
PY
pilot release --executor "$scratch/other-executor"
ends release 16 "release $other, the campaign needs $release: install that release"
grep -q "event=pilot_refused .*release $other, the campaign needs $release" "$log" || fail "the coordinator does not log the refusal"
pilot noexecutor --executor "$scratch/no-such-program"
ends noexecutor 14 "E_WORKER_START"
pilot notexecutor --executor /bin/true
ends notexecutor 14 "E_WORKER_START"

# No libcurl that can be loaded: nobody could ever be asked, so it does not wait.
mkdir "$scratch/lib"
: >"$scratch/lib/libcurl.so.4"
LD_LIBRARY_PATH=$scratch/lib pilot nolibrary
ends nolibrary 14 "libcurl.so.4: file too short: install it (Debian: libcurl4)"

# hello PROTOCOL RELEASE FINGERPRINT: prints status and answer.
say() { # PATH, body on stdin
    curl -s -m 10 -o "$scratch/answer" -w '%{http_code} ' --data-binary @- \
        -H "Authorization: Bearer $(cat "$area/pilot.token")" "$(cat "$area/coordinator.url")$1"
    tr '\n' ' ' <"$scratch/answer"
}
hello() {
    python3 - "$@" <<'PY' | say /pilot/hello
import sys
def field(number, data):
    return bytes([number << 3 | 2]) + bytes([len(data)]) + data
out = b"\x08" + bytes([int(sys.argv[1])])
out += field(2, bytes.fromhex(sys.argv[2])) + field(3, bytes.fromhex(sys.argv[3])) + field(4, b"here")
sys.stdout.buffer.write(out + b"\x28\x01\x30\x01")
PY
}
answers() { # WANTED GOT
    case $2 in $1*) ;; *) fail "\"$2\" instead of \"$1\"" ;; esac
}
answers "409 protocol 99, the coordinator speaks 1" "$(hello 99 "$release" "$other")"
answers "409 release $other" "$(hello 1 "$other" "$other")"
answers "400 " "$(printf 'no message' | say /pilot/hello)"
answers "400 " "$(printf '' | say /pilot/sync)"
answers "400 " "$(head -c 100000 /dev/urandom | say /pilot/sync)"
answers "404 " "$(printf x | say /pilot/nothing)"
answers "413 " "$(head -c 68000000 /dev/zero | say /pilot/sync)"
answers "401 " "$(curl -s -m 10 -o "$scratch/answer" -w '%{http_code} ' "$(cat "$area/coordinator.url")/status")"
kill -0 "$served" || fail "the coordinator died: $(tail -3 "$log")"

# The first pilot of the release fixes the fingerprint; one that computes differently is
# turned away then.
pilot good --patience 20
wait_for 30 is_complete "$area" c1 || fail "not complete: $(spillway --area "$area" status)"
answers "409 golden segment gives $other on here, it must give " "$(hello 1 "$release" "$other")"
same_bytes "$scratch/store-calm" "$scratch/store"
ends good 0 "end=in-order"

# The token changes and the coordinator starts again: a pilot that reads it goes on, one
# with the old token does not.
make_campaign "$scratch/c2.yaml" c2 "$scratch/store"
sed -i "s/fraction: 0.1/fraction: 0.2/" "$scratch/c2.yaml"
kill "$served"
wait "$served"
must spillway --area "$area" plan "$scratch/c2.yaml"
cp "$area/pilot.token" "$scratch/old.token"
start_serve "$area" c2 || finish
kill -STOP "$served" # a coordinator that hangs is waited for
pilot patient --patience 30
kill -9 "$served"
wait "$served" 2>/dev/null
tr '0-9a-f' '1-9a-f0' <"$scratch/old.token" >"$scratch/new.token"
cat "$scratch/new.token" >"$area/pilot.token"
start_serve "$area" c2 || finish
wait_for 40 is_complete "$area" c2 || fail "c2 is not complete: $(tail -3 "$scratch/patient.log")"
ends patient 0 "end=in-order"
pilot old --token "$scratch/old.token" --patience 1
ends old 16 "this pilot token is not the coordinator's"
kill "$served"
wait "$served"
[ ! -s "$area/pilot.token" ] || [ "$(stat -c %a "$area/pilot.token")" = 600 ] || fail "the token can be read"

# Nobody there: bounded by the option; an address file that is none.
pilot nobody --patience 2
ends nobody 16 "E_WORKER_LONELY text="
echo "http://127.0.0.1:1" >"$scratch/closed.url"
pilot closed --coordinator "$scratch/closed.url" --patience 1
ends closed 16 "E_WORKER_LONELY text="
echo "nonsense" >"$scratch/nonsense.url"
pilot nonsense --coordinator "$scratch/nonsense.url" --patience 1
ends nonsense 16 "E_WORKER_LONELY text="
pilot nofile --coordinator "$scratch/no.url" --patience 1
ends nofile 16 "$scratch/no.url: cannot be opened"
printf 'short\n' >"$area/pilot.token"
expect 2 spillway --area "$area" serve c2
says err "pilot.token: does not hold a token of 64 characters"
finish
