#!/bin/bash
# refusals_owner.sh - one owner an area; foreign and damaged catalogs are refused.
# SPDX-License-Identifier: Apache-2.0
#
# One owner of a catalog: whoever comes second is told who is there;
# of two that start at once one wins and nothing breaks. Areas and catalogs that are
# foreign, newer, damaged or gone are refused and left as they are.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5004 3 60 || exit 1
make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1
make_area area "$scratch/data"
area=$scratch/area
s() { spillway --area "$area" "$@"; }
make_campaign "$scratch/c1.yaml" c1 "$scratch/store"
make_campaign "$scratch/c2.yaml" c2 "$scratch/store"
must s plan "$scratch/c1.yaml"

# A coordinator is there: writing commands name it, reading ones go on.
start_serve "$area" c1 || finish
url=$(cat "$area/coordinator.url")
there="owned by process $served, which serves $url"
refused 2 "E_CATALOG_OWNED: .*$there" s serve c1
refused 2 "$there" s serve c1 --listen "${url#http://}"
refused 2 "$there" s run "$scratch/c1.yaml"
refused 2 "$there" s plan "$scratch/c2.yaml"
refused 2 "$there" s retry c1
refused 2 "$there" s runs import "$scratch/data/runs.yaml"
refused 2 "$there" s runs scan
must s init
for words in "status" "status c1 --json" "runs list" "runs show 5001" "runs summary" "verify c1" "report c1" \
    "catalog check" "explain c1 --segment 5001/1/1/0" "plan $scratch/c2.yaml --dry-run" \
    "catalog copy $scratch/copy" "catalog owner"; do
    # shellcheck disable=SC2086
    expect 0 s $words
done
says out "process $served owns" "serves $url"
[ "$(cat "$area/coordinator.url")" = "$url" ] || fail "the address was overwritten by one who was refused"
kill "$served"
wait "$served"
refused 2 "campaign \"c9\" is not planned" s serve c9
expect 0 s catalog owner
says out "nobody owns"
# A port that somebody has.
python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(60)' >"$scratch/port" &
started+=($!)
wait_for 10 test -s "$scratch/port"
refused 14 "E_HTTP_LISTEN: .*127.0.0.1:$(cat "$scratch/port")" s serve c1 --listen "127.0.0.1:$(cat "$scratch/port")"

# two WORD COMMAND...: the command twice at once. One at least ends with 0; the other too,
# or with 2 and one line that says who was there.
two() {
    local word=$1 one two first second
    shift
    "$@" >"$scratch/one.out" 2>"$scratch/one.err" &
    one=$!
    "$@" >"$scratch/two.out" 2>"$scratch/two.err" &
    two=$!
    wait "$one"
    first=$?
    wait "$two"
    second=$?
    case "$first $second" in
    "0 0") ;;
    "0 2") grep -q "$word" "$scratch/two.err" || fail "$*: $(cat "$scratch/two.err")" ;;
    "2 0") grep -q "$word" "$scratch/one.err" || fail "$*: $(cat "$scratch/one.err")" ;;
    *) fail "two at once ended with $first and $second: $*: $(cat "$scratch/one.err" "$scratch/two.err")" ;;
    esac
    must s catalog check
}
for i in 1 2 3; do
    must spillway init "$scratch/two$i"
    area=$scratch/two$i
    two "is owned by process" spillway --area "$area" runs import "$scratch/data/runs.yaml"
    two "is owned by process" spillway --area "$area" runs scan
    two "is owned by process" spillway --area "$area" plan "$scratch/c1.yaml"
done
two "another spillway run is at work: $area is owned by process" spillway --area "$area" run "$scratch/c1.yaml" --workers 1
grep -qs "another spillway run" "$scratch/one.err" "$scratch/two.err" || fail "both runs ran"
expect 0 s status
says out "c1: complete"
same_bytes "$scratch/store-calm" "$scratch/store"
no_strays "$scratch/store"
must s verify c1

# two_inits: an area is made once.
two "." spillway init "$scratch/fresh"
must spillway --area "$scratch/fresh" status
[ "$(wc -c <"$scratch/fresh/pilot.token")" -eq 64 ] || fail "the token: $(wc -c <"$scratch/fresh/pilot.token") bytes"

# Areas that are none of ours, or of a newer version.
must spillway init "$scratch/odd"
echo "spillway-area 9" >"$scratch/odd/spillway.area"
refused 2 "E_AREA: $scratch/odd: this production area has another version" spillway --area "$scratch/odd" status
refused 2 "another version" spillway init "$scratch/odd"
: >"$scratch/odd/spillway.area"
refused 2 "E_AREA" spillway --area "$scratch/odd" status
refused 15 "E_DISK_WRITE\|E_DISK_OPEN" spillway init "$scratch/odd/pilot.token"
refused 2 "Not a directory" spillway --area "$scratch/odd/pilot.token/x" status

# broken NAME STATUS WORDS: the catalog in $scratch/broken is refused by all and not changed.
broken() {
    local sum words
    sum=$(catalog_sum "$scratch/broken")
    for words in "status" "runs list" "catalog check" "catalog copy $scratch/nocopy" "runs import $scratch/data/runs.yaml" \
        "plan $scratch/c1.yaml" "serve c1" "retry c1" "run $scratch/c1.yaml"; do
        # shellcheck disable=SC2086
        refused "$2" "$3" timeout 20 "$bin/spillway" --area "$scratch/broken" $words
    done
    [ "$(catalog_sum "$scratch/broken")" = "$sum" ] || fail "$1: the catalog was changed"
    rm -rf "$scratch/broken" "$scratch/nocopy"
}
again() {
    rm -rf "$scratch/broken"
    cp -r --sparse=always "$scratch/calm" "$scratch/broken"
    data=$scratch/broken/catalog/data.mdb
}
again
python3 - "$data" <<'PY'
import sys
with open(sys.argv[1], "r+b") as file:
    data = file.read(1 << 20)
    assert data.count(b"spillway-catalog 1") >= 1
    file.seek(0)
    file.write(data.replace(b"spillway-catalog 1", b"spillway-catalog 7"))
PY
broken newer 2 "E_CATALOG_VERSION: .*is a catalog of version 7, this release knows version 1"
again
rm "$data"
broken gone 15 "E_CATALOG_DAMAGED: .*data.mdb: the catalog of this area is gone"
again
: >"$data"
broken empty 15 "E_CATALOG_DAMAGED: .*is empty: it was truncated"
again
truncate -s 20000 "$data"
broken short 15 "E_CATALOG_DAMAGED: .*it was truncated"
again
head -c 65536 /dev/urandom >"$data"
broken noise 15 "E_CATALOG_DAMAGED"
again
head -c 65536 /dev/zero >"$data"
broken zeros 15 "E_CATALOG_DAMAGED"
again
cp "$source/README.md" "$data"
broken text 15 "E_CATALOG_DAMAGED"
again
rm "$data" && mkdir "$data"
broken folder 15 "E_CATALOG"
finish
