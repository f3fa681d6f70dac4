#!/bin/bash
# unused.sh - every function of a header is used by some other file, if only by a test.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

check()
{
    needs ctags
    local list=()
    mapfile -t list < <(c_files)
    [ ${#list[@]} -eq 0 ] && return
    {
        tracked '*.h' | (cd "$source" && ctags -L - --languages=C --langmap=C:.c.h \
            --kinds-C=pf -x --_xformat='H %N %F %n')
        tracked '*.c' | (cd "$source" && ctags -L - --languages=C --langmap=C:.c \
            --kinds-C=f -x --_xformat='D %N %F %n')
        code "${list[@]}" | awk -F '\t' '{
            n = split($3, word, /[^A-Za-z0-9_]+/)
            for (i = 1; i <= n; i++)
                if (word[i] ~ /^[a-z]/ && ++seen[$1, word[i]] < 3) print "U", word[i], $1
        }'
    } | awk '
        $1 == "H" && !($2 in header) { header[$2] = $3; line[$2] = $4; if ($3 ~ /^tests\//) delete header[$2] }
        $1 == "D" { defined[$2] = $3 }
        $1 == "U" && $2 in header && $3 == header[$2] && again[$2]++ { used[$2] = 1 } # a macro
        $1 == "U" && $2 in header && $3 != header[$2] && $3 != defined[$2] { used[$2] = 1 }
        END {
            for (name in header)
                if (!(name in used) && name in defined)
                    print header[name] ":" line[name] ": " name \
                        "() is used by no other file, make it static or delete it"
        }' | sort
}

self_test()
{
    plant lib/a.h 'int used(int a);' '' 'int unused(int a);' 'int later(void);'
    plant lib/a.c '#include "a.h"' 'int used(int a)' '{' '    return a;' '}' \
        'int unused(int a)' '{' '    return used(a) ? 1 : unused(a);' '}'
    plant lib/b.c '#include "a.h"' '/* unused(1) */' 'int b = used(1);'
    expect_fault '^lib/a.h:3: unused\(\) is used by no other file'
    plant tests/a_test.c 'int c = unused(1);'
    expect_clean
}

check_main "$@"
