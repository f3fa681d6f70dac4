/* eot.c - one spill after the other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/eot.h"

#include <math.h>

/* What the segments of one spill add up to. */
struct spill_sum {
    uint64_t segments;
    uint64_t committed, lost;         /* segments */
    uint64_t skipped;                 /* events of segments that are not lost */
    uint64_t events, delivered, gone; /* events; gone: of lost segments */
    uint64_t physics, delivered_physics;
};

static struct spill_sum spill_add_up(const struct eot_segment *segments, size_t count)
{
    struct spill_sum sum = {.segments = count};
    for (size_t i = 0; i < count; i++) {
        const struct eot_segment *segment = &segments[i];
        sum.events += segment->events;
        sum.physics += segment->physics;
        if (segment->state == SEGMENT_COMMITTED) {
            sum.committed++;
            sum.delivered += segment->events - segment->skipped;
            sum.delivered_physics += segment->physics - segment->skipped_physics;
        } else if (segment->state == SEGMENT_LOST) {
            sum.lost++;
            sum.gone += segment->events;
            continue;
        }
        sum.gone += segment->skipped;
        sum.skipped += segment->skipped;
    }
    return sum;
}

/* EOT of a spill whose segments are all final, some of them or of their events lost. */
static void share_out(struct eot *eot, const struct spill_sum *sum, double count)
{
    double share =
        sum->physics == 0 ? 0 : (double)sum->delivered_physics / (double)sum->physics;
    eot->lost.drop += count;
    eot->delivered.scale += count * share;
    eot->lost.scale += count - count * share;
}

static void spill_account(struct eot *eot, const struct spill_sum *sum,
                          const struct eot_spill *spill)
{
    bool whole = sum->committed == sum->segments && sum->skipped == 0;
    bool final = sum->committed + sum->lost == sum->segments;
    struct eot_part *part = spill->masked ? &eot->masked
                            : whole       ? &eot->delivered
                            : final       ? &eot->lost
                                          : &eot->open;
    eot->selected.spills++;
    part->spills++;
    if (!spill->known) {
        eot->unknown_spills++;
        eot->conflict_spills += spill->conflict;
        eot->unknown_events += sum->events;
        return;
    }
    eot->selected.drop += spill->count;
    eot->selected.scale += spill->count;
    if (part == &eot->lost) {
        share_out(eot, sum, spill->count);
    } else {
        part->drop += spill->count;
        part->scale += spill->count;
    }
}

void eot_account(const struct eot_segment *segments, size_t segment_count,
                 const struct eot_spill *spills, size_t spill_count, struct eot *eot)
{
    size_t at = 0;
    *eot = (struct eot){.unknown_spills = 0};
    for (size_t first = 0, end; first < segment_count; first = end) {
        struct eot_spill spill = {.number = segments[first].spill};
        end = first + 1;
        while (end < segment_count && segments[end].spill == spill.number)
            end++;
        while (at < spill_count && spills[at].number < spill.number)
            at++;
        if (at < spill_count && spills[at].number == spill.number)
            spill = spills[at];
        struct spill_sum sum = spill_add_up(segments + first, end - first);
        eot->selected.events += sum.events;
        eot->delivered.events += sum.delivered;
        eot->lost.events += sum.gone;
        eot->open.events += sum.events - sum.delivered - sum.gone;
        if (sum.events > 0 || spill.known || spill.conflict)
            spill_account(eot, &sum, &spill);
    }
}

double eot_share(const struct eot_segment *segments, size_t segment_count,
                 const struct eot_spill *spill, uint64_t physics)
{
    uint64_t all = spill_add_up(segments, segment_count).physics;
    if (spill->masked || physics == 0)
        return 0;
    if (!spill->known)
        return NAN;
    return all == 0 ? 0 : spill->count * ((double)physics / (double)all);
}

static void part_add(struct eot_part *sum, const struct eot_part *one)
{
    sum->events += one->events;
    sum->spills += one->spills;
    sum->drop += one->drop;
    sum->scale += one->scale;
}

void eot_add(struct eot *sum, const struct eot *one)
{
    part_add(&sum->selected, &one->selected);
    part_add(&sum->delivered, &one->delivered);
    part_add(&sum->lost, &one->lost);
    part_add(&sum->open, &one->open);
    part_add(&sum->masked, &one->masked);
    sum->unknown_spills += one->unknown_spills;
    sum->conflict_spills += one->conflict_spills;
    sum->unknown_events += one->unknown_events;
}
