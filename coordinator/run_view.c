/* run_view.c - lists of runs, one run in full.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/run_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

bool run_filter_words(struct run_filter *filter, int count, char **words, struct err *err)
{
    if (count > RUN_FILTER_RANGES)
        return err_set(err, E_USAGE, "at most %d runs or ranges", RUN_FILTER_RANGES);
    for (int i = 0; i < count; i++)
        if (!run_range_read(words[i], &filter->ranges[i], err))
            return false;
    filter->range_count = (uint32_t)count;
    return true;
}

static bool filter_takes(const struct run_filter *filter, const struct run *run)
{
    if (filter->setup != NULL && strcmp(filter->setup, run->setup) != 0)
        return false;
    for (uint32_t i = 0; i < filter->range_count; i++)
        if (run->number >= filter->ranges[i].first &&
            run->number <= filter->ranges[i].last)
            return true;
    return filter->range_count == 0;
}

void run_list_init(struct run_list *list)
{
    *list = (struct run_list){.views = NULL};
}

void run_list_release(struct run_list *list)
{
    free(list->views);
    run_list_init(list);
}

static void view_add_chunk(struct run_view *view, const struct chunk *chunk)
{
    view->chunks++;
    view->bytes += chunk->size;
    view->chunks_scanned += chunk->scanned;
    view->bytes_not_scanned += chunk->scanned ? 0 : chunk->size;
    view->damaged_bytes += chunk->damaged_bytes;
}

/* Runs and chunks are both in the order of run numbers: one walk through both. */
static bool list_read(struct catalog_txn *txn, const struct run_filter *filter,
                      struct run_list *list, struct err *err)
{
    struct chunk chunk;
    struct run run;
    uint32_t from = 0;
    enum lookup found;
    while ((found = catalog_next_run(txn, from, &run, err)) == LOOKUP_FOUND) {
        from = run.number + 1;
        if (!filter_takes(filter, &run))
            continue;
        if (list->count == list->room) {
            list->room = list->room == 0 ? 256 : 2 * list->room;
            list->views = mem_grow(list->views, list->room, sizeof list->views[0]);
        }
        struct run_view *view = &list->views[list->count++];
        *view = (struct run_view){.run = run};
        struct chunk_id id = {.run = run.number};
        while ((found = catalog_next_chunk(txn, &id, &chunk, err)) == LOOKUP_FOUND &&
               chunk.id.run == run.number) {
            view_add_chunk(view, &chunk);
            if (!chunk_id_step(&chunk.id))
                break;
            id = chunk.id;
        }
        if (found == LOOKUP_FAILED)
            return false;
    }
    return found != LOOKUP_FAILED;
}

bool run_list_read(struct catalog *catalog, const struct run_filter *filter,
                   struct run_list *list, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    bool done = list_read(txn, filter, list, err);
    catalog_abort(txn);
    return done;
}

static const char *or_dash(const char *text)
{
    return text[0] == 0 ? "-" : text;
}

static void real_or_dash(double value, char out[32])
{
    if (isnan(value))
        (void)snprintf(out, 32, "-");
    else
        (void)snprintf(out, 32, "%g", value);
}

bool run_list_text(const struct run_list *list, struct bytes *out, struct err *err)
{
    if (!text_addf(out, err, "%7s %-8s %-20s %-11s %-8s %-6s %-9s %6s %9s %12s  %s\n",
                   "run", "period", "setup", "type", "quality", "origin", "particle",
                   "GeV/c", "scanned", "bytes", "notes"))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct run_view *view = &list->views[i];
        const struct run *run = &view->run;
        char momentum[32];
        char scanned[48];
        real_or_dash(run->momentum_gev, momentum);
        (void)snprintf(scanned, sizeof scanned, "%" PRIu64 "/%" PRIu64,
                       view->chunks_scanned, view->chunks);
        if (!text_addf(out, err,
                       "%7" PRIu32 " %-8s %-20s %-11s %-8s %-6s %-9s %6s %9s %12" PRIu64
                       "  %s%s\n",
                       run->number, or_dash(run->period), or_dash(run->setup),
                       or_dash(run_type_name(run->type)),
                       or_dash(run_quality_name(run->quality)),
                       or_dash(run_origin_name(run->origin)), or_dash(run->particle),
                       momentum, scanned, view->bytes, run->synthetic ? "SYNTHETIC " : "",
                       run->notes))
            return false;
    }
    return true;
}

static void put_text(struct json_writer *json, const char *key, const char *text)
{
    if (text[0] == 0)
        json_put_null(json, key);
    else
        json_put_text(json, key, text);
}

static void put_real(struct json_writer *json, const char *key, double value)
{
    if (isnan(value))
        json_put_null(json, key);
    else
        json_put_real(json, key, value);
}

static void put_count(struct json_writer *json, const char *key, uint64_t value)
{
    if (value == UINT64_MAX)
        json_put_null(json, key);
    else
        json_put_u64(json, key, value);
}

static void view_json(struct json_writer *json, const struct run_view *view)
{
    const struct run *run = &view->run;
    json_put_u64(json, "run", run->number);
    put_text(json, "period", run->period);
    put_text(json, "setup", run->setup);
    put_text(json, "particle", run->particle);
    put_text(json, "trigger", run->trigger);
    put_real(json, "momentum_gev", run->momentum_gev);
    put_real(json, "magnet_a", run->magnet_a);
    put_text(json, "type", run_type_name(run->type));
    put_text(json, "origin", run_origin_name(run->origin));
    put_text(json, "quality", run_quality_name(run->quality));
    put_count(json, "start_s", run->start_s == 0 ? UINT64_MAX : (uint64_t)run->start_s);
    put_count(json, "stop_s", run->stop_s == 0 ? UINT64_MAX : (uint64_t)run->stop_s);
    put_count(json, "listed_spills", run->listed_spills);
    put_count(json, "listed_triggers", run->listed_triggers);
    put_real(json, "listed_eot", run->listed_eot);
    put_text(json, "listed_eot_method", run->listed_eot_method);
    put_text(json, "notes", run->notes);
    json_put_bool(json, "synthetic", run->synthetic);
    json_put_u64(json, "chunks", view->chunks);
    json_put_u64(json, "chunks_scanned", view->chunks_scanned);
    json_put_u64(json, "bytes", view->bytes);
    json_put_u64(json, "damaged_bytes", view->damaged_bytes);
}

bool run_list_json(const struct run_list *list, struct bytes *out, struct err *err)
{
    struct json_writer json;
    json_begin(&json, out);
    json_open_array(&json, NULL);
    for (size_t i = 0; i < list->count; i++) {
        json_open_object(&json, NULL);
        view_json(&json, &list->views[i]);
        json_close_object(&json);
    }
    json_close_array(&json);
    return json_end(&json, err);
}

static bool fields_text(const struct run_view *view, struct bytes *out, struct err *err)
{
    const struct run *run = &view->run;
    char momentum[32];
    char magnet[32];
    char eot[32];
    char spills[32] = "-";
    char triggers[32] = "-";
    real_or_dash(run->momentum_gev, momentum);
    real_or_dash(run->magnet_a, magnet);
    real_or_dash(run->listed_eot, eot);
    if (run->listed_spills != UINT64_MAX)
        (void)snprintf(spills, sizeof spills, "%" PRIu64, run->listed_spills);
    if (run->listed_triggers != UINT64_MAX)
        (void)snprintf(triggers, sizeof triggers, "%" PRIu64, run->listed_triggers);
    return text_addf(
        out, err,
        "run %" PRIu32 "%s\n"
        "period %s, set-up %s, type %s, quality %s, origin %s\n"
        "beam %s %s GeV/c, magnet %s A, trigger %s\n"
        "list: %s spills, %s triggers, %s EOT (%s), notes %s\n",
        run->number, run->synthetic ? " SYNTHETIC" : "", or_dash(run->period),
        or_dash(run->setup), or_dash(run_type_name(run->type)),
        or_dash(run_quality_name(run->quality)), or_dash(run_origin_name(run->origin)),
        or_dash(run->particle), momentum, magnet, or_dash(run->trigger), spills, triggers,
        eot, or_dash(run->listed_eot_method), or_dash(run->notes));
}

/* Calls for each chunk and each spill of the run, in order. */
struct show {
    struct bytes *out;
    struct json_writer *json; /* NULL: text */
};

static bool chunk_show(const struct show *show, const struct chunk *chunk,
                       struct err *err)
{
    char name[CHUNK_NAME];
    chunk_name(&chunk->id, name);
    if (show->json == NULL)
        return text_addf(show->out, err,
                         "chunk %s: %" PRIu64 " bytes, adler32 %08" PRIx32 ", %s %" PRIu32
                         " segments, %" PRIu32 " damages of %" PRIu64 " bytes, %s\n",
                         name, chunk->size, chunk->adler32,
                         chunk->scanned ? "scanned:" : "not scanned:", chunk->segments,
                         chunk->damage_count, chunk->damaged_bytes, chunk->url);
    json_open_object(show->json, NULL);
    json_put_text(show->json, "chunk", name);
    json_put_u64(show->json, "builder", chunk->id.builder);
    json_put_u64(show->json, "number", chunk->id.number);
    json_put_text(show->json, "url", chunk->url);
    json_put_u64(show->json, "size", chunk->size);
    json_put_u64(show->json, "adler32", chunk->adler32);
    json_put_bool(show->json, "scanned", chunk->scanned);
    json_put_u64(show->json, "segments", chunk->segments);
    json_put_u64(show->json, "damage_count", chunk->damage_count);
    json_put_u64(show->json, "damaged_bytes", chunk->damaged_bytes);
    json_close_object(show->json);
    return true;
}

static bool spill_show(const struct show *show, const struct spill *spill,
                       struct err *err)
{
    const char *state = spill->beam_conflict ? "conflict" : "unknown";
    if (show->json == NULL) {
        char eot[32];
        (void)snprintf(eot, sizeof eot, "%.17g", spill->beam_count);
        return text_addf(show->out, err, "spill %" PRIu32 ": EOT %s\n", spill->number,
                         spill->beam_known ? eot : state);
    }
    json_open_object(show->json, NULL);
    json_put_u64(show->json, "spill", spill->number);
    if (spill->beam_known)
        json_put_real(show->json, "eot", spill->beam_count);
    else
        json_put_null(show->json, "eot");
    json_put_bool(show->json, "conflict", spill->beam_conflict);
    json_close_object(show->json);
    return true;
}

static bool chunks_show(struct catalog_txn *txn, const struct show *show, uint32_t run,
                        struct err *err)
{
    struct chunk_id id = {.run = run};
    struct chunk chunk;
    enum lookup found;
    while ((found = catalog_next_chunk(txn, &id, &chunk, err)) == LOOKUP_FOUND &&
           chunk.id.run == run) {
        if (!chunk_show(show, &chunk, err))
            return false;
        id = chunk.id;
        if (!chunk_id_step(&id))
            break;
    }
    return found != LOOKUP_FAILED;
}

static bool spills_show(struct catalog_txn *txn, const struct show *show, uint32_t run,
                        struct err *err)
{
    uint32_t number = 0;
    struct spill spill;
    enum lookup found;
    while ((found = catalog_next_spill(txn, run, number, &spill, err)) == LOOKUP_FOUND) {
        if (!spill_show(show, &spill, err))
            return false;
        number = spill.number + 1;
    }
    return found != LOOKUP_FAILED;
}

bool run_show_text(struct catalog *catalog, const struct run_view *view,
                   struct bytes *out, struct err *err)
{
    const struct show show = {.out = out};
    struct catalog_txn *txn;
    if (!fields_text(view, out, err) || !catalog_begin(catalog, &txn, err))
        return false;
    bool done = chunks_show(txn, &show, view->run.number, err) &&
                spills_show(txn, &show, view->run.number, err);
    catalog_abort(txn);
    return done;
}

bool run_show_json(struct catalog *catalog, const struct run_view *view,
                   struct bytes *out, struct err *err)
{
    struct json_writer json;
    const struct show show = {.out = out, .json = &json};
    struct catalog_txn *txn;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    json_begin(&json, out);
    json_open_object(&json, NULL);
    view_json(&json, view);
    json_open_array(&json, "chunk_list");
    bool done = chunks_show(txn, &show, view->run.number, err);
    json_close_array(&json);
    json_open_array(&json, "spill_list");
    done = done && spills_show(txn, &show, view->run.number, err);
    json_close_array(&json);
    json_close_object(&json);
    catalog_abort(txn);
    return done && json_end(&json, err);
}
