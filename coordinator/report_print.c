/* report_print.c - accounts of a campaign for people and scripts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/report.h"

/* The code by name; a segment without one was closed by the campaign's policy. */
static const char *loss_reason(const struct report_loss *loss)
{
    if (loss->event != UINT32_MAX)
        return "skipped";
    return loss->failure == 0 ? "closed" : err_name((enum err_code)loss->failure);
}

/* What happened to a quantity: selected, delivered, lost, open, masked. */
#define PARTS 5u

#define COUNT_DIGITS 15 /* all of them */
#define EOT_DIGITS   6

struct parts {
    double values[PARTS]; /* NaN: says nothing */
};

static bool heading_text(struct bytes *out, struct err *err)
{
    return text_addf(out, err, "%-11s%-12s%15s%15s%15s%15s%15s\n", "", "", "selected",
                     "= delivered", "+ lost", "+ open", "+ masked");
}

static bool row_text(const char *name, const char *what, int digits,
                     const struct parts *parts, struct bytes *out, struct err *err)
{
    char cells[PARTS * 24 + 1];
    size_t used = 0;
    for (unsigned i = 0; i < PARTS && !isnan(parts->values[i]); i++)
        used += (size_t)snprintf(cells + used, sizeof cells - used, "%15.*g", digits,
                                 parts->values[i]);
    cells[used] = 0;
    return text_addf(out, err, "%-11s%-12s%s\n", name, what, cells);
}

static struct parts eot_parts(const struct eot *eot, bool drop)
{
    const struct eot_part *const parts[PARTS] = {&eot->selected, &eot->delivered,
                                                 &eot->lost, &eot->open, &eot->masked};
    struct parts made;
    for (unsigned i = 0; i < PARTS; i++)
        made.values[i] = drop ? parts[i]->drop : parts[i]->scale;
    return made;
}

/* One line when no spill is incomplete: both policies say the same then. */
static bool eot_text(const struct eot *eot, struct bytes *out, struct err *err)
{
    const struct parts drop = eot_parts(eot, true), scale = eot_parts(eot, false);
    bool same = true;
    for (unsigned i = 0; i < PARTS; i++)
        same = same && !(drop.values[i] < scale.values[i]) &&
               !(drop.values[i] > scale.values[i]);
    if (same)
        return row_text("", "EOT", EOT_DIGITS, &drop, out, err);
    return row_text("", "EOT, drop", EOT_DIGITS, &drop, out, err) &&
           row_text("", "EOT, scale", EOT_DIGITS, &scale, out, err);
}

static bool account_text(const char *name, const struct eot *eot, struct bytes *out,
                         struct err *err)
{
    const struct parts events = {{(double)eot->selected.events,
                                  (double)eot->delivered.events, (double)eot->lost.events,
                                  (double)eot->open.events, NAN}};
    const struct parts spills = {{(double)eot->selected.spills,
                                  (double)eot->delivered.spills, (double)eot->lost.spills,
                                  (double)eot->open.spills, (double)eot->masked.spills}};
    return row_text(name, "events", COUNT_DIGITS, &events, out, err) &&
           row_text("", "spills", COUNT_DIGITS, &spills, out, err) &&
           eot_text(eot, out, err) &&
           (eot->unknown_spills == 0 ||
            text_addf(out, err,
                      "%-11sEOT UNKNOWN for %" PRIu64 " spills with %" PRIu64
                      " events (%" PRIu64 " by conflict)\n",
                      "", eot->unknown_spills, eot->unknown_events,
                      eot->conflict_spills));
}

static bool accepted_text(const struct report_loss *loss, struct bytes *out,
                          struct err *err)
{
    char day[24] = "";
    struct tm utc;
    time_t at = (time_t)loss->accepted_s;
    if (loss->state != SEGMENT_LOST && loss->event == UINT32_MAX)
        return true;
    if (loss->accepted_s == 0)
        return text_add(out, ", accepted by complete_at of the campaign", err);
    if (gmtime_r(&at, &utc) != NULL)
        (void)strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text_addf(out, err, ", accepted by %s on %s: %s", loss->by, day,
                     loss->accepted);
}

static bool loss_eot_text(const struct report_loss *loss, struct bytes *out,
                          struct err *err)
{
    return isnan(loss->eot) ? text_add(out, ", EOT unknown", err)
                            : text_addf(out, err, ", %.*g EOT", EOT_DIGITS, loss->eot);
}

static bool losses_text(const struct campaign_report *report, struct bytes *out,
                        struct err *err)
{
    for (size_t i = 0; i < report->loss_count; i++) {
        const struct report_loss *loss = &report->losses[i];
        const struct chunk_id *chunk = &loss->id.chunk;
        if (i == 0 && !text_add(out, "losses:\n", err))
            return false;
        if (!text_addf(out, err,
                       "  run %" PRIu32 " spill %" PRIu32 " segment %" PRIu32
                       "/%u/%u/%" PRIu32 ": ",
                       chunk->run, loss->spill, chunk->run, chunk->builder, chunk->number,
                       loss->id.ordinal) ||
            !(loss->event != UINT32_MAX
                  ? text_addf(out, err, "event %" PRIu32 ", skipped", loss->event)
                  : text_addf(out, err, "%" PRIu64 " events, %s, %s", loss->events,
                              segment_state_name(loss->state), loss_reason(loss))) ||
            !loss_eot_text(loss, out, err) || !accepted_text(loss, out, err) ||
            !text_add(out, "\n", err))
            return false;
    }
    return true;
}

bool campaign_report_text(const struct campaign_report *report, struct bytes *out,
                          struct err *err)
{
    const struct campaign *campaign = &report->campaign;
    if (!text_addf(out, err, "campaign %s\nincomplete spills: eot_partial %s counts\n",
                   campaign->name,
                   campaign->policy.eot_partial == EOT_PARTIAL_DROP ? "drop" : "scale") ||
        !heading_text(out, err))
        return false;
    size_t spill = 0;
    for (size_t i = 0; i < report->run_count; i++) {
        char name[24];
        uint32_t run = report->runs[i].run;
        (void)snprintf(name, sizeof name, "run %" PRIu32, run);
        if (!account_text(name, &report->runs[i].eot, out, err))
            return false;
        for (; spill < report->spill_count && report->spills[spill].run == run; spill++) {
            (void)snprintf(name, sizeof name, " spill %" PRIu32,
                           report->spills[spill].spill);
            if (!account_text(name, &report->spills[spill].eot, out, err))
                return false;
        }
    }
    return account_text("all runs", &report->sum, out, err) &&
           fallback_text(&report->fallbacks, out, err) && losses_text(report, out, err);
}

static void part_json(struct json_writer *json, const char *name,
                      const struct eot_part *part)
{
    json_open_object(json, name);
    json_put_u64(json, "events", part->events);
    json_put_u64(json, "spills", part->spills);
    json_put_real(json, "eot_drop", part->drop);
    json_put_real(json, "eot_scale", part->scale);
    json_close_object(json);
}

void report_account_json(struct json_writer *json, const struct eot *eot)
{
    part_json(json, "selected", &eot->selected);
    part_json(json, "delivered", &eot->delivered);
    part_json(json, "lost", &eot->lost);
    part_json(json, "open", &eot->open);
    part_json(json, "masked", &eot->masked);
    json_put_u64(json, "eot_unknown_spills", eot->unknown_spills);
    json_put_u64(json, "eot_conflict_spills", eot->conflict_spills);
    json_put_u64(json, "eot_unknown_events", eot->unknown_events);
}

/* The spills of a run from *at on. */
static void spills_json(const struct campaign_report *report, uint32_t run, size_t *at,
                        struct json_writer *json)
{
    json_open_array(json, "spills");
    for (; *at < report->spill_count && report->spills[*at].run == run; ++*at) {
        json_open_object(json, NULL);
        json_put_u64(json, "spill", report->spills[*at].spill);
        report_account_json(json, &report->spills[*at].eot);
        json_close_object(json);
    }
    json_close_array(json);
}

static void loss_json(struct json_writer *json, const struct report_loss *loss)
{
    json_open_object(json, NULL);
    json_put_u64(json, "run", loss->id.chunk.run);
    json_put_u64(json, "spill", loss->spill);
    json_put_u64(json, "builder", loss->id.chunk.builder);
    json_put_u64(json, "chunk", loss->id.chunk.number);
    json_put_u64(json, "ordinal", loss->id.ordinal);
    json_put_u64(json, "events", loss->events);
    if (!isnan(loss->eot))
        json_put_real(json, "eot", loss->eot);
    json_put_text(json, "state", segment_state_name(loss->state));
    json_put_text(json, "reason", loss_reason(loss));
    if (loss->event != UINT32_MAX)
        json_put_u64(json, "event", loss->event);
    if (loss->state == SEGMENT_LOST || loss->event != UINT32_MAX) {
        json_put_text(json, "accepted_by",
                      loss->accepted_s == 0 ? "complete_at" : loss->by);
        json_put_text(json, "accepted_reason", loss->accepted);
        json_put_i64(json, "accepted_unix_s", loss->accepted_s);
    }
    json_close_object(json);
}

void report_losses_json(struct json_writer *json, const struct campaign_report *report)
{
    json_open_array(json, "losses");
    for (size_t i = 0; i < report->loss_count; i++)
        loss_json(json, &report->losses[i]);
    json_close_array(json);
}

bool campaign_report_json(const struct campaign_report *report, struct bytes *out,
                          struct err *err)
{
    struct json_writer json;
    bool drop = report->campaign.policy.eot_partial == EOT_PARTIAL_DROP;
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_text(&json, "campaign", report->campaign.name);
    json_put_text(&json, "eot_partial", drop ? "drop" : "scale");
    json_open_array(&json, "runs");
    size_t spill = 0;
    for (size_t i = 0; i < report->run_count; i++) {
        json_open_object(&json, NULL);
        json_put_u64(&json, "run", report->runs[i].run);
        report_account_json(&json, &report->runs[i].eot);
        if (report->by_spill)
            spills_json(report, report->runs[i].run, &spill, &json);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_open_object(&json, "all");
    report_account_json(&json, &report->sum);
    json_close_object(&json);
    fallback_json(&report->fallbacks, &json);
    report_losses_json(&json, report);
    json_close_object(&json);
    return json_end(&json, err);
}
