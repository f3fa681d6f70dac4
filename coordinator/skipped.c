/* skipped.c - which events of a campaign are skipped, with who said so and why.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/skipped.h"

/* What to look for in the rulings. */
struct search {
    struct catalog_txn *txn;
    uint32_t campaign;
    uint32_t first, count;
    const struct rulings *rulings;
    skipped_visit each;
    void *context;
};

static bool ruling_visit(const struct search *search, const struct ruling *ruling,
                         struct err *err)
{
    for (uint32_t i = 0; i < ruling->segment_count; i++) {
        struct skipped skipped = {.number = ruling->segments[i], .ruling = ruling};
        if (skipped.number < search->first ||
            skipped.number - search->first >= search->count ||
            rulings_last_event(search->rulings, skipped.number, ruling->event) != ruling)
            continue;
        enum lookup found = catalog_get_plan_segment(
            search->txn, search->campaign, skipped.number, &skipped.segment, err);
        if (found == LOOKUP_ABSENT)
            return err_set(err, E_CATALOG_DAMAGED, "plan segment %u is missing",
                           skipped.number);
        if (found == LOOKUP_FAILED || !search->each(&skipped, search->context, err))
            return false;
    }
    return true;
}

bool skipped_each(struct catalog_txn *txn, uint32_t campaign, uint32_t first,
                  uint32_t count, skipped_visit each, void *context, struct err *err)
{
    struct rulings rulings;
    if (!rulings_read(&rulings, txn, campaign, err))
        return false;
    const struct search search = {txn, campaign, first, count, &rulings, each, context};
    bool done = true;
    for (size_t i = 0; done && i < rulings.count; i++)
        if (rulings.list[i].kind == RULING_SKIP)
            done = ruling_visit(&search, &rulings.list[i], err);
    rulings_release(&rulings);
    return done;
}
