#!/bin/bash
# conditions.sh - a folder, the embedded service and hostile services, by the real commands.
# SPDX-License-Identifier: Apache-2.0
set -u
bin=$1
spillway=$bin/spillway
work=$(mktemp -d)
server=
stop_server() { [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; server=; }; }
trap 'stop_server; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
unset http_proxy https_proxy all_proxy

# expect STATUS TEXT COMMAND...: exit status, and a text in what it prints; never silent.
expect() {
    local status=$1 text=$2 got
    shift 2
    timeout 60 "$@" > "$work/out" 2> "$work/err"
    got=$?
    [ "$got" = "$status" ] || { cat "$work/out" "$work/err" >&2; fail "status $got, not $status: $*"; }
    grep -qF -- "$text" "$work/out" "$work/err" ||
        { cat "$work/out" "$work/err" >&2; fail "does not say '$text': $*"; }
    if [ "$status" != 0 ]; then
        [ "$(wc -l < "$work/err")" -le 2 ] || { cat "$work/err" >&2; fail "more than a line and its advice: $*"; }
    fi
}

# ---- a folder ----
data=$work/data
mkdir -p "$data/tags" "$data/payloads/calo_gain" "$data/payloads/led_spill"
gain() {
    printf 'spillway-table 1\ntype calo_gain\nsource ours\nsynthetic yes\nled_reference none\n'
    printf 'columns detector:name x:count y:count gain_gev_per_count:real\nECAL0 0 0 %s\nend\n' "$1"
}
gain 0.01 > "$data/payloads/calo_gain/1.txt"
gain 0.02 > "$data/payloads/calo_gain/2.txt"
{
    printf 'spillway-table 1\ntype led_spill\nsource ours\nsynthetic yes\n'
    printf 'columns run:count spill:count detector:name x:count y:count amplitude_counts:real\n'
    printf '3661 0 ECAL0 0 0 800\n3661 5 ECAL0 0 0 805\nend\n'
} > "$data/payloads/led_spill/1.txt"
md5() { md5sum "$data/payloads/$1" | cut -d' ' -f1; }
sha() { sha256sum "$data/payloads/$1" | cut -d' ' -f1; }
row() { # type url checksum from to
    printf '{"payload_type_name":"%s","payload_url":"%s","checksum":"%s","major_iov":%s,"minor_iov":0' "$1" "$2" "$3" "$4"
    [ "$5" = open ] || printf ',"major_iov_end":%s,"minor_iov_end":0' "$5"
    printf '}'
}
put_tag() { # name status rows
    printf '{"name":"%s","status":"%s","payloads":[%s]}' "$1" "$2" "$3" > "$work/tag.tmp"
    mv "$work/tag.tmp" "$data/tags/$1.json"
}
one=$(row calo_gain calo_gain/1.txt "$(md5 calo_gain/1.txt)" 3500 3700)
two=$(row calo_gain calo_gain/2.txt "$(sha calo_gain/2.txt)" 3800 open)
led=$(row led_spill led_spill/1.txt "$(md5 led_spill/1.txt)" 3600 open)
put_tag t1 frozen "$one,$two,$led"
put_tag t2 unlocked "$one"
folder="file:$data"

expect 0 t1 "$spillway" conditions tags --source "$folder"
expect 0 'calo_gain/1.txt' "$spillway" conditions show t1 --source "$folder"
expect 0 'exact' "$spillway" conditions at 3661/5 --tag t1 --source "$folder"
expect 0 'earlier_2' "$spillway" conditions at 3661/7 --tag t1 --source "$folder"
expect 0 'no value' "$spillway" conditions at 3662/7 --tag t1 --source "$folder"
expect 11 'nothing is valid' "$spillway" conditions at 3 --tag t1 --source "$folder"
expect 11 'calo_gain: runs 3700 - 3799' "$spillway" conditions check t1 --runs 3600-3900 --source "$folder"
expect 11 'sampling: runs 3600 - 3650' "$spillway" conditions check t1 --runs 3600-3650 --types calo_gain,sampling --source "$folder"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$folder"
cp "$work/out" "$work/by_folder"
expect 11 "no tag 't9'" "$spillway" conditions show t9 --source "$folder"
expect 2 'is no name of a tag' "$spillway" conditions show ../t1 --source "$folder"
expect 2 'is no conditions source' "$spillway" conditions tags --source ftp://h/
expect 2 '--runs' "$spillway" conditions check t1 --source "$folder"

# ---- one file: with payloads, and thin ----
expect 0 'payloads of' "$spillway" conditions snapshot t1 --runs 3600-3699 --out "$work/whole" --source "$folder"
expect 0 'left where they are' "$spillway" conditions snapshot t1 --runs 3600-3699 --out "$work/thin" --thin --source "$folder"
for file in whole thin; do
    expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "file:$work/$file"
    cmp "$work/out" "$work/by_folder" || fail "another manifest from the $file snapshot"
done
# Paths as they are typed, from where one stands; what is written of them holds anywhere.
cd "$work" || fail "cannot enter $work"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source file:data/
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source file:data --payloads file:data/payloads
expect 0 'left where they are' "$spillway" conditions snapshot t1 --runs 3600-3699 --out typed --thin --source file:data
cd / || fail "cannot enter /"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "file:$work/typed"
expect 0 'exact' "$spillway" conditions at 3661/5 --tag t1 --source "$work/whole"
expect 0 't1' "$spillway" conditions tags --source "$work/whole"
expect 11 "has tag 't1', not 't9'" "$spillway" conditions show t9 --source "$work/whole"
expect 11 'run 3700' "$spillway" conditions check t1 --runs 3600-3700 --types led_spill --source "$work/whole"
expect 2 '--out FILE' "$spillway" conditions snapshot t1 --runs 3600-3699 --source "$folder"
expect 11 "no tag 't9'" "$spillway" conditions snapshot t9 --runs 3600-3699 --out "$work/none" --source "$folder"
[ ! -e "$work/none" ] && [ ! -e "$work/none.part" ] || fail "a snapshot that failed left something behind"
[ "$(stat -c %s "$work/thin")" -lt "$(stat -c %s "$work/whole")" ] || fail "thin is not smaller"
# A snapshot of a snapshot is the same one; without its payloads only the whole one works.
expect 0 'manifest ' "$spillway" conditions snapshot t1 --runs 3600-3699 --out "$work/again" --source "$work/whole"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$work/again"
cmp "$work/out" "$work/by_folder" || fail "another manifest from a snapshot of a snapshot"
mv "$data/payloads" "$data/moved"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$work/whole"
expect 11 'calo_gain' "$spillway" conditions check t1 --runs 3600-3699 --source "$work/thin"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$work/thin" --payloads "$data/moved"
mv "$data/moved" "$data/payloads"

# ---- the same by HTTP ----
start() { # command...; reads its first line
    exec 3< <(exec "$@")
    server=$!
    read -r -t 20 line <&3 || fail "no first line from $*"
}
start "$spillway" conditions serve --data "$data" --listen 127.0.0.1:0
url=${line##* }
case $url in http://127.0.0.1:*/api/cdb_rest) ;; *) fail "unexpected '$line'" ;; esac
expect 0 t1 "$spillway" conditions tags --source "$url"
expect 0 'calo_gain/1.txt' "$spillway" conditions show t1 --source "$url"
expect 0 'exact' "$spillway" conditions at 3661/5 --tag t1 --source "$url"
expect 11 'nothing is valid' "$spillway" conditions at 3750 --tag t2 --source "$url"
expect 11 "no tag 't9'" "$spillway" conditions at 3661 --tag t9 --source "$url"
expect 11 "no tag 't9'" "$spillway" conditions show t9 --source "$url"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$url"
cmp "$work/out" "$work/by_folder" || fail "another manifest by HTTP than from the folder"
expect 0 'payloads of' "$spillway" conditions snapshot t1 --runs 3600-3699 --out "$work/served" --source "$url"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$work/served"
cmp "$work/out" "$work/by_folder" || fail "another manifest from a snapshot by HTTP"
expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$url" --payloads "$data/payloads"
cmp "$work/out" "$work/by_folder" || fail "another manifest with payloads from elsewhere"
# ---- mirrors: what one server has wrong or lacks comes from the next ----
cp -r "$data" "$work/mirror"
take() { expect "$1" "$2" "$spillway" conditions snapshot t1 --runs 3600-3699 --out "$work/mirrored" "${@:3}"; }
same() {
    expect 0 'manifest ' "$spillway" conditions check t1 --runs 3600-3699 --source "$work/mirrored"
    cmp "$work/out" "$work/by_folder" || fail "another manifest with the help of a mirror"
}
cp "$data/payloads/calo_gain/1.txt" "$work/kept"
sed -i 's/0.01/0.09/' "$data/payloads/calo_gain/1.txt"
take 11 'checksum is' --source "$url"
[ ! -e "$work/mirrored" ] || fail "a snapshot with a wrong payload"
take 0 "calo_gain/1.txt: taken from file:$work/mirror, since $url: " --source "$url" --mirrors "file:$work/mirror"
same
rm "$data/payloads/calo_gain/1.txt"
take 0 "status 404" --source "$url" --mirrors "http://127.0.0.1:1/none,file:$work/mirror" --patience 0
[ "$(grep -c 'taken from' "$work/err")" = 1 ] || fail "a dead mirror is not said once"
same
take 0 "tag t1: taken from $url, since http://127.0.0.1:1/none: " \
    --source http://127.0.0.1:1/none --mirrors "$url,$work/mirror" --patience 0
same
take 11 "$url: calo_gain: " --source http://127.0.0.1:1/none --mirrors "$url" --patience 0
grep -qF 'http://127.0.0.1:1/none: conditions service' "$work/err" || fail "not every source is named"
take 2 "'nonsense' is no conditions source" --source "$url" --mirrors nonsense
take 2 'more than 7 mirrors' --source "$url" --mirrors a,b,c,d,e,f,g,h
expect 2 'check looks at one source' "$spillway" conditions check t1 --runs 3600-3699 --source "$url" --mirrors "$work/mirror"
cp "$work/kept" "$data/payloads/calo_gain/1.txt"
expect 14 'cannot listen' "$spillway" conditions serve --data "$data" --listen "${url:7:${#url}-20}"

if command -v curl > /dev/null; then
    root=${url%/api/cdb_rest}
    get() { curl -s -o "$work/body" -w '%{http_code}' "$@"; }
    for path in gtstatus globalTags gt gt/1 globalTag/t1 'globalTag/t1?light=1' globalTag/t1/ \
        gtPayloadLists/t1 pt pl piov user_settings/CDB_PAYLOAD_BASE_URL/ \
        'payloadiovs/?gtName=t1&majorIOV=3661&minorIOV=1' \
        'payloadiovs/?gtName=none&majorIOV=1&minorIOV=1'; do
        [ "$(get "$url/$path")" = 200 ] || fail "$path is not 200"
    done
    for path in nothing gt/9 gt/x globalTag/none globalTag gtPayloadLists/none pt/1 \
        user_settings/CDB_SECRET/ user_settings/; do
        [ "$(get "$url/$path")" = 404 ] || fail "$path is not 404"
        grep -q '"detail"' "$work/body" || fail "$path: no detail"
    done
    [ "$(get "$url/payloadiovs/?gtName=t1&majorIOV=x&minorIOV=1")" = 400 ] || fail "bad number is not 400"
    [ "$(get -X POST -d '{}' "$url/gt")" = 405 ] || fail "POST is not 405"
    [ "$(get "$root/payloads/calo_gain/1.txt")" = 200 ] || fail "payload is not 200"
    cmp "$work/body" "$data/payloads/calo_gain/1.txt" || fail "payload differs"
    for path in payloads/calo_gain payloads/ 'payloads/..%2ftags%2ft1.json' 'payloads/%2e%2e/tags/t1.json'; do
        [ "$(get --path-as-is "$root/$path")" = 404 ] || fail "$path is not 404"
    done
    get "$url/payloadiovs/?gtName=t1&majorIOV=3750&minorIOV=1" > /dev/null
    grep -q '3700,0,null\]' "$work/body" || fail "an ended interval must be answered, as the original does"
    get "$url/payloadiovs/?gtName=t1&majorIOV=3900&minorIOV=1&shape=dict" > /dev/null
    grep -q '"major_iov_end":9223372036854775807' "$work/body" || fail "the open end is not exact"
    etag=$(curl -s -D - -o /dev/null "$url/globalTag/t1" | tr -d '\r' | sed -n 's/^ETag: //p')
    [ "$(get -H "If-None-Match: $etag" "$url/globalTag/t1")" = 304 ] || fail "no 304 for the same ETag"
fi

# A changed tag is seen without a restart; a broken one is named and hurts no other.
put_tag t2 unlocked "$one,$two"
for _ in $(seq 100); do
    "$spillway" conditions show t2 --source "$url" > "$work/out" && grep -q 'calo_gain/2.txt' "$work/out" && break
    sleep 0.05
done
grep -q 'calo_gain/2.txt' "$work/out" || fail "the changed tag was not read again"
printf '{"name":"t2","status":' > "$data/tags/t2.json"
for _ in $(seq 100); do
    "$spillway" conditions show t2 --source "$url" --patience 0 > "$work/out" 2>&1 || break
    sleep 0.05
done
expect 11 't2.json' "$spillway" conditions show t2 --source "$url" --patience 0
expect 0 'calo_gain/1.txt' "$spillway" conditions show t1 --source "$url"
# One wrong byte in a payload stops a campaign before it starts.
gain 0.03 > "$data/payloads/calo_gain/1.txt"
expect 11 'checksum is' "$spillway" conditions check t1 --runs 3600-3699 --source "$url"
stop_server
expect 11 "Couldn't connect" "$spillway" conditions show t1 --source "$url" --patience 1

for command in "show t1" "export t1 --to $work/exported" log; do
    # shellcheck disable=SC2086
    expect 2 'at most a day' "$spillway" conditions $command --source "$url" --patience 86401
done
expect 2 'at most a day' "$spillway" conditions import "$work/none.csv" --to "$url" --tag t --patience 86401

for bare in http:// https:///api/cdb_rest; do
    expect 2 'no conditions source' "$spillway" conditions tags --source "$bare"
    expect 2 'no http:// or https:// URL' "$spillway" conditions log --source "$bare"
done

# ---- hostile services: each one clear line, the right status, in bounded time ----
hostile() { # mode status text arguments...
    local mode=$1 status=$2 text=$3
    shift 3
    start "$bin/conditions_helper" "$mode"
    expect "$status" "$text" "$spillway" conditions "$@" --source "http://127.0.0.1:$line/api/cdb_rest" --patience 1
    stop_server
}
hostile none 0 'manifest ' check t --runs 3500-3600
hostile html500 11 'status 500' show t
hostile json500 11 'tag is being rebuilt' show t
hostile busy 11 'status 503: too many clients' show t
hostile truncated 11 'after 18 bytes' show t
hostile endless 11 'more than' show t
hostile drip 11 'Timeout' show t
hostile drip 11 'Timeout' export t --to "$work/exported"
hostile drip 11 'Timeout' uses "$(printf '0%.0s' {1..64})"
hostile drip 11 'Timeout' log
hostile deep 11 'nested deeper' show t
hostile packed 11 'globalTag/t: line 1' show t
hostile mute 11 'Timeout' show t
hostile html200 11 'not JSON' show t
hostile nonsense 11 'globalTag/t: line 1' show t
hostile othertag 11 "got 'u'" show t
hostile leave 11 'conditions service' show t
hostile empty 11 "no tag 'x'" at 3661 --tag x
hostile climbing 11 'not a plain relative path' check t --runs 3500-3600
hostile moving 11 'changed between two reads' check t --runs 3500-3600
hostile wronghash 11 'checksum is' check t --runs 3500-3600
hostile nopayload 11 'status 404' check t --runs 3500-3600
hostile localbase 11 'no http or https URL' check t --runs 3500-3600
echo "all well"
