#!/bin/bash
# spdx.sh - each file begins with its name and purpose (one line or two), then its licence.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

sources()
{
    tracked '*.c' '*.h' '*.sh' '*.cmake' '*.proto' '*.awk' '*.js' '*.css' '*.py' \
        '.ci/run' 'CMakeLists.txt' '*/CMakeLists.txt'
}

check()
{
    sources | while IFS= read -r file; do
        [ -s "$source/$file" ] || echo "$file:1: is empty, give it a line or delete it"
    done
    sources | (cd "$source" && xargs -r awk '
            function judge(    first, purpose, licence, name)
            {
                if (file == "")
                    return
                name = file
                sub(/.*\//, "", name)
                first = line[1] ~ /^#!/ || line[1] ~ /^.?use strict/ ? 2 : 1
                purpose = line[first]
                sub(/^(\/\*|\/\/|#) /, "", purpose)
                if (index(purpose, name " - ") != 1)
                    print file ":" first ": begin with a comment \"" name " - what it is for.\""
                licence = line[first + 1] ~ /SPDX/ ? line[first + 1] : line[first + 2]
                sub(/^( \*|\/\/|#) /, "", licence)
                if (licence != "SPDX-License-Identifier: Apache-2.0")
                    print file ":" first + 1 ": the licence must follow, SPDX-License-Identifier: Apache-2.0"
            }
            FNR == 1 {
                judge()
                split("", line)
                file = FILENAME
            }
            { line[FNR] = $0 }
            FNR == 4 { nextfile }
            END { judge() }')
}

self_test()
{
    plant a.c '/* a.c - the letter a. */' 'int a;'
    expect_fault '^a.c:2: the licence must follow, SPDX'
    plant a.c '/* a.c - the letter a.' ' * SPDX-License-Identifier: Apache-2.0' ' */'
    plant a.sh '#!/bin/sh' '# a.sh - the letter a.' '# SPDX-License-Identifier: Apache-2.0'
    plant c.c '/* c.c - the letter c, which needs' ' * two lines.' \
        ' * SPDX-License-Identifier: Apache-2.0' ' */'
    expect_clean
    plant b.h '/* a.h - the letter b.' ' * SPDX-License-Identifier: Apache-2.0' ' */'
    expect_fault '^b.h:1: begin with a comment "b.h - '
    : >"$source/b.h"
    expect_fault '^b.h:1: is empty'
}

check_main "$@"
