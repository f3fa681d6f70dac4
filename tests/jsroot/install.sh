#!/bin/bash
# install.sh - puts the pinned jsroot, the judge of our ROOT files, into build/jsroot.
# SPDX-License-Identifier: Apache-2.0
#
# Exactly the versions and hashes of package-lock.json, no script of a package is run.
# What is there already is left alone.
set -u
here=$(dirname "$(realpath "$0")")
place=$(realpath -m "$here/../../build/jsroot")
cmp -s "$here/package-lock.json" "$place/installed" && exit 0
command -v npm >/dev/null || {
    echo 'install.sh: npm is missing, run deploy/packages.sh test' >&2
    exit 1
}
mkdir -p "$place" && cp "$here/package.json" "$here/package-lock.json" "$place" || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
npm ci --prefix "$place" --ignore-scripts --omit=optional --no-audit --no-fund >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    echo 'install.sh: npm could not fetch jsroot, check the network and call it again' >&2
    exit 1
}
mv "$place/package-lock.json" "$place/installed" && echo "jsroot is in $place"
