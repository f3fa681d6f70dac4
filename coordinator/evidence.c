/* evidence.c - reads what the sample made and adds it up, run by run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/evidence.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/json.h"
#include "base/text.h"
#include "coordinator/family.h"
#include "coordinator/report.h"
#include "coordinator/shelf.h"
#include "output/summary.h"

#define DOCUMENT_LIMIT ((size_t)1 << 28)

/* One product set. */
#define SET_ARENA ((size_t)16 << 20)

/* All products of a stream in a run, in merge order. */
struct stream_sum {
    char name[STREAM_NAME];
    uint64_t entries;
    struct sha256_stream *hash; /* over the sha256 of the bytes of each */
};

struct gather {
    struct catalog_txn *txn;
    const struct campaign *campaign;
    const struct campaign_report *report;
    struct json_writer *json;
    struct bytes *lines;
    struct arena arena;
    char file[PRODUCT_FILE]; /* that is open */
    char path[PATH_MAX];
    int fd;
    size_t runs;            /* of the report, that are written */
    uint32_t run, segments; /* at work */
    struct summary sum;
    struct stream_sum streams[STREAMS];
    uint32_t stream_count;
};

void evidence_init(struct evidence *evidence)
{
    *evidence = (struct evidence){.lines = {.size = 0}};
    bytes_init(&evidence->document, DOCUMENT_LIMIT);
    bytes_init(&evidence->lines, DOCUMENT_LIMIT);
}

void evidence_release(struct evidence *evidence)
{
    bytes_release(&evidence->document);
    bytes_release(&evidence->lines);
}

static bool file_open(struct gather *gather, const char *name, struct err *err)
{
    uint64_t size;
    if (gather->fd >= 0 && strcmp(gather->file, name) == 0)
        return true;
    if (gather->fd >= 0)
        (void)close(gather->fd);
    gather->fd = -1;
    return text_copy(gather->file, sizeof gather->file, name, err) &&
           shelf_path(gather->campaign, name, gather->path, err) &&
           disk_open_read(gather->path, &gather->fd, &size, err);
}

static bool sum_skims(struct summary *sum, const struct summary *one, struct err *err)
{
    if (sum->skim_count != 0 && sum->skim_count != one->skim_count)
        return err_set(err, E_SUMMARY_FORMAT, "summaries of one run differ in skims");
    sum->skim_count = one->skim_count;
    for (uint32_t i = 0; i < one->skim_count; i++) {
        struct summary_skim *to = &sum->skims[i];
        const struct summary_skim *from = &one->skims[i];
        memcpy(to->name, from->name, sizeof to->name);
        to->seen += from->seen;
        to->masked += from->masked;
        to->rejected += from->rejected;
        to->damaged += from->damaged;
        to->cut_count = from->cut_count;
        for (uint32_t k = 0; k < from->cut_count; k++)
            to->after[k] += from->after[k];
        event_digest_merge(&to->kept, &from->kept);
    }
    return true;
}

static bool sum_add(struct summary *sum, const struct summary *one, struct err *err)
{
    for (unsigned i = 0; i < EVENT_TYPES; i++)
        sum->events[i] += one->events[i];
    event_digest_merge(&sum->seen, &one->seen);
    sum->damaged_events += one->damaged_events;
    sum->damaged_bytes += one->damaged_bytes;
    sum->nan_count += one->nan_count;
    sum->lost_channels += one->lost_channels;
    sum->no_master += one->no_master;
    sum->skipped += one->skipped;
    for (unsigned i = 0; i < FALLBACK_LEVELS; i++)
        sum->fallback[i] += one->fallback[i];
    damage_counts_add(&sum->damage, &one->damage);
    return sum_skims(sum, one, err);
}

/* The line is what the catalog says, or it is no evidence. */
static bool summary_take(struct gather *gather, const struct product *product,
                         struct err *err)
{
    char line[SUMMARY_LINE];
    struct summary one;
    const struct place *place = &product->place;
    if (place->length > sizeof line)
        return err_set(err, E_SUMMARY_FORMAT, "%s: a summary line is too long",
                       place->file);
    if (!file_open(gather, place->file, err) ||
        !disk_read_at(gather->fd, gather->path, place->offset, line,
                      (size_t)place->length, err))
        return false;
    struct sha256 hash = sha256_of(line, (size_t)place->length);
    if (!sha256_equal(&hash, &product->bytes_hash))
        return err_set(err, E_VERIFY, "%s: bytes of a summary changed", gather->path);
    return summary_read(line, (size_t)place->length, gather->path, &one, err) &&
           sum_add(&gather->sum, &one, err);
}

static struct stream_sum *stream_of(struct gather *gather, const char *name)
{
    for (uint32_t i = 0; i < gather->stream_count; i++)
        if (strcmp(gather->streams[i].name, name) == 0)
            return &gather->streams[i];
    bug_if(gather->stream_count == STREAMS);
    struct stream_sum *stream = &gather->streams[gather->stream_count++];
    *stream = (struct stream_sum){.hash = sha256_new()};
    memcpy(stream->name, name, strlen(name) + 1);
    sha256_start(stream->hash);
    return stream;
}

static bool set_take(struct gather *gather, uint32_t number, struct err *err)
{
    struct product_set set;
    if (number == 0)
        return true;
    arena_reset(&gather->arena);
    enum lookup found =
        catalog_get_products(gather->txn, number, &gather->arena, &set, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "product %" PRIu32 " is missing", number);
    bool done = found == LOOKUP_FOUND;
    for (uint32_t i = 0; done && i < set.count; i++) {
        const struct product *product = &set.products[i];
        struct stream_sum *stream = stream_of(gather, product->stream);
        stream->entries += product->entries;
        sha256_add(stream->hash, product->bytes_hash.bytes, SHA256_SIZE);
        if (strcmp(product->stream, "summary") == 0)
            done = summary_take(gather, product, err);
    }
    return done;
}

static void skims_json(const struct gather *gather)
{
    struct json_writer *json = gather->json;
    json_open_array(json, "skims");
    for (uint32_t i = 0; i < gather->sum.skim_count; i++) {
        const struct summary_skim *skim = &gather->sum.skims[i];
        char digest[EVENT_DIGEST_TEXT];
        event_digest_text(&skim->kept, digest);
        json_open_object(json, NULL);
        json_put_text(json, "skim", skim->name);
        json_put_u64(json, "seen", skim->seen);
        json_put_u64(json, "kept", skim->kept.count);
        json_put_u64(json, "rejected", skim->rejected);
        json_put_u64(json, "masked", skim->masked);
        json_put_u64(json, "damaged", skim->damaged);
        json_put_text(json, "kept_digest", digest);
        json_open_array(json, "after_cut");
        for (uint32_t k = 0; k < skim->cut_count; k++)
            json_put_u64(json, NULL, skim->after[k]);
        json_close_array(json);
        json_close_object(json);
    }
    json_close_array(json);
}

static void streams_json(const struct gather *gather)
{
    struct json_writer *json = gather->json;
    json_open_array(json, "streams");
    for (uint32_t i = 0; i < gather->stream_count; i++) {
        char hex[SHA256_HEX];
        struct sha256 hash = sha256_end(gather->streams[i].hash);
        sha256_to_hex(&hash, hex);
        json_open_object(json, NULL);
        json_put_text(json, "stream", gather->streams[i].name);
        json_put_u64(json, "entries", gather->streams[i].entries);
        json_put_text(json, "sha256", hex);
        json_close_object(json);
    }
    json_close_array(json);
}

static void counts_json(const struct gather *gather)
{
    const struct summary *sum = &gather->sum;
    struct json_writer *json = gather->json;
    char digest[EVENT_DIGEST_TEXT];
    event_digest_text(&sum->seen, digest);
    json_put_u64(json, "segments", gather->segments);
    json_put_text(json, "seen", digest);
    json_put_u64(json, "damaged_events", sum->damaged_events);
    json_put_u64(json, "damaged_bytes", sum->damaged_bytes);
    json_put_u64(json, "nan", sum->nan_count);
    json_put_u64(json, "lost_channels", sum->lost_channels);
    json_put_u64(json, "no_master_time", sum->no_master);
    json_put_u64(json, "skipped", sum->skipped);
    json_open_object(json, "values");
    for (unsigned i = 0; i < FALLBACK_LEVELS; i++)
        json_put_u64(json, fallback_name((enum fallback)i), sum->fallback[i]);
    json_close_object(json);
    json_open_object(json, "damage");
    for (uint32_t i = 0; i < DAMAGE_CLASS_COUNT; i++)
        if (sum->damage.of[i] > 0)
            json_put_u64(json, damage_word(i), sum->damage.of[i]);
    json_close_object(json);
}

static bool run_line(const struct gather *gather, const struct eot *eot, struct err *err)
{
    const struct summary *sum = &gather->sum;
    if (!text_addf(gather->lines, err,
                   "  run %" PRIu32 ": %" PRIu64 " spills, %" PRIu64 " events: %" PRIu64
                   " delivered, %" PRIu64 " lost, %" PRIu64 " open; EOT %.6g; %" PRIu64
                   " damaged",
                   gather->run, eot->selected.spills, eot->selected.events,
                   eot->delivered.events, eot->lost.events, eot->open.events,
                   eot->delivered.drop, sum->damaged_events))
        return false;
    for (uint32_t i = 0; i < sum->skim_count; i++)
        if (!text_addf(gather->lines, err, "; %s %" PRIu64 " of %" PRIu64,
                       sum->skims[i].name, sum->skims[i].kept.count, sum->skims[i].seen))
            return false;
    return text_add(gather->lines, "\n", err);
}

/* The run at work is whole: the report has its account at the same place. */
static bool run_end(struct gather *gather, struct err *err)
{
    if (gather->segments == 0)
        return true;
    if (gather->runs == gather->report->run_count ||
        gather->report->runs[gather->runs].run != gather->run)
        return err_set(err, E_CATALOG_DAMAGED, "run %" PRIu32 " has no account",
                       gather->run);
    const struct eot *eot = &gather->report->runs[gather->runs++].eot;
    json_open_object(gather->json, NULL);
    json_put_u64(gather->json, "run", gather->run);
    report_account_json(gather->json, eot);
    counts_json(gather);
    skims_json(gather);
    streams_json(gather);
    json_close_object(gather->json);
    bool done = run_line(gather, eot, err);
    for (uint32_t i = 0; i < gather->stream_count; i++)
        sha256_free(gather->streams[i].hash);
    gather->stream_count = 0;
    gather->segments = 0;
    gather->sum = (struct summary){.spill = 0};
    return done;
}

static bool segment_take(struct gather *gather, const struct family *family,
                         uint32_t number, struct err *err)
{
    struct plan_segment plan;
    struct plan_state state;
    uint32_t campaign = gather->campaign->id;
    enum lookup found =
        catalog_get_plan_segment(gather->txn, campaign, number, &plan, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is missing",
                       number);
    if (found == LOOKUP_FAILED ||
        !catalog_get_states(gather->txn, campaign, number, 1, &state, err))
        return false;
    uint32_t run = plan.id.chunk.run;
    if (!family_is(family, gather->campaign->name, run))
        return true;
    if (run != gather->run && !run_end(gather, err))
        return false;
    gather->run = run;
    gather->segments++;
    return state.state != SEGMENT_COMMITTED ||
           (set_take(gather, state.reco_product, err) &&
            set_take(gather, state.select_product, err));
}

static bool runs_json(struct gather *gather, const struct stage_spans *sample,
                      struct err *err)
{
    struct family family;
    arena_init(&gather->arena, SET_ARENA);
    bool done = family_load(&family, gather->txn, gather->campaign->name, err);
    json_open_array(gather->json, "runs");
    for (uint32_t i = 0; done && i < sample->count; i++)
        for (uint32_t k = 0; done && k < sample->list[i].count; k++)
            done = segment_take(gather, &family, sample->list[i].first + k, err);
    done = done && run_end(gather, err);
    json_close_array(gather->json);
    for (uint32_t i = 0; i < gather->stream_count; i++)
        sha256_free(gather->streams[i].hash);
    if (gather->fd >= 0)
        (void)close(gather->fd);
    arena_release(&gather->arena);
    family_release(&family);
    return done;
}

static void put_hash(struct json_writer *json, const char *key, const struct sha256 *hash)
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    json_put_text(json, key, hex);
}

static bool document(struct evidence *evidence, struct gather *gather,
                     const struct stage_period *period, struct err *err)
{
    const struct campaign *campaign = gather->campaign;
    struct json_writer json;
    gather->json = &json;
    json_begin(&json, &evidence->document);
    json_open_object(&json, NULL);
    json_put_text(&json, "evidence", "spillway-1");
    json_put_text(&json, "campaign", campaign->name);
    json_put_text(&json, "period", period->name);
    json_put_text(&json, "tag", campaign->tag);
    put_hash(&json, "manifest", &campaign->manifest);
    put_hash(&json, "release", &campaign->recipe.release);
    put_hash(&json, "sample", &evidence->sample);
    bool done = runs_json(gather, &period->sample, err);
    json_open_object(&json, "all");
    report_account_json(&json, &gather->report->sum);
    json_close_object(&json);
    fallback_json(&gather->report->fallbacks, &json);
    report_losses_json(&json, gather->report);
    json_close_object(&json);
    return done && json_end(&json, err) &&
           bytes_append(&evidence->document, "\n", 1, err);
}

bool evidence_make(struct evidence *evidence, struct catalog_txn *txn,
                   const struct campaign *campaign, const struct stage_period *period,
                   struct err *err)
{
    struct campaign_report report;
    struct gather *gather = mem_new(1, sizeof *gather);
    *gather = (struct gather){.txn = txn,
                              .campaign = campaign,
                              .report = &report,
                              .lines = &evidence->lines,
                              .fd = -1};
    campaign_report_init(&report);
    bool done =
        gate_sample_hash(txn, campaign, period, &evidence->sample, err) &&
        campaign_report_part(&report, txn, campaign->name, &period->sample, err) &&
        document(evidence, gather, period, err);
    if (done)
        evidence->hash = sha256_of(evidence->document.data, evidence->document.size);
    campaign_report_release(&report);
    free(gather);
    return done;
}
