#!/bin/bash
# banned.sh - code uses no name of banned.txt; comments and texts may.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

check()
{
    local list=()
    mapfile -t list < <(c_files | grep -v '^lib/base/banned.h$')
    [ ${#list[@]} -eq 0 ] && return
    code "${list[@]}" | awk -F '\t' -v table="$check_folder/banned.txt" '
        function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
        BEGIN {
            while ((getline line <table) > 0) {
                if (line ~ /^#/ && line !~ /pragma/) continue
                n = split(line, part, / \| /)
                if (n < 3) continue
                rules++
                pattern[rules] = trim(part[1])
                gsub(/\\</, "(^|[^A-Za-z0-9_])", pattern[rules])
                gsub(/\\>/, "([^A-Za-z0-9_]|$)", pattern[rules])
                instead[rules] = trim(part[2])
                fine[rules] = trim(part[3])
            }
        }
        {
            text = $3
            gsub(/goto[ ]+out;/, "", text)
            gsub(/signal[ ]*\([A-Za-z0-9_]+, SIG_(DFL|IGN)\)/, "", text)
            for (i = 1; i <= rules; i++)
                if (match(text, pattern[i]) && $1 !~ fine[i]) {
                    found = substr(text, RSTART, RLENGTH)
                    gsub(/^[^A-Za-z_#]+|[^A-Za-z0-9_]+$/, "", found)
                    print $1 ":" $2 ": " found " is banned, " instead[i]
                }
        }'
}

self_test()
{
    plant lib/a.c '/* rand() */' 'const char *a = "setlocale(";' 'goto out;' \
        'signal(SIGPIPE, SIG_IGN);' \
        'my_rand(1); operand(2); time_t time; x->random_next(3);'
    plant worker/pilot_main.c 'getenv("X");'
    expect_clean
    local case
    for case in 'int a = rand();' 'srandom(1); random(x);' 'setlocale(LC_ALL, a);' 'time(NULL);' 'getenv("X");' \
        'typedef struct a a;' 'goto again;' '#pragma once' 'x = signal (1, f);' \
        'clock_gettime(CLOCK_REALTIME, &now);'; do
        plant lib/b.c '' "$case"
        expect_fault '^lib/b.c:2: .* is banned, '
    done
}

check_main "$@"
