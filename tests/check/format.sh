#!/bin/bash
# format.sh - every C file is formatted by clang-format 14 with our .clang-format.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

check()
{
    needs clang-format
    c_files | (cd "$source" && xargs -r -P2 -n20 clang-format --dry-run -Werror 2>&1) |
        grep -E '^[^ ]+:[0-9]+:[0-9]+: error' |
        awk -F: '!seen[$1]++ { print $1 ":" $2 ": not formatted, run clang-format -i " $1 }'
}

self_test()
{
    cp "$real_source/.clang-format" "$source"
    plant a.c 'int a;'
    expect_clean
    plant b.c 'int   b ;'
    expect_fault '^b.c:1: not formatted'
}

check_main "$@"
