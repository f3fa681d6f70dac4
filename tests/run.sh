#!/bin/bash
# run.sh - installs what tests need, builds every way, runs everything, sums it up.
# SPDX-License-Identifier: Apache-2.0
#
# tests/run.sh          some 40 minutes on two cores
# tests/run.sh --long   an hour of fuzzing a target, 200 kills, files beyond 4 GB, system
#                      tests under the sanitizers as well
# The last line is CTest's, summed over all builds. 0 only when nothing failed.
set -u -o pipefail
cd "$(dirname "$(realpath "$0")")/.." || exit 1
SPILLWAY_TEST_DATA=$(realpath -m "${SPILLWAY_TEST_DATA:-../shared/data}")
export SPILLWAY_TEST_DATA
command -v ccache >/dev/null && export CMAKE_C_COMPILER_LAUNCHER=ccache

fuzz_seconds=10
asan_system='^system\.(campaign|physics|impact)$'
case ${1-} in
'') ;;
--long)
    fuzz_seconds=3600
    export KILLS=200
    asan_system='^system\.'
    ;;
*)
    echo 'run.sh: call it without arguments or with --long' >&2
    exit 2
    ;;
esac

passed=0
failed=0
summary=()

# The sanitizers of gcc 12 need addresses as they were before kernels had 32 bits of chance.
steady=()
setarch "$(uname -m)" -R true 2>/dev/null && steady=(setarch "$(uname -m)" -R)

# note NAME PASSED FAILED SECONDS
note()
{
    passed=$((passed + $2))
    failed=$((failed + $3))
    summary+=("$(printf '%-28s %5d passed %3d failed %6d s' "$1" "$2" "$3" "$4")")
    echo "--- ${summary[-1]}"
}

# build PRESET [ninja targets]: counts as one test.
build()
{
    local preset=$1 start=$SECONDS log
    shift
    log=$(mktemp)
    if cmake --preset "$preset" >"$log" 2>&1 &&
        cmake --build --preset "$preset" -j2 ${1:+--target "$@"} >>"$log" 2>&1; then
        note "build $preset" 1 0 $((SECONDS - start))
        rm -f "$log"
        return 0
    fi
    grep -A8 -E 'error:|FAILED|CMake Error|No such file' "$log" | cut -c1-400 | head -40
    tail -2 "$log"
    rm -f "$log"
    note "build $preset" 0 1 $((SECONDS - start))
    return 1
}

# run NAME PRESET ctest arguments...
run()
{
    local name=$1 preset=$2 start=$SECONDS log line all bad
    shift 2
    log=$(mktemp)
    "${steady[@]}" ctest --test-dir "build/$preset" --output-on-failure -j2 "$@" >"$log" 2>&1
    line=$(grep -E 'tests passed, [0-9]+ tests failed out of' "$log" | tail -1)
    if [ -z "$line" ]; then
        if grep -q 'No tests were found' "$log"; then
            note "$name: none" 0 0 $((SECONDS - start))
        else
            tail -40 "$log"
            note "$name" 0 1 $((SECONDS - start))
        fi
    else
        bad=$(sed -E 's/.*passed, ([0-9]+) tests failed.*/\1/' <<<"$line")
        all=${line##* }
        [ "$bad" -eq 0 ] || cat "$log"
        grep -E '\*\*\*Skipped' "$log" | sed -E 's/^ *[0-9]+\/[0-9]+ */skipped: /; s/ \.\..*//'
        note "$name" $((all - bad)) "$bad" $((SECONDS - start))
    fi
    rm -f "$log"
}

# fuzz TARGET: libFuzzer on a copy of the corpus; its findings stay in build/fuzz/found.
fuzz()
{
    local program=$1 name log
    name=${program##*/fuzz_}
    log=$(mktemp)
    mkdir -p "build/fuzz/found" "build/fuzz/corpus/$name"
    cp -n "tests/fuzz/corpus/$name/"* "build/fuzz/corpus/$name/" 2>/dev/null
    if "${steady[@]}" "$program" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="build/fuzz/found/$name-" -print_final_stats=1 \
        "build/fuzz/corpus/$name" >"$log" 2>&1; then
        echo "fuzz $name: $(sed -n 's/stat::number_of_executed_units: *//p' "$log") inputs"
    else
        echo "fuzz $name: FAILED"
        tail -40 "$log"
    fi
    rm -f "$log"
}

fuzz_all()
{
    local start=$SECONDS log bad all
    export -f fuzz
    export fuzz_seconds
    log=$(mktemp)
    find build/fuzz/bin -name 'fuzz_*' -type f | sort |
        xargs -r -P2 -n1 bash -c "steady=(${steady[*]}); fuzz \"\$1\"" fuzz | tee "$log"
    all=$(grep -c '^fuzz ' "$log")
    bad=$(grep -c '^fuzz .*FAILED' "$log")
    note "fuzz, $fuzz_seconds s a target" $((all - bad)) "$bad" $((SECONDS - start))
    rm -f "$log"
}

# What the tests need is installed while the first build runs.
deploy/packages.sh build || exit 1
deploy/packages.sh test &
packages=$!
build dev
built=$?
wait $packages || exit 1
if [ $built -eq 0 ]; then
    run 'dev unit' dev -L '^(unit|property|fault|sim|fuzz)$'
    run 'dev system' dev -L '^system$'
    run 'dev bench, tiny' dev -L '^bench$'
    run 'dev check' dev -L '^check$'
    # The same bytes without the instructions that glibc chooses its code by.
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F run 'dev golden, plain CPU' dev -L '^golden$'
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F run 'dev golden, AVX2' dev -L '^golden$'
fi
if build asan; then
    run 'asan unit' asan -L '^(unit|property|fault|fuzz)$'
    run 'asan system' asan -R "$asan_system"
fi
build tsan threads_tests && run 'tsan threads' tsan -L '^threads$'
if build fuzz clang_tests; then # by clang, with its sanitizers
    run 'clang unit and golden' fuzz -L '^(unit|golden)$'
    fuzz_all
fi

echo
echo 'Summary'
printf '%s\n' "${summary[@]}"
echo "$SECONDS s in all"
all=$((passed + failed))
echo "$((all == 0 ? 0 : 100 * passed / all))% tests passed, $failed tests failed out of $all"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
