#!/bin/bash
# symbols.sh - no program exports a function of ours.
# SPDX-License-Identifier: Apache-2.0
#
# Open MPI links libevent and would call ours in its place if the names met.
. "$(dirname "$0")/check_lib.sh"

ours()
{
    find "$build" -maxdepth 2 -name 'lib*.a' -print0 |
        xargs -0 -r nm -g --defined-only 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u
}

check()
{
    needs nm
    local program exported list
    list=$(mktemp)
    ours >"$list"
    [ -s "$list" ] || echo "$build:1: no libraries of ours in it, build first"
    for program in "$build"/bin/spillway "$build"/bin/spillway-*; do
        [ -f "$program" ] && [ -x "$program" ] || continue
        exported=$(nm -D --defined-only "$program" | awk '{ print $NF }' | sed 's/@.*//' |
            sort -u | comm -12 - "$list")
        [ -z "$exported" ] ||
            echo "$program:1: exports" $exported", hide it (C_VISIBILITY_PRESET, no ENABLE_EXPORTS)"
    done
    rm -f "$list"
}

self_test()
{
    plant event.c 'int event_base_free(void);' 'int event_base_free(void) { return 1; }'
    plant main.c 'int event_base_free(void);' 'int main(void) { return event_base_free(); }'
    mkdir -p "$build/bin"
    local mode
    for mode in hidden default; do
        (cd "$source" && gcc -fvisibility=$mode -rdynamic -c event.c -o event.o &&
            rm -f "$build/libevent_ours.a" && ar rc "$build/libevent_ours.a" event.o &&
            gcc -rdynamic main.c event.o -o "$build/bin/spillway-pilot")
        if [ $mode = hidden ]; then
            expect_clean
        else
            expect_fault 'spillway-pilot:1: exports event_base_free'
        fi
    done
}

check_main "$@"
