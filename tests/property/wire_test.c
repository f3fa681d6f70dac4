/* wire_test.c - law of the codec: unpack of pack is the same value; no cut crashes it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values are random; PROPERTY_SEED repeats a run.
 */
#include "tests/property/wire_made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void make_recipe(struct maker *maker, struct recipe *recipe)
{
    SCATTER(recipe->release);
    recipe->reconstruct = true;
    TEXT(recipe->setup);
    recipe->skim_count = number(maker, RECIPE_SKIMS);
    for (uint32_t i = 0; i < recipe->skim_count; i++) {
        struct skim *skim = &recipe->skims[i];
        (void)snprintf(skim->name, sizeof skim->name, "skim%02u", i);
        skim->kind = (enum skim_kind)number(maker, SKIM_CUTS);
        skim->fraction = random_unit(&maker->random);
        SCATTER(skim->event_types);
        skim->cut_count =
            skim->kind == SKIM_CUTS ? 1 + number(maker, RECIPE_CUTS - 1) : 0;
        for (uint32_t c = 0; c < skim->cut_count; c++) {
            TEXT(skim->cuts[c].quantity);
            skim->cuts[c].minimum = coin(maker) ? -HUGE_VAL : random_unit(&maker->random);
            skim->cuts[c].maximum = coin(maker) ? HUGE_VAL : 1.0;
        }
    }
}

static void make_rule(struct maker *maker, struct retry_rule *rule)
{
    rule->kind = (uint16_t)number(maker, ERR_PROTOCOL);
    SCATTER(rule->code);
    rule->crash = coin(maker);
    rule->passive = coin(maker);
    rule->action = (uint8_t)number(maker, RETRY_QUARANTINE);
    TEXT(rule->text);
    rule->delayed = coin(maker);
    SCATTER(rule->delay_ns);
    SCATTER(rule->percent);
    SCATTER(rule->up_to);
}

static void make_campaign(struct maker *maker, struct campaign *campaign)
{
    SCATTER(campaign->id);
    TEXT(campaign->name);
    TEXT(campaign->tag);
    TEXT(campaign->source);
    SCATTER(campaign->manifest);
    TEXT(campaign->store);
    make_recipe(maker, &campaign->recipe);
    struct campaign_policy *policy = &campaign->policy;
    SCATTER(policy->task_ns);
    SCATTER(policy->task_bytes);
    SCATTER(policy->task_segments);
    SCATTER(policy->merge_bytes);
    SCATTER(policy->lease_ns);
    SCATTER(policy->retry_delay_ns);
    SCATTER(policy->segment_limit_ns);
    SCATTER(policy->memory_bytes);
    SCATTER(policy->alert_ns);
    SCATTER(policy->attempts);
    policy->complete_at = random_unit(&maker->random);
    policy->eot_partial = (enum eot_partial)number(maker, EOT_PARTIAL_SCALE);
    policy->rule_count = number(maker, RETRY_RULES);
    for (uint32_t i = 0; i < policy->rule_count; i++)
        make_rule(maker, &policy->rules[i]);
    policy->floor_count = number(maker, STREAMS);
    for (uint32_t i = 0; i < policy->floor_count; i++) {
        TEXT(policy->floors[i].stream);
        policy->floors[i].share = random_unit(&maker->random);
    }
    campaign->physics = coin(maker);
    SCATTER(campaign->segment_count);
    SCATTER(campaign->value_count);
    SCATTER(campaign->set_count);
    SCATTER(campaign->group_count);
    SCATTER(campaign->created_s);
    campaign->complete = coin(maker);
    SCATTER(campaign->file_hash);
    if (coin(maker))
        TEXT(campaign->mirrors);
}

static void make_plan_segment(struct maker *maker, struct plan_segment *segment)
{
    make_chunk_id(maker, &segment->id.chunk);
    SCATTER(segment->id.ordinal);
    SCATTER(segment->spill);
    SCATTER(segment->reco_key);
    SCATTER(segment->select_key);
    SCATTER(segment->reco_set);
    SCATTER(segment->select_set);
}

static void make_task_value(struct maker *maker, struct task_value *value)
{
    TEXT(value->effective.type);
    SCATTER(value->effective.value);
    value->effective.level = (enum fallback)number(maker, FALLBACK_NONE);
    value->size = number(maker, 200);
    if (coin(maker)) {
        uint8_t *bytes = room(maker, 200, 1);
        scatter(maker, bytes, 200);
        value->inlined = bytes;
    }
}

static void make_numbers(struct maker *maker, const uint32_t **list, uint32_t *count,
                         uint32_t most, uint32_t limit)
{
    *count = number(maker, most);
    if (*count == 0)
        return;
    uint32_t *numbers = room(maker, *count, sizeof *numbers);
    for (uint32_t i = 0; i < *count; i++)
        numbers[i] = number(maker, limit);
    *list = numbers;
}

static void make_longs(struct maker *maker, const uint64_t **list, uint32_t *count)
{
    *count = number(maker, 20);
    if (*count == 0)
        return;
    uint64_t *numbers = room(maker, *count, sizeof *numbers);
    scatter(maker, numbers, *count * sizeof *numbers);
    *list = numbers;
}

static void make_value_set(struct maker *maker, struct value_set *set)
{
    make_numbers(maker, &set->values, &set->count, 50, UINT32_MAX);
}

static void make_merge_class(struct maker *maker, struct merge_class *merge_class)
{
    TEXT(merge_class->stream);
    TEXT(merge_class->period);
    TEXT(merge_class->setup);
    TEXT(merge_class->beam);
    TEXT(merge_class->origin);
    merge_class->synthetic = coin(maker);
    merge_class->run = number(maker, RUN_MAXIMUM);
    SCATTER(merge_class->sequence);
    SCATTER(merge_class->target_bytes);
}

static void make_merge_group(struct maker *maker, struct merge_group *group)
{
    SCATTER(group->number);
    make_merge_class(maker, &group->merge_class);
    SCATTER(group->first);
    SCATTER(group->count);
    SCATTER(group->key);
    group->state = (enum group_state)number(maker, GROUP_VOID);
    TEXT(group->part);
    SCATTER(group->deaths);
    SCATTER(group->failure);
    TEXT(group->published);
    SCATTER(group->size);
    SCATTER(group->hash);
    SCATTER(group->events);
}

static void make_failure(struct maker *maker, struct err *failure)
{
    failure->code = (uint16_t)(1 + number(maker, UINT16_MAX - 1));
    failure->kind = (uint16_t)number(maker, ERR_PROTOCOL);
    TEXT(failure->text);
}

static void make_attempt(struct maker *maker, struct attempt *attempt)
{
    SCATTER(attempt->number);
    SCATTER(attempt->token);
    SCATTER(attempt->campaign);
    attempt->state = (enum attempt_state)number(maker, ATTEMPT_VOID);
    attempt->kind = (enum task_kind)number(maker, TASK_MERGE);
    attempt->steps = number(maker, STEP_RECO | STEP_SELECT);
    SCATTER(attempt->pilot);
    TEXT(attempt->host);
    make_numbers(maker, &attempt->segments, &attempt->segment_count, 300, UINT32_MAX);
    attempt->committed = number(maker, TASK_SEGMENTS);
    if (coin(maker))
        make_failure(maker, &attempt->failure);
    SCATTER(attempt->blamed);
    SCATTER(attempt->signal);
    SCATTER(attempt->start_s);
    SCATTER(attempt->end_s);
    SCATTER(attempt->wall_ns);
    SCATTER(attempt->cpu_ns);
    SCATTER(attempt->bytes_read);
    SCATTER(attempt->bytes_written);
    SCATTER(attempt->peak_memory_bytes);
    if (coin(maker))
        attempt->decision =
            (struct retry_decision){.rule = (uint16_t)(1 + number(maker, UINT16_MAX - 1)),
                                    .passive = (uint16_t)number(maker, UINT16_MAX),
                                    .action = (uint8_t)number(maker, RETRY_QUARANTINE)};
}

static void make_product(struct maker *maker, struct product *product)
{
    SCATTER(product->key);
    TEXT(product->stream);
    SCATTER(product->bytes_hash);
    SCATTER(product->events);
    SCATTER(product->entries);
    TEXT(product->place.file);
    product->place.offset = random_next(&maker->random) >> 1;
    product->place.length = random_next(&maker->random) >> 1;
}

static const struct product *make_products(struct maker *maker, uint32_t *count)
{
    *count = number(maker, 40);
    if (*count == 0)
        return NULL;
    struct product *products = room(maker, *count, sizeof *products);
    for (uint32_t i = 0; i < *count; i++)
        make_product(maker, &products[i]);
    return products;
}

static void make_product_set(struct maker *maker, struct product_set *set)
{
    SCATTER(set->key);
    set->products = make_products(maker, &set->count);
}

static void make_file_record(struct maker *maker, struct file_record *file)
{
    TEXT(file->name);
    SCATTER(file->campaign);
    file->state = (enum file_state)number(maker, FILE_COLLECTING);
    SCATTER(file->size);
    SCATTER(file->live);
    SCATTER(file->hash);
}

static void make_task_segment(struct maker *maker, const struct task *task,
                              struct task_segment *segment)
{
    SCATTER(segment->index);
    make_segment(maker, &segment->segment);
    segment->segment.id.chunk = task->chunk.id;
    SCATTER(segment->reco_key);
    SCATTER(segment->select_key);
    if (task->value_count > 0) {
        make_numbers(maker, &segment->reco_values, &segment->reco_value_count, 20,
                     task->value_count - 1);
        make_numbers(maker, &segment->select_values, &segment->select_value_count, 20,
                     task->value_count - 1);
    }
    if (coin(maker))
        make_product(maker, &segment->reco);
}

static void make_process(struct maker *maker, struct task *task)
{
    task->steps = 1 + number(maker, 2);
    make_run(maker, &task->run);
    make_chunk(maker, &task->chunk);
    struct recipe *recipe = room(maker, 1, sizeof *recipe);
    make_recipe(maker, recipe);
    task->recipe = recipe;
    task->value_count = number(maker, 9);
    struct task_value *values = room(maker, 10, sizeof *values);
    for (uint32_t i = 0; i < task->value_count; i++)
        make_task_value(maker, &values[i]);
    task->values = task->value_count > 0 ? values : NULL;
    task->segment_count = 1 + number(maker, 19);
    struct task_segment *segments = room(maker, task->segment_count, sizeof *segments);
    for (uint32_t i = 0; i < task->segment_count; i++)
        make_task_segment(maker, task, &segments[i]);
    task->segments = segments;
}

static const struct merge_input *make_inputs(struct maker *maker, uint32_t *count)
{
    *count = number(maker, 20);
    if (*count == 0)
        return NULL;
    struct merge_input *inputs = room(maker, *count, sizeof *inputs);
    for (uint32_t i = 0; i < *count; i++) {
        make_product(maker, &inputs[i].product);
        inputs[i].run = number(maker, RUN_MAXIMUM);
        SCATTER(inputs[i].spill);
    }
    return inputs;
}

static void make_task(struct maker *maker, struct task *task)
{
    SCATTER(task->attempt);
    SCATTER(task->token);
    task->kind = (enum task_kind)number(maker, TASK_MERGE);
    TEXT(task->store);
    if (coin(maker))
        TEXT(task->mirrors);
    SCATTER(task->memory_bytes);
    SCATTER(task->duration_ns);
    if (task->kind == TASK_PROCESS) {
        make_process(maker, task);
        return;
    }
    SCATTER(task->group);
    SCATTER(task->merge_key);
    make_merge_class(maker, &task->merge_class);
    task->inputs = make_inputs(maker, &task->input_count);
    task->prologue = make_inputs(maker, &task->prologue_count);
}

static void make_report(struct maker *maker, struct report *report)
{
    SCATTER(report->attempt);
    SCATTER(report->token);
    report->status = (enum report_status)number(maker, REPORT_FAILED);
    if (report->status == REPORT_FAILED)
        make_failure(maker, &report->failure);
    SCATTER(report->blamed);
    SCATTER(report->signal);
    report->segment_count = number(maker, 9);
    struct segment_result *results = room(maker, 10, sizeof *results);
    for (uint32_t i = 0; i < report->segment_count; i++) {
        SCATTER(results[i]);
        results[i].products = make_products(maker, &results[i].product_count);
    }
    report->segments = report->segment_count > 0 ? results : NULL;
    if (coin(maker))
        make_product(maker, &report->merged);
    make_longs(maker, &report->input_offsets, &report->input_count);
    report->part_count = number(maker, 5);
    struct part_size *parts = room(maker, 6, sizeof *parts);
    for (uint32_t i = 0; i < report->part_count; i++) {
        TEXT(parts[i].file);
        SCATTER(parts[i].size);
    }
    report->parts = report->part_count > 0 ? parts : NULL;
    SCATTER(report->bytes_read);
    SCATTER(report->bytes_written);
    SCATTER(report->peak_memory_bytes);
    SCATTER(report->wall_ns);
    SCATTER(report->cpu_ns);
    TEXT(report->host);
}

static void make_hello(struct maker *maker, struct hello *hello)
{
    scatter(maker, hello, sizeof *hello);
    TEXT(hello->host);
}

static void make_hello_answer(struct maker *maker, struct hello_answer *answer)
{
    SCATTER(*answer);
}

static void make_sync(struct maker *maker, struct sync *sync)
{
    SCATTER(sync->pilot);
    SCATTER(sync->want);
    sync->report_count = number(maker, 5);
    struct report *reports = room(maker, 6, sizeof *reports);
    for (uint32_t i = 0; i < sync->report_count; i++)
        make_report(maker, &reports[i]);
    sync->reports = sync->report_count > 0 ? reports : NULL;
    make_longs(maker, &sync->held, &sync->held_count);
}

static void make_sync_answer(struct maker *maker, struct sync_answer *answer)
{
    answer->verdict_count = number(maker, 5);
    struct sync_verdict *verdicts = room(maker, 6, sizeof *verdicts);
    for (uint32_t i = 0; i < answer->verdict_count; i++) {
        SCATTER(verdicts[i].attempt);
        verdicts[i].verdict = (enum verdict)number(maker, VERDICT_REFUSED);
        TEXT(verdicts[i].text);
    }
    answer->verdicts = answer->verdict_count > 0 ? verdicts : NULL;
    answer->task_count = number(maker, 3);
    struct task *tasks = room(maker, 4, sizeof *tasks);
    for (uint32_t i = 0; i < answer->task_count; i++)
        make_task(maker, &tasks[i]);
    answer->tasks = answer->task_count > 0 ? tasks : NULL;
    make_longs(maker, &answer->lost, &answer->lost_count);
    answer->drain = coin(maker);
    answer->unknown = coin(maker);
    SCATTER(answer->pause_ms);
}

/* Unpacks from memory of exactly `size` bytes, so that a sanitizer sees a step beyond. */
#define NOUN(noun, blank)                                                                \
    static bool noun##_again(const uint8_t *data, size_t size, struct bytes *again,      \
                             struct noun *value, struct err *err)                        \
    {                                                                                    \
        struct arena arena;                                                              \
        arena_init(&arena, MEMORY);                                                      \
        uint8_t *exact = malloc(size + 1);                                               \
        assert_non_null(exact);                                                          \
        memcpy(exact + 1, data, size);                                                   \
        bool done = wire_##noun##_unpack(exact + 1, size, &arena, value, err) &&         \
                    wire_##noun##_pack(value, again, err);                               \
        free(exact);                                                                     \
        arena_release(&arena);                                                           \
        return done;                                                                     \
    }                                                                                    \
    static void noun##_check(struct maker *maker)                                        \
    {                                                                                    \
        struct noun *value = room(maker, 1, sizeof *value);                              \
        struct noun *loaded = room(maker, 1, sizeof *loaded);                            \
        struct bytes first, again;                                                       \
        struct err err = {0};                                                            \
        bytes_init(&first, MEMORY);                                                      \
        bytes_init(&again, MEMORY);                                                      \
        make_##noun(maker, value);                                                       \
        if (!wire_##noun##_pack(value, &first, &err) ||                                  \
            !noun##_again(first.data, first.size, &again, loaded, &err))                 \
            fail_msg("%s", err.text);                                                    \
        assert_int_equal(first.size, again.size);                                        \
        assert_memory_equal(first.data, again.data, first.size);                         \
        blank(value);                                                                    \
        blank(loaded);                                                                   \
        assert_memory_equal(value, loaded, sizeof *value);                               \
        for (size_t cut = 0; cut < first.size; cut += 1 + first.size / 400) {            \
            bytes_clear(&again);                                                         \
            (void)noun##_again(first.data, cut, &again, loaded, &err);                   \
        }                                                                                \
        bytes_release(&first);                                                           \
        bytes_release(&again);                                                           \
    }

/* Pointers differ after the journey; what they point at is compared as bytes. */
#define FLAT(value)     (void)(value)
#define VALUE(value)    ((value)->inlined = NULL)
#define SET(value)      ((value)->values = NULL)
#define ATTEMPT(value)  ((value)->segments = NULL)
#define PRODUCTS(value) ((value)->products = NULL)
#define TASK(value)                                                                      \
    ((value)->recipe = NULL, (value)->values = NULL, (value)->segments = NULL,           \
     (value)->inputs = NULL, (value)->prologue = NULL)
#define REPORT(value)                                                                    \
    ((value)->segments = NULL, (value)->input_offsets = NULL, (value)->parts = NULL)
#define SYNC(value) ((value)->reports = NULL, (value)->held = NULL)
#define ANSWER(value)                                                                    \
    ((value)->verdicts = NULL, (value)->tasks = NULL, (value)->lost = NULL)

NOUN(run, FLAT)
NOUN(chunk, FLAT)
NOUN(segment, FLAT)
NOUN(spill, FLAT)
NOUN(campaign, FLAT)
NOUN(plan_segment, FLAT)
NOUN(task_value, VALUE)
NOUN(value_set, SET)
NOUN(merge_group, FLAT)
NOUN(attempt, ATTEMPT)
NOUN(product_set, PRODUCTS)
NOUN(file_record, FLAT)
NOUN(task, TASK)
NOUN(report, REPORT)
NOUN(hello, FLAT)
NOUN(hello_answer, FLAT)
NOUN(sync, SYNC)
NOUN(sync_answer, ANSWER)

typedef void check(struct maker *maker);

static check *const checks[] = {
    run_check,      chunk_check,        segment_check,     spill_check,
    campaign_check, plan_segment_check, task_value_check,  value_set_check,
    attempt_check,  merge_group_check,  product_set_check, file_record_check,
    task_check,     report_check,       hello_check,       hello_answer_check,
    sync_check,     sync_answer_check,
};

static uint64_t seed;

static void what_is_unpacked_is_what_was_packed(void **state)
{
    (void)state;
    struct maker maker = {.random = {.state = seed}};
    print_message("PROPERTY_SEED=%llu\n", (unsigned long long)seed);
    arena_init(&maker.arena, MEMORY);
    for (int round = 0; round < 12; round++) {
        for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
            checks[i](&maker);
            arena_reset(&maker.arena);
        }
    }
    arena_release(&maker.arena);
}

int main(void)
{
    const char *given = getenv("PROPERTY_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_unpacked_is_what_was_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
