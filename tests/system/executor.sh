#!/bin/bash
# executor.sh - the executor by hand: same bytes however work is cut, faults named.
# SPDX-License-Identifier: Apache-2.0
set -u
bin=$1
helper=$bin/executor_helper
executor=$bin/spillway-executor
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
steady=()

check() { # check NAME CONDITION...
    local name=$1
    shift
    if ! "$@"; then
        echo "FAILED: $name"
        failures=$((failures + 1))
    fi
}

run() { # run TASK REPORT: exit status of the executor
    "${steady[@]}" "$executor" --task "$dir/$1" --out "$dir/$2" 2>"$dir/stderr"
}

products() { # keys, streams, digests and hashes, whatever file they are in
    "$helper" show "$dir/$1" | grep ^product | sort
}

same() { [ "$(products "$1")" = "$(products "$2")" ]; }
has() { "$helper" show "$dir/$1" | grep -q -- "$2" || { "$helper" show "$dir/$1"; return 1; }; }

"$helper" make "$dir" || exit 1
raw=$dir/raw/cdr01001-007001.dat

for steps in raw both; do
    "$helper" task "$dir" 0 3 $steps 1 >"$dir/task" || exit 1
    check "$steps: done" run task $steps.report
    check "$steps: three segments" has $steps.report "status=done segments=3 code=E_NONE"
    # The same in three tasks, in another order, by other attempts.
    for i in 2 0 1; do
        "$helper" task "$dir" $i 1 $steps 1$i >"$dir/task"
        check "$steps: segment $i" run task $steps.$i.report
    done
    one=$(products $steps.report)
    three=$(for i in 0 1 2; do products $steps.$i.report; done | sort)
    check "$steps: cutting the task changes no byte" [ "$one" = "$three" ]
done
check "there are products" [ "$(products both.report | wc -l)" = 21 ]

# Every event of the run is in skim.all, with all records: the file without its damage.
"$helper" bytes "$dir" "$dir/raw.report" skim.all >"$dir/all"
check "skim.all holds the file" cmp -s "$dir/all" <(sed 's/DAMAGEDAMAGE//' "$raw")
"$helper" bytes "$dir" "$dir/both.report" skim.all >"$dir/all.both"
check "with reconstruction too" cmp -s "$dir/all" "$dir/all.both"
"$helper" bytes "$dir" "$dir/both.report" summary >"$dir/summary"
check "summaries count the damage" grep -q '"damaged_bytes":12' "$dir/summary"
check "a cut keeps some events" grep -qE '"name":"cuts","other":[0-9]*,"seen":[0-9]*,"masked":0,"rejected":[1-9][0-9]*,"damaged":0,"kept":"[1-9]' "$dir/summary"

# Reconstruct first, select later: the same bytes as in one go.
"$helper" task "$dir" 0 3 reco 21 >"$dir/task"
check "reco alone" run task reco.report
"$helper" task "$dir" 0 3 select 22 "$dir/reco.report" >"$dir/task"
check "select alone" run task select.report
one=$(products both.report)
two=$( (products reco.report; products select.report) | sort)
check "two steps give the bytes of one" [ "$one" = "$two" ]

# A stored product that changed where a cut looks is not used.
part=$(ls "$dir"/parts/*/*."$(printf %016x 21)")
dd if=/dev/zero of="$part" bs=100 seek=1 count=1500 conv=notrunc 2>/dev/null
"$helper" task "$dir" 0 3 select 23 "$dir/reco.report" >"$dir/task"
run task bad.report
check "exit status says storage" [ $? = 15 ]
check "the changed product is named" has bad.report "code=E_WORKER_PRODUCT blamed=0"

# Merging.
for stream in reco skim.all summary; do
    "$helper" merge "$dir" $stream 3$RANDOM "$dir/both.report" >"$dir/task" || exit 1
    check "merge $stream" run task merge.report
    check "merge $stream: done" has merge.report "status=done"
done
"$helper" bytes "$dir" "$dir/merge.report" summary >"$dir/merged"
check "merged summaries are the lines" cmp -s "$dir/merged" "$dir/summary"

# A raw file that is not the one that was scanned: the third spill differs.
"$helper" task "$dir" 0 3 both 41 >"$dir/task"
size=$(stat -c %s "$raw")
cp "$raw" "$dir/good"
printf X | dd of="$raw" bs=1 seek=$((size - 9000)) conv=notrunc 2>/dev/null
run task changed.report
check "exit status says input" [ $? = 10 ]
check "two segments count, the third is blamed" has changed.report \
    "status=failed segments=2 code=E_WORKER_INPUT blamed=2 parts=2"
check "the message names chunk and segment" has changed.report \
    "chunk cdr01001-007001.dat: segment 2 (spill 3) at byte"
truncate -s -4 "$raw"
run task short.report
check "a shorter file" has short.report "status=failed segments=0 code=E_WORKER_INPUT blamed=0"
cp "$dir/good" "$raw"

# A segment that does not fit into the memory that is left: what is done before it counts.
# With a bit less the first one fails by name. The limit is the smallest one, in steps of
# 1 MiB, with which the first segment of the three can be done; the last needs several more.
# Where the kernel puts things moves that by one or two, so it puts them in one place,
# where that can be had.
mkdir "$dir/large"
setarch "$(uname -m)" -R true 2>/dev/null && steady=(setarch "$(uname -m)" -R)
LAST_EVENTS=20000 "$helper" make "$dir/large" || exit 1
limited() { # MIB FIRST COUNT TOKEN REPORT
    TASK_MEMORY=$(($1 << 20)) "$helper" task "$dir/large" "$2" "$3" both "$4" >"$dir/task"
    run task "$5"
}
mib=16 first=1
while ! limited $mib 0 3 $((1000 + mib)) prefix.report && [ $mib -lt 400 ]; do
    check "with $mib MiB it fails by name" grep -q E_WORKER_MEMORY "$dir/stderr"
    mib=$((mib + 1)) first=0
done
if [ $first = 1 ]; then
    echo "memory is not limited in this build: the memory of tasks is not looked at"
else
    check "a task that runs out of memory is no failure" [ $mib -lt 400 ]
    check "what is done before counts" has prefix.report \
        "status=prefix segments=[12] code=E_NONE blamed=-1 parts=2"
    done=$("$helper" show "$dir/prefix.report" | grep -o 'segments=[12]' | cut -d= -f2)
    check "with more the rest is done" limited 1000 "$done" $((3 - done)) 2002 rest.report
    limited $((mib - 4)) 0 3 2003 less.report
    check "with less the first one fails for its memory" [ $? = 13 ]
    check "by name" has less.report "status=failed segments=0 code=E_WORKER_MEMORY blamed=0"
    check "and says how much it had" has less.report "not done with $((mib - 4)) MiB of memory"
    check "it was given up, not killed" [ "$(grep -c 'out of memory' "$dir/stderr")" = 0 ]
    "$helper" frame <"$dir/task" >"$dir/little"
    "$helper" task "$dir/large" 0 3 both 2005 | "$helper" frame >"$dir/plenty"
    cat "$dir/little" "$dir/plenty" "$dir/little" | "${steady[@]}" "$executor" --serve >"$dir/frames" 2>"$dir/stderr"
    check "an executor does all three" [ $? = 0 ]
    check "a limit is that of its task alone" \
        [ "$(grep -ao "not done with $((mib - 4)) MiB of memory" "$dir/frames" | wc -l)" = 2 ]
    check "with more all is done" limited 1000 0 3 2004 large.report
    one=$(products large.report)
    two=$( (products prefix.report; products rest.report) | sort)
    check "the prefix and the rest are the bytes of one task" [ "$one" = "$two" ]
fi

# A store that cannot be written.
"$helper" task "$dir" 0 3 raw 51 >"$dir/task"
"$executor" --task "$dir/task" --store /proc/nowhere --out "$dir/store.report" 2>/dev/null
check "exit status says storage" [ $? = 15 ]
check "nothing is reported done" has store.report "status=failed segments=0"

# A chunk behind HTTP gives the same bytes and leaves nothing in the cache.
if command -v python3 >/dev/null; then
    python3 -u -m http.server --bind 127.0.0.1 --directory "$dir/raw" 0 >"$dir/http.log" 2>&1 &
    server=$!
    for _ in $(seq 100); do grep -q Serving "$dir/http.log" && break; sleep 0.05; done
    url=$(grep -o 'http://[0-9.:]*' "$dir/http.log" | head -1)
    mkdir "$dir/cache"
    CHUNK_URL=$url/cdr01001-007001.dat "$helper" task "$dir" 0 3 both 61 >"$dir/task"
    "$executor" --task "$dir/task" --cache "$dir/cache" --out "$dir/http.report" 2>"$dir/stderr"
    check "chunk by HTTP" same both.report http.report
    check "no chunk stays in the cache" [ -z "$(find "$dir/cache" -type f -name 'chunk*')" ]
    CHUNK_URL=$url/missing.dat "$helper" task "$dir" 0 3 both 62 >"$dir/task"
    "$executor" --task "$dir/task" --cache "$dir/cache" --out "$dir/http.report" 2>"$dir/stderr"
    check "a missing chunk is trouble of the storage" [ $? = 15 ]
    kill $server
    "$helper" task "$dir" 0 3 raw 51 >"$dir/task"
else
    echo "no python3: chunk by HTTP is skipped"
fi

# Frames as the pilot speaks them, and the end of the pipe.
( "$helper" frame <"$dir/task"; ) | "$executor" --serve >"$dir/frames"
check "serve ends with its pipe" [ $? = 0 ]
# READY 5+64, three times PROGRESS 5+4, one report
check "serve answers" [ "$(stat -c %s "$dir/frames")" -gt 300 ]
echo garbage | "$executor" --serve >/dev/null 2>"$dir/stderr"
check "garbage is refused" [ $? = 16 ]

# SIGUSR1 between tasks ends it, killing it at work leaves nothing half reported.
check "no file is left open for writing" [ -z "$(find "$dir" -name '*.tmp*')" ]
[ $failures = 0 ] || exit 1
echo "all well"
