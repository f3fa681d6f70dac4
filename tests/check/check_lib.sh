# check_lib.sh - what the guard rails share: files, faults, planted faults.
# SPDX-License-Identifier: Apache-2.0
#
# A check is `bash NAME.sh SOURCE BUILD`; it defines check() and ends with `check_main "$@"`.
# It prints one line a fault, "file:line: what, what to do", and fails when there is one.
# `bash NAME.sh --self-test SOURCE BUILD` runs its self_test(), which plants small faults
# in a tree of its own and sees that each is found, and that a clean tree passes.
set -u -o pipefail
export LC_ALL=C
check_script=$(realpath "$0")
check_folder=$(dirname "$check_script")

# tracked PATTERN... : files of the checkout, also new ones that git does not ignore. A
# pattern is the shell's and meets the whole path: '*.c', 'lib/raw/*.h', '*'.
tracked()
{
    local file pattern
    if git -C "$source" rev-parse --git-dir >/dev/null 2>&1; then
        git -C "$source" ls-files --cached --others --exclude-standard
    else
        (cd "$source" && find . -path ./build -prune -o -type f -print) | sed 's|^\./||'
    fi | sort -u | while IFS= read -r file; do
        for pattern in "$@"; do
            # shellcheck disable=SC2254
            case $file in
            $pattern)
                [ -f "$source/$file" ] && printf '%s\n' "$file"
                break
                ;;
            esac
        done
    done
    return 0
}

c_files()
{
    tracked '*.c' '*.h'
}

# needs TOOL...: a check must not pass because its tool is missing.
needs()
{
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null ||
            echo "$check_script:1: $tool is missing, run deploy/packages.sh test"
    done
}

# rows FILE: a table without comments and empty lines.
rows()
{
    sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$1"
}

# code FILE...: "file<TAB>line<TAB>code" for each line, comments and texts blanked.
code()
{
    (cd "$source" && awk -f "$check_folder/code.awk" "$@" </dev/null)
}

# flags: the include folders and definitions that all sources are compiled with.
flags()
{
    awk '/"command":/ {
        for (i = 1; i <= NF; i++) {
            if ($i ~ /^-[ID]/ && !seen[$i]++) print $i
            if ($i == "-isystem" && !seen[$(i + 1)]++) print "-isystem\n" $(i + 1)
        }
    }' "$build/compile_commands.json"
}

# plant FILE LINE...: a file in the tree of the self-test.
plant()
{
    local file=$source/$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$@" >"$file"
}

# expect_fault PATTERN / expect_clean: what the check says of the tree as it is now.
expect_fault()
{
    local said
    if said=$(bash "$check_script" "$source" "$build" 2>&1); then
        echo "$check_script:1: a planted fault passed, it must be found: $1"
        self_failed=1
    elif ! grep -Eq -e "$1" <<<"$said"; then
        echo "$check_script:1: no line like \"$1\" for a planted fault, it said: $said"
        self_failed=1
    fi
}

expect_clean()
{
    local said
    if ! said=$(bash "$check_script" "$source" "$build" 2>&1); then
        echo "$check_script:1: a clean tree is refused: $said"
        self_failed=1
    fi
}

# check_main [--self-test] SOURCE BUILD
check_main()
{
    if [ "${1-}" = --self-test ]; then
        real_source=$(realpath "$2")
        real_build=$(realpath "$3")
        self_failed=0
        build=$(mktemp -d)
        trap 'rm -rf "$build"' EXIT
        source=$build/source
        mkdir -p "$source"
        self_test
        return $self_failed
    fi
    source=$(realpath "${1:?folder of the sources}")
    build=$(realpath "${2:?folder of the build}")
    local faults
    faults=$(check)
    [ -z "$faults" ] && return 0
    printf '%s\n' "$faults"
    return 1
}
