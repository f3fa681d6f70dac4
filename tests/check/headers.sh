#!/bin/bash
# headers.sh - every header compiles alone and has the guard that its path gives.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

one_header()
{
    local header=$1 said guard
    # shellcheck disable=SC2086
    said=$(cd "$source" && gcc -std=c17 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror \
        $include_flags -include "./$header" -x c /dev/null 2>&1) ||
        echo "$header:1: does not compile alone, include what it needs:" \
            "$(grep -m1 -E 'error|warning' <<<"$said")"
    guard=SPILLWAY_$(sed -e 's|^lib/||' -e 's|[/.]|_|g' <<<"$header" | tr a-z A-Z)
    grep -q "^#ifndef $guard\$" "$source/$header" ||
        echo "$header:1: the guard must be $guard"
}

check()
{
    needs gcc
    include_flags="$(flags | tr '\n' ' ') -I$source -I$source/lib"
    export source include_flags
    export -f one_header
    tracked '*.h' | xargs -r -P2 -n1 bash -c 'one_header "$1"' one | sort
}

self_test()
{
    echo '[]' >"$build/compile_commands.json"
    plant lib/base/a.h '#ifndef SPILLWAY_BASE_A_H' '#define SPILLWAY_BASE_A_H' \
        '#include <stdint.h>' 'uint8_t a(void);' '#endif'
    plant proto/b.h '#ifndef SPILLWAY_PROTO_B_H' '#define SPILLWAY_PROTO_B_H' \
        '#include "base/a.h"' '#endif'
    expect_clean
    plant proto/b.h '#ifndef B_H' '#define B_H' '#endif'
    expect_fault '^proto/b.h:1: the guard must be SPILLWAY_PROTO_B_H'
    plant proto/b.h '#ifndef SPILLWAY_PROTO_B_H' 'uint8_t b(void);' '#endif'
    expect_fault '^proto/b.h:1: does not compile alone'
}

check_main "$@"
