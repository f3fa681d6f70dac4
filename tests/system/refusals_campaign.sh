#!/bin/bash
# refusals_campaign.sh - campaign files and run lists that are wrong: the line is named,
# the exit status is that of a usage error, and neither catalog nor store is touched.
# SPDX-License-Identifier: Apache-2.0
. "$2/tests/system/area_lib.sh"
shopt -s lastpipe # so that failures in a pipe are counted
. "$2/tests/system/conditions_lib.sh"
make_raw_helper "$scratch/data" 9000 9001 2 40 || exit 1
make_area area "$scratch/data"
export SPILLWAY_AREA=$scratch/area
before=$(catalog_sum "$SPILLWAY_AREA")
file=$scratch/c.yaml

# wrong LINE WORDS: the campaign file on stdin is refused at that line.
wrong() {
    cat >"$file"
    refused 2 "E_CONFIG: $file:$1: .*$2" timeout 30 "$bin/spillway" plan "$file"
    refused 2 "E_CONFIG: $file:$1: " timeout 30 "$bin/spillway" run "$file"
}
# with LINE...: a good file, then these lines.
with() {
    make_campaign "$scratch/good.yaml" c1 "$scratch/store"
    printf '%s\n' "$@" | cat "$scratch/good.yaml" -
}
# changed SED: a good file, changed.
changed() {
    make_campaign "$scratch/good.yaml" c1 "$scratch/store"
    sed "$1" "$scratch/good.yaml"
}

with "colour: red" | wrong 15 "unknown key colour"
changed 's/kind: all/kind: all\n    colour: red/' | wrong 9 "unknown key colour"
with "name: again" | wrong 15 "key name is given twice"
changed '/^name/d' | wrong 1 "key name is missing"
changed '/^store/d' | wrong 1 "key store is missing"
changed '/kind: random/d' | wrong 12 "key kind is missing"
changed 's/^name:.*/name: [a, b]/' | wrong 1 "name"
changed 's/^skims:/skims: 5\nwhat:/' | wrong 6 ""
changed 's/types: .*/types: physics/' | wrong 5 "types"
changed 's/^name: .*/name: a\/b/' | wrong 1 "name: expected a name"
changed 's/^name: .*/name: .. /' | wrong 1 "name: expected a name"
changed 's/^name: .*/name: ""/' | wrong 1 "name"
changed "s/^name: .*/name: $(head -c 60 /dev/zero | tr '\0' a)/" | wrong 1 "name: expected a name"
changed 's/purpose: .*/purpose: fun/' | wrong 2 "purpose: test or physics"
changed 's/\[physics\]/[astrology]/' | wrong 5 "types: unknown word"
changed 's/0.1/nan/' | wrong 12 "fraction"
changed 's/0.1/1.5/' | wrong 10 "fraction"
changed 's/0.1/-0.5/' | wrong 10 "fraction"
changed 's/kind: random/kind: lottery/' | wrong 11 "kind: all, random or cuts"
changed 's/name: random/name: all/' | wrong "[0-9]*" "all"
changed 's/name: random/name: a b/' | wrong 10 "name: expected a name"
with "complete_at: 0" | wrong 15 "complete_at"
with "complete_at: 1.5" | wrong 15 "complete_at"
with "complete_at: most" | wrong 15 "complete_at"
with "lease_s: 0" | wrong 15 "lease_s"
with "lease_s: -1" | wrong 15 "lease_s: expected a whole number"
with "lease_s: 99999999999999999999" | wrong 15 "lease_s: expected a whole number"
with "retry:" "  attempts: 0" | wrong "[0-9]*" "zero"
with "retry:" "  attempts: many" | wrong 16 "attempts: expected a whole number"
with "task:" "  bytes: 0" | wrong 16 "bytes: must not be 0"
with "task:" "  segments: 4097" | wrong 16 "segments: expected a whole number"
with "eot_partial: keep" | wrong 15 "eot_partial: drop or scale"
with "reconstruct: {setup: 2022-electron-100}" | wrong 15 "conditions are needed"
with "conditions: {source: nowhere, tag: a/b}" | wrong 15 "tag: expected a name"
with "conditions: {source: nowhere, tag: t, allow: [everything]}" | wrong 15 "allow"
changed 's/kind: all/kind: cuts\n    cuts:\n      - {quantity: colour, min: 1}/' | wrong 10 "quantity: no such quantity"
changed 's/kind: all/kind: cuts/' | wrong "[0-9]*" ""
changed 's/store: .*/store: http:\/\/here\/there/' | wrong 3 "store: must be a folder"
changed 's/store: .*/store: ""/' | wrong 3 "store"
with "---" "name: second" | wrong 15 "one document"
with "name: &a x" "more: *a" | wrong "[0-9]*" ""
changed 's/types:/types/' | wrong "[0-9]*" ""
printf '\t\tname: x\n' | wrong "[0-9]*" ""
printf 'name: "unclosed\n' | wrong "[0-9]*" ""
printf '[[[[[[[[' | wrong "[0-9]*" ""
python3 -c 'print("[" * 100000)' | wrong "[0-9]*" ""
python3 -c 'print("a: " + "{b: " * 50000)' | wrong "[0-9]*" ""
printf 'just words\n' | wrong 1 ""
printf '' | wrong 1 "empty"
printf '# nothing\n\n' | wrong 1 "empty"
printf '\0\0\0\0' | wrong 1 ""
head -c 3000 "$bin/spillway" | wrong 1 ""
printf 'name: \xff\xfe\x00x\n' | wrong 1 ""

# Files that are none, too large, a folder, unreadable.
{ with; head -c 2097152 /dev/zero | tr '\0' '#'; } >"$file"
refused 13 "$file: 2097[0-9]* bytes are above the limit of 1048576" timeout 30 "$bin/spillway" plan "$file"
refused 15 "$scratch/no.yaml" spillway plan "$scratch/no.yaml"
refused 15 "$scratch" spillway plan "$scratch"
mkfifo "$scratch/pipe.yaml"
expect 15 timeout 10 "$bin/spillway" plan "$scratch/pipe.yaml"
refused 15 /dev/zero timeout 10 "$bin/spillway" plan /dev/zero

# Names that mean nothing here.
touch "$scratch/plainfile"
changed "s|^store:.*|store: $scratch/plainfile|" >"$file"
refused 15 "$scratch/plainfile" timeout 30 "$bin/spillway" plan "$file"
refused 15 "$scratch/plainfile" timeout 30 "$bin/spillway" run "$file"
changed "s|^store:.*|store: $scratch/plainfile/below|" >"$file"
refused 15 "$scratch/plainfile" timeout 30 "$bin/spillway" plan "$file"
conditions=$scratch/conditions
base_payloads "$conditions"
# shellcheck disable=SC2046
tag "$conditions" t1 $(base_rows)
with "conditions: {source: $conditions, tag: t1}" "reconstruct: {setup: nosuch}" >"$file"
refused 2 "E_CONFIG: $file:16: setup: this release has no such set-up, only 2022-electron-100" timeout 30 "$bin/spillway" plan "$file"
changed 's/types: .*/types: [physics]\n  runs: [1-5]/' >"$file"
expect 10 timeout 30 "$bin/spillway" plan "$file"
says err "E_PLAN_INPUT" "no run is selected"
expect 10 timeout 30 "$bin/spillway" run "$file"

# Nothing of all this left a trace.
[ "$(catalog_sum "$SPILLWAY_AREA")" = "$before" ] || fail "the catalog was changed"
[ ! -e "$scratch/store" ] || fail "a store was made"
expect 0 spillway status
says out "no campaign is planned yet"

# A planned campaign is frozen: another file under its name is refused, the plan stays.
make_campaign "$file" c1 "$scratch/store"
must timeout 30 "$bin/spillway" plan "$file"
spillway status c1 --json >"$scratch/planned"
make_campaign "$file" c1 "$scratch/store" "lease_s: 5"
refused 2 "E_PLAN_FROZEN: campaign c1 was planned from another file" timeout 30 "$bin/spillway" plan "$file"
refused 2 "E_PLAN_FROZEN" spillway plan "$file" --dry-run
refused 2 "E_PLAN_FROZEN" timeout 30 "$bin/spillway" run "$file"
spillway status c1 --json | cmp "$scratch/planned" - || fail "the plan was changed"
must spillway catalog check
finish
