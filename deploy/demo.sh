#!/bin/bash
# demo.sh - installs, builds, simulates a small data set, runs a campaign on it, shows it.
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh [DIR]   everything goes into DIR (default: build/demo), which must not exist
#
# Real are: Open MPI, LMDB, the conditions service over HTTP, the raw format. SYNTHETIC
# are the data.
set -eu -o pipefail
cd "$(dirname "$(realpath "$0")")/.."
demo=$(realpath -m "${1-build/demo}")
say() { printf '\n== %s\n' "$*"; }

[ ! -e "$demo" ] || { echo "demo.sh: $demo is there already: remove it or name another folder" >&2; exit 2; }

say "Packages and build"
deploy/packages.sh build
log=$(mktemp)
programs=(spillway spillway-pilot spillway-executor spillway-simulate)
{ cmake --preset release && cmake --build --preset release --target "${programs[@]}"; } >"$log" 2>&1 || {
    grep -A9 -E 'error|FAILED' "$log" | head -40
    echo "demo.sh: the build failed, its log is $log" >&2
    exit 1
}
tail -1 "$log"
rm -f "$log"
export PATH=$PWD/build/release/bin:$PATH

say "A SYNTHETIC data set: electrons at 100 GeV, 2022 set-up, 2 runs x 6 spills x 400 events"
mkdir -p "$demo"
spillway-simulate --out "$demo/data" --runs 9001-9002 --spills 6 --events 400 --signal-fraction 0.01
ls -l "$demo/data" | sed 's/^/   /'

say "A conditions service on loopback, with the calibrations of that data set"
spillway conditions serve --data "$demo/data/conditions" --listen 127.0.0.1:0 >"$demo/conditions.log" 2>&1 &
service=$!
trap 'kill "$service" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    url=$(grep -o 'http://[0-9.:]*[^ ]*' "$demo/conditions.log" | head -1 || true)
    [ -n "$url" ] && break
    sleep 0.1
done
echo "   $url"

say "A production area: runs imported and scanned"
spillway init "$demo/area"
export SPILLWAY_AREA=$demo/area
spillway runs import "$demo/data/runs.yaml"
spillway runs scan
spillway runs list

sed -e "s|^store: .*|store: $demo/store|" -e "s|^  source: .*|  source: $url|" \
    deploy/demo.yaml >"$demo/campaign.yaml"

say "The campaign"
cat "$demo/campaign.yaml"
spillway plan "$demo/campaign.yaml" --dry-run
spillway run "$demo/campaign.yaml"

say "What came out"
(cd "$demo/store/published" && find . -type f ! -name '*.prov.json' -printf '   %p  %s bytes\n' | sort)
spillway report demo
spillway verify demo

say "Which inputs, software and calibrations made a file"
file=$(find "$demo/store/published" -name 'skim.eminvis_loose_*.dat' | sort | head -1)
spillway trace "$file"

say "The reconstructed events as a TTree, for macros that do not read RNTuple"
mapfile -t reco < <(find "$demo/store/published" -name 'reco_*.root' | sort)
spillway export --ttree "$demo/tree.root" "${reco[@]}"

say "The same command again"
spillway run "$demo/campaign.yaml"

cat <<END

Everything is in $demo. Ask with
   export PATH=$PWD/build/release/bin:\$PATH SPILLWAY_AREA=$demo/area
   spillway status | spillway report demo | spillway trace FILE | spillway explain demo
README.md, "Opening what is published", says how ROOT, Python and a browser open
   ${reco[0]}
   $demo/tree.root
END
