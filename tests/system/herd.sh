#!/bin/bash
# herd.sh - a campaign starts on 100 nodes with 100 workers each: who asks whom how often.
# SPDX-License-Identifier: Apache-2.0
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

"$1/herd_helper" "$work" 100 100 || fail "somebody asked too often, or did not get a payload"
# Every node has each payload once, and nothing else.
for node in 0 5 99; do
    count=$(find "$work/node$node/objects" -type f | wc -l)
    [ "$count" = 50 ] || fail "node $node keeps $count objects"
done
# A second start finds everything on the nodes: nobody is asked again.
rm -rf "$work/store" "$work/lead"
for object in "$work"/node5/objects/*/*; do
    chmod u+w "$object"
    printf x >> "$object" # and a node whose objects were damaged heals
    break
done
out=$("$1/herd_helper" "$work" 8 2)
grep -q 'at most 1 from a node' <<< "$out" || fail "after a second start: $out"
[ "$(find "$work/node5/quarantine" -type f | wc -l)" = 1 ] || fail "the damaged object is not kept aside"
# A tag that may move is read twice, and still the service has two requests.
out=$("$1/herd_helper" "$work/open" 2 2 open) || fail "a tag that is not frozen: $out"
grep -q 'had 2 metadata and 50 blob' <<< "$out" || fail "a tag that is not frozen: $out"
echo "all well"
