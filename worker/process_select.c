/* process_select.c - skims and their accounts: which events are kept, written raw.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A raw skim holds the accepted events byte for byte, and all records of the segment, in
 * the order of the file.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "worker/process_internal.h"

#define MASK_TYPE "bad_spills"

bool process_select_start(struct process *process, const struct task_segment *segment,
                          struct err *err)
{
    const struct bytes *mask = NULL;
    memset(process->flows, 0, sizeof process->flows);
    for (uint32_t i = 0; i < segment->select_value_count; i++) {
        const struct task_value *value =
            &process->task->values[segment->select_values[i]];
        if (strcmp(value->effective.type, MASK_TYPE) == 0 &&
            value->effective.level != FALLBACK_NONE)
            mask = &process->values.texts[segment->select_values[i]];
    }
    return selection_mask(&process->selection, mask, err);
}

void process_choose(struct process *process, const struct task_segment *segment,
                    struct event_place *place, const struct reco_table *table,
                    uint32_t row)
{
    struct selection_event event = {.run = segment->segment.id.chunk.run,
                                    .spill = segment->segment.spill,
                                    .event = place->event,
                                    .type = place->type,
                                    .table = table,
                                    .row = row};
    place->accepted = 0;
    if ((process->task->steps & STEP_SELECT) == 0)
        return;
    for (uint32_t s = 0; s < process->task->recipe->skim_count; s++)
        if (selection_keeps(&process->selection, s, &event, &process->flows[s]))
            place->accepted |= (uint16_t)(1u << s);
}

void process_choose_rows(struct process *process, const struct task_segment *segment,
                         uint32_t row, uint32_t count, uint16_t accepted[SELECTION_ROWS])
{
    const struct reco_table *table = &process->source.table;
    const struct selection_events events = {.run = segment->segment.id.chunk.run,
                                            .spill = segment->segment.spill,
                                            .numbers = reco_u32(table, RECO_EVENT, row),
                                            .types = reco_u8(table, RECO_TYPE, row),
                                            .count = count,
                                            .table = table,
                                            .row = row};
    memset(accepted, 0, count * sizeof *accepted);
    for (uint32_t s = 0; s < process->task->recipe->skim_count; s++) {
        uint64_t kept =
            selection_choose(&process->selection, s, &events, &process->flows[s]);
        for (; kept != 0; kept &= kept - 1)
            accepted[__builtin_ctzll(kept)] |= (uint16_t)(1u << s);
    }
}

/* The event's bytes, from the segment in memory or fetched and looked at. */
static bool place_bytes(struct process *process, const struct task_segment *segment,
                        const struct event_place *place, const uint8_t **bytes,
                        struct err *err)
{
    struct date_header header;
    if (*bytes != NULL) {
        *bytes += place->offset;
        return true;
    }
    if (!input_piece(&process->input, &segment->segment, place->offset, place->length,
                     &process->piece, err))
        return false;
    *bytes = process->piece.data;
    if (date_header_read(*bytes, place->length, &header, err) &&
        header.size == place->length && header.spill == segment->segment.spill &&
        header.run == segment->segment.id.chunk.run && header.event == place->event &&
        header.type == place->type)
        return true;
    return err_set(err, E_WORKER_INPUT,
                   "input changed: event %" PRIu32 " is not at byte %" PRIu64
                   " of its segment",
                   place->event, place->offset);
}

static struct pack_item item_of(const struct process *process,
                                const struct task_segment *segment)
{
    return (struct pack_item){.key = segment->select_key,
                              .run = segment->segment.id.chunk.run,
                              .spill = segment->segment.spill,
                              .key_text = process->select_text.data,
                              .key_size = process->select_text.size};
}

static bool skim_write(struct process *process, const struct task_segment *segment,
                       const uint8_t *data, uint32_t skim, struct err *err)
{
    struct part *part = &process->select_part;
    struct pack_item item = item_of(process, segment);
    (void)snprintf(item.stream, sizeof item.stream, "skim.%s",
                   process->task->recipe->skims[skim].name);
    pack_begin(&part->pack);
    for (uint32_t i = 0; i < process->places.count; i++) {
        const struct event_place *place = &process->places.list[i];
        bool event = event_type_is_event(place->type);
        const uint8_t *bytes = data;
        if (event && (place->accepted >> skim & 1) == 0)
            continue;
        if (!place_bytes(process, segment, place, &bytes, err) ||
            !pack_add(&part->pack, bytes, place->length, err))
            return false;
        if (!event)
            continue;
        item.entries++;
        event_digest_merge(&item.events, &place->digest);
    }
    process->summary.skims[skim].kept = item.events;
    return part_add(part, &item, &process->products[process->product_count++], err);
}

static bool account_skim(struct process *process, uint32_t number, struct err *err)
{
    const struct skim *skim = &process->task->recipe->skims[number];
    const struct cut_flow *flow = &process->flows[number];
    struct summary_skim *account = &process->summary.skims[number];
    account->other = flow->other;
    account->seen = flow->seen;
    account->masked = flow->masked;
    account->rejected = flow->seen - flow->kept;
    account->cut_count = skim->cut_count;
    memcpy(account->after, flow->after, skim->cut_count * sizeof *account->after);
    bug_if(account->kept.count != flow->kept);
    return text_copy(account->name, sizeof account->name, skim->name, err);
}

static void levels_count(const struct task *task, const uint32_t *values, uint32_t count,
                         struct summary *summary)
{
    for (uint32_t i = 0; i < count; i++)
        summary->fallback[task->values[values[i]].effective.level]++;
}

static bool summary_put(struct process *process, const struct task_segment *segment,
                        struct err *err)
{
    struct part *part = &process->select_part;
    struct pack_item item = item_of(process, segment);
    struct summary *summary = &process->summary;
    summary->skim_count = process->task->recipe->skim_count;
    for (uint32_t s = 0; s < summary->skim_count; s++)
        if (!account_skim(process, s, err))
            return false;
    levels_count(process->task, segment->reco_values, segment->reco_value_count, summary);
    levels_count(process->task, segment->select_values, segment->select_value_count,
                 summary);
    bytes_clear(&process->line);
    (void)snprintf(item.stream, sizeof item.stream, "summary");
    pack_begin(&part->pack);
    return summary_write(summary, &process->line, err) &&
           pack_add(&part->pack, process->line.data, process->line.size, err) &&
           part_add(part, &item, &process->products[process->product_count++], err);
}

bool process_select_write(struct process *process, const struct task_segment *segment,
                          const uint8_t *data, struct err *err)
{
    const struct task *task = process->task;
    process->writing = true;
    if (!part_open(&process->select_part, process_store(process),
                   &task->segments[0].select_key, task->token, err))
        return false;
    for (uint32_t s = 0; s < task->recipe->skim_count; s++)
        if (!skim_write(process, segment, data, s, err))
            return false;
    if (!summary_put(process, segment, err) ||
        !process_flows_write(process, segment, err))
        return false;
    process->writing = false;
    return true;
}
