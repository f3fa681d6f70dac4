#!/bin/bash
# conditions_check.sh - one fault of each kind in a tag, and all of them found in one run.
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
command -v python3 >/dev/null || fail "python3 is missing: deploy/packages.sh test"
data=$work/data
mkdir -p "$data/tags"

# check STATUS ARGUMENTS...: its output, and one line of error with its advice or none.
check() {
    local status=$1 got
    shift
    timeout 60 "$spillway" conditions check "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ "$got" = "$status" ] || { cat "$work/out" "$work/err" >&2; fail "status $got, not $status: $*"; }
    [ "$(wc -l <"$work/err")" -le 2 ] || { cat "$work/err" >&2; fail "more than a line and its advice: $*"; }
}
says() { grep -qF -- "$2" "$work/$1" || { cat "$work/out" "$work/err" >&2; fail "$1 does not say '$2'"; }; }
# found LINE...: exactly these kinds, types and runs are listed, in this order.
found() {
    sed -n 's/^\([a-z]*\) *\([a-z_]*: runs\{0,1\} [0-9]*\( - [0-9]*\)\{0,1\}\): .*/\1 \2/p' "$work/out" >"$work/found"
    { [ $# -eq 0 ] || printf '%s\n' "$@"; } | diff - "$work/found" >&2 || fail "other faults than planted"
}

# payload NAME TYPE FIELD COLUMNS ROW
payload() {
    mkdir -p "$data/payloads/$2"
    {
        printf 'spillway-table 1\ntype %s\nsource ours\nsynthetic yes\n' "$2"
        [ -z "$3" ] || echo "$3"
        printf 'columns %s\n%s\nend\n' "$4" "$5"
    } >"$data/payloads/$2/$1"
}
gain='detector:name x:count y:count gain_gev_per_count:real'
amplitude='detector:name x:count y:count amplitude_counts:real'
payload g1 calo_gain 'led_reference l1' "$gain" 'ECAL0 0 0 0.01'
payload g2 calo_gain 'led_reference l1' "$gain" 'ECAL0 0 0 0.02'
payload g3 calo_gain 'led_reference l2' "$gain" 'ECAL0 0 0 0.03'
payload l1 led_reference 'id l1' "$amplitude" 'ECAL0 0 0 800'
payload l2 led_reference 'id l2' "$amplitude" 'ECAL0 0 0 810'
payload s1 led_spill '' "run:count spill:count $amplitude" '3500 1 ECAL0 0 0 800'
payload s2 led_spill '' "run:count spill:count $amplitude" '3700 1 ECAL0 0 0 800'
payload m1 sampling '' 'sample_count:count period_ns:real' '32 12.5'
payload m2 sampling '' 'sample_count:count period_ns:real' '32 -12.5'

# tag NAME ROW...: a row is TYPE/PAYLOAD FIRST LAST|open.
tag() {
    local name=$1 type file first last comma=
    shift
    {
        printf '{"name":"%s","status":"frozen","payloads":[' "$name"
        printf '%s\n' "$@" | while read -r file first last; do
            type=${file%/*}
            printf '%s{"payload_type_name":"%s","payload_url":"%s","checksum":"%s","size":%s,"major_iov":%s,"minor_iov":0' \
                "$comma" "$type" "$file" "$(sha256sum "$data/payloads/$file" | cut -d' ' -f1)" \
                "$(stat -c %s "$data/payloads/$file")" "$first"
            [ "$last" = open ] || printf ',"major_iov_end":%s,"minor_iov_end":0' "$((last + 1))"
            printf '}'
            comma=,
        done
        printf ']}'
    } >"$data/tags/$name.json"
}
folder=file:$data

# ---- nothing wrong: open ends are superseded, neighbours touch, what is outside is not looked at ----
tag good 'calo_gain/g1 3500 open' 'calo_gain/g2 3600 3799' 'calo_gain/g3 3800 open' \
    'led_reference/l1 3500 3799' 'led_reference/l2 3800 open' \
    'led_spill/s1 3500 3699' 'led_spill/s2 3700 open' 'sampling/m2 3000 open' 'sampling/m1 3500 open'
check 0 good --runs 3500-3999 --source "$folder"
says out 'manifest '
found
says out '8 intervals'
"$spillway" conditions snapshot good --runs 3500-3999 --out "$work/whole" --source "$folder" >/dev/null || fail snapshot
"$spillway" conditions snapshot good --runs 3500-3999 --thin --out "$work/thin" --source "$folder" >/dev/null || fail "thin snapshot"
cp "$work/out" "$work/by_folder"
check 0 good --runs 3500-3999 --source "file:$work/whole"
cmp "$work/out" "$work/by_folder" || fail "another answer from the snapshot"

# ---- one of each ----
tag bad 'calo_gain/g1 3500 3649' 'calo_gain/g2 3600 3799' 'calo_gain/g3 3800 3899' \
    'led_reference/l1 3500 3699' 'led_reference/l2 3700 open' \
    'led_spill/s1 3500 3699' 'led_spill/s2 3700 open' 'sampling/m2 3510 open'
tag twins 'calo_gain/g1 3500 open' 'calo_gain/g2 3500 open'
mv "$data/payloads/calo_gain/g3" "$work/g3"
sed -i 's/800/801/' "$data/payloads/led_spill/s1"  # another checksum
sed -i 's/800/8000/' "$data/payloads/led_spill/s2" # another size
planted=('gap calo_gain: runs 3900 - 3999' 'expired calo_gain: runs 3800 - 3899'
    'overlap calo_gain: runs 3600 - 3649' 'missing calo_gain: runs 3800 - 3899'
    'corrupt led_spill: runs 3500 - 3699' 'corrupt led_spill: runs 3700 - 3999'
    'gap sampling: runs 3500 - 3509' 'invalid sampling: runs 3510 - 3999'
    'group calo_gain: runs 3700 - 3799')
counts='tag bad, runs 3500 - 3999: 2 gaps, 1 overlap, 1 expired end, 1 missing payload, 2 corrupt payloads, 1 invalid payload, 1 broken group'
check 11 bad --runs 3500-3999 --source "$folder"
found "${planted[@]}"
says out 'no manifest'
says out 'calo_gain/g3 ends before the selection does'
says out 'calo_gain/g1 ends after the start of calo_gain/g2'
says out "made with led_reference 'l1', the led_reference of the tag has id 'l2'"
says err "$counts"
check 11 bad --runs 3500-3999 --json --source "$folder"
says err "$counts"
python3 - "$work/out" <<'END' || fail "the JSON"
import json, sys
answer = json.load(open(sys.argv[1]))
assert answer["manifest"] is None, answer
faults = answer["faults"]
kinds = [fault["kind"] for fault in faults]
assert kinds == ["gap", "expired", "overlap", "missing", "corrupt", "corrupt", "gap",
                 "invalid", "group"], kinds
assert faults[3]["type"] == "calo_gain" and "g3" in faults[3]["text"], faults[3]
assert faults[3]["interval"] == {"first_run": 3800, "first_spill": 0, "end_run": 3900,
                                 "end_spill": 0}, faults[3]
END
# Only what is asked for: other types, other runs.
check 11 bad --runs 3500-3999 --types sampling --source "$folder"
found 'gap sampling: runs 3500 - 3509' 'invalid sampling: runs 3510 - 3999'
check 11 bad --runs 3650-3699 --types led_reference,calo_gain,led_spill --source "$folder"
found 'corrupt led_spill: runs 3650 - 3699'
check 0 bad --runs 3650-3699 --types led_reference,calo_gain --source "$folder"
# A hole between two rows, and an end before the selection.
tag hole 'sampling/m1 3500 3599' 'sampling/m1 3700 3799'
check 11 hole --runs 3500-3750 --source "$folder"
found 'gap sampling: runs 3600 - 3699' 'expired sampling: runs 3500 - 3599'
says out 'ends before the next one begins'
says out 'manifest '
check 11 hole --runs 3900-3950 --source "$folder"
found 'gap sampling: runs 3900 - 3950' 'expired sampling: runs 3700 - 3799'
# Two rows with one start have no order: the tag cannot be used, the check says where.
check 11 twins --runs 3500-3999 --source "$folder"
found 'overlap calo_gain: runs 3500 - 3999'
says out 'calo_gain/g1 and calo_gain/g2 begin at one moment'
says out 'no manifest'
rm "$data/tags/twins.json"

# ---- the same by HTTP ----
exec 3< <(exec "$spillway" conditions serve --data "$data" --listen 127.0.0.1:0)
server=$!
read -r -t 20 line <&3 || fail "no first line from serve"
url=${line##* }
check 11 bad --runs 3500-3999 --source "$url"
found "${planted[@]}"
says out 'status 404'
says err "$counts"
# A service that does not answer is one error, not a list of missing payloads.
check 11 bad --runs 3500-3999 --source "$folder" --payloads http://127.0.0.1:1/ --patience 1
found
says err "Couldn't connect"
stop_server

# ---- a snapshot: its own bytes, and those that it left where they were ----
check 11 good --runs 3450-3999 --source "file:$work/thin"
found 'gap calo_gain: runs 3450 - 3499' 'missing calo_gain: runs 3800 - 3999' \
    'gap led_reference: runs 3450 - 3499' 'gap led_spill: runs 3450 - 3499' \
    'corrupt led_spill: runs 3500 - 3699' 'corrupt led_spill: runs 3700 - 3999' \
    'gap sampling: runs 3450 - 3499'
sed 's/^ECAL0 0 0 0.02$/ECAL0 0 0 0.09/' "$work/whole" >"$work/flipped"
check 11 good --runs 3500-4000 --source "file:$work/flipped"
found 'gap calo_gain: run 4000' 'expired calo_gain: runs 3800 - 3999' \
    'corrupt calo_gain: runs 3600 - 3799' \
    'gap led_reference: run 4000' 'expired led_reference: runs 3800 - 3999' \
    'gap led_spill: run 4000' 'expired led_spill: runs 3700 - 3999' \
    'gap sampling: run 4000' 'expired sampling: runs 3500 - 3999'
says err '4 gaps, 4 expired ends, 1 corrupt payload'
echo "all well"
