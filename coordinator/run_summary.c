/* run_summary.c - sums of the run list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/run_summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

/* Codes of rows whose numbers must not be used one by one, as the README of the
 * 2016-2018 table defines them. */
static const char *const doubtful[][2] = {
    {"copied_row", "all cells equal to another run: one of the two is a copy"},
    {"copied_rates", "counter, SV and trigger rate repeat an earlier block"},
    {"copied_scaler", "gated scaler, so EOT, repeats an earlier block"},
    {"copied_triggers", "trigger total left by a template"},
    {"same_rates", "counter, SV and trigger rate equal to a neighbour"},
    {"spills_doubtful", "spills contradict the counts"},
    {"spills_missing", "no spill number printed"},
    {"beam_loss", "integrated count at most 0.60 of rate x spills"},
    {"counts_mismatch", "integrated count at least 1.3 times rate x spills"},
    {"eot_mismatch", "printed EOT is not triggers x reduction"},
    {"scaler_placeholder", "gated scaler printed as 1; EOT from triggers"},
    {"ntrig_placeholder", "trigger total printed as 1, left empty"},
    {"unclear", "a value is printed ambiguously and left empty"},
    {"doubtful", "printed plainly but hardly possible"},
    {"range_total", "spills and triggers given for a span of runs only"},
    {"run_typo", "run number corrected"},
    {"srd_misplaced", "SRD still at its old place"},
    {"no_ecal_in_trigger", "no ECAL in the trigger"},
    {"mm_gem_readout", "Micromegas and GEM read-out problems"},
    {"daq_problem", "stopped for the DAQ"}};

#define CODES (sizeof doubtful / sizeof doubtful[0])

/* Published EOT and the set-ups of the table they are to be compared with. */
struct published {
    const char *label;
    const char *setups[3];
    double outside; /* EOT of data that no row of the table holds */
    double eot;
};

static const struct published published[] = {
    {"invisible 100 GeV, 2016-2018 (with 2.75e9 of July 2016, not in the table)",
     {"2016B-invisible-100", "2017-invisible-100", "2018-invisible-100"},
     2.75e9,
     2.84e11},
    {"visible 2017", {"2017-visible-40X0", "2017-visible-30X0", NULL}, 0, 5.4e10},
    {"visible 2018", {"2018-visible-150", NULL, NULL}, 0, 3.0e10}};

#define PUBLISHED (sizeof published / sizeof published[0])

void run_summary_init(struct run_summary *summary)
{
    *summary = (struct run_summary){.code_count = CODES};
    summary->codes = mem_new(CODES, sizeof summary->codes[0]);
    for (size_t i = 0; i < CODES; i++) {
        summary->codes[i].code = doubtful[i][0];
        summary->codes[i].meaning = doubtful[i][1];
    }
}

void run_summary_release(struct run_summary *summary)
{
    for (size_t i = 0; i < summary->code_count; i++)
        free(summary->codes[i].runs);
    free(summary->codes);
    free(summary->sums);
    *summary = (struct run_summary){.sums = NULL};
}

const struct setup_sum *run_summary_setup(const struct run_summary *summary,
                                          const char *setup)
{
    for (size_t i = 0; i < summary->count; i++)
        if (strcmp(summary->sums[i].setup, setup) == 0)
            return &summary->sums[i];
    return NULL;
}

static struct setup_sum *sum_of(struct run_summary *summary, const char *setup)
{
    for (size_t i = 0; i < summary->count; i++)
        if (strcmp(summary->sums[i].setup, setup) == 0)
            return &summary->sums[i];
    if (summary->count == summary->room) {
        summary->room = summary->room == 0 ? 16 : 2 * summary->room;
        summary->sums = mem_grow(summary->sums, summary->room, sizeof summary->sums[0]);
    }
    struct setup_sum *sum = &summary->sums[summary->count++];
    *sum = (struct setup_sum){.runs = 0};
    memcpy(sum->setup, setup, strlen(setup) + 1);
    return sum;
}

static bool code_in(const char *notes, const char *code)
{
    size_t length = strlen(code);
    while (*notes != 0) {
        size_t size = strcspn(notes, ";");
        if (size == length && memcmp(notes, code, length) == 0)
            return true;
        notes += size + (notes[size] == ';');
    }
    return false;
}

static void codes_add(struct run_summary *summary, const struct run *run)
{
    for (size_t i = 0; i < summary->code_count; i++) {
        struct code_runs *code = &summary->codes[i];
        if (!code_in(run->notes, code->code))
            continue;
        if (code->count == code->room) {
            code->room = code->room == 0 ? 16 : 2 * code->room;
            code->runs = mem_grow(code->runs, code->room, sizeof code->runs[0]);
        }
        code->runs[code->count++] = run->number;
    }
}

void run_summary_add(struct run_summary *summary, const struct run *run)
{
    codes_add(summary, run);
    if (run->type != RUN_TYPE_PHYSICS)
        return;
    struct setup_sum *sum = sum_of(summary, run->setup);
    bool rated = run->quality != RUN_QUALITY_UNKNOWN;
    bool not_good = rated && run->quality != RUN_QUALITY_GOOD;
    sum->runs++;
    sum->rated += rated;
    sum->not_good += not_good;
    if (run->listed_spills != UINT64_MAX) {
        sum->spills += run->listed_spills;
        sum->spill_runs++;
    }
    if (run->listed_triggers != UINT64_MAX) {
        sum->triggers += run->listed_triggers;
        sum->trigger_runs++;
    }
    if (!isnan(run->listed_eot)) {
        sum->eot += run->listed_eot;
        sum->eot_runs++;
        sum->not_good_eot += not_good ? run->listed_eot : 0;
    }
}

/* EOT of the table that belongs to a published number; false when a set-up is absent. */
static bool published_sum(const struct run_summary *summary, const struct published *row,
                          double *eot)
{
    *eot = row->outside;
    for (size_t i = 0; i < 3 && row->setups[i] != NULL; i++) {
        const struct setup_sum *sum = run_summary_setup(summary, row->setups[i]);
        if (sum == NULL)
            return false;
        *eot += sum->eot;
    }
    return true;
}

static bool sum_text(const struct setup_sum *sum, struct bytes *out, struct err *err)
{
    char spills[32] = "-";
    char triggers[32] = "-";
    char eot[32] = "-";
    char ratings[64] = "no ratings";
    if (sum->spill_runs > 0)
        (void)snprintf(spills, sizeof spills, "%" PRIu64, sum->spills);
    if (sum->trigger_runs > 0)
        (void)snprintf(triggers, sizeof triggers, "%.3fe8", (double)sum->triggers / 1e8);
    if (sum->eot_runs > 0)
        (void)snprintf(eot, sizeof eot, "%.2fe9", sum->eot / 1e9);
    if (sum->rated > 0)
        (void)snprintf(ratings, sizeof ratings, "%" PRIu64 " of %" PRIu64 ", %.1fe9",
                       sum->not_good, sum->rated, sum->not_good_eot / 1e9);
    return text_addf(
        out, err,
        "%-22s %5" PRIu64 " %8s %5" PRIu64 " %10s %5" PRIu64 " %10s %5" PRIu64 "  %s\n",
        sum->setup[0] == 0 ? "(unknown)" : sum->setup, sum->runs, spills, sum->spill_runs,
        triggers, sum->trigger_runs, eot, sum->eot_runs, ratings);
}

/* "4098-4101 4103" */
static bool runs_text(const uint32_t *runs, size_t count, struct bytes *out,
                      struct err *err)
{
    for (size_t i = 0; i < count;) {
        size_t last = i;
        while (last + 1 < count && runs[last + 1] == runs[last] + 1)
            last++;
        bool done =
            last == i ? text_addf(out, err, " %" PRIu32, runs[i])
                      : text_addf(out, err, " %" PRIu32 "-%" PRIu32, runs[i], runs[last]);
        if (!done)
            return false;
        i = last + 1;
    }
    return text_add(out, "\n", err);
}

static bool codes_text(const struct run_summary *summary, struct bytes *out,
                       struct err *err)
{
    bool first = true;
    for (size_t i = 0; i < summary->code_count; i++) {
        const struct code_runs *code = &summary->codes[i];
        if (code->count == 0)
            continue;
        if (first && !text_add(out, "\nRows that are not to be used one by one:\n", err))
            return false;
        first = false;
        if (!text_addf(out, err, "  %s: %s\n   ", code->code, code->meaning) ||
            !runs_text(code->runs, code->count, out, err))
            return false;
    }
    return true;
}

bool run_summary_text(const struct run_summary *summary, struct bytes *out,
                      struct err *err)
{
    if (!text_addf(out, err, "%-22s %5s %8s %5s %10s %5s %10s %5s  %s\n", "physics runs",
                   "runs", "spills", "runs", "triggers", "runs", "eot", "runs",
                   "not good (rated runs)"))
        return false;
    for (size_t i = 0; i < summary->count; i++)
        if (!sum_text(&summary->sums[i], out, err))
            return false;
    bool first = true;
    for (size_t i = 0; i < PUBLISHED; i++) {
        double eot;
        if (!published_sum(summary, &published[i], &eot))
            continue;
        if (first && !text_add(out, "\nAgainst published EOT:\n", err))
            return false;
        first = false;
        if (!text_addf(out, err, "  %s: %.2fe9, published %.0fe9 (%+.1f %%)\n",
                       published[i].label, eot / 1e9, published[i].eot / 1e9,
                       100 * (eot / published[i].eot - 1)))
            return false;
    }
    return codes_text(summary, out, err);
}

static void sum_json(struct json_writer *json, const struct setup_sum *sum)
{
    json_open_object(json, NULL);
    json_put_text(json, "setup", sum->setup);
    json_put_u64(json, "runs", sum->runs);
    json_put_u64(json, "spills", sum->spills);
    json_put_u64(json, "spill_runs", sum->spill_runs);
    json_put_u64(json, "triggers", sum->triggers);
    json_put_u64(json, "trigger_runs", sum->trigger_runs);
    json_put_real(json, "eot", sum->eot);
    json_put_u64(json, "eot_runs", sum->eot_runs);
    json_put_u64(json, "rated", sum->rated);
    json_put_u64(json, "not_good", sum->not_good);
    json_put_real(json, "not_good_eot", sum->not_good_eot);
    json_close_object(json);
}

static void published_json(struct json_writer *json, const struct run_summary *summary)
{
    json_open_array(json, "published");
    for (size_t i = 0; i < PUBLISHED; i++) {
        double eot;
        if (!published_sum(summary, &published[i], &eot))
            continue;
        json_open_object(json, NULL);
        json_put_text(json, "label", published[i].label);
        json_put_real(json, "eot", eot);
        json_put_real(json, "published_eot", published[i].eot);
        json_close_object(json);
    }
    json_close_array(json);
}

bool run_summary_json(const struct run_summary *summary, struct bytes *out,
                      struct err *err)
{
    struct json_writer json;
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_open_array(&json, "setups");
    for (size_t i = 0; i < summary->count; i++)
        sum_json(&json, &summary->sums[i]);
    json_close_array(&json);
    published_json(&json, summary);
    json_open_object(&json, "doubtful");
    for (size_t i = 0; i < summary->code_count; i++) {
        json_open_array(&json, summary->codes[i].code);
        for (size_t r = 0; r < summary->codes[i].count; r++)
            json_put_u64(&json, NULL, summary->codes[i].runs[r]);
        json_close_array(&json);
    }
    json_close_object(&json);
    json_close_object(&json);
    return json_end(&json, err);
}
