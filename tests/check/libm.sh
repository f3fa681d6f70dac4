#!/bin/bash
# libm.sh - rooms that decide results call only the exact functions of libm.
# SPDX-License-Identifier: Apache-2.0
#
# glibc chooses the code of exp, log, pow, sin, atan2 ... by CPU, so their last bit differs
# between machines; lib/base/fmath.h has ours.
. "$(dirname "$0")/check_lib.sh"

rooms='base model raw conditions reco output'
allowed='sqrt|sqrtf|fabs|floor|ceil|trunc|rint|fmin|fmax|ldexp'

check()
{
    needs nm gcc
    local room libm list
    libm=$(gcc -print-file-name=libm.so.6)
    list=$(mktemp)
    nm -D --defined-only "$libm" | awk '{ print $NF }' | sed 's/@.*//' |
        grep -vxE "$allowed" | sort -u >"$list"
    for room in $rooms; do
        [ -f "$build/lib$room.a" ] || continue
        nm -u "$build/lib$room.a" 2>/dev/null | awk -v room="$room" '
            NR == FNR { inexact[$1] = 1; next }
            /\.o:$/ { file = $1; sub(/\.o:$/, "", file) }
            $1 == "U" && $2 in inexact {
                print file ":1: room " room " calls " $2 "() of libm, use base/fmath.h"
            }' "$list" - | sort -u
    done
    rm -f "$list"
}

self_test()
{
    plant wave.c '#include <math.h>' 'double f(double x);' \
        'double f(double x) { return floor(sqrt(x)); }'
    (cd "$source" && gcc -fno-builtin -c wave.c && ar rc "$build/libreco.a" wave.o)
    expect_clean
    plant wave.c '#include <math.h>' 'double f(double x);' \
        'double f(double x) { return exp(x); }'
    (cd "$source" && gcc -c wave.c && ar rc "$build/libreco.a" wave.o)
    expect_fault '^wave:1: room reco calls exp\(\)'
}

check_main "$@"
