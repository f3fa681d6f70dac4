/* stages.c - which spills are the sample, kept as spans of the plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/stages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

/* 10^6 spans of 20 characters. */
#define STAGES_TEXT ((size_t)64 << 20)

#define STAGES_NAME (CAMPAIGN_NAME + 8)

void stages_release(struct stages *stages)
{
    for (uint32_t i = 0; i < stages->count; i++) {
        free(stages->periods[i].sample.list);
        free(stages->periods[i].rest.list);
    }
    free(stages->periods);
    *stages = (struct stages){.count = 0};
}

static void spans_add(struct stage_spans *spans, uint32_t first, uint32_t count)
{
    struct stage_span *last = spans->count > 0 ? &spans->list[spans->count - 1] : NULL;
    if (last != NULL && last->first + last->count == first) {
        last->count += count;
        return;
    }
    if (spans->list == NULL || spans->count == spans->room) {
        spans->room = spans->room == 0 ? 16 : 2 * spans->room;
        spans->list = mem_grow(spans->list, spans->room, sizeof *spans->list);
    }
    spans->list[spans->count++] = (struct stage_span){first, count};
}

static struct stage_period *period_add(struct stages *stages, const char *name)
{
    if (stages->count == stages->room) {
        stages->room = stages->room == 0 ? 8 : 2 * stages->room;
        stages->periods =
            mem_grow(stages->periods, stages->room, sizeof *stages->periods);
    }
    struct stage_period *period = &stages->periods[stages->count++];
    *period = (struct stage_period){.name = ""};
    (void)snprintf(period->name, sizeof period->name, "%s", name);
    return period;
}

static struct stage_period *period_of(struct stages *stages, const char *name)
{
    for (uint32_t i = 0; i < stages->count; i++)
        if (strcmp(stages->periods[i].name, name) == 0)
            return &stages->periods[i];
    return period_add(stages, name);
}

const struct stage_period *stages_find(const struct stages *stages, const char *period)
{
    for (uint32_t i = 0; i < stages->count; i++)
        if (strcmp(stages->periods[i].name, period) == 0)
            return &stages->periods[i];
    return NULL;
}

/* From a segment on those of the same spill. */
static uint32_t spill_end(const struct stage_run *run, uint32_t at, bool *events)
{
    uint32_t end = at;
    *events = false;
    for (; end < run->count && run->spills[end] == run->spills[at]; end++)
        *events = *events || run->events[end];
    return end;
}

/* Spills with events that may be in the sample. */
static uint32_t spills_most(const struct stage_run *run, uint32_t *with_events)
{
    uint32_t all = 0;
    *with_events = 0;
    for (uint32_t at = 0; at < run->count;) {
        bool events;
        at = spill_end(run, at, &events);
        *with_events += events ? 1 : 0;
        all++;
    }
    return *with_events == all && all > 0 ? all - 1 : *with_events;
}

/* The middle of piece `taken` when so many spills are cut into `wanted` equal pieces. */
static uint32_t spill_wanted(uint32_t spills, uint32_t wanted, uint32_t taken)
{
    if (taken == wanted)
        return UINT32_MAX;
    return (uint32_t)((2 * (uint64_t)taken + 1) * spills / (2 * (uint64_t)wanted));
}

void stages_add_run(struct stages *stages, const struct stage_run *run)
{
    struct stage_period *period =
        period_of(stages, run->period[0] == 0 ? "unknown" : run->period);
    uint32_t spills;
    uint32_t wanted = spills_most(run, &spills);
    if (wanted > stages->spills)
        wanted = stages->spills;
    uint32_t taken = 0;
    uint32_t spill = 0;
    for (uint32_t at = 0, end; at < run->count; at = end) {
        bool events;
        end = spill_end(run, at, &events);
        bool sampled = events && spill == spill_wanted(spills, wanted, taken);
        taken += sampled ? 1 : 0;
        spill += events ? 1 : 0;
        spans_add(sampled ? &period->sample : &period->rest, run->first + at, end - at);
    }
}

static void put_spans(struct json_writer *json, const char *key,
                      const struct stage_spans *spans)
{
    json_open_array(json, key);
    for (uint32_t i = 0; i < spans->count; i++) {
        json_put_u64(json, NULL, spans->list[i].first);
        json_put_u64(json, NULL, spans->list[i].count);
    }
    json_close_array(json);
}

bool stages_write(struct catalog_txn *txn, const char *campaign,
                  const struct stages *stages, struct err *err)
{
    char name[STAGES_NAME];
    struct bytes text;
    struct json_writer json;
    (void)snprintf(name, sizeof name, "stages/%s", campaign);
    bytes_init(&text, STAGES_TEXT);
    json_begin(&json, &text);
    json_open_object(&json, NULL);
    json_put_u64(&json, "spills", stages->spills);
    json_put_u64(&json, "gate_days", stages->gate_days);
    json_open_array(&json, "periods");
    for (uint32_t i = 0; i < stages->count; i++) {
        json_open_object(&json, NULL);
        json_put_text(&json, "period", stages->periods[i].name);
        put_spans(&json, "sample", &stages->periods[i].sample);
        put_spans(&json, "rest", &stages->periods[i].rest);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
    bool done =
        json_end(&json, err) && catalog_put_text(txn, name, text.data, text.size, err);
    bytes_release(&text);
    return done;
}

static bool number_read(const struct json *value, uint32_t *number)
{
    int64_t read;
    if (!json_i64(value, &read) || read < 0 || read > UINT32_MAX)
        return false;
    *number = (uint32_t)read;
    return true;
}

static bool spans_read(const struct json *array, struct stage_spans *spans)
{
    size_t count = json_count(array);
    uint64_t end = 0;
    for (size_t i = 0; i + 1 < count; i += 2) {
        uint32_t first, length;
        if (!number_read(json_at(array, i), &first) || first < end ||
            !number_read(json_at(array, i + 1), &length) || length == 0)
            return false;
        end = (uint64_t)first + length;
        spans_add(spans, first, length);
    }
    return json_is_array(array) && count % 2 == 0 && end <= UINT32_MAX;
}

static bool document_read(struct stages *stages, const struct json *document)
{
    const struct json *periods = json_get(document, "periods");
    if (!number_read(json_get(document, "spills"), &stages->spills) ||
        !number_read(json_get(document, "gate_days"), &stages->gate_days) ||
        !json_is_array(periods))
        return false;
    for (size_t i = 0; i < json_count(periods); i++) {
        const struct json *object = json_at(periods, i);
        const char *name;
        if (!json_text(json_get(object, "period"), &name) || strlen(name) >= RUN_NAME)
            return false;
        struct stage_period *period = period_add(stages, name);
        if (!spans_read(json_get(object, "sample"), &period->sample) ||
            !spans_read(json_get(object, "rest"), &period->rest))
            return false;
    }
    return true;
}

bool stages_read(struct stages *stages, struct catalog_txn *txn, const char *campaign,
                 struct err *err)
{
    char name[STAGES_NAME];
    struct bytes text;
    struct json *document;
    *stages = (struct stages){.count = 0};
    (void)snprintf(name, sizeof name, "stages/%s", campaign);
    bytes_init(&text, STAGES_TEXT);
    enum lookup found = catalog_get_text(txn, name, &text, err);
    bool parsed =
        found == LOOKUP_FOUND && json_parse(text.data, text.size, name, &document, err);
    bytes_release(&text);
    if (!parsed)
        return found == LOOKUP_ABSENT;
    bool done = document_read(stages, document);
    json_free(document);
    return done || err_set(err, E_CATALOG_DAMAGED, "%s: these are no stages", name);
}

static int span_compare(const void *key, const void *member)
{
    uint32_t number = *(const uint32_t *)key;
    const struct stage_span *span = member;
    if (number < span->first)
        return -1;
    return number - span->first >= span->count;
}

bool stage_spans_have(const struct stage_spans *spans, uint32_t segment)
{
    return spans->count > 0 && bsearch(&segment, spans->list, spans->count,
                                       sizeof *spans->list, span_compare) != NULL;
}

uint32_t stage_spans_sum(const struct stage_spans *spans)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < spans->count; i++)
        sum += spans->list[i].count;
    return sum;
}

bool stages_gated(const struct stages *stages, uint32_t segment)
{
    for (uint32_t i = 0; i < stages->count; i++)
        if (stage_spans_have(&stages->periods[i].rest, segment))
            return true;
    return false;
}

static bool spans_count(struct catalog_txn *txn, uint32_t campaign,
                        const struct stage_spans *spans,
                        uint32_t by_state[SEGMENT_STATES], struct err *err)
{
    for (uint32_t i = 0; i < spans->count; i++) {
        const struct stage_span *span = &spans->list[i];
        struct plan_state *states = mem_new(span->count, sizeof *states);
        bool done =
            catalog_get_states(txn, campaign, span->first, span->count, states, err);
        for (uint32_t k = 0; done && k < span->count; k++)
            by_state[states[k].state]++;
        free(states);
        if (!done)
            return false;
    }
    return true;
}

static uint32_t open_of(const uint32_t by_state[SEGMENT_STATES])
{
    return by_state[SEGMENT_READY] + by_state[SEGMENT_LEASED] + by_state[SEGMENT_WAITING];
}

bool stage_count(struct catalog_txn *txn, uint32_t campaign,
                 const struct stage_period *period, struct stage_counts *counts,
                 struct err *err)
{
    uint32_t sample[SEGMENT_STATES] = {0};
    uint32_t rest[SEGMENT_STATES] = {0};
    if (!spans_count(txn, campaign, &period->sample, sample, err) ||
        !spans_count(txn, campaign, &period->rest, rest, err))
        return false;
    *counts = (struct stage_counts){.sample = stage_spans_sum(&period->sample),
                                    .sample_open = open_of(sample),
                                    .rest = stage_spans_sum(&period->rest),
                                    .rest_open = open_of(rest),
                                    .planned = rest[SEGMENT_PLANNED]};
    return true;
}
