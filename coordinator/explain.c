/* explain.c - comparing plans, and key texts line by line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/key_diff.h"
#include "coordinator/why.h"

#define OUTPUT_LIMIT ((size_t)1 << 30) /* causes of 10^6 spills as JSON */

const char impact_usage[] =
    "spillway impact CAMPAIGN_A CAMPAIGN_B [--json]\n"
    "\n"
    "Which segments have other keys under B than under A, by cause: payload types with\n"
    "runs and spills, release, options, skims. Plan B first; nothing needs to run.\n";

const char explain_usage[] =
    "spillway explain CAMPAIGN_A CAMPAIGN_B [--run RUN]\n"
    "spillway explain CAMPAIGN --segment RUN/BUILDER/CHUNK/ORDINAL\n"
    "\n"
    "The lines in which the key texts of two campaigns differ, equal differences\n"
    "together; or both key texts of one segment as the keys are made of them.\n";

/* Two plans from one transaction. */
struct pair {
    struct catalog *catalog;
    struct catalog_txn *txn;
    struct plan_view a, b;
};

static bool pair_open(struct pair *pair, struct area *area, const char *a, const char *b,
                      struct err *err)
{
    *pair = (struct pair){.catalog = NULL};
    plan_view_init(&pair->a);
    plan_view_init(&pair->b);
    return area_catalog(area, CATALOG_READ, &pair->catalog, err) &&
           catalog_begin(pair->catalog, &pair->txn, err) &&
           plan_view_load(&pair->a, pair->txn, a, err) &&
           (b == NULL || plan_view_load(&pair->b, pair->txn, b, err));
}

static void pair_close(struct pair *pair)
{
    plan_view_release(&pair->a);
    plan_view_release(&pair->b);
    catalog_abort(pair->txn);
    catalog_close(pair->catalog);
}

static bool impact_text(const struct pair *pair, const struct why *why, struct bytes *out,
                        struct err *err)
{
    return text_addf(
               out, err,
               "%" PRIu64 " of %" PRIu64 " segments differ between %s and %s; %" PRIu64
               " only in selection; %" PRIu64 " are only in %s, %" PRIu64 " only in %s\n",
               why->different, why->segments, pair->a.campaign.name,
               pair->b.campaign.name, why->select_only, why->only_a,
               pair->a.campaign.name, why->only_b, pair->b.campaign.name) &&
           why_text(why, out, err);
}

static bool impact_json(const struct pair *pair, const struct why *why, struct bytes *out,
                        struct err *err)
{
    struct json_writer json;
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_text(&json, "a", pair->a.campaign.name);
    json_put_text(&json, "b", pair->b.campaign.name);
    json_put_u64(&json, "segments", why->segments);
    json_put_u64(&json, "different", why->different);
    json_put_u64(&json, "select_only", why->select_only);
    json_put_u64(&json, "only_a", why->only_a);
    json_put_u64(&json, "only_b", why->only_b);
    why_json(why, &json);
    json_close_object(&json);
    return json_end(&json, err);
}

static bool impact_words(struct area *area, int argc, char **argv, struct bytes *out,
                         struct err *err)
{
    bool json = false;
    const struct command_option options[] = {{.name = "json", .flag = &json}};
    struct pair pair;
    struct why why;
    if (!command_options(options, 1, &argc, argv, err) ||
        !command_words(argc, 2, 2, "a pair of campaigns", err))
        return false;
    why_init(&why);
    bool done = pair_open(&pair, area, argv[1], argv[2], err);
    if (done) {
        why_compare(&why, &pair.a, &pair.b);
        done = json ? impact_json(&pair, &why, out, err)
                    : impact_text(&pair, &why, out, err);
    }
    why_release(&why);
    pair_close(&pair);
    return done;
}

/* RUN/BUILDER/CHUNK/ORDINAL */
static bool segment_read(const char *word, struct segment_id *id, struct err *err)
{
    uint64_t numbers[4];
    char part[16];
    const uint64_t most[4] = {RUN_MAXIMUM, UINT16_MAX, UINT16_MAX, UINT32_MAX};
    const char *at = word;
    for (size_t i = 0; i < 4; i++) {
        struct err inner;
        size_t length = strcspn(at, "/");
        bool last = at[length] == 0;
        if (length >= sizeof part || last != (i == 3))
            return err_set(err, E_USAGE, "\"%.60s\": expected RUN/BUILDER/CHUNK/ORDINAL",
                           word);
        memcpy(part, at, length);
        part[length] = 0;
        if (!text_to_u64(part, most[i], &numbers[i], &inner))
            return err_set(err, E_USAGE, "\"%.60s\": expected RUN/BUILDER/CHUNK/ORDINAL",
                           word);
        at += length + !last;
    }
    *id = (struct segment_id){
        {(uint32_t)numbers[0], (uint16_t)numbers[1], (uint16_t)numbers[2]},
        (uint32_t)numbers[3]};
    return true;
}

static bool segment_text(const struct pair *pair, const struct segment_id *id,
                         struct bytes *out, struct err *err)
{
    struct bytes texts[2];
    uint32_t number = 0;
    while (number < pair->a.count &&
           segment_id_compare(&pair->a.segments[number].id, id) != 0)
        number++;
    if (number == pair->a.count)
        return err_set(err, E_NOT_FOUND, "campaign %s has no such segment",
                       pair->a.campaign.name);
    bytes_init(&texts[0], KEY_TEXT_LIMIT);
    bytes_init(&texts[1], KEY_TEXT_LIMIT);
    bool done = plan_view_texts(&pair->a, pair->txn, number, texts, err);
    for (int i = 0; done && i < 2; i++) {
        char hex[SHA256_HEX];
        struct sha256 key = key_of(&texts[i]);
        sha256_to_hex(&key, hex);
        done = text_addf(out, err, "%s key %s\n", i == 0 ? "reco" : "select", hex) &&
               bytes_append(out, texts[i].data, texts[i].size, err);
    }
    bytes_release(&texts[0]);
    bytes_release(&texts[1]);
    return done;
}

/* Adds the difference of one segment to the groups of equal differences. */
static bool segment_diff(const struct pair *pair, uint32_t i, uint32_t k,
                         struct key_diffs *diffs, struct err *err)
{
    struct bytes texts[4];
    for (size_t t = 0; t < 4; t++)
        bytes_init(&texts[t], KEY_TEXT_LIMIT);
    bool done = plan_view_texts(&pair->a, pair->txn, i, &texts[0], err) &&
                plan_view_texts(&pair->b, pair->txn, k, &texts[2], err) &&
                key_diffs_add(diffs, &pair->b.segments[k], texts, err);
    for (size_t t = 0; t < 4; t++)
        bytes_release(&texts[t]);
    return done;
}

static bool pair_diff(const struct pair *pair, const struct run_range *runs,
                      struct key_diffs *diffs, struct err *err)
{
    uint32_t i = 0;
    for (uint32_t k = 0; k < pair->b.count; k++) {
        const struct plan_segment *right = &pair->b.segments[k];
        uint32_t run = right->id.chunk.run;
        while (i < pair->a.count && plan_segment_order(&pair->a.segments[i], right) < 0)
            i++;
        if (i == pair->a.count)
            break;
        const struct plan_segment *left = &pair->a.segments[i];
        if (run < runs->first || run > runs->last ||
            plan_segment_order(left, right) != 0 || plan_segment_same(left, right))
            continue;
        if (!segment_diff(pair, i, k, diffs, err))
            return false;
    }
    return true;
}

static bool explain_words(struct area *area, int argc, char **argv, struct bytes *out,
                          struct err *err)
{
    const char *segment = NULL;
    const char *run = NULL;
    const struct command_option options[] = {{.name = "segment", .text = &segment},
                                             {.name = "run", .text = &run}};
    struct run_range runs = {0, RUN_MAXIMUM};
    struct segment_id id = {.ordinal = 0};
    struct pair pair;
    struct key_diffs diffs;
    if (!command_options(options, 2, &argc, argv, err) ||
        !command_words(argc, segment == NULL ? 2 : 1, segment == NULL ? 2 : 1,
                       segment == NULL ? "a pair of campaigns" : "one campaign", err) ||
        (segment != NULL && !segment_read(segment, &id, err)) ||
        (run != NULL && !run_range_read(run, &runs, err)))
        return false;
    key_diffs_init(&diffs);
    bool done = pair_open(&pair, area, argv[1], segment == NULL ? argv[2] : NULL, err);
    if (done && segment != NULL)
        done = segment_text(&pair, &id, out, err);
    else if (done)
        done = pair_diff(&pair, &runs, &diffs, err) && key_diffs_text(&diffs, out, err);
    key_diffs_release(&diffs);
    pair_close(&pair);
    return done;
}

static int finish(bool done, struct bytes *out, const struct err *err)
{
    int status = command_print(out);
    bytes_release(out);
    return done ? status : command_error(err);
}

int impact_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct bytes out;
    bytes_init(&out, OUTPUT_LIMIT);
    bool done = impact_words(area, argc, argv, &out, &err);
    return finish(done, &out, &err);
}

int explain_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct bytes out;
    bytes_init(&out, OUTPUT_LIMIT);
    bool done = explain_words(area, argc, argv, &out, &err);
    return finish(done, &out, &err);
}
