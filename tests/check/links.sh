#!/bin/bash
# links.sh - each room links, and really calls, only the rooms of its row in layers.txt.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

# "room other" for each row.
table()
{
    awk '$1 == "room" {
        row = $0
        sub(/^[^:]*:/, "", row)
        n = split(row, list, " ")
        for (i = 1; i <= n; i++) { sub(/\/.*/, "", list[i]); print $2, list[i] }
    }' "$check_folder/layers.txt"
}

# "room other line" for each link that CMakeLists.txt asks for.
asked()
{
    awk '/^room\(/ { start = NR; text = "" ; open = 1 }
        open { text = text " " $0 }
        open && /\)/ {
            open = 0
            sub(/^ *room\(/, "", text); sub(/\).*/, "", text); sub(/ LIBS .*/, "", text)
            n = split(text, word, " ")
            for (i = 3; i <= n; i++) print word[1], word[i], start
        }' "$source/CMakeLists.txt"
}

# "room symbol" for what each library has (mode D) or wants (mode U).
symbols()
{
    local library room
    for library in "$build"/lib*.a; do
        room=${library##*/lib}
        nm "$library" 2>/dev/null | awk -v room="${room%.a}" -v mode="$1" '
            mode == "U" && $1 == "U" { print $2, room }
            mode == "D" && $2 ~ /^[TDBR]$/ { print $3, room }' | sort -u
    done | sort
}

check()
{
    needs nm
    local rows
    rows=$(mktemp)
    table >"$rows"
    asked | awk 'NR == FNR { row[$1, $2] = 1; next }
        !(($1, $2) in row) {
            print "CMakeLists.txt:" $3 ": room " $1 " links " $2 ", layers.txt does not allow it"
        }' "$rows" -
    join <(symbols U) <(symbols D) | awk '
        NR == FNR { row[$1, $2] = 1; next }
        $2 != $3 && !(($2, $3) in row) {
            print "CMakeLists.txt:1: room " $2 " calls " $1 "() of " $3 \
                ", layers.txt does not allow it"
        }' "$rows" -
    rm -f "$rows"
}

self_test()
{
    plant CMakeLists.txt 'room(model lib/model base' '  LIBS x)'
    expect_clean
    plant CMakeLists.txt '' 'room(model lib/model base' '  worker LIBS x)'
    expect_fault '^CMakeLists.txt:2: room model links worker'
    plant CMakeLists.txt 'room(worker worker base)'
    plant work.c 'int plan(void);' 'int work(void);' 'int work(void) { return plan(); }'
    plant plan.c 'int plan(void);' 'int plan(void) { return 1; }'
    (cd "$source" && gcc -c work.c plan.c && ar rc "$build/libworker.a" work.o &&
        ar rc "$build/libcoordinator.a" plan.o)
    expect_fault '^CMakeLists.txt:1: room worker calls plan\(\) of coordinator'
}

check_main "$@"
