#!/bin/bash
# retry_rules.sh - the retry rules of a campaign file in a real campaign.
# SPDX-License-Identifier: Apache-2.0
#
# A raw file is away for a while. The built-in table would set its segments aside; a rule
# tries them again, so the campaign completes by itself with the bytes of a calm one, and
# status, trace and log say which rule decided and which passive one would have.
. "$2/tests/system/area_lib.sh"
make_raw_helper "$scratch/data" 5001 5002 2 60 || exit 1
make_area calm "$scratch/data"
make_campaign "$scratch/calm.yaml" c1 "$scratch/store-calm"
must spillway --area "$scratch/calm" run "$scratch/calm.yaml" --workers 1

make_area ruled "$scratch/data"
make_campaign "$scratch/ruled.yaml" c1 "$scratch/store-ruled" "retry:" "  rules:" \
    "  - {class: input, action: fail, passive: true}" \
    "  - code: E_WORKER_INPUT" "    text: input*file is gone" "    action: retry" "    delay_s: 1"
must spillway --area "$scratch/ruled" plan "$scratch/ruled.yaml"
raw=$scratch/data/raw/cdr01001-005001.dat
mv "$raw" "$scratch/away.dat"
spillway --area "$scratch/ruled" run "$scratch/ruled.yaml" --workers 1 >"$scratch/run.out" 2>&1 &
supervisor=$!
started+=($supervisor)
told() { grep -q "event=attempt_failed.* rule=2 action=retry passive_rule=1 " "$scratch/ruled"/logs/*.log; }
wait_for 40 told || fail "the log does not name the rule: $(tail -3 "$scratch/ruled"/logs/*.log)"
must spillway --area "$scratch/ruled" status c1
says out "0 files published" "E_WORKER_INPUT"
mv "$scratch/away.dat" "$raw"
wait "$supervisor" || fail "run ended with $?: $(tail -3 "$scratch/run.out")"
same_bytes "$scratch/store-calm" "$scratch/store-ruled"

must spillway --area "$scratch/ruled" status c1
says out "rule 1: class input -> fail, passive: decided 0, would have decided " \
    "rule 2: code E_WORKER_INPUT, text \"input*file is gone\" -> retry after 1 s: decided "
grep -q "rule 2.*decided 0," "$scratch/out" && fail "rule 2 never decided: $(cat "$scratch/out")"
must spillway --area "$scratch/ruled" status c1 --json
says out '"rules":[{"rule":1,'
attempt=$(sed -n 's/.*event=attempt_failed attempt=\([0-9]*\) .*/\1/p' "$scratch/ruled"/logs/*.log | head -1)
must spillway --area "$scratch/ruled" trace --attempt "$attempt"
says out "failed with E_WORKER_INPUT" "rule 2: code E_WORKER_INPUT, text" "; done: retry" \
    "passive rule 1 would have decided"
must spillway --area "$scratch/ruled" trace --attempt "$attempt" --json
says out '"action":"retry","passive_rule":1'
must spillway --area "$scratch/ruled" catalog check

must spillway help rules
says out "101  class input -> quarantine" "106  anything -> retry"
sed 's/action: retry/action: again/' "$scratch/ruled.yaml" >"$scratch/wrong.yaml"
refused 2 "wrong.yaml:17: retry rule 2: action: fail, retry, more_memory" \
    spillway --area "$scratch/ruled" plan "$scratch/wrong.yaml"
finish
