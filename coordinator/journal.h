/* journal.h - every decision of the coordinator, in files of the area.
 * SPDX-License-Identifier: Apache-2.0
 *
 * AREA/journal/CAMPAIGN.NUMBER holds one life of a core: what it was loaded from, then
 * each event with the digest of its commands; `spillway replay` decides it again. A new
 * life makes a new file, so the tail that a killed process left is never written to; it
 * is cut when it is read. Nothing is synced: a journal explains, the catalog is the
 * truth. When it cannot be written it ends, the service goes on.
 */
#ifndef SPILLWAY_COORDINATOR_JOURNAL_H
#define SPILLWAY_COORDINATOR_JOURNAL_H

#include "base/log.h"
#include "coordinator/core.h"

/* The oldest files go while all of a campaign are larger, or more. */
#define JOURNAL_BYTES ((uint64_t)256 << 20)
#define JOURNAL_FILES 64u

/* Of events; then the service loads its core anew from the catalog, as after a restart.
 */
#define JOURNAL_FILE ((uint64_t)32 << 20)

struct journal;

/* A new file for a core that was loaded and not started; removes what is too old. NULL,
 * and a line in the log, when it cannot be made. */
struct journal *journal_open(const char *folder, const char *campaign,
                             const struct core *core, struct log *log);
void journal_close(struct journal *journal); /* NULL is fine */

/* One step, in memory; NULL is fine. */
void journal_add(struct journal *journal, const struct core_event *event,
                 const struct core_commands *commands);

/* Hands what was added to the operating system; NULL is fine. */
void journal_flush(struct journal *journal);

/* The events take more than `limit` bytes. False for NULL. */
bool journal_is_full(const struct journal *journal, uint64_t limit);

#endif
