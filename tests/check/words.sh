#!/bin/bash
# words.sh - one word for one thing, and no word about how this was made.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/check_lib.sh"

names()
{
    local list=()
    mapfile -t list < <(c_files)
    [ ${#list[@]} -eq 0 ] || code "${list[@]}" | grep -v "$(printf '\t')#include"
    tracked '*.c' '*.h' '*.sh' '*.proto' | awk '
        { name = $1; sub(/.*\//, "", name); sub(/\..*/, "", name); print $1 "\t1\t" name }'
}

names_check()
{
    names | awk -F '\t' -v table="$check_folder/words.txt" '
        BEGIN {
            while ((getline line <table) > 0)
                if (line ~ /^name /) {
                    split(line, part, /[ \t]+\|[ \t]+/)
                    split(part[1], word, / +/)
                    instead[word[2]] = part[2]
                    fine[word[2]] = part[3]
                }
        }
        {
            n = split(tolower($3), word, /[^a-z]+/)
            for (i = 1; i <= n; i++)
                if (word[i] in instead && $1 !~ fine[word[i]] && !seen[$1, $2, word[i]]++)
                    print $1 ":" $2 ": a name with \"" word[i] "\", say " instead[word[i]]
        }'
}

texts_check()
{
    tracked '*' | grep -v -e '^tests/check/words' -e '^LICENSE$' |
        (cd "$source" && xargs -r -d '\n' grep -nI '' /dev/null) |
        awk -v table="$check_folder/words.txt" '
        BEGIN {
            while ((getline line <table) > 0)
                if (line ~ /^text /) {
                    rules++
                    split(substr(line, 6), part, /[ \t]+\|[ \t]+/)
                    pattern[rules] = part[1]
                    why[rules] = part[2]
                    fine[rules] = part[3]
                    joined = joined (rules > 1 ? "|" : "") part[1]
                }
        }
        {
            text = tolower($0)
            if (text !~ joined) next
            at = index(text, ":")
            line = substr(text, at + 1)
            at += index(line, ":")
            place = substr($0, 1, at - 1)
            text = substr(text, at + 1)
            for (i = 1; i <= rules; i++) {
                rest = text
                gsub(fine[i], "", rest)
                if (match(rest, pattern[i]))
                    print place ": \"" substr(rest, RSTART, RLENGTH) "\": " why[i]
            }
        }'
}

check()
{
    names_check
    texts_check
}

self_test()
{
    plant lib/a.c '/* the job of this file */' 'const char *jobless = "job";' 'int adjob;'
    plant README.md 'a framework/worker'
    expect_clean
    plant lib/b.c '' 'int job_count;'
    expect_fault '^lib/b.c:2: a name with "job", say task'
    plant lib/b.c '' '/* see /home/me/notes */'
    expect_fault '^lib/b.c:2: .*a path of one machine'
    plant lib/b.c '' '/* TODO: more */'
    expect_fault '^lib/b.c:2: .*do it, or leave it out'
    rm "$source/lib/b.c"
    plant lib/utils.h ''
    expect_fault '^lib/utils.h:1: a name with "utils"'
}

check_main "$@"
