/* process_keys_test.c - an executor reads what its steps declare, and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conditions/payload.h"
#include "model/key.h"
#include "reco/calibration.h"

/* The text of the failure for a task with these two values, both of one step. */
static struct err keys_of(const char *first, const char *second, bool reco)
{
    static const uint32_t indices[] = {0, 1};
    struct task_value values[2] = {{.size = 0}, {.size = 0}};
    struct recipe recipe = {.reconstruct = reco};
    struct task_segment segment = {.index = 0};
    struct task task = {
        .steps = STEP_SELECT, .recipe = &recipe, .values = values, .value_count = 2};
    struct bytes reco_text, select_text;
    struct err err = {.code = E_NONE};
    memcpy(values[0].effective.type, first, strlen(first) + 1);
    memcpy(values[1].effective.type, second, strlen(second) + 1);
    segment.reco_values = segment.select_values = indices;
    segment.reco_value_count = reco ? 2 : 0;
    segment.select_value_count = reco ? 0 : 2;
    bytes_init(&reco_text, KEY_TEXT_LIMIT);
    bytes_init(&select_text, KEY_TEXT_LIMIT);
    assert_false(keys_build(&task, &segment, &reco_text, &select_text, &err));
    bytes_release(&reco_text);
    bytes_release(&select_text);
    return err;
}

static void an_undeclared_type_is_refused(void **state)
{
    (void)state;

    static const struct {
        const char *first, *second;
        bool reco;
        const char *part; /* NULL: declared; then only the keys are wrong */
    } tasks[] = {
        {"calo_gain", "sampling", true, NULL},
        {"bad_spills", "calo_gain", true, "bad_spills is not declared by step reco"},
        {"calo_gain", "private_tuning", true, "private_tuning is not declared"},
        {"bad_spills", "calo_gain", false, "calo_gain is not declared by step select"},
        {"sampling", "calo_gain", true, "not sorted"},
        {"sampling", "sampling", true, "not sorted"},
    };

    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        struct err err = keys_of(tasks[i].first, tasks[i].second, tasks[i].reco);
        enum err_code code = tasks[i].part ? E_WORKER_TASK : E_WORKER_KEY;
        if (err.code != code || (tasks[i].part && !strstr(err.text, tasks[i].part)))
            fail_msg("vector %zu: %s: %s", i, err_name((enum err_code)err.code),
                     err.text);
    }
}

/* The planner declares by the table of types, reconstruction by its own list: a type in
 * one of them only would be in no key, or read by nobody. */
static void planner_and_reconstruction_declare_the_same_types(void **state)
{
    (void)state;
    const char *const *read = calibration_types();
    size_t count = 0;
    for (size_t i = 0; payload_type_at(i); i++) {
        if (payload_type_at(i)->step != PAYLOAD_RECO)
            continue;
        assert_non_null(read[count]);
        assert_string_equal(read[count], payload_type_at(i)->name);
        count++;
    }
    assert_null(read[count]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_undeclared_type_is_refused),
        cmocka_unit_test(planner_and_reconstruction_declare_the_same_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
