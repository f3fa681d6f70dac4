/* import_store.c - collected lists merged into the run catalogue, in one transaction.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/import.h"
#include "coordinator/planned.h"
#include "coordinator/scan.h"
#include "coordinator/setup_text.h"
#include "coordinator/write.h"

/* One run on its way into the catalogue. */
struct merge {
    struct run *to;         /* what the catalogue has */
    const struct run *from; /* what the list says */
    bool replace;
    bool changed;
    char conflicts[400]; /* "field: old, the list says new; ..." */
};

static void conflict_add(struct merge *merge, const char *field, const char *old,
                         const char *new)
{
    size_t used = strlen(merge->conflicts);
    (void)snprintf(merge->conflicts + used, sizeof merge->conflicts - used,
                   "%s%s is %s, the list says %s", used == 0 ? "" : "; ", field, old,
                   new);
}

/* Whether `to` takes the value of `from`; both texts are empty when unknown. */
static bool takes(struct merge *merge, const char *field, const char *old,
                  const char *new)
{
    if (new[0] == 0 || strcmp(old, new) == 0)
        return false;
    if (old[0] != 0 && !merge->replace) {
        conflict_add(merge, field, old, new);
        return false;
    }
    merge->changed = true;
    return true;
}

static void merge_word(struct merge *merge, const char *field, char *to, const char *from)
{
    if (takes(merge, field, to, from))
        memcpy(to, from, strlen(from) + 1);
}

static void merge_real(struct merge *merge, const char *field, double *to, double from)
{
    char old[32] = "";
    char new[32] = "";
    if (!isnan(*to))
        (void)snprintf(old, sizeof old, "%.17g", *to);
    if (!isnan(from))
        (void)snprintf(new, sizeof new, "%.17g", from);
    if (takes(merge, field, old, new))
        *to = from;
}

static void merge_count(struct merge *merge, const char *field, uint64_t *to,
                        uint64_t from)
{
    char old[24] = "";
    char new[24] = "";
    if (*to != UINT64_MAX)
        (void)snprintf(old, sizeof old, "%" PRIu64, *to);
    if (from != UINT64_MAX)
        (void)snprintf(new, sizeof new, "%" PRIu64, from);
    if (takes(merge, field, old, new))
        *to = from;
}

static void merge_time(struct merge *merge, const char *field, int64_t *to, int64_t from)
{
    uint64_t old = *to == 0 ? UINT64_MAX : (uint64_t)*to;
    merge_count(merge, field, &old, from == 0 ? UINT64_MAX : (uint64_t)from);
    *to = old == UINT64_MAX ? 0 : (int64_t)old;
}

/* `to` becomes what both say together. */
static void run_merge(struct merge *merge)
{
    struct run *to = merge->to;
    const struct run *from = merge->from;
    merge_word(merge, "period", to->period, from->period);
    merge_word(merge, "setup", to->setup, from->setup);
    merge_word(merge, "particle", to->particle, from->particle);
    merge_word(merge, "trigger", to->trigger, from->trigger);
    merge_word(merge, "eot_method", to->listed_eot_method, from->listed_eot_method);
    merge_word(merge, "notes", to->notes, from->notes);
    merge_real(merge, "momentum_gev", &to->momentum_gev, from->momentum_gev);
    merge_real(merge, "magnet_a", &to->magnet_a, from->magnet_a);
    merge_real(merge, "eot", &to->listed_eot, from->listed_eot);
    merge_count(merge, "spills", &to->listed_spills, from->listed_spills);
    merge_count(merge, "triggers", &to->listed_triggers, from->listed_triggers);
    merge_time(merge, "start_s", &to->start_s, from->start_s);
    merge_time(merge, "stop_s", &to->stop_s, from->stop_s);
    if (takes(merge, "type", run_type_name(to->type), run_type_name(from->type)))
        to->type = from->type;
    if (takes(merge, "origin", run_origin_name(to->origin),
              run_origin_name(from->origin)))
        to->origin = from->origin;
    if (takes(merge, "quality", run_quality_name(to->quality),
              run_quality_name(from->quality)))
        to->quality = from->quality;
    /* The mark of simulation is never taken off by a list that does not speak of it. */
    if (from->synthetic && !to->synthetic) {
        to->synthetic = true;
        merge->changed = true;
    }
}

static void count_one(struct import_count *count, bool found, bool changed)
{
    if (!found)
        count->added++;
    else if (changed)
        count->changed++;
    else
        count->unchanged++;
}

static bool run_store(struct catalog_txn *txn, const struct import_run *run, bool replace,
                      struct import_count *count, struct err *err)
{
    struct run stored = run_unknown(run->run.number);
    enum lookup found = catalog_get_run(txn, run->run.number, &stored, err);
    if (found == LOOKUP_FAILED)
        return false;
    struct merge merge = {.to = &stored, .from = &run->run, .replace = replace};
    run_merge(&merge);
    if (merge.conflicts[0] != 0)
        return err_set(err, E_RUNS_CONFLICT, "%s: run %" PRIu32 ": in the catalogue %s",
                       run->path, run->run.number, merge.conflicts);
    count_one(count, found == LOOKUP_FOUND, merge.changed);
    if (found == LOOKUP_FOUND && !merge.changed)
        return true;
    return catalog_put_run(txn, &stored, err);
}

static bool chunk_conflict(const struct chunk *stored, const struct chunk *listed,
                           struct err *err)
{
    char name[CHUNK_NAME];
    chunk_name(&stored->id, name);
    return err_set(err, E_RUNS_CONFLICT,
                   "chunk %s: in the catalogue %" PRIu64 " bytes, adler32 %08" PRIx32
                   ", the list says %" PRIu64 ", %08" PRIx32,
                   name, stored->size, stored->adler32, listed->size, listed->adler32);
}

/* Other bytes under a known name: never in a planned run; else the run is scanned anew.
 */
static bool chunk_replace(struct catalog_txn *txn, const struct chunk *chunk,
                          struct err *err)
{
    char name[CHUNK_NAME];
    char campaign[CAMPAIGN_NAME];
    bool planned;
    if (!planned_run(txn, chunk->id.run, &planned, campaign, err))
        return false;
    if (planned) {
        chunk_name(&chunk->id, name);
        return err_set(err, E_RUNS_CONFLICT,
                       "chunk %s: other bytes, but campaign %s is planned with the known "
                       "ones",
                       name, campaign);
    }
    return scan_forget(txn, chunk->id.run, err) && catalog_put_chunk(txn, chunk, err);
}

static bool chunk_store(struct catalog_txn *txn, const struct chunk *chunk, bool replace,
                        struct import_count *count, struct err *err)
{
    struct chunk stored;
    enum lookup found = catalog_get_chunk(txn, &chunk->id, &stored, err);
    if (found == LOOKUP_FAILED)
        return false;
    if (found == LOOKUP_ABSENT) {
        count->added++;
        return catalog_put_chunk(txn, chunk, err);
    }
    bool same = stored.size == chunk->size && stored.adler32 == chunk->adler32;
    bool moved = strcmp(stored.url, chunk->url) != 0;
    if (!same && !replace)
        return chunk_conflict(&stored, chunk, err);
    count_one(count, true, !same || moved);
    if (!same)
        return chunk_replace(txn, chunk, err);
    memcpy(stored.url, chunk->url, sizeof stored.url);
    return !moved || catalog_put_chunk(txn, &stored, err);
}

static bool setup_store(struct catalog_txn *txn, const struct import_setup *setup,
                        bool replace, struct import_count *count, struct err *err)
{
    struct setup_text stored = {.eot_known = false};
    struct setup_text listed = {.eot_known = setup->eot_known, .eot = setup->eot};
    enum lookup found = setup_text_get(txn, setup->name, &stored, err);
    if (found == LOOKUP_FAILED)
        return false;
    bool same = !listed.eot_known ||
                (stored.eot_known && stored.eot.source == listed.eot.source &&
                 stored.eot.scaler_word == listed.eot.scaler_word &&
                 !(stored.eot.scale < listed.eot.scale) &&
                 !(stored.eot.scale > listed.eot.scale));
    if (!same && stored.eot_known && !replace)
        return err_set(err, E_RUNS_CONFLICT,
                       "set-up %s: the list has another EOT definition", setup->name);
    count_one(count, found == LOOKUP_FOUND, !same);
    if (found == LOOKUP_FOUND && same)
        return true;
    return setup_text_put(txn, setup->name, &listed, err);
}

struct store {
    const struct import *import;
    bool replace;
    struct import_result result;
};

static bool store_step(struct catalog_txn *txn, void *context, struct err *err)
{
    struct store *store = context;
    const struct import *import = store->import;
    struct import_result *result = &store->result;
    *result = (struct import_result){.runs = {0, 0, 0}};
    for (size_t i = 0; i < import->setup_count; i++)
        if (!setup_store(txn, &import->setups[i], store->replace, &result->setups, err))
            return false;
    for (size_t i = 0; i < import->run_count; i++)
        if (!run_store(txn, &import->runs[i], store->replace, &result->runs, err))
            return false;
    for (size_t i = 0; i < import->chunk_count; i++)
        if (!chunk_store(txn, &import->chunks[i], store->replace, &result->chunks, err))
            return false;
    return true;
}

static int run_compare(const void *a, const void *b)
{
    const struct import_run *const *left = a;
    const struct import_run *const *right = b;
    int order = strcmp((*left)->path, (*right)->path);
    if (order != 0)
        return order;
    if ((*left)->run.number != (*right)->run.number)
        return (*left)->run.number < (*right)->run.number ? -1 : 1;
    return (*left)->line < (*right)->line ? -1 : (*left)->line > (*right)->line;
}

/* A list names each of its runs once; several lists may complete each other. */
static bool runs_unique(const struct import *import, struct err *err)
{
    bool unique = true;
    const struct import_run **order =
        mem_new(import->run_count, sizeof(const struct import_run *));
    for (size_t i = 0; i < import->run_count; i++)
        order[i] = &import->runs[i];
    qsort(order, import->run_count, sizeof(const struct import_run *), run_compare);
    for (size_t i = 1; unique && i < import->run_count; i++)
        if (strcmp(order[i - 1]->path, order[i]->path) == 0 &&
            order[i - 1]->run.number == order[i]->run.number)
            unique = err_set(err, E_RUNS_TABLE, "%s:%u: run %" PRIu32 " is there twice",
                             order[i]->path, order[i]->line, order[i]->run.number);
    free(order);
    return unique;
}

static int chunk_order(const void *a, const void *b)
{
    const struct chunk *const *left = a;
    const struct chunk *const *right = b;
    return chunk_id_compare(&(*left)->id, &(*right)->id);
}

static bool chunks_unique(const struct import *import, struct err *err)
{
    bool unique = true;
    const struct chunk **order =
        mem_new(import->chunk_count, sizeof(const struct chunk *));
    for (size_t i = 0; i < import->chunk_count; i++)
        order[i] = &import->chunks[i];
    qsort(order, import->chunk_count, sizeof(const struct chunk *), chunk_order);
    for (size_t i = 1; unique && i < import->chunk_count; i++)
        if (chunk_order(&order[i - 1], &order[i]) == 0)
            unique = err_set(err, E_RUNS_TABLE,
                             "two files are the same chunk: %.200s, "
                             "%.200s",
                             order[i - 1]->url, order[i]->url);
    free(order);
    return unique;
}

bool import_store(const struct import *import, struct catalog *catalog, bool replace,
                  struct import_result *result, struct err *err)
{
    struct store store = {.import = import, .replace = replace};
    if (!runs_unique(import, err) || !chunks_unique(import, err) ||
        !write_catalog(catalog, store_step, &store, err))
        return false;
    *result = store.result;
    return true;
}
