/* process_decode.c - raw events of a segment -> reconstructed columns.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything is allocated with the first segment; the event loop takes no memory.
 */
#include <stdlib.h>

#include "raw/decode.h"
#include "worker/process_internal.h"

/* Rows that are made before they go on to histograms and columns: 120 kB, which stay in
 * a core's second-level cache. */
#define ROWS 64u

/* Channels and rules of one set of values. */
#define CALIBRATION_LIMIT ((size_t)256 << 20)

void decoder_init(struct decoder *decoder)
{
    *decoder = (struct decoder){.made_for = NULL};
    arena_init(&decoder->arena, CALIBRATION_LIMIT);
}

void decoder_release(struct decoder *decoder)
{
    arena_release(&decoder->arena);
    calibration_release(&decoder->calibration);
    if (decoder->table.capacity == 0)
        return;
    sadc_digits_release(&decoder->digits);
    reco_table_release(&decoder->table);
    columns_writer_release(&decoder->writer);
    decoder->table.capacity = 0;
}

/* Takes the memory for events, once. */
static void decoder_prepare(struct decoder *decoder)
{
    if (decoder->table.capacity != 0)
        return;
    sadc_digits_init(&decoder->digits);
    reco_table_init(&decoder->table, ROWS);
    columns_writer_init(&decoder->writer);
}

/* Neighbouring spills most often have the same values, or all but one row. */
static bool same_values(const struct task_segment *a, const struct task_segment *b)
{
    return a != NULL && a->reco_value_count == b->reco_value_count &&
           memcmp(a->reco_values, b->reco_values,
                  a->reco_value_count * sizeof *a->reco_values) == 0;
}

static bool calibration_prepare(struct process *process,
                                const struct task_segment *segment, struct err *err)
{
    struct decoder *decoder = &process->decoder;
    const struct task *task = process->task;
    decoder_prepare(decoder);
    if (same_values(decoder->made_for, segment))
        return true;
    const struct setup *setup = setup_find(task->recipe->setup);
    if (setup == NULL)
        return err_set(err, E_RECO_SETUP, "there is no set-up \"%s\"",
                       task->recipe->setup);
    struct calibration_value *values = mem_new(segment->reco_value_count, sizeof *values);
    for (uint32_t i = 0; i < segment->reco_value_count; i++) {
        uint32_t number = segment->reco_values[i];
        const struct effective *effective = &task->values[number].effective;
        bool none = effective->level == FALLBACK_NONE;
        values[i] =
            (struct calibration_value){effective->type, effective->level,
                                       none ? NULL : &process->values.texts[number]};
    }
    struct calibration_input input = {.run = segment->segment.id.chunk.run,
                                      .spill = segment->segment.spill,
                                      .values = values,
                                      .value_count = segment->reco_value_count};
    decoder->made_for = NULL;
    layout_clear(&decoder->layout);
    arena_reset(&decoder->arena);
    calibration_release(&decoder->calibration);
    bool made =
        calibration_make(setup, &input, &decoder->arena, &decoder->calibration, err);
    free(values);
    if (made)
        decoder->made_for = segment;
    return made;
}

/* The events that a manager took out. */
static bool skip_prepare(struct process *process, const struct task_segment *segment,
                         struct err *err)
{
    struct skip_list *list = &process->decoder.skip;
    list->count = 0;
    for (uint32_t i = 0; i < segment->reco_value_count; i++) {
        uint32_t number = segment->reco_values[i];
        const struct bytes *text = &process->values.texts[number];
        if (strcmp(process->task->values[number].effective.type, SKIP_TYPE) == 0)
            return skip_parse(text->data, text->size, list, err);
    }
    return true;
}

/* One S-Link block; false when a piece of it is lost. */
static bool block_decode(struct decoder *decoder, const struct slink_block *block)
{
    if (!block->spill_good || slink_block_flagged(block))
        slink_block_marks(block, &decoder->faults.log);
    if ((block->format & SLINK_FIRST_OF_RUN) != 0 ||
        decoder->calibration.index[block->source] == NULL)
        return true;
    const struct chip_rule rule = calibration_rule(&decoder->calibration, block->source);
    return digits_take_sadc(block, &rule, &decoder->digits, &decoder->faults);
}

/* Samples of one event; false when a piece of it is lost. */
static bool event_decode(struct decoder *decoder, const struct date_event *event)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    bool whole = true;
    enum lookup found;
    sadc_digits_clear(&decoder->digits);
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        bool good = found == LOOKUP_FOUND && block_decode(decoder, &block);
        if (found == LOOKUP_FAILED)
            decoder->faults.log.counts.of[fault.damage]++;
        whole = whole && good;
    }
    return whole;
}

/* Adds the row of one event. */
static void event_row(struct decoder *decoder, const struct event_place *place,
                      const struct date_event *event)
{
    bool whole = event_decode(decoder, event);
    struct event_head head = {.run = event->header.run,
                              .spill = event->header.spill,
                              .event = event->header.event,
                              .type = event->header.type,
                              .time_s = event->header.time_s,
                              .trigger = event->header.trigger_mask,
                              .trigger_valid = event->header.trigger_valid,
                              .damaged = !whole};
    decoder->damaged_events += whole ? 0 : 1;
    uint32_t row = decoder->table.rows;
    event_reconstruct(&decoder->calibration, &head, &decoder->digits, &decoder->table,
                      &decoder->counts);
    *reco_u32(&decoder->table, RECO_RAW_OFFSET, row) = (uint32_t)place->offset;
    *reco_u32(&decoder->table, RECO_RAW_SIZE, row) = place->length;
}

static void account_take(const struct decoder *decoder, struct summary *summary)
{
    damage_counts_add(&summary->damage, &decoder->faults.log.counts);
    summary->damaged_events = decoder->damaged_events;
    summary->nan_count = decoder->counts.numbers_nan;
    summary->lost_channels = decoder->counts.lost_channels;
    summary->no_master = decoder->counts.no_master;
}

/* The rows made so far go to the histograms and wait for their pages. */
static bool rows_flush(struct process *process, struct err *err)
{
    struct reco_table *table = &process->decoder.table;
    if ((process->task->steps & STEP_RECO) != 0) {
        quality_add(&process->hists, table);
        if (!columns_put(&process->decoder.writer, table, err))
            return false;
    }
    table->rows = 0;
    return true;
}

/* One event as a row, and what the skims make of it. */
static bool event_take(struct process *process, const struct task_segment *segment,
                       struct event_place *place, const struct date_event *event,
                       struct err *err)
{
    const struct reco_table *table = &process->decoder.table;
    const struct process_options *options = process->options;
    place->skipped = skip_has(&process->decoder.skip, place->event);
    if (place->skipped) {
        process->summary.skipped++;
        return true;
    }
    if (table->rows == table->capacity && !rows_flush(process, err))
        return false;
    if (options->at != NULL)
        options->at(options->user, place->event);
    event_row(&process->decoder, place, event);
    if (options->at != NULL)
        options->at(options->user, UINT32_MAX);
    process_choose(process, segment, place, table, table->rows - 1);
    return true;
}

/* All rows, while the bytes of the segment come in and before they are known to be good;
 * for a segment whose rows fit into a cluster, of which nothing is written before its
 * end. */
static bool rows_stream(struct process *process, const struct task_segment *segment,
                        const uint8_t *data, struct err *err)
{
    struct places *places = &process->places;
    struct scan scan;
    struct date_event event;
    enum lookup found = LOOKUP_FAILED;
    if (!scan_start(process, segment, data, &scan, err))
        return false;
    while ((found = scan_next(process, &scan, &event, err)) == LOOKUP_FOUND) {
        struct event_place *place = &places->list[places->count - 1];
        bool room =
            process->decoder.counts.events < RECO_CLUSTER; /* else the index lied */
        if (room && event_type_is_event(place->type) &&
            !event_take(process, segment, place, &event, err))
            return false;
    }
    return found == LOOKUP_ABSENT && scan_end(process, segment, err);
}

/* The rows of a segment that was read. */
static bool rows_make(struct process *process, const struct task_segment *segment,
                      const uint8_t *data, struct err *err)
{
    for (uint32_t i = 0; i < process->places.count; i++) {
        struct event_place *place = &process->places.list[i];
        struct date_event event = {.data = data + place->offset};
        if (event_type_is_event(place->type) &&
            (!date_header_read(event.data, place->length, &event.header, err) ||
             !event_take(process, segment, place, &event, err)))
            return false;
    }
    return true;
}

static void rows_clear(struct decoder *decoder, struct pack_writer *pack)
{
    decoder->table.rows = 0;
    decoder->faults = (struct faults){.sum_differs = 0};
    decoder->counts = (struct event_counts){.layout = &decoder->layout};
    decoder->damaged_events = 0;
    columns_start(&decoder->writer, pack);
}

static bool columns_begin(struct process *process, struct err *err)
{
    const struct task *task = process->task;
    process->writing = true;
    if (!part_open(&process->reco_part, process_store(process),
                   &task->segments[0].reco_key, task->token, err))
        return false;
    pack_begin(&process->reco_part.pack);
    return true;
}

static bool columns_finish(struct process *process, const struct task_segment *segment,
                           struct err *err)
{
    const struct segment *index = &segment->segment;
    struct pack_item item = {.key = segment->reco_key,
                             .stream = "reco",
                             .run = index->id.chunk.run,
                             .spill = index->spill,
                             .key_text = process->reco_text.data,
                             .key_size = process->reco_text.size};
    for (uint32_t i = 0; i < process->places.count; i++) {
        const struct event_place *place = &process->places.list[i];
        if (!event_type_is_event(place->type) || place->skipped)
            continue;
        item.entries++;
        event_digest_merge(&item.events, &place->digest);
    }
    bytes_clear(&process->line);
    return summary_write(&process->summary, &process->line, err) &&
           columns_end(&process->decoder.writer, &segment->reco_key, &process->line,
                       err) &&
           part_add(&process->reco_part, &item,
                    &process->products[process->product_count++], err);
}

bool process_decode(struct process *process, const struct task_segment *segment,
                    const uint8_t **data, struct err *err)
{
    const struct segment *index = &segment->segment;
    bool reco = (process->task->steps & STEP_RECO) != 0;
    bool stream = index->digest.count <= RECO_CLUSTER;
    if (index->length > UINT32_MAX)
        return err_set(err, E_LIMIT, "a segment above 4 GiB cannot be reconstructed");
    if (!skip_prepare(process, segment, err) ||
        !calibration_prepare(process, segment, err) ||
        !input_begin(&process->input, index, data, err))
        return false;
    rows_clear(&process->decoder, &process->reco_part.pack);
    if (reco && !process_hists_start(process, err))
        return false;
    if (stream ? !rows_stream(process, segment, *data, err)
               : !process_scan(process, segment, *data, err))
        return false;
    /* What is written from here on comes from bytes that are those of the index. */
    if ((reco && !columns_begin(process, err)) ||
        (!stream && !rows_make(process, segment, *data, err)))
        return false;
    account_take(&process->decoder, &process->summary);
    if (!rows_flush(process, err) ||
        (reco && (!columns_finish(process, segment, err) ||
                  !process_hists_write(process, segment, err))))
        return false;
    process->writing = false;
    return true;
}
