/* simulate_steps_test.c - a simulated run with each step failing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The simulator writes into a new folder and refuses one with results: what it leaves
 * when it fails is removed by hand, and no part of it looks complete without a catalogue.
 */
#include "tests/fault/operation.h"

#include "tests/simulate/simulation.h"

static bool swept(const char *folder, struct err *err)
{
    char path[128];
    (void)err;
    (void)snprintf(path, sizeof path, "%s/out", folder);
    operation_wipe(path);
    return true;
}

static bool run(const char *folder, struct err *err)
{
    char words[][16] = {"simulate", "--out",    "--runs", "9001-9001", "--spills",
                        "1",        "--events", "2",      "--led",     "1"};
    char out[128];
    char *arguments[11];
    struct sim_options options;
    struct simulation_counts counts;
    size_t count = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        arguments[count++] = words[i];
        if (i == 1)
            arguments[count++] = out;
    }
    (void)snprintf(out, sizeof out, "%s/out", folder);
    return sim_options_read((int)count, arguments, &options, err) &&
           simulation_run(&options, &counts, err);
}

static enum operation_care care(const char *name)
{
    (void)name;
    return CARE_LEFT;
}

static void any_step_of_the_simulator_may_fail(void **state)
{
    static const struct operation operation = {.name = "simulate",
                                               .load = swept,
                                               .run = run,
                                               .care = care,
                                               .least = {5, 1, 50, 0}};
    (void)state;
    operation_each_step(&operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_the_simulator_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
