/* plan.c - the plan command: from a campaign file to a stored plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plan.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/plan_build.h"
#include "coordinator/plan_forecast.h"
#include "coordinator/shelf.h"
#include "coordinator/space.h"
#include "coordinator/why.h"
#include "release_id.h"

#define FILE_MEMORY  ((size_t)8 << 20) /* lists of a campaign file of 1 MiB */
#define OUTPUT_LIMIT ((size_t)1 << 30) /* 10^6 runs as JSON */

const char plan_usage[] =
    "spillway plan CAMPAIGN.yaml [--dry-run] [--patience S] [--json]\n"
    "spillway plan CAMPAIGN.yaml --simulate CORES [--allocation CORES] [--walltime S]\n"
    "              [--queue S] [--failures F] [--event-ms MS] [--seed N] [--json]\n"
    "\n"
    "Resolves the tag, gives every segment of the selected runs its keys and looks for\n"
    "products that are there already. --dry-run writes nothing to catalog and store and\n"
    "says what would run, what would be reused and what is in the way.\n"
    "--patience: seconds to go on trying when the conditions service fails or stalls\n"
    "(180). A planned campaign is frozen: a changed file needs a new name,\n"
    "or spillway amend.\n"
    "\n"
    "--simulate runs what is left of the campaign on virtual cores, as a dry run also of\n"
    "one that is planned already: time with its 90 % interval, what the last 10 % wait\n"
    "for, load of the coordinator, best task size. Pilots have --allocation cores each\n"
    "(32) for --walltime seconds (0: for ever), after --queue seconds on average (0).\n"
    "--failures: times the usual rates, which are printed (1). Milliseconds an event are\n"
    "those that attempts in the catalog took, or --event-ms. The same seed, the same\n"
    "result.\n"
    "\n"
    "The file; all but name, purpose, select, store and reconstruct or skims may be left\n"
    "out, relative paths start at the file:\n"
    "  name: p2018-pass2\n"
    "  purpose: physics            # or test\n"
    "  select:                     # {} takes all physics runs of data that are not bad\n"
    "    runs: [3855-4201, 4208]\n"
    "    periods: [2018]\n"
    "    setups: [2018-invisible-100]\n"
    "    types: [physics]          # calibration, hadron, muon, ..., unknown\n"
    "    quality: [good, unstable, unknown]\n"
    "    origin: [data]            # or mc\n"
    "    particle: [electron]\n"
    "  conditions:\n"
    "    source: http://host/api/cdb_rest   # or file:FOLDER, file:SNAPSHOT\n"
    "    mirrors: [file:SNAPSHOT]           # for what the source, or later the store, lacks\n"
    "    tag: NA64_2018_v3\n"
    "    allow: [nearest_run, none]         # last steps of the LED ladder\n"
    "    budget: {run_mean: 0.05}           # shares of the EOT: earlier_1 ... none\n"
    "    acknowledge: [time_offset]         # unverified numbers, by payload type\n"
    "  reconstruct: {setup: electron}\n"
    "  skims:\n"
    "    - {name: sample, kind: random, fraction: 0.01, events: [physics, calibration]}\n"
    "    - name: missing-energy\n"
    "      kind: cuts                       # spillway help quantities\n"
    "      cuts:\n"
    "        - {quantity: ecal_gev, max: 50}\n"
    "        - {quantity: srd_min_mev, min: 1, max: 70}\n"
    "  store: /data/store\n"
    "  task: {seconds: 60, bytes: 1073741824, segments: 0}   # spillway plan --simulate\n"
    "                              # it takes so long, reads and writes so much at most,\n"
    "                              # and needs no more memory than its executor may have\n"
    "  merge: {bytes: 4000000000}\n"
    "  retry: {attempts: 3, delay_s: 30, segment_limit_s: 600, memory_mb: 2048}\n"
    "                              # and rules: spillway help rules\n"
    "  lease_s: 120\n"
    "  alert_s: 0                  # without progress until it is told; 0: two terms of a\n"
    "                              # lease or two limits of a segment, the longer one\n"
    "  priority: 0                 # up to 1000, the highest gets pilots first\n"
    "  complete_at: 1.0            # fraction at which the rest is closed as lost by itself\n"
    "  never_below:                # shares that no closing, also by hand, goes below\n"
    "    - {stream: skim.missing-energy, share: 0.99}\n"
    "  eot_partial: drop           # or scale\n"
    "  stages:                     # a sample first; the rest when a gate is opened:\n"
    "    sample: {spills: 5}       # of each run       (spillway validate, then gate)\n"
    "    gate: {expires: 30}       # days that an approval holds\n";

enum planned { PLANNED_NEW, PLANNED_BEFORE };

/* A campaign of this name that was planned from the same file, from another one, or none
 * (ABSENT). */
static enum lookup campaign_known(struct catalog *catalog,
                                  const struct campaign_file *file, struct err *err)
{
    struct catalog_txn *txn;
    struct campaign known;
    if (!catalog_begin(catalog, &txn, err))
        return LOOKUP_FAILED;
    enum lookup found = catalog_get_campaign(txn, file->campaign.name, &known, err);
    catalog_abort(txn);
    if (found == LOOKUP_FOUND &&
        !sha256_equal(&known.file_hash, &file->campaign.file_hash)) {
        (void)err_set(err, E_PLAN_FROZEN,
                      "campaign %s was planned from another file than this one",
                      known.name);
        return LOOKUP_FAILED;
    }
    return found;
}

/* What is to run and why, against the newest campaign in the catalog; nothing when there
 * is none or when all is reused. */
static bool why_text_of(const struct plan *plan, struct catalog *catalog,
                        struct bytes *why_lines, struct err *err)
{
    struct catalog_txn *txn;
    struct campaign campaign;
    struct plan_view earlier;
    struct why why;
    uint32_t from = 1;
    enum lookup found;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    plan_view_init(&earlier);
    why_init(&why);
    while ((found = catalog_next_campaign(txn, from, &campaign, err)) == LOOKUP_FOUND)
        from = campaign.id + 1;
    bool done = found == LOOKUP_ABSENT;
    if (done && from > 1)
        done = plan_view_load(&earlier, txn, campaign.name, err);
    catalog_abort(txn);
    if (done && from > 1) {
        why_rerun(&why, &earlier, plan);
        if (why.cause_count > 0)
            done = text_addf(why_lines, err, "why, against campaign %s:\n",
                             earlier.campaign.name) &&
                   why_text(&why, why_lines, err);
    }
    plan_view_release(&earlier);
    why_release(&why);
    return done;
}

/* How the conditions service is asked. */
static void transfer_set(struct plan *plan, const struct area *area, uint64_t patience_s)
{
    struct transfer_options *transfer = &plan->values.transfer;
    *transfer = transfer_options_patient(clock_random_token(), (uint32_t)patience_s);
    transfer->bearer = &area->bearer;
    transfer->authorities = area->authorities;
}

bool plan_draft(struct plan *plan, const struct area *area, struct catalog *catalog,
                const struct campaign_file *file, bool dry_run, struct err *err)
{
    char cache[AREA_PATH];
    char circuits[AREA_PATH];
    if (!area_path(area, "cache", cache, err) ||
        !area_path(area, "cache/circuits", circuits, err) ||
        !shelf_usable(&file->campaign, err))
        return false;
    if (plan->values.transfer.bearer == NULL)
        transfer_set(plan, area, TRANSFER_PATIENCE_S);
    const char *folder = dry_run ? cache : file->campaign.store;
    plan->values.transfer.circuits = circuits;
    bool built = plan_build(plan, catalog, file, folder, err);
    plan->values.transfer.circuits = NULL; /* ends here */
    if (built && plan->problems.size > 0)
        (void)fwrite(plan->problems.data, 1, plan->problems.size, stderr);
    return built;
}

/* A note when the store will not hold it all. */
static bool space_note(struct plan *plan, struct catalog *catalog, struct err *err)
{
    struct catalog_txn *txn;
    struct space space;
    char text[SPACE_TEXT];
    uint64_t bytes = 0;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    for (size_t i = 0; i < plan->run_count; i++)
        bytes += plan->runs[i].bytes_to_read;
    enum lookup found = space_of_plan(txn, &plan->campaign, bytes, &space, err);
    catalog_abort(txn);
    if (found != LOOKUP_FOUND || !space_is_short(&space))
        return found != LOOKUP_FAILED;
    space_text(&space, plan->campaign.store, text);
    return text_addf(&plan->notes, err, "%s\n", text);
}

static bool plan_make(struct plan *plan, struct area *area, struct catalog *catalog,
                      const struct campaign_file *file, bool dry_run, struct err *err)
{
    if (!plan_draft(plan, area, catalog, file, dry_run, err) ||
        !space_note(plan, catalog, err) || !why_text_of(plan, catalog, &plan->why, err))
        return false;
    return dry_run ||
           (plan_check(plan, err) && plan_store(plan, catalog, clock_wall_s(), err));
}

/* What the words of the command ask for. */
struct order {
    const char *path;
    bool dry_run, json;
    struct plan_cluster cluster; /* cores > 0: to be simulated, into `out` */
    struct bytes *out;
};

static bool plan_run(struct plan *plan, struct area *area, const struct order *order,
                     enum planned *planned, struct err *err)
{
    bool dry_run = order->dry_run;
    struct campaign_file file;
    struct sha256 release;
    struct catalog *catalog = NULL;
    struct arena arena;
    arena_init(&arena, FILE_MEMORY);
    bool done = sha256_from_hex(SPILLWAY_RELEASE_ID, &release, err) &&
                campaign_file_read(order->path, &release, &arena, &file, err) &&
                area_catalog(area, dry_run ? CATALOG_READ : CATALOG_WRITE, &catalog, err);
    enum lookup known = done ? campaign_known(catalog, &file, err) : LOOKUP_FAILED;
    *planned = known == LOOKUP_FOUND ? PLANNED_BEFORE : PLANNED_NEW;
    done = known != LOOKUP_FAILED;
    if (done)
        plan->campaign = file.campaign;
    if (done && *planned == PLANNED_NEW)
        done = plan_make(plan, area, catalog, &file, dry_run, err);
    if (done && order->cluster.cores > 0)
        done =
            (*planned == PLANNED_BEFORE || plan_check(plan, err)) &&
            plan_forecast(catalog, plan, &order->cluster, order->json, order->out, err);
    catalog_close(catalog);
    arena_release(&arena);
    return done;
}

bool plan_file(const struct area *area, const char *path, char name[CAMPAIGN_NAME],
               struct err *err)
{
    struct area own = *area;
    struct plan plan;
    enum planned planned;
    plan_init(&plan);
    transfer_set(&plan, area, TRANSFER_PATIENCE_S);
    bool done = plan_run(&plan, &own, &(struct order){.path = path}, &planned, err);
    if (done)
        memcpy(name, plan.campaign.name, CAMPAIGN_NAME);
    plan_release(&plan);
    return done;
}

static bool order_read(struct order *order, uint64_t *patience_s, int *argc, char **argv,
                       struct err *err)
{
    struct plan_cluster *cluster = &order->cluster;
    const struct command_option options[] = {
        {.name = "dry-run", .flag = &order->dry_run},
        {.name = "patience", .number = patience_s},
        {.name = "json", .flag = &order->json},
        {.name = "simulate", .number = &cluster->cores},
        {.name = "allocation", .number = &cluster->allocation},
        {.name = "walltime", .number = &cluster->walltime_s},
        {.name = "queue", .number = &cluster->queue_s},
        {.name = "failures", .real = &cluster->failures},
        {.name = "event-ms", .real = &cluster->event_ms},
        {.name = "seed", .number = &cluster->seed}};
    *cluster = PLAN_CLUSTER_DEFAULT;
    cluster->cores = UINT64_MAX;
    if (!command_options(options, sizeof options / sizeof options[0], argc, argv, err) ||
        !command_words(*argc, 1, 1, "one campaign file", err) ||
        !command_patience(*patience_s, err))
        return false;
    bool simulated = cluster->cores != UINT64_MAX;
    if (!simulated)
        cluster->cores = 0;
    order->dry_run = order->dry_run || simulated;
    order->path = argv[1];
    return !simulated || plan_cluster_check(cluster, err);
}

static bool plan_words(struct area *area, int argc, char **argv, struct bytes *out,
                       struct err *err)
{
    uint64_t patience_s = TRANSFER_PATIENCE_S;
    struct order order = {.out = out};
    struct plan plan;
    enum planned planned = PLANNED_NEW;
    if (!order_read(&order, &patience_s, &argc, argv, err) || !area_open(area, err))
        return false;
    bool json = order.json;
    plan_init(&plan);
    transfer_set(&plan, area, patience_s);
    struct err inner;
    bool done = plan_run(&plan, area, &order, &planned, err);
    if (!done && plan.run_count > 0) /* refused: what there is says why */
        (void)(json ? plan_json(&plan, out, &inner) : plan_text(&plan, out, &inner));
    bool silent = order.cluster.cores > 0; /* all is said */
    if (done && !silent && planned == PLANNED_BEFORE)
        done = json ? text_addf(out, err, "{\"campaign\":\"%s\",\"unchanged\":true}\n",
                                plan.campaign.name)
                    : text_addf(out, err,
                                "campaign %s is planned from this very file: nothing was "
                                "written\n",
                                plan.campaign.name);
    else if (done && !silent)
        done = (json ? plan_json(&plan, out, err) : plan_text(&plan, out, err)) &&
               plan_check(&plan, err);
    plan_release(&plan);
    return done;
}

int plan_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct bytes out;
    bytes_init(&out, OUTPUT_LIMIT);
    bool done = plan_words(area, argc, argv, &out, &err);
    int status = command_print(&out);
    if (!done)
        status = command_error(&err);
    bytes_release(&out);
    return status;
}
