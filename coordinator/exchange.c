/* exchange.c - checking what a pilot said against what the catalog knows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/exchange.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/stat.h>

#include "base/clock.h"
#include "coordinator/tasks.h"

/* A sync of 256 reports of 4096 results each at most; ten times the message. */
#define EXCHANGE_ARENA ((size_t)640 << 20)

bool exchange_new(enum exchange_kind kind, const void *body, size_t size,
                  struct exchange **exchange, struct err *err)
{
    struct exchange *made = mem_new(1, sizeof *made);
    made->kind = kind;
    made->size = size;
    arena_init(&made->arena, EXCHANGE_ARENA);
    bool done = false;
    switch (kind) {
    case EXCHANGE_HELLO:
        done = wire_hello_unpack(body, size, &made->arena, &made->hello, err);
        break;
    case EXCHANGE_SYNC:
        done = wire_sync_unpack(body, size, &made->arena, &made->sync, err);
        break;
    case EXCHANGE_ORDER:
        done = order_unpack(body, size, &made->order, err);
        break;
    }
    if (!done) {
        exchange_free(made);
        return false;
    }
    *exchange = made;
    return true;
}

void exchange_free(struct exchange *exchange)
{
    if (exchange == NULL)
        return;
    for (uint32_t i = 0; i < SYNC_REPORTS; i++)
        free(exchange->gone[i].segments.numbers);
    arena_release(&exchange->arena);
    free(exchange);
}

static bool parts_present(const struct book *book, const struct report *report)
{
    for (uint32_t i = 0; i < report->part_count; i++) {
        char path[PATH_MAX];
        struct stat status;
        int length = snprintf(path, sizeof path, "%s/%s", book->campaign.store,
                              report->parts[i].file);
        if (length < 0 || (size_t)length >= sizeof path || stat(path, &status) != 0 ||
            (uint64_t)status.st_size != report->parts[i].size)
            return false;
    }
    return true;
}

static bool named_part(const struct report *report, const struct place *place)
{
    for (uint32_t i = 0; i < report->part_count; i++)
        if (strcmp(report->parts[i].file, place->file) == 0)
            return place->length <= report->parts[i].size &&
                   place->offset <= report->parts[i].size - place->length;
    return false;
}

/* Part names follow from the keys and the token: a report cannot name another file. */
static bool parts_own(const struct report *report, const struct sha256 *first_reco,
                      const struct sha256 *first_select)
{
    char reco[PRODUCT_FILE];
    char select[PRODUCT_FILE];
    part_name(first_reco, report->token, reco);
    part_name(first_select, report->token, select);
    for (uint32_t i = 0; i < report->part_count; i++)
        if (strcmp(report->parts[i].file, reco) != 0 &&
            strcmp(report->parts[i].file, select) != 0)
            return false;
    return true;
}

/* The streams of a campaign: bit s for stream s. */
struct streams {
    char names[STREAMS][STREAM_NAME];
    uint32_t count;
    uint32_t reco; /* those of the reco step */
    uint32_t wanted;
};

_Static_assert(STREAMS <= 32, "a bit each");

static void streams_of(const struct book *book, uint32_t steps, struct streams *streams)
{
    streams->count = book_streams(&book->campaign, streams->names, STREAMS);
    streams->reco = 0;
    streams->wanted = 0;
    for (uint32_t s = 0; s < streams->count; s++) {
        bool reco = stream_is_reco(streams->names[s]);
        bool wanted = (steps & (reco ? STEP_RECO : STEP_SELECT)) != 0;
        streams->reco |= (uint32_t)reco << s;
        streams->wanted |= (uint32_t)wanted << s;
    }
}

/* Its bit, 0 when there is no such stream; mostly that of the one after `before`. */
static uint32_t stream_bit(const struct streams *streams, const char *name,
                           uint32_t before)
{
    for (uint32_t i = 0; i < streams->count; i++) {
        uint32_t s = (before + i) % streams->count;
        if (strcmp(streams->names[s], name) == 0)
            return (uint32_t)1 << s;
    }
    return 0;
}

/* Each product that is wanted once, under its key and in a named part, and no other. */
static bool result_matches(const struct streams *streams, const struct report *report,
                           const struct segment_result *result,
                           const struct plan_segment *plan)
{
    uint32_t seen = 0;
    for (uint32_t p = 0; p < result->product_count; p++) {
        const struct product *product = &result->products[p];
        uint32_t bit = stream_bit(streams, product->stream, p);
        bool reco = (bit & streams->reco) != 0;
        const struct sha256 *key = reco ? &plan->reco_key : &plan->select_key;
        if ((bit & streams->wanted & ~seen) == 0 || !sha256_equal(&product->key, key) ||
            !named_part(report, &product->place))
            return false;
        seen |= bit;
    }
    return seen == streams->wanted;
}

static bool get_plan(const struct book *book, struct catalog_txn *txn, uint32_t number,
                     struct plan_segment *plan, struct err *err)
{
    enum lookup found =
        catalog_get_plan_segment(txn, book->campaign.id, number, plan, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %u is missing", number);
    return found == LOOKUP_FOUND;
}

/* What the walker counted when the chunk was scanned: seen, not one event less. */
static bool seen_matches(struct catalog_txn *txn, const struct plan_segment *plan,
                         const struct segment_result *result, bool *matches,
                         struct err *err)
{
    struct segment record;
    enum lookup found = catalog_get_segment(txn, &plan->id, &record, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "segment %u is not in the run catalogue",
                       result->index);
    if (found == LOOKUP_FAILED)
        return false;
    *matches = *matches && event_digest_equal(&result->seen, &record.digest);
    return true;
}

static bool results_match(const struct book *book, struct catalog_txn *txn,
                          const struct report *report, const struct attempt *attempt,
                          bool *matches, struct err *err)
{
    struct plan_segment plan;
    struct streams streams;
    streams_of(book, attempt->steps, &streams);
    if (!get_plan(book, txn, attempt->segments[0], &plan, err))
        return false;
    *matches = report->segment_count <= attempt->segment_count &&
               parts_own(report, &plan.reco_key, &plan.select_key);
    for (uint32_t i = 0; *matches && i < report->segment_count; i++) {
        const struct segment_result *result = &report->segments[i];
        if (!get_plan(book, txn, attempt->segments[i], &plan, err))
            return false;
        *matches = result->index == attempt->segments[i] &&
                   result_matches(&streams, report, result, &plan);
        if (!seen_matches(txn, &plan, result, matches, err))
            return false;
    }
    return true;
}

/* The inputs lie in the merged file in their order, each with room for its bytes. */
static bool offsets_match(const struct book *book, struct catalog_txn *txn,
                          const struct merge_group *group, const struct report *report,
                          bool *matches, struct err *err)
{
    uint32_t input = 0;
    uint64_t end = 0;
    for (uint32_t i = group->first; *matches && i < group->first + group->count; i++) {
        struct product product;
        if (book->states[i].state != SEGMENT_COMMITTED)
            continue;
        if (!task_product(book, txn, i, group->merge_class.stream, &product, err))
            return false;
        *matches = input < report->input_count && report->input_offsets[input] >= end &&
                   report->input_offsets[input] <= report->merged.place.length &&
                   product.place.length <=
                       report->merged.place.length - report->input_offsets[input];
        if (*matches)
            end = report->input_offsets[input++] + product.place.length;
    }
    *matches = *matches && input == report->input_count;
    return true;
}

static bool merge_matches(const struct book *book, struct catalog_txn *txn,
                          const struct report *report, const struct attempt *attempt,
                          bool *matches, struct err *err)
{
    uint32_t number = attempt->segments[0];
    *matches = number < book->campaign.group_count;
    if (!*matches)
        return true;
    const struct merge_group *group = &book->groups[number];
    if (report->status != REPORT_DONE) {
        *matches = report->part_count == 0;
        return true;
    }
    *matches = sha256_equal(&report->merged.key, &group->key) &&
               strcmp(report->merged.stream, group->merge_class.stream) == 0 &&
               event_digest_equal(&report->merged.events, &group->events) &&
               parts_own(report, &group->key, &group->key) &&
               named_part(report, &report->merged.place);
    return offsets_match(book, txn, group, report, matches, err);
}

/* The campaign that an attempt belongs to; NULL: it is not served. */
static const struct book *book_of(const struct book *const *books, uint32_t count,
                                  uint32_t campaign)
{
    for (uint32_t i = 0; i < count; i++)
        if (books[i]->campaign.id == campaign)
            return books[i];
    return NULL;
}

static bool check_report(struct exchange *exchange, const struct book *const *books,
                         uint32_t count, struct catalog_txn *txn, uint32_t index,
                         struct err *err)
{
    const struct report *report = &exchange->sync.reports[index];
    struct core_report *core = &exchange->reports[index];
    struct attempt attempt;
    *core = (struct core_report){.attempt = report->attempt,
                                 .status = report->status,
                                 .segment_count = report->segment_count,
                                 .wall_ns = report->wall_ns,
                                 .written = report->bytes_written,
                                 .memory = report->peak_memory_bytes,
                                 .failure = report->failure.code,
                                 .text = report->failure.text,
                                 .blamed = report->blamed,
                                 .signal = report->signal};
    enum lookup found =
        catalog_get_attempt(txn, report->attempt, &exchange->arena, &attempt, err);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT;
    const struct book *book = book_of(books, count, attempt.campaign);
    if (book == NULL)
        return true;
    exchange->owners[index] = attempt.campaign;
    bool matches = attempt.token == report->token && attempt.segment_count > 0;
    if (matches && !(attempt.kind == TASK_MERGE
                         ? merge_matches(book, txn, report, &attempt, &matches, err)
                         : results_match(book, txn, report, &attempt, &matches, err)))
        return false;
    if (!matches)
        return true;
    core->token = report->token;
    core->already = attempt.state;
    core->parts_present = parts_present(book, report);
    if (attempt.kind != TASK_MERGE || attempt.state != ATTEMPT_LEASED ||
        report->status != REPORT_FAILED)
        return true;
    return gone_find(book, txn, attempt.segments[0], report->blamed,
                     &exchange->gone[index], err);
}

bool exchange_check(struct exchange *exchange, const struct book *const *books,
                    uint32_t count, struct catalog_txn *txn, struct err *err)
{
    for (uint32_t i = 0; i < exchange->sync.report_count; i++)
        if (!check_report(exchange, books, count, txn, i, err))
            return false;
    clock_random_tokens(exchange->tokens, SYNC_TASKS);
    return true;
}

void exchange_restart(struct exchange *exchange)
{
    exchange->task_count = 0;
    exchange->lost_count = 0;
    exchange->unknown = false;
    exchange->finished = 0;
    exchange->drain = false;
}

bool exchange_answer(const struct exchange *exchange, struct bytes *out, struct err *err)
{
    uint32_t pause_ms = exchange->task_count == 0 ? exchange->pause_ms : 0;
    struct sync_answer answer = {.verdicts = exchange->verdicts,
                                 .verdict_count = exchange->sync.report_count,
                                 .tasks = exchange->tasks,
                                 .task_count = exchange->task_count,
                                 .lost = exchange->lost,
                                 .lost_count = exchange->lost_count,
                                 .drain = exchange->drain,
                                 .unknown = exchange->unknown,
                                 .pause_ms = pause_ms};
    return wire_sync_answer_pack(&answer, out, err);
}
