/* scan.c - walk, check, store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "coordinator/planned.h"
#include "coordinator/setup_text.h"
#include "coordinator/write.h"
#include "raw/walk.h"

/* What the end-of-burst records of one chunk say, spill by spill. */
struct beam {
    uint32_t spill;
    double count;
};

/* One chunk on its way into the catalogue. */
struct scanned {
    const struct chunk *chunk; /* as catalogued */
    const struct setup_text *setup;
    struct walk_result walk;
    struct beam *beams;
    size_t beam_count;
    uint64_t conflicts;
    uint64_t unread;
    struct elsewhere_list copies;
};

bool scan_spill_count(struct spill *spill, double beam_count)
{
    bool differs = beam_count < spill->beam_count || beam_count > spill->beam_count;
    if (spill->beam_conflict)
        return false;
    if (spill->beam_known && differs) {
        spill->beam_known = false;
        spill->beam_conflict = true;
        spill->beam_count = 0;
        return true;
    }
    spill->beam_known = true;
    spill->beam_count = beam_count;
    return false;
}

static bool checksum_agrees(const struct chunk *chunk, const struct chunk *found,
                            struct err *err)
{
    char name[CHUNK_NAME];
    chunk_name(&chunk->id, name);
    if (found->size != chunk->size)
        return err_set(err, E_SCAN,
                       "chunk %s: %s has %" PRIu64 " bytes, the catalogue says %" PRIu64,
                       name, chunk->url, found->size, chunk->size);
    if (found->adler32 != chunk->adler32)
        return err_set(err, E_SCAN,
                       "chunk %s: %s has adler32 %08" PRIx32
                       ", the catalogue says %08" PRIx32,
                       name, chunk->url, found->adler32, chunk->adler32);
    return true;
}

/* The beam count of one end-of-burst record: ABSENT when it has none, FAILED when it is
 * damaged; then it is as unknown as without a record. */
static enum lookup record_count(const struct bytes *record,
                                const struct eot_definition *eot, double *count)
{
    struct err damage;
    uint32_t words;
    struct date_event event = {.data = record->data};
    if (!date_header_read(record->data, record->size, &event.header, &damage) ||
        event.header.size != record->size)
        return LOOKUP_FAILED;
    return burst_count(&event, eot, &words, count, &damage);
}

static bool record_read(struct scanned *scanned, int fd, const struct walk_burst_end *end,
                        struct bytes *record, struct err *err)
{
    struct beam *beam = &scanned->beams[scanned->beam_count];
    uint8_t *place;
    bytes_clear(record);
    if (!bytes_reserve(record, end->length, &place, err) ||
        !disk_read_at(fd, scanned->chunk->url, end->offset, place, end->length, err))
        return false;
    record->size = end->length;
    beam->spill = end->spill;
    enum lookup found = record_count(record, &scanned->setup->eot, &beam->count);
    scanned->beam_count += found == LOOKUP_FOUND;
    scanned->unread += found == LOOKUP_FAILED;
    return true;
}

static bool beams_read(struct scanned *scanned, struct err *err)
{
    const struct setup_text *setup = scanned->setup;
    const struct walk_result *walk = &scanned->walk;
    const char *path = scanned->chunk->url;
    uint64_t size;
    int fd;
    if (!setup->eot_known || walk->burst_end_count == 0)
        return true;
    if (!disk_open_read(path, &fd, &size, err))
        return false;
    scanned->beams = mem_new(walk->burst_end_count, sizeof scanned->beams[0]);
    struct bytes record;
    bytes_init(&record, DATE_MAX_EVENT);
    bool done = true;
    for (size_t i = 0; done && i < walk->burst_end_count; i++)
        done = record_read(scanned, fd, &walk->burst_ends[i], &record, err);
    bytes_release(&record);
    (void)close(fd);
    return done;
}

/* Events that other chunks have count there: the chunk is walked again without them. */
static bool copies_leave(struct scanned *scanned, struct elsewhere *elsewhere,
                         struct err *err)
{
    struct walk_result *walk = &scanned->walk;
    struct walk_result again;
    char name[CHUNK_NAME];
    chunk_name(&scanned->chunk->id, name);
    if (!elsewhere_find(elsewhere, &walk->numbers, walk->segments, walk->segment_count,
                        &scanned->copies, err))
        return err_wrap(err, "chunk %s", name);
    if (scanned->copies.count == 0)
        return true;
    if (!walk_again(scanned->chunk->url, walk, &again, err))
        return false;
    bool same = again.segment_count == walk->segment_count;
    walk_result_release(walk);
    *walk = again;
    return (same && checksum_agrees(scanned->chunk, &walk->chunk, err)) ||
           err_set(err, E_SCAN, "chunk %s: %s changes while it is read", name,
                   scanned->chunk->url);
}

/* Reads one chunk whole and checks it; nothing is written. */
static bool chunk_scan(struct scanned *scanned, struct elsewhere *elsewhere,
                       struct err *err)
{
    const struct chunk *chunk = scanned->chunk;
    char name[CHUNK_NAME];
    uint64_t size;
    int fd;
    if (strstr(chunk->url, "://") != NULL)
        return err_set(err, E_SCAN, "%s: only a file of this machine can be scanned",
                       chunk->url);
    /* A file of the wrong length is told apart before it is read. */
    if (!disk_open_read(chunk->url, &fd, &size, err))
        return false;
    (void)close(fd);
    chunk_name(&chunk->id, name);
    if (size != chunk->size)
        return err_set(err, E_SCAN,
                       "chunk %s: %s has %" PRIu64 " bytes, the catalogue says %" PRIu64,
                       name, chunk->url, size, chunk->size);
    return walk_chunk(chunk->url, &chunk->id, &scanned->walk, err) &&
           checksum_agrees(chunk, &scanned->walk.chunk, err) &&
           copies_leave(scanned, elsewhere, err) && beams_read(scanned, err);
}

static void scanned_release(struct scanned *scanned)
{
    walk_result_release(&scanned->walk);
    free(scanned->beams);
    free(scanned->copies.found);
    scanned->beams = NULL;
    scanned->copies.found = NULL;
}

/* The spill as stored, or a new one. */
static bool spill_get(struct catalog_txn *txn, uint32_t run, uint32_t number,
                      struct spill *spill, struct err *err)
{
    enum lookup found = catalog_next_spill(txn, run, number, spill, err);
    if (found == LOOKUP_ABSENT || (found == LOOKUP_FOUND && spill->number != number))
        *spill = (struct spill){.run = run, .number = number};
    return found != LOOKUP_FAILED;
}

static bool spills_put(struct catalog_txn *txn, struct scanned *scanned, struct err *err)
{
    uint32_t run = scanned->chunk->id.run;
    for (size_t i = 0; i < scanned->walk.segment_count; i++) {
        struct spill spill;
        uint32_t number = scanned->walk.segments[i].spill;
        if (!spill_get(txn, run, number, &spill, err))
            return false;
        for (size_t b = 0; b < scanned->beam_count; b++)
            if (scanned->beams[b].spill == number)
                scanned->conflicts += scan_spill_count(&spill, scanned->beams[b].count);
        if (!catalog_put_spill(txn, &spill, err))
            return false;
    }
    return true;
}

static bool segment_equal(const struct segment *a, const struct segment *b)
{
    return a->spill == b->spill && a->offset == b->offset && a->length == b->length &&
           a->adler32 == b->adler32 && event_digest_equal(&a->digest, &b->digest);
}

/* The segments of a chunk that was scanned before must be found again. */
static bool segments_agree(struct catalog_txn *txn, const struct scanned *scanned,
                           const char *campaign, struct err *err)
{
    const struct walk_result *walk = &scanned->walk;
    bool same = walk->segment_count == scanned->chunk->segments;
    for (size_t i = 0; same && i < walk->segment_count; i++) {
        struct segment stored;
        enum lookup found = catalog_get_segment(txn, &walk->segments[i].id, &stored, err);
        if (found == LOOKUP_FAILED)
            return false;
        same = found == LOOKUP_FOUND && segment_equal(&stored, &walk->segments[i]);
    }
    char name[CHUNK_NAME];
    chunk_name(&scanned->chunk->id, name);
    return same || err_set(err, E_SCAN,
                           "chunk %s: other segments than in the plan of campaign %s",
                           name, campaign);
}

static bool chunk_put(struct catalog_txn *txn, void *context, struct err *err)
{
    struct scanned *scanned = context;
    const struct walk_result *walk = &scanned->walk;
    struct chunk chunk = *scanned->chunk;
    chunk.scanned = true;
    chunk.segments = walk->chunk.segments;
    chunk.damaged_bytes = walk->chunk.damaged_bytes;
    chunk.damage_count = walk->chunk.damage_count;
    scanned->conflicts = 0;
    return catalog_put_chunk(txn, &chunk, err) &&
           catalog_put_segments(txn, &chunk.id, walk->segments, walk->segment_count,
                                err) &&
           elsewhere_store(txn, &chunk.id, &walk->numbers, err) &&
           spills_put(txn, scanned, err);
}

/* No spill of the run has a count. */
static bool spills_forget(struct catalog_txn *txn, uint32_t run, struct err *err)
{
    struct spill spill;
    uint32_t number = 0;
    enum lookup found;
    while ((found = catalog_next_spill(txn, run, number, &spill, err)) == LOOKUP_FOUND) {
        spill = (struct spill){.run = run, .number = spill.number};
        if (!catalog_put_spill(txn, &spill, err))
            return false;
        number = spill.number + 1;
    }
    return found != LOOKUP_FAILED;
}

bool scan_forget(struct catalog_txn *txn, uint32_t run, struct err *err)
{
    struct chunk_id from = {.run = run};
    struct chunk chunk;
    enum lookup found;
    while ((found = catalog_next_chunk(txn, &from, &chunk, err)) == LOOKUP_FOUND &&
           chunk.id.run == run) {
        chunk.scanned = false;
        chunk.segments = 0;
        chunk.damaged_bytes = 0;
        chunk.damage_count = 0;
        if (!catalog_put_chunk(txn, &chunk, err) ||
            !catalog_put_segments(txn, &chunk.id, NULL, 0, err) ||
            !elsewhere_forget(txn, &chunk.id, err))
            return false;
        from = chunk.id;
        if (!chunk_id_step(&from))
            break;
    }
    return found != LOOKUP_FAILED && spills_forget(txn, run, err);
}

struct chunk_list {
    struct chunk *list;
    size_t count, room;
};

/* All chunks of the run and its set-up, read in one short transaction. */
static bool run_read(struct catalog *catalog, const struct run *run,
                     struct chunk_list *chunks, struct setup_text *setup, struct err *err)
{
    struct catalog_txn *txn;
    struct chunk_id from = {.run = run->number};
    struct chunk chunk;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    *setup = (struct setup_text){.eot_known = false};
    enum lookup found =
        run->setup[0] == 0 ? LOOKUP_ABSENT : setup_text_get(txn, run->setup, setup, err);
    while (found != LOOKUP_FAILED &&
           (found = catalog_next_chunk(txn, &from, &chunk, err)) == LOOKUP_FOUND &&
           chunk.id.run == run->number) {
        if (chunks->count == chunks->room) {
            chunks->room = chunks->room == 0 ? 64 : 2 * chunks->room;
            chunks->list = mem_grow(chunks->list, chunks->room, sizeof chunk);
        }
        chunks->list[chunks->count++] = chunk;
        from = chunk.id;
        if (!chunk_id_step(&from))
            break;
    }
    catalog_abort(txn);
    return found != LOOKUP_FAILED;
}

/* What was stored. */
static void total_add(struct scan_total *total, const struct scan_options *options,
                      const struct scanned *scanned)
{
    for (size_t i = 0; i < scanned->copies.count; i++) {
        total->elsewhere += scanned->copies.found[i].events;
        options->copies(options->user, &scanned->copies.found[i]);
    }
    total->chunks++;
    total->bytes += scanned->chunk->size;
    total->segments += scanned->walk.segment_count;
    total->damaged += scanned->walk.chunk.damage_count > 0;
    total->conflicts += scanned->conflicts;
    total->unread += scanned->unread;
}

/* A whole run on its way into the catalogue. */
struct run_scan {
    uint32_t run;
    struct scanned *chunks;
    size_t count;
    struct elsewhere elsewhere; /* the numbers of its chunks so far */
};

/* false only when the catalog fails. */
static bool chunk_take(struct catalog *catalog, struct run_scan *run, size_t number,
                       const struct scan_options *options, struct scan_total *total,
                       struct err *err)
{
    struct scanned *scanned = &run->chunks[number];
    struct err failure;
    if (!chunk_scan(scanned, &run->elsewhere, &failure)) {
        total->failed++;
        options->seen(options->user, scanned->chunk, &failure);
        return true;
    }
    if (!elsewhere_add(&run->elsewhere, &scanned->chunk->id, &scanned->walk.numbers,
                       err) ||
        !write_catalog(catalog, chunk_put, scanned, err))
        return false;
    total_add(total, options, scanned);
    options->seen(options->user, scanned->chunk, NULL);
    return true;
}

static bool rescan_put(struct catalog_txn *txn, void *context, struct err *err)
{
    struct run_scan *rescan = context;
    char campaign[CAMPAIGN_NAME];
    bool planned;
    if (!planned_run(txn, rescan->run, &planned, campaign, err))
        return false;
    for (size_t i = 0; planned && i < rescan->count; i++)
        if (!segments_agree(txn, &rescan->chunks[i], campaign, err))
            return false;
    if (!spills_forget(txn, rescan->run, err))
        return false;
    for (size_t i = 0; i < rescan->count; i++)
        if (!chunk_put(txn, &rescan->chunks[i], err))
            return false;
    return true;
}

/* All chunks, then one transaction when every one of them is good. */
static bool run_again(struct catalog *catalog, struct run_scan *rescan,
                      const struct scan_options *options, struct scan_total *total,
                      struct err *err)
{
    struct err failure;
    uint64_t failed = 0;
    for (size_t i = 0; i < rescan->count; i++) {
        const struct scanned *scanned = &rescan->chunks[i];
        bool good = chunk_scan(&rescan->chunks[i], &rescan->elsewhere, &failure) &&
                    elsewhere_add(&rescan->elsewhere, &scanned->chunk->id,
                                  &scanned->walk.numbers, &failure);
        failed += !good;
        options->seen(options->user, rescan->chunks[i].chunk, good ? NULL : &failure);
    }
    total->failed += failed;
    if (failed > 0)
        return true;
    if (!write_catalog(catalog, rescan_put, rescan, err))
        return false;
    for (size_t i = 0; i < rescan->count; i++)
        total_add(total, options, &rescan->chunks[i]);
    return true;
}

/* The numbers of the chunks that were scanned before, when others are to be scanned. */
static bool numbers_load(struct catalog *catalog, struct run_scan *scan, struct err *err)
{
    struct catalog_txn *txn;
    size_t left = 0;
    for (size_t i = 0; i < scan->count; i++)
        left += scan->chunks[i].chunk->scanned ? 0 : 1;
    if (left == 0)
        return true;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < scan->count; i++)
        if (scan->chunks[i].chunk->scanned)
            done = elsewhere_load(&scan->elsewhere, txn, &scan->chunks[i].chunk->id, err);
    catalog_abort(txn);
    return done;
}

/* The chunks that were not scanned before. */
static bool run_go_on(struct catalog *catalog, struct run_scan *scan,
                      const struct scan_options *options, struct scan_total *total,
                      struct err *err)
{
    bool done = numbers_load(catalog, scan, err);
    for (size_t i = 0; done && i < scan->count; i++) {
        if (scan->chunks[i].chunk->scanned)
            total->known++;
        else
            done = chunk_take(catalog, scan, i, options, total, err);
        scanned_release(&scan->chunks[i]);
    }
    return done;
}

bool scan_run(struct catalog *catalog, const struct run *run,
              const struct scan_options *options, struct scan_total *total,
              struct err *err)
{
    struct chunk_list chunks = {.list = NULL};
    struct setup_text setup;
    if (!run_read(catalog, run, &chunks, &setup, err)) {
        free(chunks.list);
        return false;
    }
    struct run_scan scan = {.run = run->number, .count = chunks.count};
    scan.chunks = mem_new(chunks.count, sizeof scan.chunks[0]);
    elsewhere_init(&scan.elsewhere);
    for (size_t i = 0; i < chunks.count; i++)
        scan.chunks[i] = (struct scanned){.chunk = &chunks.list[i], .setup = &setup};
    bool done = options->again ? run_again(catalog, &scan, options, total, err)
                               : run_go_on(catalog, &scan, options, total, err);
    for (size_t i = 0; i < chunks.count; i++)
        scanned_release(&scan.chunks[i]);
    elsewhere_release(&scan.elsewhere);
    free(scan.chunks);
    free(chunks.list);
    return done;
}
