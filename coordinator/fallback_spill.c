/* fallback_spill.c - whether a spill of a plan counts, and with how much EOT.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/fallback_spill.h"

#include <inttypes.h>

static bool any_event(struct catalog_txn *txn, const struct plan_segment *segments,
                      uint32_t count, bool *any, struct err *err)
{
    for (uint32_t i = 0; i < count && !*any; i++) {
        struct segment segment;
        enum lookup found = catalog_get_segment(txn, &segments[i].id, &segment, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT &&
                   err_set(err, E_CATALOG_DAMAGED,
                           "run %" PRIu32 ": a segment is missing",
                           segments[i].id.chunk.run);
        *any = segment.events[EVENT_PHYSICS] + segment.events[EVENT_CALIBRATION] > 0;
    }
    return true;
}

bool fallback_spill_read(struct catalog_txn *txn, const struct plan_segment *segments,
                         uint32_t count, struct fallback_spill *spill, struct err *err)
{
    struct spill stored;
    enum lookup found =
        catalog_next_spill(txn, segments->id.chunk.run, segments->spill, &stored, err);
    if (found == LOOKUP_FAILED)
        return false;
    bool recorded = found == LOOKUP_FOUND && stored.number == segments->spill;
    *spill = (struct fallback_spill){.selected = false};
    if (recorded && stored.beam_known && !stored.beam_conflict)
        *spill = (struct fallback_spill){true, true, stored.beam_count};
    return spill->known || any_event(txn, segments, count, &spill->selected, err);
}
