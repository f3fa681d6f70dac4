#!/bin/bash
# conditions_import.sh - files that people write into a tag of a folder or a service, and
# out again.
# SPDX-License-Identifier: Apache-2.0
set -u
bin=$1
source=$2
spillway=$bin/spillway
data=${SPILLWAY_TEST_DATA:-$source/../shared/data}
work=$(mktemp -d)
server=
unset http_proxy https_proxy all_proxy BEARER_TOKEN BEARER_TOKEN_FILE
stop() { [ -z "$server" ] || { kill "${1:--TERM}" "$server" 2> /dev/null; wait "$server" 2> /dev/null; server=; }; }
trap 'stop; rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
cd "$work" || exit 1

# expect STATUS TEXT COMMAND...
expect() {
    local status=$1 text=$2 got
    shift 2
    timeout 120 "$@" > "$work/out" 2> "$work/err"
    got=$?
    [ "$got" = "$status" ] || { cat "$work/out" "$work/err" >&2; fail "status $got, not $status: $*"; }
    grep -qF -- "$text" "$work/out" "$work/err" ||
        { cat "$work/out" "$work/err" >&2; fail "does not say '$text': $*"; }
}
import() { expect "$1" "$2" "$spillway" conditions import "${@:3}"; }
rows() { "$spillway" conditions show "$1" --source "file:$work/d"; }

# ---- every type: what is imported, exported and imported again has the same hashes ----
golden=$source/tests/golden/payloads
files=("$golden"/*.csv)
[ "${#files[@]}" -ge 26 ] || fail "goldens are missing"
import 0 "${#files[@]} payloads checked" "${files[@]}"
[ ! -e d ] || fail "a look wrote something"
import 0 "${#files[@]} payloads put into t" "${files[@]}" --to d --tag t
for file in "$golden"/*.txt; do
    name=$(basename "$file" .txt)
    hash=$(sha256sum < "$file" | cut -d' ' -f1)
    cmp -s "$file" "d/payloads/$name/${hash:0:2}/$hash.txt" || fail "$name is not the golden"
done
import 0 "channel_map 3610-4310" "$golden/channel_map.xml" --to d --tag t
import 0 "0 payloads put into t, 1 were there already" "$golden/channel_map.xml" --to d --tag t
expect 0 "written to e" "$spillway" conditions export t --source "file:$work/d" --to e
! grep -q "another hash" out || fail "an export says that it does not come back"
import 0 "payloads put into t" e/* --to d2 --tag t
grep -q '^spillway: 1 .payload beside a .yaml' err || fail "a file is passed over without a word"
cmp -s d/tags/t.json d2/tags/t.json || fail "the exported tag is another one"
expect 0 "2 intervals" "$spillway" conditions check t --runs 3500-3599 --types calo_gain,sampling --source "file:$work/d"

# ---- a tag keeps its intervals apart, and loses nothing unnamed ----
gain() { # file runs value reference
    printf '#: type calo_gain\n#: schema 1\n#: source ours\n#: led_reference %s\n#: runs %s\ndetector,x,y,gain_gev_per_count\nECAL0,0,0,%s\n' "$4" "$2" "$3" > "$1"
}
gain a.csv 100- 0.01 none; gain b.csv 150-159 0.02 none; gain c.csv 140-155 0.03 none
import 0 "calo_gain 100-" a.csv --to d --tag s
import 0 "others cut" b.csv --to d --tag s
cp d/tags/s.json before.json
import 11 "c.csv: calo_gain from run 140 spill 0: the tag has another payload from run 150" c.csv --to d --tag s
cmp -s d/tags/s.json before.json || fail "a refused import changed the tag"
[ "$(rows s | grep -c calo_gain)" = 3 ] || fail "three intervals are expected"
import 0 "others cut" c.csv --replace --to d --tag s
[ "$(rows s | grep -c calo_gain)" = 4 ] || fail "four intervals are expected"

# A payload that is damaged on the disk is written again, not believed.
chmod u+w d/payloads/beam/*/*.txt; echo "x" > d/payloads/beam/*/*.txt
import 0 "0 payloads put into t, 1 were there already" "$golden/beam.csv" --to d --tag t
cmp -s "$golden/beam.txt" d/payloads/beam/*/*.txt || fail "a damaged payload was kept"

# Imports at the same time wait for each other: all rows are there.
for n in 1 2 3 4 5 6; do gain p$n.csv ${n}00-${n}99 0.0$n none; done
for n in 1 2 3 4 5 6; do
    "$spillway" conditions import p$n.csv --to d --tag p > "out$n" 2>&1 & pids[n]=$!
done
for n in 1 2 3 4 5 6; do wait "${pids[n]}" || { cat "out$n" >&2; fail "import $n at the same time"; }; done
[ "$(rows p | grep -c calo_gain)" = 6 ] || { rows p >&2; fail "six intervals are expected"; }

# What belongs together is checked before the tag is written.
printf '#: type led_reference\n#: source ours\n#: id led1\n#: runs 100-\ndetector,x,y,amplitude_counts\nECAL0,0,0,800\n' > r.csv
gain g.csv 100- 0.01 led2
import 11 "from run 100 spill 0: calo_gain was made with led_reference 'led2'" r.csv g.csv --to d --tag m
[ ! -e d/tags/m.json ] || fail "a tag that does not fit together was written"
gain g.csv 100- 0.01 led1
import 0 "2 payloads put into m" r.csv g.csv --to d --tag m
sed -i 's/unlocked/frozen/' d/tags/m.json
import 11 "tag m is frozen" a.csv --to d --tag m

# ---- into a store that is served: what a folder gets ----
serve() { # sets url
    exec 3< <(exec "$spillway" conditions serve --data store --listen 127.0.0.1:0)
    server=$!
    read -r -t 20 line <&3 || fail "no first line from serve"
    url=${line##* }
}
give() { import "$1" "$2" "${@:3}" --to "$url" --token store/token; }
manifest() { # TAG RUNS SOURCE
    "$spillway" conditions check "$1" --runs "$2" --source "$3" 2> gaps | grep -o 'manifest [0-9a-f]\{64\}'
}
agree() { # TAG RUNS: folder and service
    local ours theirs
    ours=$(manifest "$1" "$2" "$url") || fail "no manifest of $1 from the service"
    theirs=$(manifest "$1" "$2" "file:$work/f") || fail "no manifest of $1 from the folder"
    [ "$ours" = "$theirs" ] || fail "$1: $ours from the service, $theirs from the folder"
}
last_change() { "$spillway" conditions log --source "$url" | tail -n 1; }
gain bad.csv 100- x none; gain o.csv 130- 0.04 none; gain p0.csv 90- 0.05 none
serve
head=$(last_change)
give 11 "gain_gev_per_count" a.csv bad.csv --tag t
give 11 "c.csv: calo_gain from run 140 spill 0" b.csv c.csv --tag t
[ "$(last_change)" = "$head" ] || fail "input that is refused changed the service"
expect 2 "a change needs a token" "$spillway" conditions import a.csv --to "$url" --tag t
give 0 "$((${#files[@]} + 1)) payloads put into t, 0 were there already" "${files[@]}" "$golden/channel_map.xml" --tag t
import 0 "payloads put into t" "${files[@]}" "$golden/channel_map.xml" --to f --tag t
agree t 3500-3700
head=$(last_change)
give 0 "0 payloads put into t, $((${#files[@]} + 1)) were there already" "${files[@]}" "$golden/channel_map.xml" --tag t
[ "$(last_change)" = "$head" ] || fail "the same import again changed the service"
expect 0 "written to g" "$spillway" conditions export t --source "$url" --to g
expect 0 "written to h" "$spillway" conditions export t --source "file:$work/f" --to h
diff -r g h || fail "the service exports something else than the folder"

# A tag that an import made before it was stopped is empty, and taken.
python3 - "$url" store/token <<'END' || fail "an empty tag"
import json, sys, urllib.request
secret = [line.split()[-1] for line in open(sys.argv[2]) if not line.startswith("#")][0]
urllib.request.urlopen(urllib.request.Request(
    sys.argv[1] + "/gt", json.dumps({"name": "empty", "status": "unlocked"}).encode(),
    {"Content-Type": "application/json", "Authorization": "Bearer " + secret}))
END
give 0 "1 payloads put into empty, 0 were" a.csv --tag empty

# Payloads that cut others, alone and together; conflicts; --replace.
give 0 "2 payloads put into s, 0 were" a.csv b.csv --tag s
give 0 "0 payloads put into s, 2 were" a.csv b.csv --tag s
head=$(last_change)
give 11 "tag s: stopped after 0 of 3 rows: calo_gain from run 90 spill 0: the tag has another payload" p0.csv p6.csv --tag s
give 11 "tag s: stopped after 0 of 1 rows: calo_gain from run 140 spill 0: the tag has another payload from run 150" c.csv --tag s
[ "$(last_change)" = "$head" ] || fail "a conflict changed the service"
give 0 "1 payloads put into s, 0 were" c.csv --replace --tag s
import 0 "put into s" a.csv b.csv --to f --tag s
import 0 "put into s" c.csv --replace --to f --tag s
agree s 100-200
give 0 "1 payloads put into s, 0 were" o.csv --replace --tag s
import 0 "put into s" o.csv --replace --to f --tag s
agree s 100-200
expect 0 "frozen" "$spillway" conditions freeze s --source "$url" --token store/token
give 11 "tag s: stopped after 0 of 1 rows: tag s is frozen" b.csv --tag s

# Two imports into one tag at once: one does all of it, the other is refused rather than
# mixed in, or comes late; the same import again completes it.
for n in 1 2 3 4 5 6 7 8; do
    gain "one$n.csv" "$((100 * n))-$((100 * n + 49))" "0.0$n" none
    gain "two$n.csv" "$((100 * n + 50))-$((100 * n + 99))" "0.0$n" none
done
gain base.csv 50-99 0.01 none
give 0 "put into both" base.csv --tag both
for side in one two; do
    "$spillway" conditions import "$side"*.csv --to "$url" --tag both --token store/token > "$side.out" 2> "$side.err" &
    eval "$side=$!"
done
# shellcheck disable=SC2154
wait "$one"; first=$?
# shellcheck disable=SC2154
wait "$two"; second=$?
case $first/$second in
0/0) ;;
0/11) grep -q 'If-Match' two.err || fail "two: $(cat two.err)" ;;
11/0) grep -q 'If-Match' one.err || fail "one: $(cat one.err)" ;;
*) fail "two imports at once: $first and $second: $(cat one.err two.err)" ;;
esac
give 0 "put into both" one*.csv two*.csv --tag both
import 0 "put into both" base.csv one*.csv two*.csv --to f --tag both
agree both 100-899

# Killed on the way: what was sent is there, and the same import goes on.
many=()
for n in $(seq 1000 1149); do gain "m$n.csv" "$n-$n" "0.0$n" none; many+=("m$n.csv"); done
import 0 "150 payloads put into k" "${many[@]}" --to f --tag k
before=$(find store/blobs -type f | wc -l)
"$spillway" conditions import "${many[@]}" --to "$url" --token store/token --tag k > out 2> err &
importer=$!
timeout 60 bash -c 'while [ "$(find store/blobs -type f | wc -l)" -lt $(($1 + 8)) ]; do sleep 0.01; done' _ "$before" ||
    fail "the import came to nothing"
stop -KILL
wait "$importer" && fail "an import without its service says that all is well"
done=$(sed -n 's/.*tag k: stopped after \([0-9]*\) of 150 rows.*/\1/p' err)
[ "${done:-0}" -ge 6 ] || { cat out err >&2; fail "how far it came is not said"; }
serve
give 0 "payloads put into k, " "${many[@]}" --tag k
kept=$(sed -n 's/.* put into k, \([0-9]*\) were.*/\1/p' out)
# The answer to the last change may have been lost.
[ "$kept" = "$done" ] || [ "$kept" = $((done + 1)) ] || fail "$done rows were sent, $kept are there"
agree k 1000-1149
give 0 "0 payloads put into k, 150 were" "${many[@]}" --tag k
expect 0 "unbroken up to" "$spillway" conditions log --source "$url"
stop

# ---- the 2018 map, a folder of maps, SDC texts ----
if [ -d "$data/sdc" ]; then
    import 0 "channel_map 3610-4310" "$data/maps/HODO_2018.xml"
    import 0 "channel_map 1-99999" "$data/raw/maps" --to d --tag maps
    printf '<Map><ChipSADC version="2" runs="1-9" options="xy data_format3">\nA 1 0 99 0 0\n</ChipSADC></Map>\n' > bad.xml
    import 11 "bad.xml:2" bad.xml
    sdc=(--sdc calo_gain --columns label=detector-x,scale=gain_gev_per_count
         --set y=0,source=unverified,led_reference=none,error_gev_per_count=0)
    import 0 "8 payloads put into sdc" "$data/sdc/tutorial" "${sdc[@]}" --to d --tag sdc
    # Runs 1, 2, 3, 4-6, 7-10, 11, 12-13, 14-15; the same blocks make the same bytes.
    for runs in 1-1 2-2 3-3 4-6 7-10 11-11 12-13 14-15; do
        grep -q "^calo_gain $runs " out || fail "no piece $runs"
    done
    [ "$(grep '^calo_gain [24]-' out | cut -d' ' -f3 | sort -u | wc -l)" = 1 ] ||
        fail "runs 2 and 4-6 have the same blocks"
    expect 0 "calo_gain" "$spillway" conditions at 12 --tag sdc --source "file:$work/d"
    payload=$(grep -l 'DET2 1 0 0.93' d/payloads/calo_gain/*/* | xargs grep -l 'DET2 2 0 1.01')
    [ "$(grep -c '^DET' $payload)" = 4 ] || fail "runs 7-10 have four channels"
    grep -q '^DET1 2 0 0.85 0$' $payload || fail "DET1-2 of runs 7-10"
    grep -q '^# sdc main.txt runs 2-10 block ' $payload || fail "no provenance in $payload"
    # An edit elsewhere moves lines, and changes neither values nor where they come from.
    cp -r "$data/sdc/tutorial" moved
    chmod -R u+w moved
    { printf '# a remark\n\n'; cat "$data/sdc/tutorial/main.txt"; } > moved/main.txt
    printf '\nruns = 100-110\ncolumns=label,background,scale,covariance\nDET1-1 10 1.02 0.10\n' >> moved/modifications/erratum.txt
    import 0 "1 payloads put into sdc, 8 were there already" moved "${sdc[@]}" --to d --tag sdc
    # What was flattened comes back as it is.
    expect 0 "written to s1" "$spillway" conditions export sdc --source "file:$work/d" --to s1
    import 0 "payloads put into sdc" s1/* --to d3 --tag sdc
    cmp -s d/tags/sdc.json d3/tags/sdc.json || fail "an exported SDC tag is another one"
    import 11 "no rows of SDC type 'Bar'" "$data/sdc/tutorial" "${sdc[@]}" --sdc-type Bar
    overlay=("$data/sdc/overlay" --sdc led_reference --sdc-type Foo --columns one=detector,two=amplitude_counts)
    import 11 "one.txt:8: the row has no column 'x'" "${overlay[@]}" --set source=ours,id=a
    import 11 "one.txt:10: for runs from 1 on no block gives 'two' of this row" "${overlay[@]}" --set source=ours,id=a,x=0,y=0
fi

# ---- validity by time, through the run catalogue ----
"$spillway" init area > /dev/null || fail "init"
cat > runs.yaml <<'END'
runs:
  - {run: 100, start_s: 1525867200, stop_s: 1525867800, origin: data}
  - {run: 101, start_s: 1525868000, stop_s: 1525868600, origin: data}
  - {run: 102, start_s: 1525869000, stop_s: 1525869900, origin: data}
END
export SPILLWAY_AREA=$work/area
"$spillway" runs import runs.yaml > /dev/null || fail "runs import"
sed -e '/#: runs/d' a.csv > undated.csv
import 2 "does not say for which runs it is" undated.csv
import 0 "calo_gain 101-101" undated.csv --from 2018-05-09T12:00:01Z --until 2018-05-09T12:30:00Z
grep -q "from run 101 on, which started 799 s later" out || fail "rounding is not told"
grep -q "run 100 went on for 599 s behind that" out || fail "the part that is left out is not told"
sed -e 's/#: runs.*/#: time 2018-05-09T12:00:00Z open/' a.csv > timed.csv
import 0 "calo_gain 100-" timed.csv
import 2 "no run of the catalogue started" undated.csv --from 2030-01-01T00:00:00Z --until open
import 2 "is no time like" undated.csv --from yesterday --until open

# ---- usage ----
import 2 "belong together" a.csv --to d
import 2 "is no http:// or https:// URL" a.csv --to ftp://127.0.0.1/x --tag t
import 2 "--token goes with --to URL" a.csv --to d --tag t --token secret
import 2 "go with --sdc" a.csv --set a=b
import 2 "at least one file"
import 15 "nothing.csv" nothing.csv
cp runs.yaml runs.txt
import 11 "SDC texts need --sdc TYPE" runs.txt
echo passed
