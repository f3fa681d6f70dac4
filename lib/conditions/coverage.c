/* coverage.c - which selected runs a manifest leaves without a payload.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/coverage.h"

#include <inttypes.h>

#include "base/text.h"

/* The report being written, with the range of runs that is still open. */
struct survey {
    struct bytes *report;
    size_t gaps;
    const char *type;
    bool open; /* these runs miss the type wholly: */
    uint32_t first;
    uint32_t last;
};

/* The spills of a run that lack a payload: none, all, or a part from .. to. */
struct lack {
    bool any;
    bool all;
    uint32_t first;
    uint32_t last;
};

static bool is_covered(const struct manifest *manifest, const char *type, uint32_t run,
                       uint32_t spill, uint32_t *until)
{
    const struct manifest_entry *entry = manifest_at(manifest, type, run, spill);
    *until = UINT32_MAX;
    if (!entry)
        return false;
    if (entry->interval.end.run == run && entry->interval.end.spill <= UINT32_MAX)
        *until = (uint32_t)(entry->interval.end.spill - 1);
    return !entry->gap;
}

/* Walks the run entry by entry; every step ends at least one spill later. */
static struct lack run_lack(const struct manifest *manifest, const char *type,
                            const struct coverage_run *run)
{
    struct lack lack = {.all = true};
    uint32_t spill = run->first_spill;
    for (bool more = true; more;) {
        uint32_t until = 0;
        bool covered = is_covered(manifest, type, run->run, spill, &until);
        uint32_t stop = until < run->last_spill ? until : run->last_spill;
        if (covered) {
            lack.all = false;
        } else {
            lack.first = lack.any ? lack.first : spill;
            lack.last = stop;
            lack.any = true;
        }
        more = stop < run->last_spill;
        spill = stop + 1;
    }
    return lack;
}

static bool survey_close(struct survey *survey, struct err *err)
{
    if (!survey->open)
        return true;
    survey->open = false;
    survey->gaps++;
    if (survey->first == survey->last)
        return text_addf(survey->report, err, "%s: run %" PRIu32 "\n", survey->type,
                         survey->first);
    return text_addf(survey->report, err, "%s: runs %" PRIu32 " - %" PRIu32 "\n",
                     survey->type, survey->first, survey->last);
}

static bool survey_part(struct survey *survey, const struct coverage_run *run,
                        const struct lack *lack, struct err *err)
{
    survey->gaps++;
    if (lack->last == run->last_spill)
        return text_addf(survey->report, err,
                         "%s: run %" PRIu32 " from spill %" PRIu32 "\n", survey->type,
                         run->run, lack->first);
    return text_addf(survey->report, err,
                     "%s: run %" PRIu32 " within spills %" PRIu32 " - %" PRIu32 "\n",
                     survey->type, run->run, lack->first, lack->last);
}

static bool survey_run(struct survey *survey, const struct coverage_run *run,
                       const struct lack *lack, struct err *err)
{
    if (lack->all) {
        survey->first = survey->open ? survey->first : run->run;
        survey->last = run->run;
        survey->open = true;
        return true;
    }
    return survey_close(survey, err) &&
           (!lack->any || survey_part(survey, run, lack, err));
}

bool coverage_report(const struct manifest *manifest, const struct coverage *wanted,
                     struct bytes *report, size_t *gaps, struct err *err)
{
    struct survey survey = {.report = report};
    for (size_t t = 0; t < wanted->type_count; t++) {
        survey.type = wanted->types[t];
        for (size_t r = 0; r < wanted->run_count; r++) {
            const struct coverage_run *run = &wanted->runs[r];
            struct lack lack = run_lack(manifest, survey.type, run);
            if (!survey_run(&survey, run, &lack, err))
                return false;
        }
        if (!survey_close(&survey, err))
            return false;
    }
    *gaps = survey.gaps;
    return true;
}
