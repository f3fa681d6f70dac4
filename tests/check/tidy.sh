#!/bin/bash
# tidy.sh - clang-tidy 14 with our .clang-tidy over every source file.
# SPDX-License-Identifier: Apache-2.0
#
# A file that passed is remembered in BUILD/tidy-cache under the hash of all that the
# answer depends on: itself, our headers that it includes, flags, rules, tool.
. "$(dirname "$0")/check_lib.sh"

# One "file<TAB>flags" a source that the build compiles.
commands()
{
    awk -v root="$source/" '
        /"command":/ {
            sub(/^ *"command": "[^ ]* /, ""); sub(/",$/, ""); gsub(/\\"/, "\"")
            sub(/ -o .*/, "")
            command = $0
        }
        /"file":/ {
            sub(/^ *"file": "/, ""); sub(/",?$/, "")
            if (index($0, root) == 1)
                print substr($0, length(root) + 1) "\t" command
        }' "$build/compile_commands.json" | sort -u -t "$(printf '\t')" -k1,1
}

# The hash that the answer for one file depends on.
key_of()
{
    local file=$1 flags=$2 inputs
    # shellcheck disable=SC2086
    inputs=$(cd "$source" && eval "gcc $flags -MM -w \"\$file\"" 2>/dev/null |
        tr -d '\\' | tr ' ' '\n' | grep -v -e '^$' -e ':$') || inputs=$file
    {
        printf '%s\n' "$rules" "${flags//"$source"/.}"
        # shellcheck disable=SC2086
        (cd "$source" && cat $inputs)
    } | sha256sum | cut -d' ' -f1
}

one()
{
    local file=$1 flags=$2 key said
    key=$(key_of "$file" "$flags")
    [ -e "$build/tidy-cache/$key" ] && return 0
    said=$(cd "$source" && clang-tidy --quiet -p "$build" \
        --extra-arg=-Wno-ignored-optimization-argument \
        --extra-arg=-Wno-unknown-warning-option "$file" 2>&1)
    local status=$?
    said=$(grep -E '^[^ ]+:[0-9]+:[0-9]+: (error|warning)|^error' <<<"$said" |
        sed -E -e "s|^$source/||" -e 's/^([^:]+:[0-9]+):[0-9]+: (error|warning): /\1: /' \
            -e 's/,-warnings-as-errors\]$/], mend it or say why not with NOLINT/')
    if [ $status -eq 0 ] && [ -z "$said" ]; then
        : >"$build/tidy-cache/$key"
    else
        printf '%s\n' "${said:-$file:1: clang-tidy fails, run it by hand}"
    fi
}

check()
{
    needs clang-tidy gcc
    mkdir -p "$build/tidy-cache"
    rules=$(clang-tidy --version | grep -i version
        cd "$source" && tracked '.clang-tidy' '*/.clang-tidy' | xargs -r cat)
    export rules build source
    export -f one key_of
    local list
    list=$(mktemp)
    commands >"$list"
    while IFS= read -r file; do
        grep -q "^$file$(printf '\t')" "$list" ||
            echo "$file:1: no target compiles it, give it one or delete it"
    done < <(tracked '*.c')
    tr '\n\t' '\0\0' <"$list" | xargs -0 -r -n2 -P2 bash -c 'one "$1" "$2"' one | sort -u
    rm -f "$list"
}

self_test()
{
    cp "$real_source/.clang-tidy" "$source"
    plant good.c 'int good(int a);' 'int good(int a)' '{' '    return a + 1;' '}'
    plant bad.c 'int bad(int a);' 'int bad(int a)' '{' '    int *p = 0;' \
        '    return a ? *p : 1;' '}'
    local file
    for file in good bad; do
        printf '[\n{\n  "directory": "%s",\n  "command": "gcc -c %s.c",\n  "file": "%s"\n}\n]\n' \
            "$source" $file "$source/$file.c" >"$build/compile_commands.json"
        if [ $file = good ]; then
            mv "$source/bad.c" "$build"
            expect_clean
            [ "$(ls "$build/tidy-cache" | wc -l)" -eq 1 ] || expect_fault 'one file is remembered'
        else
            mv "$build/bad.c" "$source"
            expect_fault '^bad.c:5: .*null'
            expect_fault '^good.c:1: no target compiles it'
        fi
    done
}

check_main "$@"
