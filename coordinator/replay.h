/* replay.h - spillway replay: a journal decided again.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_REPLAY_H
#define SPILLWAY_COORDINATOR_REPLAY_H

#include "coordinator/area.h"
#include "coordinator/journal_read.h"

struct replayed {
    uint64_t events, commands;
    size_t cut;                 /* bytes behind the last whole line */
    uint64_t failures;          /* attempts on which a rule decided */
    uint64_t decided_otherwise; /* of them, under the other policy */
    uint64_t parted_line;       /* where the histories part, 0 nowhere */
};

/* E_REPLAY with line, event and commands at the first step whose commands are not those
 * of the journal. `other` NULL: none; else what would have differed is added to `out`. */
bool replay_journal(struct journal_state *state, const struct campaign_policy *other,
                    struct replayed *replayed, struct bytes *out, struct err *err);

extern const char replay_usage[];
int replay_command(struct area *area, int argc, char **argv);

#endif
