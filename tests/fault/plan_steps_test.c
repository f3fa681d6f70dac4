/* plan_steps_test.c - an area made, runs imported and scanned, a campaign planned.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each step of it fails once. The next process does all of it again, as somebody would
 * who repeats the commands, and comes to the plan of a calm one.
 */
#include "tests/fault/operation.h"

#include "coordinator/plan.h"
#include "coordinator/runs.h"
#include "coordinator/status.h"
#include "coordinator/who.h"
#include "tests/simulate/simulation.h"

#define SEGMENTS 6u /* of as many event builders, a spill */

static const char campaign[] =
    "name: c1\npurpose: test\nstore: store\nselect: {types: [physics]}\n"
    "skims:\n  - {name: all, kind: all, events: [physics]}\n";

static const char *below(const char *place, const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    turn = (turn + 1) % 4;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", place, name);
    return paths[turn];
}

static void before(const char *place)
{
    char words[][16] = {"simulate", "--runs",   "9001-9001", "--spills",
                        "1",        "--events", "2",         "--out"};
    char out[128];
    char who[WHO_NAME];
    char *arguments[9];
    size_t count = 0;
    struct sim_options options;
    struct simulation_counts counts;
    struct err err;
    (void)snprintf(out, sizeof out, "%s/data", place);
    for (; count < sizeof words / sizeof words[0]; count++)
        arguments[count] = words[count];
    arguments[count++] = out;
    if (!sim_options_read((int)count, arguments, &options, &err) ||
        !simulation_run(&options, &counts, &err) ||
        !disk_write_durable(below(place, "c1.yaml"), campaign, sizeof campaign - 1, 0644,
                            &err))
        fail_msg("%s", err.text);
    who_login(who); /* glibc 2.36 falls over when its set-up for this has no memory */
}

/* What the commands print is not looked at. */
static bool load(const char *place, struct err *err)
{
    (void)place;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return (null >= 0 && dup2(null, STDOUT_FILENO) >= 0) ||
           err_set(err, E_DISK_OPEN, "no /dev/null");
}

static void command(struct area *area, const char *word, const char *argument)
{
    char name[] = "runs";
    char first[16], second[128];
    char *arguments[] = {name, first, second, NULL};
    (void)snprintf(first, sizeof first, "%s", word);
    (void)snprintf(second, sizeof second, "%s", argument == NULL ? "" : argument);
    int status = runs_command(area, argument == NULL ? 2 : 3, arguments);
    if (status != 0)
        _exit(status);
}

static bool run(const char *place, struct err *err)
{
    struct area area = {.authorities = NULL};
    char planned[CAMPAIGN_NAME], token[AREA_TOKEN];
    bool made;
    (void)snprintf(area.folder, sizeof area.folder, "%s/area", place);
    (void)snprintf(token, sizeof token, "%064d", 7);
    if (!disk_make_path(area.folder, err) || !area_init(&area, token, &made, err) ||
        !area_open(&area, err))
        return false;
    command(&area, "import", below(place, "data/runs.yaml"));
    command(&area, "scan", NULL);
    return plan_file(&area, below(place, "c1.yaml"), planned, err);
}

static bool check(const char *place, struct err *err)
{
    struct area area = {.authorities = NULL};
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    struct status status;
    struct bytes report;
    uint64_t faults = 1;
    (void)snprintf(area.folder, sizeof area.folder, "%s/area", place);
    bytes_init(&report, (size_t)1 << 20);
    bool done = area_open(&area, err) && area_read(&area, &catalog, &txn, err) &&
                status_read(txn, "c1", &status, err) &&
                catalog_check(txn, &report, &faults, err);
    catalog_abort(txn);
    catalog_close(catalog);
    if (done && faults > 0)
        return err_set(err, E_MODEL, "%.*s", (int)report.size, (const char *)report.data);
    if (done && status.campaign.segment_count != SEGMENTS)
        return err_set(err, E_MODEL, "%u segments", status.campaign.segment_count);
    return done;
}

static enum operation_care care(const char *name)
{
    if (strstr(name, ".mdb") != NULL || strstr(name, "owner.lock") != NULL)
        return CARE_NONE;
    if (strstr(name, "fresh") != NULL) /* a catalog that is being made */
        return CARE_LEFT;
    return strstr(name, ".tmp-") != NULL ? CARE_MADE : CARE_WHOLE;
}

static void any_step_of_a_plan_may_fail(void **state)
{
    static const struct operation operation = {.name = "plan",
                                               .before = before,
                                               .load = load,
                                               .run = run,
                                               .care = care,
                                               .check = check,
                                               .least = {5, 10, 100, 0}};
    (void)state;
    operation_each_step(&operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_a_plan_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
