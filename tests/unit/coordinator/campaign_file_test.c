/* campaign_file_test.c - campaign.yaml: what is read, and each mistake with its line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/campaign_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct sha256 release = {{1, 2, 3}};

static bool parse(const char *text, struct arena *arena, struct campaign_file *out,
                  struct err *err)
{
    const struct config_file file = {"c.yaml", text, strlen(text)};
    arena_init(arena, (size_t)1 << 20);
    return campaign_file_parse(&file, "/area", &release, arena, out, err);
}

static const char whole[] = "# a comment\n"
                            "name: demo\n"
                            "purpose: test\n"
                            "select:\n"
                            "  runs: [9000-9010, 9020]\n"
                            "  periods: [2018]\n"
                            "  setups: [2018-invisible-100]\n"
                            "  types: [physics, calibration, unknown]\n"
                            "  quality: [good]\n"
                            "  origin: [mc]\n"
                            "  particle: [electron]\n"
                            "conditions:\n"
                            "  source: file:conditions\n"
                            "  tag: t1\n"
                            "  mirrors: [http://m/api, file:/snap, conditions2]\n"
                            "  allow: [none]\n"
                            "  acknowledge: [calo_gain]\n"
                            "  budget: {run_mean: 0.25, none: 0}\n"
                            "reconstruct: {setup: 2022-electron-100}\n"
                            "skims:\n"
                            "  - name: some\n"
                            "    kind: random\n"
                            "    fraction: 0.25\n"
                            "    events: [physics, calibration]\n"
                            "  - name: missing\n"
                            "    kind: cuts\n"
                            "    cuts:\n"
                            "      - {quantity: ecal_gev, max: 50}\n"
                            "      - {quantity: hcal_gev, min: -1, max: 1.5}\n"
                            "store: out\n"
                            "task: {bytes: 1000, segments: 7}\n"
                            "merge: {bytes: 2000}\n"
                            "retry: {attempts: 2, delay_s: 5, segment_limit_s: 60, "
                            "memory_mb: 100}\n"
                            "lease_s: 9\n"
                            "alert_s: 40\n"
                            "complete_at: 0.99\n"
                            "stages: {sample: {spills: 5}, gate: {expires: 9}}\n"
                            "eot_partial: scale\n";

static void a_whole_file_is_read(void **state)
{
    (void)state;
    struct arena arena;
    struct campaign_file out;
    struct err err = {.text = ""};
    if (!parse(whole, &arena, &out, &err))
        fail_msg("%s", err.text);
    assert_string_equal(out.campaign.name, "demo");
    assert_string_equal(out.campaign.store, "/area/out");
    assert_string_equal(out.campaign.source, "file:/area/conditions");
    assert_string_equal(out.campaign.tag, "t1");
    assert_false(out.campaign.physics);
    assert_int_equal(out.selection.run_count, 2);
    assert_int_equal(out.selection.runs[0].last, 9010);
    assert_int_equal(out.selection.runs[1].first, 9020);
    assert_int_equal(out.selection.types,
                     1u << RUN_TYPE_PHYSICS | 1u << RUN_TYPE_CALIBRATION | 1u);
    assert_int_equal(out.selection.origins, 1u << RUN_ORIGIN_MC);
    assert_int_equal(out.selection.qualities, 1u << RUN_QUALITY_GOOD);
    assert_int_equal(out.allowed, 0x1f | 1u << FALLBACK_NONE);
    assert_true(out.budget[FALLBACK_RUN_MEAN] == 0.25 && out.budget[FALLBACK_NONE] == 0);
    assert_true(out.budget[FALLBACK_EARLIER_1] == 1);
    assert_string_equal(out.acknowledged[0], "calo_gain");
    assert_int_equal(out.mirror_count, 3);
    assert_string_equal(out.mirrors[0], "http://m/api");
    assert_string_equal(out.mirrors[1], "file:/snap");
    assert_non_null(strstr(out.mirrors[2], "/conditions2"));
    assert_ptr_equal(strstr(out.campaign.mirrors, "http://m/api\nfile:/snap\nfile:/"),
                     out.campaign.mirrors);
    const struct recipe *recipe = &out.campaign.recipe;
    assert_true(recipe->reconstruct);
    assert_string_equal(recipe->setup, "2022-electron-100");
    assert_int_equal(recipe->skim_count, 2); /* sorted by name */
    assert_string_equal(recipe->skims[0].name, "missing");
    assert_int_equal(recipe->skims[0].cut_count, 2);
    assert_true(isinf(recipe->skims[0].cuts[0].minimum));
    assert_int_equal(recipe->skims[1].event_types, 3u << 7);
    assert_memory_equal(recipe->release.bytes, release.bytes, SHA256_SIZE);
    const struct campaign_policy *policy = &out.campaign.policy;
    assert_int_equal(policy->task_segments, 7);
    assert_int_equal(policy->merge_bytes, 2000);
    assert_int_equal(policy->memory_bytes, 100u << 20);
    assert_int_equal(policy->alert_ns, 40 * (int64_t)1000000000);
    assert_int_equal(policy->lease_ns, 9000000000);
    assert_int_equal(policy->eot_partial, EOT_PARTIAL_SCALE);
    assert_int_equal(out.sample_spills, 5);
    assert_int_equal(out.gate_days, 9);
    arena_release(&arena);
}

#define HEAD "name: demo\npurpose: physics\nselect: {}\nstore: /s\n" /* lines 1 to 4 */

static void the_least_file_takes_good_physics_data(void **state)
{
    (void)state;
    struct arena arena;
    struct campaign_file out;
    struct err err;
    assert_true(parse(HEAD "skims: [{name: all, kind: all}]\n", &arena, &out, &err));
    struct run run = run_unknown(5);
    assert_int_equal(selection_takes(&out.selection, &run), SELECT_TYPE);
    run.type = RUN_TYPE_PHYSICS;
    assert_int_equal(selection_takes(&out.selection, &run), SELECT_ORIGIN);
    run.origin = RUN_ORIGIN_DATA;
    assert_int_equal(selection_takes(&out.selection, &run), SELECT_TAKEN);
    run.quality = RUN_QUALITY_BAD;
    assert_int_equal(selection_takes(&out.selection, &run), SELECT_QUALITY);
    assert_string_equal(out.campaign.store, "/s");
    arena_release(&arena);
}

/* Lines 5 to 7, and the rule of line 8 is the second one. */
#define RULES "retry:\n  rules: # two\n  - {action: retry, delay_s: 3}\n"
#define FOUR                                                                             \
    "  - {action: fail}\n  - {action: fail}\n  - action: fail\n  - action: fail\n"
#define SIXTEEN FOUR FOUR FOUR FOUR

struct mistake {
    const char *text;
    const char *message; /* part of it */
};

static const struct mistake mistakes[] = {
    {"", "c.yaml:1: the file is empty"},
    {"# only a comment\n", "c.yaml:1: the file is empty"},
    {"name: a\npurpose: test\nselect: {}\n", ": key store is missing"},
    {HEAD "colour: red\n", "c.yaml:5: unknown key colour"},
    {HEAD "select2: {}\n", "c.yaml:5: unknown key select2"},
    {HEAD "name: other\n", "c.yaml:5: key name is given twice"},
    {HEAD "retry: {memory_mb: 1}\n", "c.yaml:5: memory_mb: 16 at least: an executor has"},
    {HEAD "retry: {memory_mb: 0}\n", "c.yaml:5: memory_mb: 16 at least"},
    {HEAD "alert_s: soon\n", "c.yaml:5: alert_s: expected a whole number"},
    {HEAD "lease_s: 3x\n", "c.yaml:5: lease_s: expected a whole number"},
    {HEAD "lease_s: -3\n", "c.yaml:5: lease_s"},
    {HEAD "lease_s: 0x10\n", "c.yaml:5: lease_s"},
    {HEAD "lease_s: 99999999999999999999\n", "c.yaml:5: lease_s"},
    {HEAD "lease_s: 0\n", "c.yaml:5: lease_s: must not be 0"},
    {HEAD "lease_s: [1]\n", "c.yaml:5: lease_s: "},
    {HEAD "complete_at: 1.5\n", "c.yaml:5: complete_at: above 0"},
    {HEAD "complete_at: nan\n", "c.yaml:5: complete_at: expected a number"},
    {HEAD "never_below:\n  - {stream: reco, share: 0.9}\n",
     "c.yaml:6: stream: a stream of this campaign"},
    {HEAD "never_below:\n  - {stream: summary, share: 2}\n", "c.yaml:6: share: a share"},
    {HEAD "never_below:\n  - {stream: summary}\n", "key share is missing"},
    {HEAD "stages: {}\n", "key sample is missing"},
    {HEAD "stages:\n  sample: {}\n", "key spills is missing"},
    {HEAD "stages:\n  sample: {spills: 0}\n", "c.yaml:6: spills: must not be 0"},
    {HEAD "stages:\n  sample: {spills: -1}\n", "c.yaml:6: spills: expected"},
    {HEAD "stages:\n  sample: {spills: 2, runs: 1}\n", "unknown key runs"},
    {HEAD "stages:\n  sample: {spills: 2}\n  gate: {expires: 0}\n",
     "c.yaml:7: expires: days, at least 1"},
    {HEAD "stages:\n  sample: {spills: 2}\n  gate: {expires: 3651}\n",
     "c.yaml:7: expires: expected a whole number up to 3650"},
    {HEAD "eot_partial: half\n", "c.yaml:5: eot_partial: drop or scale"},
    {HEAD "task: {bytes: 0}\n", "c.yaml:5: bytes: must not be 0"},
    {HEAD "retry:\n  attempts: 0\n", "c.yaml:5: retry"},
    {HEAD RULES "  - {code: E_DISK_FULL}\n", "key action is missing"},
    {HEAD RULES "  - {action: stop}\n", "c.yaml:8: retry rule 2: action: fail, retry"},
    {HEAD RULES "  - {action: none}\n", "c.yaml:8: retry rule 2: action: fail, retry"},
    {HEAD RULES "  - action: retry\n    class: none\n",
     "c.yaml:8: retry rule 2: class: input"},
    {HEAD RULES "  - action: retry\n    code: E_FOO\n",
     "c.yaml:8: retry rule 2: code: not in the list"},
    {HEAD RULES "  - action: retry\n    code: E_NONE\n",
     "c.yaml:8: retry rule 2: code: not in the list"},
    {HEAD RULES "  - {action: retry, code: E_DISK_FULL, class: input}\n",
     "c.yaml:8: retry rule 2: code: is of another class"},
    {HEAD RULES "  - {action: retry, text: \"\"}\n", "c.yaml:8: retry rule 2: text: 1"},
    {HEAD RULES "  - {action: retry, crash: yes}\n",
     "c.yaml:8: retry rule 2: crash: expected true or false"},
    {HEAD RULES "  - {action: retry, passive: 1}\n",
     "c.yaml:8: retry rule 2: passive: expected true or false"},
    {HEAD RULES "  - {action: retry, delay_s: 1d}\n",
     "c.yaml:8: retry rule 2: delay_s: expected a whole number"},
    {HEAD RULES "  - {action: quarantine, delay_s: 1}\n",
     "c.yaml:8: retry rule 2: delay_s: is for"},
    {HEAD RULES "  - {action: more_memory}\n",
     "c.yaml:8: retry rule 2: up_to_mb: is needed"},
    {HEAD RULES "  - {action: more_memory, up_to_mb: 2048}\n",
     "c.yaml:8: retry rule 2: up_to_mb: must be above"},
    {HEAD RULES "  - {action: more_memory, up_to_mb: 99999}\n",
     "c.yaml:8: retry rule 2: up_to_mb: must be above"},
    {HEAD RULES "  - {action: more_time, up_to_s: 18446744073709551615}\n",
     "c.yaml:8: retry rule 2: up_to_s: must be above"},
    {HEAD RULES "  - {action: more_time, up_to_s: 700, factor: 1}\n",
     "c.yaml:8: retry rule 2: factor: above 1"},
    {HEAD RULES "  - {action: more_time, up_to_s: 700, up_to_mb: 4000}\n",
     "c.yaml:8: retry rule 2: up_to_mb: is for more_memory"},
    {HEAD RULES "  - {action: retry, factor: 2}\n",
     "c.yaml:8: retry rule 2: factor: is for"},
    {HEAD "retry: {rules: [{action: stop}]}\n", "c.yaml:5: retry rule 1: action"},
    {HEAD "retry:\n  rules:\n" SIXTEEN "  - {action: fail}\n",
     "c.yaml:6: rules: at most 16"},
    {HEAD "skims: ~\n", "c.yaml:5: skims: "},
    {HEAD "skims: []\n", "c.yaml:1: name: neither reconstruct nor skims"},
    {HEAD "skims:\n- {name: a, kind: some}\n", "c.yaml:6: kind: all, random or cuts"},
    {HEAD "skims:\n- {name: a, kind: all}\n- {name: a, kind: all}\n",
     "skim a: named twice"},
    {HEAD "skims:\n- name: b\n  kind: random\n  fraction: 2\n",
     "c.yaml:6: skim b: fraction must be 0 to 1"},
    {HEAD "skims:\n- {name: a, kind: all, fraction: 0.5}\n", "c.yaml:6: kind: fraction"},
    {HEAD "skims:\n- {name: ../a, kind: all}\n", "c.yaml:6: name: expected a name"},
    {HEAD "skims:\n- {name: c, kind: cuts, cuts: [{quantity: x_gev}]}\n",
     "c.yaml:6: quantity: no such quantity"},
    {HEAD "skims:\n- {name: c, kind: cuts, cuts: [{quantity: ecal_gev, max: 1}]}\n",
     "c.yaml:6: skim c: cuts need reconstruction"},
    {HEAD "reconstruct: {setup: 2022-electron-100}\n",
     "c.yaml:5: reconstruct: conditions are needed"},
    {HEAD "skims: [{name: a, kind: all}]\n"
          "conditions: {source: x, tag: t, budget: {run_mean: 1.5}}\n",
     "c.yaml:6: run_mean: a share from 0 to 1"},
    {HEAD "skims: [{name: a, kind: all}]\n"
          "conditions: {source: x, tag: t, budget: {none: -0.1}}\n",
     "c.yaml:6: none: "},
    {HEAD "conditions: {source: x, tag: t, mirrors: y}\n", "c.yaml:5: "},
    {HEAD "skims: [{name: a, kind: all}]\n"
          "conditions: {source: x, tag: t, mirrors: [\"\"]}\n",
     "c.yaml:6: mirrors: "},
    {HEAD "skims: [{name: a, kind: all}]\n"
          "conditions: {source: x, tag: t, mirrors: [1,2,3,4,5,6,7,8]}\n",
     "c.yaml:6: mirrors: too many mirrors"},
    {HEAD "skims: [{name: a, kind: all}]\n"
          "conditions: {source: x, tag: t, mirrors: [\"file:/a\\nfile:/b\"]}\n",
     "c.yaml:6: mirrors: "},
    {HEAD "conditions: {source: x, tag: t, budget: {exact: 1}}\n",
     "c.yaml:5: unknown key exact"},
    {HEAD "---\nname: second\n", "c.yaml:5: one document is allowed"},
    {HEAD "lease_s: &x 3\ncomplete_at: *x\n", "c.yaml:6"},
    {HEAD "lease_s: 1\n lease: 2\n", "c.yaml:"},
    {"name: [a\n", "c.yaml:"},
    {"[[[[[[[[[[[[[[[[[[[[", "c.yaml:"},
    {"name: demo\npurpose: fun\nselect: {}\nstore: s\nskims: [{name: a, kind: all}]\n",
     "c.yaml:2: purpose: test or physics"},
    {"name: demo\npurpose: test\nselect: {runs: [9-3]}\nstore: s\n", "c.yaml:3: runs"},
    {"name: demo\npurpose: test\nselect: {runs: [all]}\nstore: s\n", "c.yaml:3: runs"},
    {"name: demo\npurpose: test\nselect:\n  types:\n  - physics\n  - fun\nstore: s\n",
     "c.yaml:6: types: unknown word"},
    {"name: demo\npurpose: physics\nselect: {types: [unknown]}\nstore: s\n"
     "skims: [{name: a, kind: all}]\n",
     "c.yaml:3: types: runs of unknown type"},
    {"name: demo\npurpose: test\nselect: {}\nstore: https://x/y\n",
     "c.yaml:4: store: must be a folder"},
};

static void the_rules_of_retries_are_read_in_their_order(void **state)
{
    (void)state;
    struct arena arena;
    struct campaign_file out;
    struct err err = {.text = ""};
    if (!parse(HEAD "skims: [{name: all, kind: all}]\n"
                    "retry:\n"
                    "  memory_mb: 1000\n"
                    "  rules:\n"
                    "    - {code: E_WORKER_MEMORY, action: more_memory, up_to_mb: 8000}\n"
                    "    - class: storage\n"
                    "      text: read*timed out\n"
                    "      action: retry\n"
                    "      delay_s: 600\n"
                    "    - {crash: true, action: other_node, passive: true}\n"
                    "    - {action: more_time, up_to_s: 1200, factor: 1.25}\n",
               &arena, &out, &err))
        fail_msg("%s", err.text);
    const struct campaign_policy *policy = &out.campaign.policy;
    const struct retry_rule *rules = policy->rules;
    assert_int_equal(policy->rule_count, 4);
    assert_int_equal(rules[0].code, E_WORKER_MEMORY);
    assert_int_equal(rules[0].action, RETRY_MEMORY);
    assert_int_equal(rules[0].percent, 150);
    assert_int_equal(rules[0].up_to, (uint64_t)8000 << 20);
    assert_false(rules[0].delayed);
    assert_int_equal(rules[1].kind, ERR_STORAGE);
    assert_string_equal(rules[1].text, "read*timed out");
    assert_true(rules[1].delayed);
    assert_int_equal(rules[1].delay_ns, 600000000000);
    assert_true(rules[2].crash);
    assert_true(rules[2].passive);
    assert_int_equal(rules[2].action, RETRY_ELSEWHERE);
    assert_int_equal(rules[3].percent, 125);
    assert_int_equal(rules[3].up_to, 1200000000000);
    arena_release(&arena);
}

static void each_mistake_is_one_line_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct arena arena;
        struct campaign_file out;
        struct err err = {.text = ""};
        bool done = parse(mistakes[i].text, &arena, &out, &err);
        if (done || strstr(err.text, mistakes[i].message) == NULL ||
            strchr(err.text, '\n') != NULL || err.code != E_CONFIG)
            fail_msg("\"%s\"\ngives code %u \"%s\", not \"%s\"", mistakes[i].text,
                     err.code, err.text, mistakes[i].message);
        arena_release(&arena);
    }
}

static void every_prefix_of_a_file_is_refused_or_read(void **state)
{
    (void)state;
    char text[sizeof whole];
    for (size_t size = 0; size < sizeof whole; size++) {
        struct arena arena;
        struct campaign_file out;
        struct err err;
        memcpy(text, whole, size);
        text[size] = 0;
        (void)parse(text, &arena, &out, &err);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_read),
        cmocka_unit_test(the_least_file_takes_good_physics_data),
        cmocka_unit_test(the_rules_of_retries_are_read_in_their_order),
        cmocka_unit_test(each_mistake_is_one_line_with_its_place),
        cmocka_unit_test(every_prefix_of_a_file_is_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
