/* plan_report.c - a plan for people and for scripts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/plan_build.h"

struct plan_sum {
    uint64_t bytes, bytes_to_read, events;
    uint64_t reused, select_only, to_run;
    uint64_t blocked; /* runs */
};

static struct plan_sum plan_add_up(const struct plan *plan)
{
    struct plan_sum sum = {.bytes = 0};
    for (size_t i = 0; i < plan->run_count; i++) {
        const struct plan_run *run = &plan->runs[i];
        sum.bytes += run->bytes;
        sum.bytes_to_read += run->bytes_to_read;
        sum.events += run->events;
        sum.reused += run->reused;
        sum.select_only += run->select_only;
        sum.to_run += run->count - run->reused - run->select_only;
        sum.blocked += run->blocked[0] != 0;
    }
    return sum;
}

static bool run_text(const struct plan_run *run, struct bytes *out, struct err *err)
{
    if (run->blocked[0] != 0)
        return text_addf(out, err, "  run %" PRIu32 ": blocked: %s\n", run->run.number,
                         run->blocked);
    return text_addf(out, err,
                     "  run %" PRIu32 ": %" PRIu32 " segments, %" PRIu64
                     " events: %" PRIu32 " to run (%" PRIu64 " bytes), %" PRIu32
                     " to select, %" PRIu32 " reused\n",
                     run->run.number, run->count, run->events,
                     run->count - run->reused - run->select_only, run->bytes_to_read,
                     run->select_only, run->reused);
}

static bool conditions_text(const struct plan *plan, struct bytes *out, struct err *err)
{
    char hex[SHA256_HEX];
    if (sha256_is_zero(&plan->values.hash))
        return true;
    sha256_to_hex(&plan->values.hash, hex);
    return text_addf(out, err,
                     "conditions: tag %s (%s), manifest %.16s, %" PRIu32
                     " values in %" PRIu32 " sets\n",
                     plan->campaign.tag,
                     plan->values.frozen ? "frozen"
                                         : "not frozen: it may move, the plan will not",
                     hex, plan->values.table.count, plan->values.table.set_count);
}

static bool not_taken_text(const struct plan *plan, struct bytes *out, struct err *err)
{
    bool first = true;
    for (unsigned i = SELECT_TAKEN + 1; i < SELECT_REASONS; i++) {
        if (plan->not_taken[i] == 0)
            continue;
        if (!text_addf(out, err, "%s%" PRIu64 " by %s", first ? "runs not taken: " : ", ",
                       plan->not_taken[i], select_reason_name((enum select_reason)i)))
            return false;
        first = false;
    }
    return first || text_add(out, "\n", err);
}

bool plan_text(const struct plan *plan, struct bytes *out, struct err *err)
{
    struct plan_sum sum = plan_add_up(plan);
    if (!text_addf(out, err,
                   "campaign %s: %zu runs, %" PRIu32 " segments, %" PRIu64
                   " events, %" PRIu64 " bytes\n"
                   "%" PRIu64 " segments to run (%" PRIu64 " bytes to read), %" PRIu64
                   " to select, %" PRIu64 " reused; %" PRIu64 " runs blocked\n",
                   plan->campaign.name, plan->run_count, plan->count, sum.events,
                   sum.bytes, sum.to_run, sum.bytes_to_read, sum.select_only, sum.reused,
                   sum.blocked))
        return false;
    if (!conditions_text(plan, out, err) || !fallback_text(&plan->fallbacks, out, err) ||
        !plan_stages_text(plan, out, err) || !not_taken_text(plan, out, err))
        return false;
    for (size_t i = 0; i < plan->run_count; i++)
        if (!run_text(&plan->runs[i], out, err))
            return false;
    return (plan->notes.size == 0 ||
            (text_add(out, "to be looked at:\n", err) &&
             bytes_append(out, plan->notes.data, plan->notes.size, err))) &&
           bytes_append(out, plan->why.data, plan->why.size, err);
}

static void run_json(struct json_writer *json, const struct plan_run *run)
{
    json_open_object(json, NULL);
    json_put_u64(json, "run", run->run.number);
    json_put_u64(json, "segments", run->count);
    json_put_u64(json, "events", run->events);
    json_put_u64(json, "bytes", run->bytes);
    json_put_u64(json, "bytes_to_read", run->bytes_to_read);
    json_put_u64(json, "to_run", run->count - run->reused - run->select_only);
    json_put_u64(json, "to_select", run->select_only);
    json_put_u64(json, "reused", run->reused);
    if (run->blocked[0] != 0)
        json_put_text(json, "blocked", run->blocked);
    json_close_object(json);
}

static void lines_json(struct json_writer *json, const char *key,
                       const struct bytes *lines)
{
    char line[1024];
    size_t at = 0;
    json_open_array(json, key);
    while (at < lines->size) {
        const char *text = (const char *)lines->data + at;
        const char *end = memchr(text, '\n', lines->size - at);
        size_t length = end == NULL ? lines->size - at : (size_t)(end - text);
        size_t copied = length < sizeof line ? length : sizeof line - 1;
        memcpy(line, text, copied);
        line[copied] = 0;
        json_put_text(json, NULL, line);
        at += length + 1;
    }
    json_close_array(json);
}

bool plan_json(const struct plan *plan, struct bytes *out, struct err *err)
{
    struct plan_sum sum = plan_add_up(plan);
    struct json_writer json;
    char hex[SHA256_HEX];
    sha256_to_hex(&plan->values.hash, hex);
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_text(&json, "campaign", plan->campaign.name);
    json_put_u64(&json, "segments", plan->count);
    json_put_u64(&json, "events", sum.events);
    json_put_u64(&json, "bytes", sum.bytes);
    json_put_u64(&json, "bytes_to_read", sum.bytes_to_read);
    json_put_u64(&json, "to_run", sum.to_run);
    json_put_u64(&json, "to_select", sum.select_only);
    json_put_u64(&json, "reused", sum.reused);
    json_put_u64(&json, "blocked_runs", sum.blocked);
    json_put_u64(&json, "values", plan->values.table.count);
    json_put_u64(&json, "sets", plan->values.table.set_count);
    if (!sha256_is_zero(&plan->values.hash)) {
        json_put_text(&json, "tag", plan->campaign.tag);
        json_put_text(&json, "manifest", hex);
        json_put_bool(&json, "frozen", plan->values.frozen);
    }
    fallback_json(&plan->fallbacks, &json);
    plan_stages_json(plan, &json);
    json_open_object(&json, "not_taken");
    for (unsigned i = SELECT_TAKEN + 1; i < SELECT_REASONS; i++)
        json_put_u64(&json, select_reason_name((enum select_reason)i),
                     plan->not_taken[i]);
    json_close_object(&json);
    json_open_array(&json, "runs");
    for (size_t i = 0; i < plan->run_count; i++)
        run_json(&json, &plan->runs[i]);
    json_close_array(&json);
    lines_json(&json, "problems", &plan->problems);
    lines_json(&json, "notes", &plan->notes);
    json_close_object(&json);
    return json_end(&json, err);
}
