/* process_stored.c - selection from stored columns: raw bytes only of what is kept.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The columns say where each event's raw bytes are. What lies between is read for its
 * records. Where that does not add up to the events of the index (damage between
 * events), the whole segment is read as in a first pass, so both ways give equal bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "worker/process_internal.h"

struct stored {
    struct process *process;
    const struct task_segment *segment;
    bool learned; /* from the first event: */
    bool super;   /* the segment holds super-events */
    uint64_t end; /* of the last event */
    bool clean;   /* nothing but records lay between the events so far */
};

/* What of the columns is needed: where the events are and what the cuts look at. */
static uint64_t wanted_columns(const struct process *process)
{
    return reco_set(RECO_EVENT) | reco_set(RECO_TYPE) | reco_set(RECO_RAW_OFFSET) |
           reco_set(RECO_RAW_SIZE) | selection_columns(&process->selection);
}

static void source_prepare(struct process *process)
{
    struct columns_source *source = &process->source;
    if (source->table.capacity != 0)
        return;
    source->wanted = wanted_columns(process);
    reco_table_init_some(&source->table, RECO_CLUSTER, source->wanted);
    columns_reader_init(&source->reader);
}

void source_release(struct columns_source *source)
{
    if (source->table.capacity == 0)
        return;
    reco_table_release(&source->table);
    columns_reader_release(&source->reader);
}

/* A stored product that cannot be used is made again; whatever was wrong with it. */
static bool product_wrong(const struct product *product, struct err *err)
{
    char why[256];
    (void)snprintf(why, sizeof why, "%.255s", err->text);
    return err_set(err, E_WORKER_PRODUCT, "%s of %s: %s", product->stream,
                   product->place.file, why);
}

/* Records between the last event and `next`. */
static bool records_add(struct stored *stored, uint64_t next, struct err *err)
{
    struct process *process = stored->process;
    const struct segment *index = &stored->segment->segment;
    struct date_reader reader;
    struct date_event event;
    struct date_gap gap;
    stored->clean = stored->clean && next >= stored->end && next <= index->length;
    if (!stored->clean || next == stored->end)
        return true;
    if (!input_piece(&process->input, index, stored->end, (size_t)(next - stored->end),
                     &process->piece, err))
        return false;
    date_reader_start(&reader, process->piece.data, process->piece.size,
                      index->id.chunk.run, index->spill);
    if (stored->learned)
        reader.super = stored->super;
    while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND) {
        struct event_place place = {
            .offset = stored->end + (uint64_t)(event.data - process->piece.data),
            .length = event.header.size,
            .event = event.header.event,
            .type = (uint16_t)event.header.type};
        stored->clean =
            stored->clean && gap.length == 0 && !event_type_is_event(place.type);
        if (!places_add(&process->places, &place, err))
            return false;
    }
    stored->clean = stored->clean && gap.length == 0;
    return true;
}

/* Events of one segment are all super-events, or none is. */
static bool style_learn(struct stored *stored, const struct event_place *place,
                        struct err *err)
{
    struct process *process = stored->process;
    struct date_header header;
    if (stored->learned)
        return true;
    if (place->length < DATE_HEAD)
        return err_set(err, E_COLUMNS_FORMAT,
                       "event %" PRIu32 " is smaller than a header", place->event);
    size_t head = place->length < DATE_HEAD_LONGEST ? place->length : DATE_HEAD_LONGEST;
    if (!input_piece(&process->input, &stored->segment->segment, place->offset, head,
                     &process->piece, err) ||
        !date_header_read(process->piece.data, process->piece.size, &header, err))
        return false;
    stored->super = header.super;
    stored->learned = true;
    return true;
}

/* Up to SELECTION_ROWS rows. */
static bool rows_take(struct stored *stored, uint32_t from, uint32_t count,
                      struct err *err)
{
    struct process *process = stored->process;
    const struct reco_table *table = &process->source.table;
    uint16_t accepted[SELECTION_ROWS];
    process_choose_rows(process, stored->segment, from, count, accepted);
    for (uint32_t row = from; row < from + count; row++) {
        struct event_place place = {.offset = *reco_u32(table, RECO_RAW_OFFSET, row),
                                    .length = *reco_u32(table, RECO_RAW_SIZE, row),
                                    .event = *reco_u32(table, RECO_EVENT, row),
                                    .type = *reco_u8(table, RECO_TYPE, row),
                                    .accepted = accepted[row - from]};
        uint64_t length = stored->segment->segment.length;
        if (place.offset > length || place.length > length - place.offset)
            return err_set(err, E_COLUMNS_FORMAT,
                           "event %" PRIu32 " is outside of its segment", place.event);
        if (!style_learn(stored, &place, err) || !records_add(stored, place.offset, err))
            return false;
        if (!places_add(&process->places, &place, err))
            return false;
        stored->end = place.offset + place.length;
    }
    return true;
}

static bool columns_read(struct stored *stored, int fd, const char *path, struct err *err)
{
    struct process *process = stored->process;
    struct reco_table *table = &process->source.table;
    struct columns_reader *reader = &process->source.reader;
    const struct product *product = &stored->segment->reco;
    if (!columns_open(reader, fd, path, &product->place, &product->key, err))
        return product_wrong(product, err);
    if (reader->rows != product->entries) {
        err_set(err, E_COLUMNS_FORMAT, "%" PRIu64 " rows for %" PRIu64 " events",
                reader->rows, product->entries);
        return product_wrong(product, err);
    }
    do {
        if (!columns_next(reader, process->source.wanted, table, err))
            return product_wrong(product, err);
        for (uint32_t row = 0; row < table->rows; row += SELECTION_ROWS) {
            uint32_t left = table->rows - row;
            if (!rows_take(stored, row, left < SELECTION_ROWS ? left : SELECTION_ROWS,
                           err))
                return false;
        }
    } while (table->rows > 0);
    if (!columns_account(reader, &process->line, err) ||
        !summary_read(process->line.data, process->line.size, path, &process->summary,
                      err))
        return product_wrong(product, err);
    return records_add(stored, stored->segment->segment.length, err);
}

/* Marks of the events that the columns gave, moved to the places of a whole read. */
static bool places_read_whole(struct stored *stored, const uint8_t **data,
                              struct err *err)
{
    struct process *process = stored->process;
    struct places marked = process->places;
    struct summary account = process->summary;
    process->places = (struct places){.count = 0};
    bool done = input_begin(&process->input, &stored->segment->segment, data, err) &&
                process_scan(process, stored->segment, *data, err);
    uint32_t m = 0;
    for (uint32_t i = 0; done && i < process->places.count; i++) {
        struct event_place *place = &process->places.list[i];
        while (m < marked.count && marked.list[m].offset < place->offset)
            m++;
        if (m < marked.count && marked.list[m].offset == place->offset)
            place->accepted = marked.list[m].accepted;
    }
    process->summary = account;
    free(marked.list);
    return done;
}

bool process_stored(struct process *process, const struct task_segment *segment,
                    const uint8_t **data, struct err *err)
{
    const struct product *product = &segment->reco;
    struct stored stored = {.process = process, .segment = segment, .clean = true};
    struct event_digest seen = {.count = 0};
    char path[PATH_MAX];
    uint64_t size;
    int fd;
    int length =
        snprintf(path, sizeof path, "%s/%s", process->task->store, product->place.file);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_set(err, E_LIMIT, "%.80s...: the path is too long",
                       process->task->store);
    source_prepare(process);
    process->places.count = 0;
    if (!disk_open_read(path, &fd, &size, err))
        return product_wrong(product, err);
    bool done = columns_read(&stored, fd, path, err);
    (void)close(fd);
    if (!done)
        return false;
    places_digest(&process->places, segment->segment.id.chunk.run, segment->segment.spill,
                  &seen);
    if (!stored.clean || !event_digest_equal(&seen, &segment->segment.digest))
        return places_read_whole(&stored, data, err);
    return true;
}
