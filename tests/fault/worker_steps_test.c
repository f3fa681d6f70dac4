/* worker_steps_test.c - a task with each step failing, from raw bytes to its parts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The built-in segment: read, checked against its index, decoded, reconstructed, selected
 * and written. Parts count once they are reported, and their names have the token of the
 * attempt: what one that failed leaves is removed before the next one.
 */
#include "tests/fault/operation.h"

#include "worker/golden.h"

static const char *parts_of(const char *folder)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/parts", folder);
    return path;
}

static bool swept(const char *folder, struct err *err)
{
    (void)err;
    operation_wipe(parts_of(folder));
    return true;
}

static bool run(const char *folder, struct err *err)
{
    struct sha256 made;
    return golden_fingerprint(folder, &made, err);
}

static enum operation_care care(const char *name)
{
    (void)name;
    return CARE_MADE;
}

static void any_step_of_a_task_may_fail(void **state)
{
    static const struct operation operation = {
        .name = "task", .load = swept, .run = run, .care = care, .least = {2, 4, 100, 0}};
    (void)state;
    operation_each_step(&operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_a_task_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
