/* journal_read.h - a journal as a core and the events that it took.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes may come: what is not whole ends the journal, what no coordinator can have
 * written is E_JOURNAL with its line.
 */
#ifndef SPILLWAY_COORDINATOR_JOURNAL_READ_H
#define SPILLWAY_COORDINATOR_JOURNAL_READ_H

#include "coordinator/core.h"
#include "coordinator/journal_line.h"

struct journal_state;

/* What a core was loaded from; `data` is borrowed. ABSENT: it ends before its first
 * event, as when a coordinator is killed while it starts. */
enum lookup journal_state_read(const char *data, size_t size,
                               struct journal_state **state, struct err *err);
void journal_state_free(struct journal_state *state);
const char *journal_state_campaign(const struct journal_state *state);
const struct campaign_policy *journal_state_policy(const struct journal_state *state);

/* A new core with these segments, groups and leases, under a policy. */
struct core *journal_state_core(const struct journal_state *state,
                                const struct campaign_policy *policy);

struct journal_event {
    struct core_event event; /* borrowed until the next one */
    uint64_t digest;         /* of the commands that it led to */
    uint64_t line;
};

/* FOUND: the next event. ABSENT: the end, or the first line that is not whole; *cut is
 * how many bytes are left then. */
enum lookup journal_event_next(struct journal_state *state, struct journal_event *event,
                               size_t *cut, struct err *err);

#endif
