#!/bin/bash
# refusals_arguments.sh - every command tells its options without an area, and refuses what
# it does not know, lacks or cannot take: one line, exit status 2, no trace on the disk.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
mkdir "$scratch/nowhere" "$scratch/empty"
cd "$scratch/nowhere" || exit 1
unset SPILLWAY_AREA

commands=$(spillway --help | awk '/^  [a-z]/ && $1 != "spillway" {print $1}')
[ "$(echo "$commands" | wc -l)" -ge 14 ] || fail "the list of commands: $commands"
for command in $commands; do
    for form in "$command --help" "help $command" "--area /no/such/area $command --help"; do
        # shellcheck disable=SC2086
        expect 0 spillway $form
        grep -q "^spillway $command" "$scratch/out" || fail "no usage from: spillway $form"
        [ -s "$scratch/err" ] && fail "help on stderr: spillway $form"
    done
    refused 2 "--no-such-option" spillway "$command" --no-such-option
    [ "$command" = init ] || refused 2 . spillway --area /no/such/area "$command" a b c d e f
done
for program in spillway-pilot spillway-executor spillway-simulate; do
    expect 0 "$program" --help
    grep -q "$program" "$scratch/out" || fail "no usage from $program"
    refused 2 "E_USAGE: .*" "$program"
    refused 2 "no-such-option" "$program" --no-such-option
    refused 2 "no-such-option" "$program" --no-such-option=5
    refused 2 . "$program" word
done
expect 0 spillway --version
says out release protocol
expect 0 spillway help errors
says out E_DISK_FULL E_CAMPAIGN_STUCK
expect 2 spillway
refused 2 "unknown command nosuch" spillway nosuch
refused 2 "unknown command nosuch" spillway help nosuch
refused 2 "unknown command -x" spillway -x
refused 2 "needs a folder" spillway --area
refused 2 "is not a production area" spillway status
refused 2 "/no/such/area" spillway --area /no/such/area status
refused 2 "not a production area" spillway --area= status
for command in "runs list" "runs scan" "runs summary" "runs show 1" "plan x.yaml" "run x.yaml" "serve x" \
    "status" "verify x" "trace x" "explain x y" "impact x y" "catalog check" "report x" "retry x"; do
    # shellcheck disable=SC2086
    refused 2 "is not a production area" spillway --area "$scratch/empty" $command
done
[ -z "$(ls "$scratch/nowhere" "$scratch/empty" | grep -v :)" ] || fail "something was written: $(ls "$scratch/nowhere" "$scratch/empty")"

area=$scratch/area
must spillway init "$area"
s() { spillway --area "$area" "$@"; }
refused 2 "give a file" s trace
for command in run serve verify plan explain impact retry report; do
    refused 2 "is missing" s "$command"
done
for words in "runs" "runs nosuch" "runs import" "runs show" "runs show 1 2" "runs show x" "runs show 1-" \
    "runs show 4294967296" "runs scan 5-4" "runs scan -- -3" "runs scan 1 --again=yes" "runs list x" \
    "runs summary x" "catalog" "catalog nosuch" "catalog check x" "catalog copy" "catalog owner x" \
    "conditions" "conditions nosuch" "conditions at" "conditions check t" "conditions serve" \
    "conditions at x --tag t --source file:/tmp" "conditions at 1/2/3 --tag t --source file:/tmp" \
    "conditions check t --runs 9-3 --source file:/tmp" "conditions tags --source" \
    "conditions tags --source nosuch:x" "conditions tags --source file:/tmp --patience x" \
    "status a b" "verify a b" "impact a" "impact a b c" "run a.yaml --workers" "run a.yaml --workers x" \
    "run a.yaml --workers -1" "run a.yaml --workers 1025" "run a.yaml --workers 18446744073709551616" \
    "run a.yaml --workers=" "run a.yaml --listen" "retry c --run x" "retry c --run 4294967296" \
    "plan a.yaml --dry-run=1" "explain a --segment 1" "explain a --segment 1/2/3/x" "explain a --run x"; do
    # shellcheck disable=SC2086
    refused 2 . s $words
done
for name in c9 "" "a/b" "../catalog" "$(printf 'a\nb\033[31m')" "%s%n"; do
    refused 2 . s status "$name"
    refused 2 . s serve "$name"
    refused 2 . s verify "$name"
    refused 2 . s report "$name"
    refused 2 . s trace "$name"
    refused 2 . s retry "$name"
    refused 2 . s explain "$name"
    refused 2 . s impact "$name" "$name"
done
long=$(head -c 100000 /dev/zero | tr '\0' a)
for words in "status" "serve" "verify" "trace" "retry" "report" "explain" "plan" "run" "runs import" "runs show" \
    "runs list --setup" "catalog copy" "trace --chunk" "conditions tags --source" "serve x --listen"; do
    # shellcheck disable=SC2086
    s $words "$long" >"$scratch/out" 2>"$scratch/err"
    status=$?
    [ "$status" -ne 0 ] || [ "$words" = "runs list --setup" ] || fail "took 100000 letters: $words"
    [ "$status" -lt 20 ] || fail "exit $status: $words with 100000 letters"
    [ "$(wc -l <"$scratch/err")" -le 2 ] && [ "$(wc -c <"$scratch/err")" -lt 1500 ] || fail "message of $words: $(head -c 300 "$scratch/err")"
done
refused 13 . spillway --area "$long" status
refused 13 . spillway init "$long"
refused 2 "unknown command" spillway "$long"
refused 2 "unknown option" s status "--$long"

# Addresses that nobody can listen on.
make_raw_helper "$scratch/data" 5001 5001 1 20
must s runs import "$scratch/data/runs.yaml"
must s runs scan
make_campaign "$scratch/c1.yaml" c1 "$scratch/store"
must s plan "$scratch/c1.yaml"
for listen in "" nohost "127.0.0.1" "127.0.0.1:" "127.0.0.1:x" "127.0.0.1:70000" ":0"; do
    refused 2 . s serve c1 --listen "$listen"
done
for listen in "256.1.1.1:0" "192.0.2.1:0" "nosuch.invalid:0"; do
    expect 14 timeout 20 "$bin/spillway" --area "$area" serve c1 --listen "$listen"
    says err "E_HTTP_LISTEN"
done
expect 0 s catalog owner
says out "nobody owns"
finish
