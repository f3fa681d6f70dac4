/* trace.c - from a file to what made it, and from an input to what it made.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "coordinator/attempt_view.h"
#include "coordinator/command.h"

const char trace_usage[] =
    "spillway trace FILE [--segments] [--json]\n"
    "spillway trace --attempt N [--json]\n"
    "spillway trace --chunk NAME | --run RUN [--spill S] | --payload SHA256  [--json]\n"
    "\n"
    "Backwards: which campaign, release, raw chunks and segments, and which conditions\n"
    "payloads made a published file (any path to it, or its name below the store).\n"
    "An attempt: what it did, where, why it failed, which retry rule decided.\n"
    "Forwards: all published files that hold something of a raw chunk, of a run or spill,\n"
    "or that were made with a payload or row of that hash.\n";

/* Value sets and rows of one segment. */
#define TRACE_ARENA ((size_t)64 << 20)

/* What is looked for, forwards. */
struct trace_query {
    const char *chunk;
    uint64_t run;
    uint64_t spill; /* UINT64_MAX any */
    const char *payload;
    uint64_t attempt; /* UINT64_MAX none */
    struct chunk_id chunk_id;
    struct sha256 payload_hash;
};

struct trace {
    struct catalog_txn *txn;
    struct json_writer *json; /* NULL: text */
    struct arena arena;
    bool list_segments;
};

static bool tracked(enum lookup found, const char *what, uint32_t number, struct err *err)
{
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "%s %u is not in the catalog", what,
                       number);
    return found == LOOKUP_FOUND;
}

/* true in *held when any value of the segment's two sets has that hash. */
static bool holds_value(struct trace *trace, const struct campaign *campaign,
                        const struct plan_segment *plan, const struct sha256 *hash,
                        bool *held, struct err *err)
{
    const uint32_t sets[2] = {plan->reco_set, plan->select_set};
    *held = false;
    for (int s = campaign->recipe.reconstruct ? 0 : 1; s < 2; s++) {
        const uint32_t *values;
        uint32_t count;
        if (!tracked(catalog_get_set(trace->txn, campaign->id, sets[s], &trace->arena,
                                     &values, &count, err),
                     "value set", sets[s], err))
            return false;
        for (uint32_t i = 0; i < count; i++) {
            struct task_value value;
            if (!tracked(catalog_get_value(trace->txn, campaign->id, values[i],
                                           &trace->arena, &value, err),
                         "value", values[i], err))
                return false;
            if (sha256_equal(&value.effective.value, hash))
                *held = true;
        }
    }
    return true;
}

static bool segment_matches(struct trace *trace, const struct campaign *campaign,
                            const struct plan_segment *plan,
                            const struct trace_query *query, bool *matches,
                            struct err *err)
{
    if (query->payload != NULL)
        return holds_value(trace, campaign, plan, &query->payload_hash, matches, err);
    if (query->chunk != NULL)
        *matches = chunk_id_compare(&plan->id.chunk, &query->chunk_id) == 0;
    else
        *matches = plan->id.chunk.run == query->run &&
                   (query->spill == UINT64_MAX || plan->spill == query->spill);
    return true;
}

static bool count_matches(struct trace *trace, const struct campaign *campaign,
                          const struct merge_group *group,
                          const struct trace_query *query, uint32_t *count,
                          struct err *err)
{
    *count = 0;
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        bool matches = false;
        arena_reset(&trace->arena);
        if (!tracked(catalog_get_plan_segment(trace->txn, campaign->id, i, &plan, err),
                     "plan segment", i, err) ||
            !catalog_get_states(trace->txn, campaign->id, i, 1, &state, err) ||
            !segment_matches(trace, campaign, &plan, query, &matches, err))
            return false;
        if (matches && state.state == SEGMENT_COMMITTED)
            *count += 1;
    }
    return true;
}

static void show_match(struct trace *trace, const struct campaign *campaign,
                       const struct merge_group *group, uint32_t count)
{
    if (trace->json == NULL) {
        (void)printf("%s/%s  campaign %s, %u segments\n", campaign->store,
                     group->published, campaign->name, count);
        return;
    }
    json_open_object(trace->json, NULL);
    json_put_text(trace->json, "file", group->published);
    json_put_text(trace->json, "store", campaign->store);
    json_put_text(trace->json, "campaign", campaign->name);
    json_put_u64(trace->json, "segments", count);
    json_close_object(trace->json);
}

/* Adds to *files when the group is published and holds something of it. */
static bool trace_group(struct trace *trace, const struct campaign *campaign,
                        uint32_t number, const struct trace_query *query, uint32_t *files,
                        struct err *err)
{
    struct merge_group group;
    uint32_t count;
    if (!tracked(catalog_get_group(trace->txn, campaign->id, number, &group, err),
                 "merge group", number, err))
        return false;
    if (group.state != GROUP_PUBLISHED)
        return true;
    if (!count_matches(trace, campaign, &group, query, &count, err))
        return false;
    if (count > 0)
        show_match(trace, campaign, &group, count);
    *files += count > 0;
    return true;
}

static bool trace_forward(struct trace *trace, const struct trace_query *query,
                          struct err *err)
{
    struct campaign campaign;
    uint32_t files = 0;
    if (trace->json != NULL)
        json_open_array(trace->json, NULL);
    for (uint32_t id = 1;; id = campaign.id + 1) {
        enum lookup found = catalog_next_campaign(trace->txn, id, &campaign, err);
        if (found == LOOKUP_FAILED)
            return false;
        if (found == LOOKUP_ABSENT)
            break;
        for (uint32_t i = 0; i < campaign.group_count; i++)
            if (!trace_group(trace, &campaign, i, query, &files, err))
                return false;
    }
    if (trace->json != NULL)
        json_close_array(trace->json);
    else if (files == 0)
        (void)printf("no published file holds anything of it\n");
    return true;
}

/* Backwards: each distinct value of the segments, with the number of segments. */
struct value_use {
    uint32_t number;
    uint32_t segments;
};

struct value_uses {
    struct value_use *list;
    uint32_t count;
    uint32_t capacity;
};

static void use_add(struct value_uses *uses, uint32_t number)
{
    for (uint32_t i = 0; i < uses->count; i++) {
        if (uses->list[i].number == number) {
            uses->list[i].segments++;
            return;
        }
    }
    if (uses->count == uses->capacity) {
        uses->capacity = uses->capacity == 0 ? 64 : 2 * uses->capacity;
        uses->list = mem_grow(uses->list, uses->capacity, sizeof *uses->list);
    }
    uses->list[uses->count++] = (struct value_use){number, 1};
}

static bool use_set(struct trace *trace, const struct campaign *campaign, uint32_t set,
                    struct value_uses *uses, struct err *err)
{
    const uint32_t *values;
    uint32_t count;
    if (!tracked(catalog_get_set(trace->txn, campaign->id, set, &trace->arena, &values,
                                 &count, err),
                 "value set", set, err))
        return false;
    for (uint32_t i = 0; i < count; i++)
        use_add(uses, values[i]);
    return true;
}

static void show_segment(struct trace *trace, const struct plan_segment *plan,
                         const struct segment *segment)
{
    char name[CHUNK_NAME];
    char hex[SHA256_HEX];
    chunk_name(&plan->id.chunk, name);
    sha256_to_hex(&plan->select_key, hex);
    if (trace->json == NULL) {
        (void)printf("  %s segment %u spill %u bytes %" PRIu64 "+%" PRIu64
                     " events %" PRIu64 " key %.16s\n",
                     name, plan->id.ordinal, plan->spill, segment->offset,
                     segment->length, segment->digest.count, hex);
        return;
    }
    json_open_object(trace->json, NULL);
    json_put_text(trace->json, "chunk", name);
    json_put_u64(trace->json, "ordinal", plan->id.ordinal);
    json_put_u64(trace->json, "spill", plan->spill);
    json_put_u64(trace->json, "offset", segment->offset);
    json_put_u64(trace->json, "length", segment->length);
    json_put_text(trace->json, "select_key", hex);
    json_close_object(trace->json);
}

static void show_chunk(struct trace *trace, const struct chunk *chunk, uint32_t segments)
{
    if (trace->json == NULL) {
        (void)printf("input   %s  size %" PRIu64 " adler32 %08x, %u segments\n",
                     chunk->url, chunk->size, chunk->adler32, segments);
        return;
    }
    char adler[16];
    (void)snprintf(adler, sizeof adler, "%08x", chunk->adler32);
    json_open_object(trace->json, NULL);
    json_put_text(trace->json, "url", chunk->url);
    json_put_u64(trace->json, "size", chunk->size);
    json_put_text(trace->json, "adler32", adler);
    json_put_u64(trace->json, "segments", segments);
    json_close_object(trace->json);
}

/* Chunks of one run: builders and numbers in any order, so counted in a small list. */
struct chunk_use {
    struct chunk_id id;
    uint32_t segments;
};

struct chunk_uses {
    struct chunk_use *list;
    uint32_t count;
    uint32_t capacity;
};

static void chunk_add(struct chunk_uses *uses, const struct chunk_id *id)
{
    for (uint32_t i = 0; i < uses->count; i++) {
        if (chunk_id_compare(&uses->list[i].id, id) == 0) {
            uses->list[i].segments++;
            return;
        }
    }
    if (uses->count == uses->capacity) {
        uses->capacity = uses->capacity == 0 ? 64 : 2 * uses->capacity;
        uses->list = mem_grow(uses->list, uses->capacity, sizeof *uses->list);
    }
    uses->list[uses->count++] = (struct chunk_use){*id, 1};
}

static bool scan_group(struct trace *trace, const struct campaign *campaign,
                       const struct merge_group *group, struct chunk_uses *chunks,
                       struct value_uses *values, struct err *err)
{
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        arena_reset(&trace->arena);
        if (!tracked(catalog_get_plan_segment(trace->txn, campaign->id, i, &plan, err),
                     "plan segment", i, err) ||
            !catalog_get_states(trace->txn, campaign->id, i, 1, &state, err))
            return false;
        if (state.state != SEGMENT_COMMITTED)
            continue;
        chunk_add(chunks, &plan.id.chunk);
        bool reco = campaign->recipe.reconstruct;
        bool select = !stream_is_reco(group->merge_class.stream);
        if ((reco && !use_set(trace, campaign, plan.reco_set, values, err)) ||
            (select && !use_set(trace, campaign, plan.select_set, values, err)))
            return false;
    }
    return true;
}

static bool show_values(struct trace *trace, const struct campaign *campaign,
                        const struct value_uses *uses, struct err *err)
{
    if (trace->json != NULL)
        json_open_array(trace->json, "conditions");
    for (uint32_t i = 0; i < uses->count; i++) {
        struct task_value value;
        char hex[SHA256_HEX];
        arena_reset(&trace->arena);
        if (!tracked(catalog_get_value(trace->txn, campaign->id, uses->list[i].number,
                                       &trace->arena, &value, err),
                     "value", uses->list[i].number, err))
            return false;
        sha256_to_hex(&value.effective.value, hex);
        if (trace->json == NULL) {
            (void)printf("payload %-14s %s  %s, %u segments\n", value.effective.type, hex,
                         fallback_name(value.effective.level), uses->list[i].segments);
            continue;
        }
        json_open_object(trace->json, NULL);
        json_put_text(trace->json, "type", value.effective.type);
        json_put_text(trace->json, "sha256", hex);
        json_put_text(trace->json, "level", fallback_name(value.effective.level));
        json_put_u64(trace->json, "segments", uses->list[i].segments);
        json_close_object(trace->json);
    }
    if (trace->json != NULL)
        json_close_array(trace->json);
    return true;
}

static bool show_segments(struct trace *trace, const struct campaign *campaign,
                          const struct merge_group *group, struct err *err)
{
    if (trace->json != NULL)
        json_open_array(trace->json, "segments");
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        struct plan_segment plan;
        struct segment segment;
        struct plan_state state;
        if (!tracked(catalog_get_plan_segment(trace->txn, campaign->id, i, &plan, err),
                     "plan segment", i, err) ||
            !tracked(catalog_get_segment(trace->txn, &plan.id, &segment, err), "segment",
                     i, err) ||
            !catalog_get_states(trace->txn, campaign->id, i, 1, &state, err))
            return false;
        if (state.state == SEGMENT_COMMITTED)
            show_segment(trace, &plan, &segment);
    }
    if (trace->json != NULL)
        json_close_array(trace->json);
    return true;
}

static void show_head(struct trace *trace, const struct campaign *campaign,
                      const struct merge_group *group)
{
    char hash[SHA256_HEX];
    char release[SHA256_HEX];
    char manifest[SHA256_HEX];
    sha256_to_hex(&group->hash, hash);
    sha256_to_hex(&campaign->recipe.release, release);
    sha256_to_hex(&campaign->manifest, manifest);
    if (trace->json == NULL) {
        (void)printf("file    %s/%s%s\n        %" PRIu64 " bytes, sha256 %s, %" PRIu64
                     " events\nmade by campaign %s, release %s\n",
                     campaign->store, group->published,
                     group->merge_class.synthetic ? "  SYNTHETIC" : "", group->size, hash,
                     group->events.count, campaign->name, release);
        if (campaign->tag[0] != 0)
            (void)printf("tag     %s from %s, manifest %s\n", campaign->tag,
                         campaign->source, manifest);
        return;
    }
    json_put_text(trace->json, "file", group->published);
    json_put_text(trace->json, "store", campaign->store);
    json_put_bool(trace->json, "synthetic", group->merge_class.synthetic);
    json_put_u64(trace->json, "size", group->size);
    json_put_text(trace->json, "sha256", hash);
    json_put_u64(trace->json, "events", group->events.count);
    json_put_text(trace->json, "campaign", campaign->name);
    json_put_text(trace->json, "release", release);
    json_put_text(trace->json, "tag", campaign->tag);
    json_put_text(trace->json, "conditions_source", campaign->source);
    json_put_text(trace->json, "manifest", manifest);
}

static bool show_chunks(struct trace *trace, const struct chunk_uses *uses,
                        struct err *err)
{
    if (trace->json != NULL)
        json_open_array(trace->json, "inputs");
    for (uint32_t i = 0; i < uses->count; i++) {
        struct chunk chunk;
        if (!tracked(catalog_get_chunk(trace->txn, &uses->list[i].id, &chunk, err),
                     "chunk of run", uses->list[i].id.run, err))
            return false;
        show_chunk(trace, &chunk, uses->list[i].segments);
    }
    if (trace->json != NULL)
        json_close_array(trace->json);
    return true;
}

static bool show_group(struct trace *trace, const struct campaign *campaign,
                       const struct merge_group *group, struct err *err)
{
    struct chunk_uses chunks = {.count = 0};
    struct value_uses values = {.count = 0};
    if (trace->json != NULL)
        json_open_object(trace->json, NULL);
    show_head(trace, campaign, group);
    bool done = scan_group(trace, campaign, group, &chunks, &values, err) &&
                show_chunks(trace, &chunks, err) &&
                show_values(trace, campaign, &values, err) &&
                (!trace->list_segments || show_segments(trace, campaign, group, err));
    if (trace->json != NULL)
        json_close_object(trace->json);
    free(chunks.list);
    free(values.list);
    return done;
}

static bool names_group(const char *file, const struct merge_group *group)
{
    const char *wanted = strrchr(file, '/');
    const char *have = strrchr(group->published, '/');
    return group->state == GROUP_PUBLISHED && have != NULL &&
           strcmp(wanted == NULL ? file : wanted + 1, have + 1) == 0;
}

static bool trace_backward(struct trace *trace, const char *file, struct err *err)
{
    struct campaign campaign;
    bool any = false;
    if (trace->json != NULL)
        json_open_array(trace->json, NULL);
    for (uint32_t id = 1;; id = campaign.id + 1) {
        enum lookup found = catalog_next_campaign(trace->txn, id, &campaign, err);
        if (found == LOOKUP_FAILED)
            return false;
        if (found == LOOKUP_ABSENT)
            break;
        for (uint32_t i = 0; i < campaign.group_count; i++) {
            struct merge_group group;
            if (!tracked(catalog_get_group(trace->txn, campaign.id, i, &group, err),
                         "merge group", i, err))
                return false;
            if (!names_group(file, &group))
                continue;
            any = true;
            if (!show_group(trace, &campaign, &group, err))
                return false;
        }
    }
    if (trace->json != NULL)
        json_close_array(trace->json);
    return any ||
           err_set(err, E_NOT_FOUND, "%s: no campaign published such a file", file);
}

static bool query_parse(struct trace_query *query, int words, struct err *err)
{
    int ways = (query->chunk != NULL) + (query->payload != NULL) +
               (query->run != UINT64_MAX) + (query->attempt != UINT64_MAX) + (words > 1);
    if (ways != 1 || (query->spill != UINT64_MAX && query->run == UINT64_MAX))
        return err_set(err, E_USAGE,
                       "give a file, or one of --attempt, --chunk, --run [--spill], "
                       "--payload");
    if (query->chunk != NULL && !chunk_name_parse(query->chunk, &query->chunk_id))
        return err_set(err, E_USAGE, "%s: is no chunk name (cdrBBCCC-RRRRRR.dat)",
                       query->chunk);
    return query->payload == NULL ||
           sha256_from_hex(query->payload, &query->payload_hash, err);
}

static bool trace_any(struct trace *trace, const char *file,
                      const struct trace_query *query, struct err *err)
{
    if (file != NULL)
        return trace_backward(trace, file, err);
    if (query->attempt != UINT64_MAX)
        return attempt_show(trace->txn, query->attempt, trace->json, err);
    return trace_forward(trace, query, err);
}

static bool trace_run(const struct area *area, struct trace *trace, const char *file,
                      const struct trace_query *query, struct err *err)
{
    struct catalog *catalog = NULL;
    arena_init(&trace->arena, TRACE_ARENA);
    bool done =
        area_read(area, &catalog, &trace->txn, err) && trace_any(trace, file, query, err);
    catalog_abort(trace->txn);
    catalog_close(catalog);
    arena_release(&trace->arena);
    return done;
}

int trace_command(struct area *area, int argc, char **argv)
{
    struct err err;
    bool as_json = false;
    struct trace trace = {.txn = NULL};
    struct trace_query query = {
        .run = UINT64_MAX, .spill = UINT64_MAX, .attempt = UINT64_MAX};
    struct bytes text;
    struct json_writer json;
    const struct command_option options[] = {
        {.name = "json", .flag = &as_json},
        {.name = "segments", .flag = &trace.list_segments},
        {.name = "attempt", .number = &query.attempt},
        {.name = "chunk", .text = &query.chunk},
        {.name = "payload", .text = &query.payload},
        {.name = "run", .number = &query.run},
        {.name = "spill", .number = &query.spill}};
    if (!command_options(options, 7, &argc, argv, &err) ||
        !command_words(argc, 0, 1, "one file", &err) ||
        !query_parse(&query, argc, &err) || !area_open(area, &err))
        return command_error(&err);
    bytes_init(&text, (size_t)1 << 30);
    json_begin(&json, &text);
    trace.json = as_json ? &json : NULL;
    bool done = trace_run(area, &trace, argc == 2 ? argv[1] : NULL, &query, &err);
    if (done && as_json) {
        done = json_end(&json, &err);
        if (done)
            (void)printf("%.*s\n", (int)text.size, (const char *)text.data);
    }
    bytes_release(&text);
    return done ? 0 : command_error(&err);
}
