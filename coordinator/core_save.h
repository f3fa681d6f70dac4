/* core_save.h - a core as it was loaded, and its events, as lines of a journal.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CORE_SAVE_H
#define SPILLWAY_COORDINATOR_CORE_SAVE_H

#include "coordinator/core.h"
#include "coordinator/journal_line.h"

/* Policy, segments, units, groups, leases; before EVENT_START. */
void core_save(const struct core *core, struct journal_writer *writer);

/* About as many bytes as that is, for a plan that goes from spill to spill. */
size_t core_save_size(const struct core *core);

/* One event, with the digest of the commands that it led to. */
void core_save_event(const struct core_event *event, uint64_t digest,
                     struct journal_writer *writer);

#endif
