#!/bin/bash
# tidy.sh - clang-tidy 14 with our .clang-tidy over every source file.
# SPDX-License-Identifier: Apache-2.0
#
# A file that passed is remembered in BUILD/tidy-cache with all that the answer depends on:
# itself and the files of ours that it includes, as the build knows them, flags, rules, tool.
. "$(dirname "$0")/check_lib.sh"

# One "file<TAB>flags" a source of ours that the build compiles.
commands()
{
    awk -v root="$source/" -v made="$build/generated/" '
        /"command":/ {
            sub(/^ *"command": "[^ ]* /, ""); sub(/",$/, ""); gsub(/\\"/, "\"")
            sub(/ -o .*/, "")
            command = $0
        }
        /"file":/ {
            sub(/^ *"file": "/, ""); sub(/",?$/, "")
            if (index($0, root) == 1 && index($0, made) != 1)
                print substr($0, length(root) + 1) "\t" command
        }' "$build/compile_commands.json" | sort -u -t "$(printf '\t')" -k1,1
}

# One "file<TAB>hashes" a source that was built: of itself and what it includes of ours.
inputs()
{
    local up deps
    up=$(realpath --relative-to="$build" "$source")/
    deps=$(cd "$build" && ninja -t deps 2>/dev/null | grep -v '^ */usr/') || return 0
    {
        (cd "$build" && awk '/^ / && !seen[$1]++ { print $1 }' <<<"$deps" |
            xargs -r -d '\n' sha256sum 2>/dev/null)
        echo
        printf '%s\n' "$deps"
    } | awk -v up="$up" -v root="$source/" '
        !listed && NF == 0 { listed = 1 }
        !listed { hash[$2] = $1 }
        listed && /^[^ ]/ { file = "" }
        listed && /^ / {
            if (file == "") {
                file = $1
                sub("^(" up "|" root ")", "", file)
            }
            if (!seen[file, $1]++)
                all[file] = all[file] " " hash[$1]
        }
        END { for (file in all) print file "\t" all[file] }' | sort
}

# tidy FILE...: what clang-tidy says of them, nothing when all pass.
tidy()
{
    local said status
    said=$(cd "$source" && clang-tidy --quiet -p "$build" \
        --extra-arg=-Wno-ignored-optimization-argument \
        --extra-arg=-Wno-unknown-warning-option "$@" 2>&1)
    status=$?
    said=$(grep -E '^[^ ]+:[0-9]+:[0-9]+: (error|warning)|^error' <<<"$said" |
        sed -E -e "s|^$source/||" -e 's/^([^:]+:[0-9]+):[0-9]+: (error|warning): /\1: /' \
            -e 's/,-warnings-as-errors\]$/], mend it or say why not with NOLINT/')
    [ $status -eq 0 ] && [ -z "$said" ] ||
        printf '%s\n' "${said:-$1:1: clang-tidy fails, run it by hand}"
}

# some FILE FLAGS INPUTS...: one call of the tool, whose start is a fifth of the time, for
# those that are not remembered. When something is found each is asked alone.
some()
{
    local files=() keys=() i memory
    for (( ; $# > 0; )); do
        memory=$build/tidy-cache/$1
        i="$rules ${2//"$source"/.}$3"
        if [ ! -e "$memory" ] || [ "$(<"$memory")" != "$i" ]; then
            files+=("$1")
            keys+=("${3:+$i}")
        fi
        shift 3
    done
    [ ${#files[@]} -gt 0 ] || return 0
    local said alone
    said=$(tidy "${files[@]}")
    for i in "${!files[@]}"; do
        alone=${said:+$(tidy "${files[i]}")}
        if [ -n "$alone" ]; then
            printf '%s\n' "$alone"
        elif [ -n "${keys[i]}" ]; then
            memory=$build/tidy-cache/${files[i]}
            mkdir -p "${memory%/*}"
            printf '%s\n' "${keys[i]}" >"$memory"
        fi
    done
}

check()
{
    needs clang-tidy ninja
    rules=$({
        clang-tidy --version | grep -i version
        cd "$source" && tracked '.clang-tidy' '*/.clang-tidy' | xargs -r cat
    } | sha256sum)
    export rules build source
    export -f some tidy
    local list
    list=$(mktemp)
    commands >"$list"
    while IFS= read -r file; do
        grep -q "^$file$(printf '\t')" "$list" ||
            echo "$file:1: no target compiles it, give it one or delete it"
    done < <(tracked '*.c')
    join -t "$(printf '\t')" -a 1 -o 1.1,1.2,2.2 "$list" <(inputs) | tr '\n\t' '\0\0' |
        xargs -0 -r -n24 -P2 bash -c 'some "$@"' some | sort -u
    rm -f "$list"
}

# built FILE: the build compiles that file alone, and ninja knows what it includes.
built()
{
    printf '%s\n' 'rule cc' '  command = gcc -MD -MF $out.d -o $out -c $in' \
        '  depfile = $out.d' '  deps = gcc' \
        "build $1.o: cc $(realpath --relative-to="$build" "$source")/$1" >"$build/build.ninja"
    ninja -C "$build" >/dev/null || echo "$check_script:1: $1 does not compile"
    printf '[\n{\n  "directory": "%s",\n  "command": "gcc -c %s",\n  "file": "%s"\n}\n]\n' \
        "$source" "$1" "$source/$1" >"$build/compile_commands.json"
}

self_test()
{
    cp "$real_source/.clang-tidy" "$source"
    plant good.h '#define NEXT 1' 'int good(int a);'
    plant good.c '#include "good.h"' 'int good(int a)' '{' '    return a + NEXT;' '}'
    built good.c
    expect_clean
    [ -s "$build/tidy-cache/good.c" ] || expect_fault 'good.c is remembered'
    # What it includes tells whether it still is.
    plant good.h '#define NEXT (a / (a - a))' 'int good(int a);'
    expect_fault '^good.c:4: '
    plant good.h '#define NEXT 2' 'int good(int a);'
    expect_clean
    plant bad.c 'int bad(int a);' 'int bad(int a)' '{' '    int *p = 0;' \
        '    return a ? *p : 1;' '}'
    built bad.c
    expect_fault '^bad.c:5: .*null'
    expect_fault '^good.c:1: no target compiles it'
}

check_main "$@"
