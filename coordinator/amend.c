/* amend.c - spillway amend: other keys for some runs of a campaign; and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/amend.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/amend_diff.h"
#include "coordinator/command.h"
#include "coordinator/plan.h"
#include "coordinator/plan_view.h"
#include "coordinator/retire.h"
#include "coordinator/ruling.h"
#include "coordinator/who.h"
#include "coordinator/write.h"
#include "release_id.h"

#define FILE_MEMORY  ((size_t)8 << 20)
#define OUTPUT_LIMIT ((size_t)1 << 30)

const char amend_usage[] =
    "spillway amend CAMPAIGN --file CHANGED.yaml --reason TEXT [--by WHO]\n"
    "               [--runs A-B] [--dry-run] [--json]\n"
    "\n"
    "Another release, tag or skims for some runs of a planned campaign. CHANGED.yaml is a\n"
    "copy of its file with the changes and the same name; runs that the campaign does not\n"
    "have are not added. --dry-run says what would be invalidated, kept and run again,\n"
    "in segments, events, spills and published files, and writes nothing.\n"
    "Runs in which a key changes become the amendment CAMPAIGN+1 (+2 ...), which is\n"
    "served and run together with the campaign and answers for them from now on; all\n"
    "other runs stay as they are. Their published files leave published/ when the new\n"
    "ones are there. Back: spillway rollback. Who (the login name unless it is given),\n"
    "when and why are kept. An amendment of a paused campaign is paused too. No\n"
    "coordinator may run meanwhile. Then: spillway run CAMPAIGN.yaml with the file that\n"
    "the campaign was planned from.\n";

const char rollback_usage[] =
    "spillway rollback CAMPAIGN --runs A-B --reason TEXT [--by WHO]\n"
    "\n"
    "Takes back the last amendment of these runs: what answered before it answers again.\n"
    "What was made is found by its keys, so nothing is run again but merges; the published\n"
    "bytes are the earlier ones. No coordinator may run meanwhile. Then: spillway run.\n";

struct amendment {
    struct area *area;
    const char *campaign;
    const char *file;
    struct run_range range; /* --runs */
    bool dry_run, json;
    struct family_step step;
    struct family family;
    struct plan plan;
    struct amend_diff diff;
    struct bytes out;
};

/* As they were typed; NULL: were not. */
struct words {
    const char *runs, *by, *reason;
};

static bool words_read(struct amendment *amend, const struct words *words,
                       struct err *err)
{
    struct family_step *step = &amend->step;
    bool reason = words->reason != NULL || !amend->dry_run;
    amend->range = (struct run_range){0, UINT32_MAX};
    if (strchr(amend->campaign, '+') != NULL)
        return err_set(err, E_USAGE, "%.60s is an amendment: name its campaign",
                       amend->campaign);
    step->wall_s = clock_wall_s();
    return who_read(words->by, step->who, err) &&
           (!reason || ruling_word("reason", words->reason, step->reason,
                                   sizeof step->reason, err)) &&
           (words->runs == NULL || run_range_read(words->runs, &amend->range, err)) &&
           area_open(amend->area, err);
}

static bool in_range(const struct run_range *range, uint32_t run)
{
    return run >= range->first && run <= range->last;
}

static bool file_takes(const struct selection *selection, uint32_t run)
{
    return selection->run_count == 0 ||
           family_runs_have(selection->runs, selection->run_count, run);
}

/* The runs of the campaign that are meant; the family. */
static bool runs_find(struct amendment *amend, struct catalog *catalog,
                      const struct selection *selection, struct run_range **runs,
                      uint32_t *count, struct err *err)
{
    struct catalog_txn *txn;
    struct plan_view view;
    struct orders orders;
    uint32_t last = UINT32_MAX;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    plan_view_init(&view);
    bool done = plan_view_load(&view, txn, amend->campaign, err) &&
                orders_read(txn, amend->campaign, &orders, err) &&
                family_load(&amend->family, txn, amend->campaign, err);
    catalog_abort(txn);
    if (done && orders.hold == CORE_CANCELLED)
        done = err_set(err, E_ORDER, "campaign %s was cancelled", amend->campaign);
    for (uint32_t i = 0; done && i < view.count; i++) {
        uint32_t run = view.segments[i].id.chunk.run;
        if (run != last && in_range(&amend->range, run) &&
            (selection == NULL || file_takes(selection, run)))
            family_runs_add(runs, count, run);
        last = run;
    }
    plan_view_release(&view);
    if (done && *count == 0)
        done = err_set(err, E_NOT_FOUND, "campaign %s has no such run", amend->campaign);
    return done;
}

static bool plan_for(struct amendment *amend, struct catalog *catalog,
                     struct campaign_file *file, const struct run_range *runs,
                     uint32_t count, struct err *err)
{
    file->selection.runs = runs;
    file->selection.run_count = count;
    plan_release(&amend->plan);
    plan_init(&amend->plan);
    return plan_draft(&amend->plan, amend->area, catalog, file, amend->dry_run, err) &&
           plan_check(&amend->plan, err);
}

static bool compare(struct amendment *amend, struct catalog *catalog, struct err *err)
{
    struct catalog_txn *txn;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    bool done = amend_diff_make(&amend->diff, &amend->plan, &amend->family, txn, err);
    catalog_abort(txn);
    return done;
}

static uint32_t amendments(const struct family *family)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < family->count; i++)
        count += family->steps[i].rollback ? 0 : 1;
    return count;
}

/* Each member with those of the runs that it answers for. */
static bool each_answer(struct catalog_txn *txn, const struct amendment *amend,
                        bool (*act)(struct catalog_txn *, const char *,
                                    const struct run_range *, uint32_t, struct err *),
                        const char *(*who)(const struct family *, uint32_t),
                        struct err *err)
{
    const struct family_step *step = &amend->step;
    bool done = true;
    for (uint32_t i = 0; done && i < step->run_count; i++)
        for (uint32_t run = step->runs[i].first; done && run <= step->runs[i].last;
             run++) {
            struct run_range one = {run, run};
            while (one.last < step->runs[i].last &&
                   strcmp(who(&amend->family, one.last + 1), who(&amend->family, run)) ==
                       0)
                one.last++;
            done = act(txn, who(&amend->family, run), &one, 1, err);
            run = one.last;
        }
    return done;
}

static bool write_amendment(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct amendment *amend = context;
    struct order pause;
    bool paused = false;
    if (!each_answer(txn, amend, retire_open, family_answer, err) ||
        !family_paused(&amend->family, txn, &pause, &paused, err))
        return false;
    memcpy(pause.campaign, amend->step.member, sizeof pause.campaign);
    return (!paused || orders_add(txn, &pause, err)) &&
           family_add(txn, amend->campaign, &amend->step, err);
}

static bool store(struct amendment *amend, struct catalog *catalog,
                  struct campaign_file *file, struct err *err)
{
    struct family_step *step = &amend->step;
    for (size_t i = 0; i < amend->diff.count; i++)
        if (amend->diff.runs[i].changed.segments > 0)
            family_runs_add(&step->runs, &step->run_count, amend->diff.runs[i].run);
    if (step->run_count == 0)
        return true;
    int length = snprintf(step->member, sizeof step->member, "%s+%" PRIu32,
                          amend->campaign, amendments(&amend->family) + 1);
    if (length < 0 || (size_t)length >= sizeof step->member)
        return err_set(err, E_LIMIT, "%s+...: the name is too long", amend->campaign);
    memcpy(file->campaign.name, step->member, sizeof step->member);
    return plan_for(amend, catalog, file, step->runs, step->run_count, err) &&
           plan_store_with(&amend->plan, catalog, step->wall_s, write_amendment, amend,
                           err);
}

static bool told(struct amendment *amend, struct err *err)
{
    const struct bytes *notes = &amend->plan.notes; /* events that were skipped, too */
    if (amend->json)
        return amend_diff_json(&amend->diff, &amend->out, err);
    return amend_diff_text(&amend->diff, &amend->out, err) &&
           bytes_append(&amend->out, notes->data, notes->size, err);
}

static bool amend_with(struct amendment *amend, struct catalog *catalog,
                       struct campaign_file *file, struct err *err)
{
    struct run_range *runs = NULL;
    uint32_t count = 0;
    if (strcmp(file->campaign.name, amend->campaign) != 0)
        return err_set(err, E_USAGE, "%s: its name is %s, not %.60s", amend->file,
                       file->campaign.name, amend->campaign);
    bool done = runs_find(amend, catalog, &file->selection, &runs, &count, err) &&
                plan_for(amend, catalog, file, runs, count, err) &&
                compare(amend, catalog, err) && told(amend, err) &&
                (amend->dry_run || store(amend, catalog, file, err));
    free(runs);
    return done;
}

static bool amend_run(struct amendment *amend, struct err *err)
{
    struct campaign_file file;
    struct sha256 release;
    struct catalog *catalog = NULL;
    struct arena arena;
    arena_init(&arena, FILE_MEMORY);
    bool done = sha256_from_hex(SPILLWAY_RELEASE_ID, &release, err) &&
                campaign_file_read(amend->file, &release, &arena, &file, err) &&
                area_catalog(amend->area, amend->dry_run ? CATALOG_READ : CATALOG_WRITE,
                             &catalog, err) &&
                amend_with(amend, catalog, &file, err);
    catalog_close(catalog);
    arena_release(&arena);
    return done;
}

static bool amend_words(struct amendment *amend, int argc, char **argv, struct err *err)
{
    struct words words = {.runs = NULL};
    const struct command_option options[] = {{.name = "file", .text = &amend->file},
                                             {.name = "runs", .text = &words.runs},
                                             {.name = "by", .text = &words.by},
                                             {.name = "reason", .text = &words.reason},
                                             {.name = "dry-run", .flag = &amend->dry_run},
                                             {.name = "json", .flag = &amend->json}};
    if (!command_options(options, 6, &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err))
        return false;
    if (amend->file == NULL)
        return err_set(err, E_USAGE, "--file CHANGED.yaml: the changed campaign file");
    amend->campaign = argv[1];
    return words_read(amend, &words, err) && amend_run(amend, err);
}

static void amendment_init(struct amendment *amend, struct area *area)
{
    *amend = (struct amendment){.area = area};
    plan_init(&amend->plan);
    bytes_init(&amend->out, OUTPUT_LIMIT);
}

static void amendment_release(struct amendment *amend)
{
    plan_release(&amend->plan);
    amend_diff_release(&amend->diff);
    family_release(&amend->family);
    free(amend->step.runs);
    bytes_release(&amend->out);
}

int amend_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct amendment amend;
    amendment_init(&amend, area);
    bool done = amend_words(&amend, argc, argv, &err);
    int status = command_print(&amend.out);
    if (!done)
        status = command_error(&err);
    else if (!amend.dry_run && !amend.json && amend.step.run_count > 0)
        (void)printf("amendment %s answers for them: spillway run\n", amend.step.member);
    else if (!amend.json && !amend.dry_run)
        (void)printf("nothing changes: nothing was written\n");
    amendment_release(&amend);
    return status;
}

/* What answers now is closed; what did before is opened. */
static bool write_rollback(struct catalog_txn *txn, void *context, struct err *err)
{
    const struct amendment *amend = context;
    return each_answer(txn, amend, retire_open, family_answer, err) &&
           each_answer(txn, amend, retire_undo, family_before, err) &&
           family_add(txn, amend->campaign, &amend->step, err);
}

static bool rollback_run(struct amendment *amend, struct err *err)
{
    struct run_range *runs = NULL;
    uint32_t count = 0;
    struct catalog *catalog = NULL;
    bool done = area_catalog(amend->area, CATALOG_WRITE, &catalog, err) &&
                runs_find(amend, catalog, NULL, &runs, &count, err);
    for (uint32_t i = 0; done && i < count; i++)
        for (uint32_t run = runs[i].first; run <= runs[i].last; run++)
            if (family_before(&amend->family, run) != NULL)
                family_runs_add(&amend->step.runs, &amend->step.run_count, run);
    if (done && amend->step.run_count == 0)
        done =
            err_set(err, E_NOT_FOUND, "no amendment of campaign %s holds for these runs",
                    amend->campaign);
    done = done && write_catalog(catalog, write_rollback, amend, err);
    catalog_close(catalog);
    free(runs);
    return done;
}

static bool rollback_words(struct amendment *amend, int argc, char **argv,
                           struct err *err)
{
    struct words words = {.runs = NULL};
    const struct command_option options[] = {{.name = "runs", .text = &words.runs},
                                             {.name = "by", .text = &words.by},
                                             {.name = "reason", .text = &words.reason}};
    if (!command_options(options, 3, &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err))
        return false;
    if (words.runs == NULL)
        return err_set(err, E_USAGE, "--runs A-B: which runs go back");
    amend->campaign = argv[1];
    amend->step.rollback = true;
    return words_read(amend, &words, err) && rollback_run(amend, err);
}

int rollback_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct amendment amend;
    amendment_init(&amend, area);
    int status = 0;
    if (!rollback_words(&amend, argc, argv, &err) ||
        !family_runs_text(amend.step.runs, amend.step.run_count, &amend.out, &err))
        status = command_error(&err);
    else
        (void)printf(
            "campaign %s: runs %.*s are as before their last amendment: spillway "
            "run\n",
            amend.campaign, (int)amend.out.size, (const char *)amend.out.data);
    amendment_release(&amend);
    return status;
}
