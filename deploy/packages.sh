#!/bin/bash
# packages.sh - installs the Debian 12 packages that Spillway needs, and no others.
# SPDX-License-Identifier: Apache-2.0
#
# packages.sh run     what the installed programs need
# packages.sh build   and what compiles them
# packages.sh test    and what the tests need; jsroot is fetched by npm into build/jsroot
# As root, or as a user who may use sudo. What is there already is left alone; the package
# lists are fetched only when something is missing.
set -u

run='openmpi-bin liblmdb0 libcurl4 libssl3 libdeflate0 libxxhash0 libjansson4 libexpat1 libprotobuf-c1
    libmicrohttpd12 libcyaml1 ca-certificates'
build='gcc libc6-dev cmake ninja-build pkg-config libopenmpi-dev liblmdb-dev
    libcurl4-openssl-dev libssl-dev libdeflate-dev libxxhash-dev libjansson-dev libexpat1-dev
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libzstd-dev libmicrohttpd-dev
    libcyaml-dev libyaml-dev libcmocka-dev'
test='clang lld libclang-rt-14-dev clang-format clang-tidy universal-ctags git jq python3
    procps curl nodejs npm chromium'

fail()
{
    printf 'packages.sh: %s\n' "$*" >&2
    exit 1
}

apt()
{
    local as=()
    [ "$(id -u)" -eq 0 ] || as=(sudo)
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1
}

case ${1-} in
run) wanted=$run ;;
build) wanted="$run $build" ;;
test) wanted="$run $build $test" ;;
*) fail 'call it with run, build or test' ;;
esac

# judge: without it the tests that need jsroot say that they skip, so it is no failure.
judge()
{
    [ "$1" != test ] || "$(dirname "$(realpath "$0")")/../tests/jsroot/install.sh" || true
}

missing=()
for package in $wanted; do
    # Node.js of other makers brings npm along and refuses the package.
    [ "$package" = npm ] && command -v npm >/dev/null && continue
    [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = 'install ok installed' ] ||
        missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && { judge "$1"; exit 0; }

# shellcheck disable=SC1091
release=$(. /etc/os-release 2>/dev/null && echo "${ID-} ${VERSION_ID-}")
[ "$release" = 'debian 12' ] ||
    fail "this is not Debian 12 (${release:-unknown}): install yourself what corresponds to" "${missing[@]}"
[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
    fail "needs root or sudo to install" "${missing[@]}"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "packages.sh: installing ${#missing[@]} packages"
apt install -y --no-install-recommends "${missing[@]}" && { judge "$1"; exit 0; }
: >"$log"
apt update && apt install -y --no-install-recommends "${missing[@]}" && { judge "$1"; exit 0; }
tail -n 20 "$log" >&2
fail "apt-get could not install them: check the network and /etc/apt, then call again. Missing:" "${missing[@]}"
