/* process_skim.c - raw skims: accepted events byte for byte, with all records.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/random.h"
#include "worker/process_internal.h"

/* The number between 0 and 1 by which SKIM_RANDOM chooses: the event type and the skim
 * have no part in it, so a smaller fraction keeps a subset. */
static double event_unit(uint32_t run, uint32_t spill, uint32_t event)
{
    static const uint64_t step = 0x9e3779b97f4a7c15u;
    uint64_t mixed = random_mix(run + step);
    mixed = random_mix(mixed + spill + step);
    mixed = random_mix(mixed + event + step);
    return (double)(mixed >> 11) * 0x1p-53;
}

static bool skim_keeps(const struct skim *skim, const struct event_place *place,
                       double unit)
{
    if ((skim->event_types >> place->type & 1) == 0)
        return false;
    return skim->kind == SKIM_ALL || (skim->kind == SKIM_RANDOM && unit < skim->fraction);
}

void process_choose(struct process *process, const struct task_segment *segment)
{
    const struct recipe *recipe = process->task->recipe;
    for (uint32_t i = 0; i < process->place_count; i++) {
        struct event_place *place = &process->places[i];
        place->accepted = 0;
        if (!event_type_is_event(place->type))
            continue;
        double unit = event_unit(segment->segment.id.chunk.run, segment->segment.spill,
                                 place->event);
        for (uint32_t s = 0; s < recipe->skim_count; s++)
            if (skim_keeps(&recipe->skims[s], place, unit))
                place->accepted |= (uint16_t)(1u << s);
    }
}

static bool skim_write(struct process *process, const struct task_segment *segment,
                       const uint8_t *data, uint32_t skim, struct err *err)
{
    const struct segment *index = &segment->segment;
    struct part *part = &process->select_part;
    struct pack_item item = {.key = segment->select_key,
                             .run = index->id.chunk.run,
                             .spill = index->spill,
                             .key_text = process->select_text.data,
                             .key_size = process->select_text.size};
    (void)snprintf(item.stream, sizeof item.stream, "skim.%s",
                   process->task->recipe->skims[skim].name);
    pack_begin(&part->pack);
    for (uint32_t i = 0; i < process->place_count; i++) {
        const struct event_place *place = &process->places[i];
        bool event = event_type_is_event(place->type);
        if (event && (place->accepted >> skim & 1) == 0)
            continue;
        if (!pack_add(&part->pack, data + place->offset, place->length, err))
            return false;
        if (!event)
            continue;
        item.entries++;
        event_digest_add(&item.events, item.run, item.spill, place->event, place->type);
    }
    return part_add(part, &item, &process->products[process->product_count++], err);
}

bool process_skims(struct process *process, const struct task_segment *segment,
                   const uint8_t *data, struct err *err)
{
    for (uint32_t s = 0; s < process->task->recipe->skim_count; s++)
        if (!skim_write(process, segment, data, s, err))
            return false;
    return true;
}
