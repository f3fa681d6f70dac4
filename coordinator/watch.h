/* watch.h - the coordinator looks whether its campaign goes on, and says why not.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What it sees is logged once when it begins and once when it is over, and kept in the
 * catalog as text "watch/CAMPAIGN", so that `spillway status` and `spillway overdue` can
 * tell it. It is written only when it changes, so a healthy campaign costs no commit.
 */
#ifndef SPILLWAY_COORDINATOR_WATCH_H
#define SPILLWAY_COORDINATOR_WATCH_H

#include "base/log.h"
#include "coordinator/book.h"

struct watch {
    struct catalog *catalog;
    const struct campaign *campaign;
    const struct core *core;
    struct log *log;
    bool
        ahead; /* pilots work for a campaign that goes before: not to be asked is right */
    bool known; /* `told` is what the catalog holds */
    struct core_watch told;
    int64_t looked_ns;
};

/* At most once a second; writes the catalog when something changed. */
bool watch_look(struct watch *watch, int64_t now_ns, int64_t wall_s, struct err *err);

struct watch_late {
    uint64_t attempt;
    char host[64];
    bool merge;
    uint32_t first, count;
    int64_t deadline_s; /* wall */
};

/* As it was read back. */
struct watch_record {
    bool alert;
    int64_t progress_s; /* wall, of the last progress */
    char cause[256];    /* "" nothing is open */
    struct watch_late late[CORE_LATE_SHOWN];
    uint32_t late_shown;
    uint32_t late_count; /* of all */
};

/* ABSENT when no coordinator ever looked. */
enum lookup watch_read(struct catalog_txn *txn, const char *campaign,
                       struct watch_record *record, struct err *err);

#endif
