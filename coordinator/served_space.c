/* served_space.c - whether the store of each campaign has room, told once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/served.h"
#include "coordinator/space.h"

static enum lookup space_of(const struct served_one *one, struct catalog_txn *txn,
                            struct space *space, struct err *err)
{
    struct core_counts counts = core_count(one->core);
    uint32_t final = counts.by_state[SEGMENT_COMMITTED] + counts.by_state[SEGMENT_LOST];
    return space_of_campaign(txn, &one->book.campaign,
                             one->book.campaign.segment_count - final, space, err);
}

bool served_space(struct served *served, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(served->catalog, &txn, err))
        return false;
    enum lookup found = LOOKUP_ABSENT;
    for (uint32_t i = 0; found != LOOKUP_FAILED && i < served->count; i++) {
        struct served_one *one = &served->list[i];
        struct space space;
        char text[SPACE_TEXT];
        found = space_of(one, txn, &space, err);
        bool is_short = found == LOOKUP_FOUND && space_is_short(&space);
        if (is_short && !one->short_of_space) {
            space_text(&space, one->book.campaign.store, text);
            log_write(served->log, LOG_LEVEL_WARN,
                      "event=store_too_small campaign=%s why=\"%s\"", one->name, text);
        }
        one->short_of_space = is_short;
    }
    catalog_abort(txn);
    return found != LOOKUP_FAILED;
}
