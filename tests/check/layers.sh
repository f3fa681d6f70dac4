#!/bin/bash
# layers.sh - includes run one way: the table in layers.txt, and a tower inside a room.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

includes()
{
    c_files | (cd "$source" && xargs -r grep -nE '^[[:space:]]*#[[:space:]]*include' \
        /dev/null) | sed -E 's/^([^:]+):([0-9]+):[[:space:]]*#[[:space:]]*include[[:space:]]*/\1 \2 /'
}

# A file belongs to the room with the longest folder that holds it.
table_check()
{
    awk -v table="$check_folder/layers.txt" '
        function room_of(file, room, best) {
            best = ""
            for (room in folder)
                if (index(file, folder[room] "/") == 1 &&
                    (best == "" || length(folder[room]) > length(folder[best])))
                    best = room
            return best
        }
        function matches(name, pattern) {
            if (pattern ~ /\*$/)
                return index(name, substr(pattern, 1, length(pattern) - 1)) == 1
            return name == pattern
        }
        function opens(name, patterns, list, n, i) {
            n = split(patterns, list, " ")
            for (i = 1; i <= n; i++)
                if (matches(name, list[i]))
                    return 1
            return 0
        }
        function allowed(room, target, header, list, n, i) {
            n = split(may[room], list, " ")
            for (i = 1; i <= n; i++)
                if (list[i] == target || (list[i] ~ /\// && matches(header, list[i])))
                    return 1
            return 0
        }
        BEGIN {
            while ((getline line <table) > 0) {
                sub(/#.*/, "", line)
                n = split(line, word, /[ \t:]+/)
                rest = line
                sub(/^[^:]*:[ \t]*/, "", rest)
                if (word[1] == "room") { folder[word[2]] = word[3]; may[word[2]] = rest }
                if (word[1] == "never") never[word[2]] = " " rest " "
                if (word[1] == "door") { sub(/[ \t]+$/, "", rest); door[word[2]] = rest }
            }
        }
        function fault(what) { print $1 ":" $2 ": " what }
        {
            name = $3
            quoted = name ~ /^"/
            gsub(/[<>"]/, "", name)
            from = room_of($1)
            if (name ~ /\.\.\//) { fault("include goes up by \"../\", write it from the top or from lib/"); next }
            if (name ~ /\.c$/) { fault("includes a source file, declare it in a header"); next }
            if (name ~ /main\.h$/) { fault("includes a main, move what it needs into a file of the room"); next }
            for (header in door)
                if (index(name, header) == 1 && !opens($1, door[header]))
                    fault("<" name "> has one door, " door[header] ", call that instead")
            if (!quoted) next
            target = name ~ /^lib\// ? "" : name
            sub(/\/.*/, "", target)
            if (name ~ /^tests\/simulate\//) target = "simulate"
            if (name == "release_id.h") target = "model"
            if (name == "spillway.pb-c.h") target = "proto"
            if (target == "" || !(target in folder)) {
                fault("\"" name "\" is no header of a room, write \"room/name.h\"")
                next
            }
            if (target == from) next
            if (target == "tests") { fault("includes tests, nobody may"); next }
            if (name ~ /_internal\.h$/ && from != "tests") { fault("\"" name "\" is internal to " target ", use its public headers"); next }
            if (from == "") next
            if (!allowed(from, target, name)) fault(from " must not include \"" name "\", see tests/check/layers.txt")
            else if ((name in never) && index(never[name], " " from " ")) fault(from " must not include \"" name "\", be told by the caller")
        }'
}

# Inside a room, nouns (x.c with x.h) form a tower: no two need each other. A header
# without a source of its own (x_internal.h) is no noun.
tower_check()
{
    awk '
        NR == FNR { if ($1 ~ /\.c$/) has_source[noun($1)] = 1; next }
        function noun(file) { sub(/\.[ch]$/, "", file); return file }
        $1 ~ /^tests\// && $1 !~ /^tests\/simulate\// { next }
        {
            name = $3
            if (name !~ /^"/) next
            gsub(/"/, "", name)
            folder = $1
            sub(/\/[^\/]*$/, "", folder)
            if (index(folder "/", "lib/") == 1 || folder ~ /^tests\//) prefix = substr(folder, 1, index(folder, "/"))
            else prefix = ""
            header = prefix name
            if (index(header, folder "/") == 1 && noun($1) in has_source && noun(header) in has_source)
                print noun($1), noun(header)
        }' "$1" "$1" | tsort 2>&1 >/dev/null | awk '
        /contains a loop/ { if (n) print loop; n = 1; loop = ""; next }
        n { sub(/^tsort: /, ""); loop = loop == "" ? $0 ".c:1: these need each other, put a third below them: " $0 : loop " " $0 }
        END { if (n) print loop }'
}

check()
{
    local list
    list=$(mktemp)
    includes >"$list"
    table_check <"$list"
    tower_check "$list"
    rm -f "$list"
}

self_test()
{
    plant lib/model/task.h '#include "base/err.h"'
    plant lib/model/task.c '#include "model/task.h"' '#include "model/run.h"' '#include <stdio.h>'
    plant catalog/store.c '#include "model/task.h"' '#include <lmdb.h>'
    plant tests/unit/x_test.c '#include "catalog/catalog_internal.h"'
    expect_clean
    plant catalog/records.c '' '#include <lmdb.h>'
    expect_fault '^catalog/records.c:2: <lmdb.h> has one door'
    plant catalog/records.c '#include "../lib/base/err.h"'
    expect_fault '^catalog/records.c:1: .*\.\./'
    plant catalog/records.c '#include "coordinator/plan.h"'
    expect_fault '^catalog/records.c:1: catalog must not include "coordinator/plan.h"'
    plant catalog/records.c '#include "proto/proto_internal.h"'
    expect_fault '^catalog/records.c:1: .*is internal to proto'
    rm "$source/catalog/records.c"
    plant worker/run.c '#include "catalog/catalog.h"'
    expect_fault '^worker/run.c:1: worker must not include'
    plant worker/run.c '#include "tests/helper.h"'
    expect_fault '^worker/run.c:1: includes tests'
    plant worker/run.c '#include "run.h"'
    expect_fault '^worker/run.c:1: "run.h" is no header of a room'
    rm "$source/worker/run.c"
    plant lib/reco/wave.c '#include "conditions/payload_gain.h"'
    expect_clean
    plant lib/reco/wave.c '#include "conditions/cache.h"'
    expect_fault '^lib/reco/wave.c:1: reco must not include "conditions/cache.h"'
    plant lib/reco/wave.c '#include "base/clock.h"'
    expect_fault '^lib/reco/wave.c:1: reco must not include "base/clock.h", be told'
    rm "$source/lib/reco/wave.c"
    plant lib/model/run_internal.h '#include "model/run.h"'
    plant lib/model/run.c '#include "model/run.h"' '#include "model/run_internal.h"'
    expect_clean
    plant lib/model/run.c '#include "model/task.h"' '#include "model/run.h"'
    expect_fault 'lib/model/(run|task).c:1: these need each other'
}

check_main "$@"
