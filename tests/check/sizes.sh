#!/bin/bash
# sizes.sh - files of at most 600 lines, functions of at most 60; there are no waivers.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

file_limit=600
function_limit=60

check()
{
    needs ctags
    tracked '*.c' '*.h' '*.sh' '*.cmake' '*.proto' 'CMakeLists.txt' '*/CMakeLists.txt' |
        (cd "$source" && xargs -r wc -l) | awk -v limit=$file_limit '
            $2 != "total" && $1 > limit {
                print $2 ":" limit ": " $1 " lines, " limit " are the wall: split it by noun"
            }'
    c_files | (cd "$source" && ctags -L - --languages=C --langmap=C:.c.h --kinds-C=f -x \
        --_xformat='%F %n %{end} %N') | awk -v limit=$function_limit '
            $3 - $2 + 1 > limit {
                print $1 ":" $2 ": " $4 "() has " $3 - $2 + 1 " lines, " limit \
                    " are the wall: split it by what it does"
            }'
}

self_test()
{
    local body=() file=()
    mapfile -t body < <(yes '    a++;' | head -57)
    plant a.c 'int f(int a)' '{' "${body[@]}" '}'
    expect_clean
    plant b.c '' 'int f(int a)' '{' "${body[@]}" '    a++;' '}'
    expect_fault '^b.c:2: f\(\) has 61 lines'
    rm "$source/b.c"
    mapfile -t file < <(yes 'int a;' | head -601)
    plant b.h "${file[@]}"
    expect_fault '^b.h:600: 601 lines'
}

check_main "$@"
