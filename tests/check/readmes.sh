#!/bin/bash
# readmes.sh - every room has a README.md, and the files that it names exist.
# SPDX-License-Identifier: Apache-2.0
#
# Looked at are words in `backticks` that end like a source file; `wire*.c` may match any.
. "$(dirname "$0")/check_lib.sh"

exists()
{
    local folder=$1 name=$2 place
    for place in "$folder" . lib tests tests/check; do
        compgen -G "$source/$place/$name" >/dev/null && return 0
    done
    return 1
}

check()
{
    local folder
    awk '$1 == "room" { print $3 }' "$check_folder/layers.txt" | while IFS= read -r folder; do
        [ -n "$(tracked "$folder/*.c")" ] && [ ! -f "$source/$folder/README.md" ] &&
            echo "$folder/README.md:1: is missing, write one page: purpose, nouns, what is always true"
    done
    tracked 'README.md' '*/README.md' | while IFS= read -r readme; do
        (cd "$source" && grep -noE '`[^` ]+\.(c|h|sh|proto|cmake|md)`' "$readme") |
            tr -d '`' | while IFS=: read -r line name; do
            exists "$(dirname "$readme")" "$name" ||
                echo "$readme:$line: names $name, which does not exist: mend the name"
        done
    done
}

self_test()
{
    plant lib/base/err.c ''
    expect_fault '^lib/base/README.md:1: is missing'
    plant lib/base/README.md '`err.c`, `base/err.c`, `e*.c`'
    expect_clean
    plant lib/base/README.md '' '`error.c`'
    expect_fault '^lib/base/README.md:2: names error.c, which does not exist'
}

check_main "$@"
