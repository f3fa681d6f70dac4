#!/bin/bash
# amend.sh - other skims for some runs of a campaign, and back to the earlier bytes.
# SPDX-License-Identifier: Apache-2.0
# Nothing is in published/ twice, whatever is killed; nothing that is there is run again.
. "$2/tests/system/area_lib.sh"

make_raw_helper "$scratch/data" 5001 5004 10 40 || exit 1
sw() { spillway --area "$area" "$@"; }
number() { sed -nE "s/.*\"$1\":([0-9]+).*/\1/p" | head -1; }
runs_of() { # STORE RUN: its published files by name and sha256
    published "$1" | grep "/00$2/"
}
change() { # FROM TO: other skims, the same name
    sed 's/fraction: 0.1$/fraction: 0.3/' "$1" >"$2"
}

# What it must be: two calm areas, with the first skims and with the changed ones.
area=$scratch/first
make_area first "$scratch/data"
make_campaign "$scratch/first.yaml" demo "$scratch/store-first"
must sw run "$scratch/first.yaml" --workers 2
area=$scratch/other
make_area other "$scratch/data"
change "$scratch/first.yaml" "$scratch/other.yaml"
sed -i "s|store-first|store-other|" "$scratch/other.yaml"
must sw run "$scratch/other.yaml" --workers 2
expected() { # runs of the first and of the other, sorted as `published` sorts
    { for run in $1; do runs_of "$scratch/store-first" "$run"; done
      for run in $2; do runs_of "$scratch/store-other" "$run"; done; } | sort -k2
}
holds() { # FIRST OTHER: these runs are published so, and nothing else
    published "$store" | sort -k2 >"$scratch/now"
    expected "$1" "$2" >"$scratch/want"
    diff "$scratch/now" "$scratch/want" >"$scratch/diff" ||
        fail "runs $1 | $2: published/ is another: $(head -4 "$scratch/diff")"
}

area=$scratch/area
store=$scratch/store
make_area area "$scratch/data"
make_campaign "$scratch/demo.yaml" demo "$store" "lease_s: 3" "task:" "  segments: 1"
change "$scratch/demo.yaml" "$scratch/changed.yaml"
must sw run "$scratch/demo.yaml" --workers 2
holds "5001 5002 5003 5004" ""

# The preview writes nothing.
before=$(catalog_sum "$area")
must sw amend demo --file "$scratch/changed.yaml" --runs 5002-5003 --dry-run
[ "$(catalog_sum "$area")" = "$before" ] || fail "a dry run wrote the catalog"
says out "2 of 2 runs change" "run 5002: 23 segments invalidated (23 run again, 0 found), 0 kept" \
    "kept: 0 segments" "800 events, 22 spills"
must sw amend demo --file "$scratch/changed.yaml" --runs 5002-5003 --dry-run --json
[ "$(number runs_changed <"$scratch/out")" = 2 ] || fail "json: $(cat "$scratch/out")"
must sw amend demo --file "$scratch/demo.yaml" --reason "no change"
says out "nothing changes: nothing was written"

# Amend two runs; the coordinator is killed on the way.
must sw amend demo --file "$scratch/changed.yaml" --runs 5002-5003 --reason "wider sample"
says out "amendment demo+1 answers for them"
must sw status
says out "amendment of runs 5002-5003: demo+1 by $(id -un)" ": wider sample" "demo+1: open"
holds "5001 5002 5003 5004" ""
sw run "$scratch/demo.yaml" --workers 2 >"$scratch/run.out" 2>&1 &
supervisor=$!
started+=("$supervisor")
coordinator() { sw catalog owner | sed -nE 's/^process ([0-9]+) owns.* serves .*/\1/p'; }
serving() { [ -n "$(coordinator)" ]; }
some() { sw status demo+1 --json | grep -qE '"committed":[1-9]'; }
wait_for 60 some || fail "the amendment does not run"
wait_for 60 serving && kill -9 "$(coordinator)"
wait "$supervisor" || fail "run: $(tail -3 "$scratch/run.out")"
holds "5001 5004" "5002 5003"
must sw verify demo
must sw catalog check
must sw report demo
says out "selected"
must sw run "$scratch/demo.yaml"
says out "nothing to run"
holds "5001 5004" "5002 5003"

# One of them back: merges only, the earlier bytes.
must sw rollback demo --runs 5002 --reason "too wide"
says out "runs 5002 are as before"
must sw status demo
says out "92 committed" # nothing is to be run
must sw run "$scratch/demo.yaml" --workers 2
holds "5001 5002 5004" "5003"
must sw verify demo
must sw catalog check
sw status demo --json >"$scratch/out"
[ "$(number committed <"$scratch/out")" = 92 ] || fail "committed: $(cat "$scratch/out")"

# Amended again with the same file: all is found.
must sw amend demo --file "$scratch/changed.yaml" --runs 5001-5002 --reason "after all"
says out "run 5002: 23 segments invalidated (0 run again, 23 found)" "amendment demo+2"
must sw run "$scratch/demo.yaml" --workers 2
holds "5004" "5001 5002 5003"
must sw rollback demo --runs 5001-5004 --reason "all back"
says out "runs 5001-5003 are as before"
must sw run "$scratch/demo.yaml" --workers 2
holds "5001 5002 5003 5004" ""
must sw verify demo
must sw catalog check
must sw status demo
says out "rollback of runs 5001-5003"

# An amendment of runs that are not done: what is open is closed there, and nothing of it
# is run twice.
area=$scratch/half
store=$scratch/store-half
make_area half "$scratch/data"
make_campaign "$scratch/half.yaml" demo "$store" "lease_s: 3" "task:" "  segments: 1"
change "$scratch/half.yaml" "$scratch/half-changed.yaml"
must sw plan "$scratch/half.yaml"
start_serve "$area" demo
start_pilot "$area" 2
some_first() { sw status demo --json | grep -qE '"committed":[1-9]'; }
wait_for 60 some_first || fail "nothing is committed"
refused 2 "owns" sw amend demo --file "$scratch/half-changed.yaml" --reason x
kill -9 "$served" "$piloted"
must sw amend demo --file "$scratch/half-changed.yaml" --runs 5001-5003 --reason "before the end"
must sw catalog check
must sw run "$scratch/half.yaml" --workers 2
holds "5004" "5001 5002 5003"
must sw verify demo
must sw catalog check
must sw rollback demo --runs 5001 --reason "one back"
must sw run "$scratch/half.yaml" --workers 2
holds "5001 5004" "5002 5003"
must sw verify demo
must sw catalog check

# Bad input.
refused 2 "its name is demo" sw amend nosuch --file "$scratch/half.yaml" --reason x
sed 's/^name: demo/name: nosuch/' "$scratch/half.yaml" >"$scratch/nosuch.yaml"
refused 2 "nosuch" sw amend nosuch --file "$scratch/nosuch.yaml" --reason x
refused 2 "why\|reason" sw amend demo --file "$scratch/half-changed.yaml"
refused 2 "no such run" sw amend demo --file "$scratch/half-changed.yaml" --runs 1-2 --reason x
refused 2 "expected RUN" sw amend demo --file "$scratch/half-changed.yaml" --runs 9-1 --reason x
refused 2 "is an amendment" sw amend demo+1 --file "$scratch/half-changed.yaml" --reason x
refused 2 "runs A-B" sw rollback demo --reason x
refused 2 "no amendment" sw rollback demo --runs 5004 --reason x
finish
