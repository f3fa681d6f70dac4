/* tasks.c - turns a lease into the task that a worker gets.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/tasks.h"

#include <stdlib.h>

#include "base/text.h"

/* One product set. */
#define PRODUCTS_ARENA ((size_t)4 << 20)

static bool must_find(enum lookup found, const char *what, uint32_t number,
                      struct err *err)
{
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "%s %u is not in the catalog", what,
                       number);
    return found == LOOKUP_FOUND;
}

const struct product *task_find_stream(const struct product_set *set, const char *stream)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (strcmp(set->products[i].stream, stream) == 0)
            return &set->products[i];
    return NULL;
}

uint32_t task_product_number(const struct plan_state *state, const char *stream)
{
    return stream_is_reco(stream) ? state->reco_product : state->select_product;
}

bool task_product(const struct book *book, struct catalog_txn *txn, uint32_t segment,
                  const char *stream, struct product *product, struct err *err)
{
    struct arena arena;
    struct product_set set;
    uint32_t number = task_product_number(&book->states[segment], stream);
    arena_init(&arena, PRODUCTS_ARENA);
    bool done = must_find(catalog_get_products(txn, number, &arena, &set, err), "product",
                          number, err);
    const struct product *there = done ? task_find_stream(&set, stream) : NULL;
    if (there != NULL)
        *product = *there;
    else if (done)
        err_set(err, E_CATALOG_DAMAGED, "product %u of segment %u has no stream %s",
                number, segment, stream);
    arena_release(&arena);
    return there != NULL;
}

/* A growing list of value numbers, later sorted and unique. */
struct value_list {
    uint32_t *numbers;
    uint32_t count;
};

static int number_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static bool build_values(const struct book *book, struct catalog_txn *txn,
                         struct value_list *list, struct arena *arena, struct task *task,
                         struct err *err)
{
    if (list->count > 0)
        qsort(list->numbers, list->count, sizeof *list->numbers, number_compare);
    uint32_t unique = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (i == 0 || list->numbers[i] != list->numbers[i - 1])
            list->numbers[unique++] = list->numbers[i];
    list->count = unique;
    struct task_value *values;
    void *memory;
    if (!arena_take(arena, unique, sizeof *values, &memory, err))
        return false;
    values = memory;
    for (uint32_t i = 0; i < unique; i++)
        if (!must_find(catalog_get_value(txn, book->campaign.id, list->numbers[i], arena,
                                         &values[i], err),
                       "value", list->numbers[i], err))
            return false;
    task->values = values;
    task->value_count = unique;
    return true;
}

/* The numbers of a set, replaced by their places in the task's value list. */
static bool renumber(const struct value_list *list, const uint32_t *numbers,
                     uint32_t count, struct arena *arena, const uint32_t **places,
                     struct err *err)
{
    void *memory;
    if (!arena_take(arena, count, sizeof **places, &memory, err))
        return false;
    uint32_t *out = memory;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *found = bsearch(&numbers[i], list->numbers, list->count,
                                        sizeof *list->numbers, number_compare);
        bug_if(found == NULL);
        out[i] = (uint32_t)(found - list->numbers);
    }
    *places = out;
    return true;
}

static bool build_segment(const struct book *book, struct catalog_txn *txn,
                          uint32_t number, struct arena *arena,
                          struct task_segment *segment, struct err *err)
{
    uint32_t campaign = book->campaign.id;
    struct plan_segment plan;
    if (!must_find(catalog_get_plan_segment(txn, campaign, number, &plan, err),
                   "plan segment", number, err) ||
        !must_find(catalog_get_segment(txn, &plan.id, &segment->segment, err), "segment",
                   number, err))
        return false;
    segment->index = number;
    segment->reco_key = plan.reco_key;
    segment->select_key = plan.select_key;
    /* Numbers in the campaign's value table for now; renumbered when all are known. */
    bool found =
        !book->campaign.recipe.reconstruct ||
        must_find(catalog_get_set(txn, campaign, plan.reco_set, arena,
                                  &segment->reco_values, &segment->reco_value_count, err),
                  "value set", plan.reco_set, err);
    return found && must_find(catalog_get_set(txn, campaign, plan.select_set, arena,
                                              &segment->select_values,
                                              &segment->select_value_count, err),
                              "value set", plan.select_set, err);
}

static bool collect_values(struct task_segment *segments, uint32_t count,
                           struct value_list *list, struct arena *arena, struct err *err)
{
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += segments[i].reco_value_count + segments[i].select_value_count;
    void *memory;
    if (!arena_take(arena, total, sizeof *list->numbers, &memory, err))
        return false;
    list->numbers = memory;
    for (uint32_t i = 0; i < count; i++) {
        const struct task_segment *segment = &segments[i];
        for (uint32_t v = 0; v < segment->reco_value_count; v++)
            list->numbers[list->count++] = segment->reco_values[v];
        for (uint32_t v = 0; v < segment->select_value_count; v++)
            list->numbers[list->count++] = segment->select_values[v];
    }
    return true;
}

static bool build_process(const struct book *book, struct catalog_txn *txn,
                          const struct core_command *lease, struct arena *arena,
                          struct task *task, struct err *err)
{
    struct value_list list = {.count = 0};
    void *memory;
    if (!arena_take(arena, lease->segment_count, sizeof(struct task_segment), &memory,
                    err))
        return false;
    struct task_segment *segments = memory;
    for (uint32_t i = 0; i < lease->segment_count; i++) {
        if (!build_segment(book, txn, lease->segments[i], arena, &segments[i], err))
            return false;
        if (lease->steps == STEP_SELECT && book->campaign.recipe.reconstruct &&
            !task_product(book, txn, segments[i].index, "reco", &segments[i].reco, err))
            return false;
    }
    if (!collect_values(segments, lease->segment_count, &list, arena, err) ||
        !build_values(book, txn, &list, arena, task, err))
        return false;
    for (uint32_t i = 0; i < lease->segment_count; i++) {
        struct task_segment *segment = &segments[i];
        if (!renumber(&list, segment->reco_values, segment->reco_value_count, arena,
                      &segment->reco_values, err) ||
            !renumber(&list, segment->select_values, segment->select_value_count, arena,
                      &segment->select_values, err))
            return false;
    }
    const struct chunk_id *chunk = &segments[0].segment.id.chunk;
    task->segments = segments;
    task->segment_count = lease->segment_count;
    return must_find(catalog_get_chunk(txn, chunk, &task->chunk, err), "chunk of run",
                     chunk->run, err) &&
           must_find(catalog_get_run(txn, chunk->run, &task->run, err), "run", chunk->run,
                     err);
}

static bool merge_input(const struct book *book, struct catalog_txn *txn, uint32_t number,
                        const char *stream, struct merge_input *input, struct err *err)
{
    struct plan_segment plan;
    if (!task_product(book, txn, number, stream, &input->product, err) ||
        !must_find(catalog_get_plan_segment(txn, book->campaign.id, number, &plan, err),
                   "plan segment", number, err))
        return false;
    input->run = plan.id.chunk.run;
    input->spill = plan.spill;
    return true;
}

bool task_prologue(const struct book *book, struct catalog_txn *txn,
                   const struct merge_group *group, uint32_t *segment, struct err *err)
{
    *segment = UINT32_MAX;
    if (strncmp(group->merge_class.stream, "skim.", 5) != 0)
        return true;
    const struct core_unit *unit = &book->units[book_unit(book, group->first)];
    for (uint32_t i = unit->first; i < unit->first + unit->count; i++) {
        struct plan_segment plan;
        struct segment record;
        if (book->states[i].state != SEGMENT_COMMITTED)
            continue;
        if (!must_find(catalog_get_plan_segment(txn, book->campaign.id, i, &plan, err),
                       "plan segment", i, err) ||
            !must_find(catalog_get_segment(txn, &plan.id, &record, err), "segment", i,
                       err))
            return false;
        if (record.events[EVENT_START_OF_RUN] > 0 ||
            record.events[EVENT_START_OF_RUN_FILES] > 0) {
            *segment = i;
            return true;
        }
    }
    return true;
}

static bool build_prologue(const struct book *book, struct catalog_txn *txn,
                           const struct merge_group *group, struct arena *arena,
                           struct task *task, struct err *err)
{
    uint32_t segment;
    void *memory;
    if (!task_prologue(book, txn, group, &segment, err))
        return false;
    if (segment == UINT32_MAX)
        return true;
    if (!arena_take(arena, 1, sizeof(struct merge_input), &memory, err))
        return false;
    task->prologue = memory;
    task->prologue_count = 1;
    return merge_input(book, txn, segment, group->merge_class.stream, memory, err);
}

static bool build_merge(const struct book *book, struct catalog_txn *txn,
                        const struct core_command *lease, struct arena *arena,
                        struct task *task, struct err *err)
{
    bug_if(lease->group >= book->campaign.group_count);
    const struct merge_group *group = &book->groups[lease->group];
    void *memory;
    if (!arena_take(arena, group->count, sizeof(struct merge_input), &memory, err))
        return false;
    struct merge_input *inputs = memory;
    uint32_t count = 0;
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        if (book->states[i].state != SEGMENT_COMMITTED)
            continue;
        if (!merge_input(book, txn, i, group->merge_class.stream, &inputs[count], err))
            return false;
        count++;
    }
    task->group = group->number;
    task->merge_key = group->key;
    task->merge_class = group->merge_class;
    task->inputs = inputs;
    task->input_count = count;
    return build_prologue(book, txn, group, arena, task, err);
}

/* All segments of a task have the same limits. */
static void limits_raise(const struct book *book, const struct core_command *lease,
                         struct task *task)
{
    const struct plan_state *state = &book->states[lease->segments[0]];
    task->memory_bytes = retry_raised(task->memory_bytes, state->memory);
    task->duration_ns = (int64_t)retry_raised((uint64_t)task->duration_ns, state->time);
}

bool task_build(const struct book *book, struct catalog_txn *txn,
                const struct core_command *lease, struct arena *arena, struct task *task,
                struct err *err)
{
    const struct campaign *campaign = &book->campaign;
    const struct campaign_policy *policy = &campaign->policy;
    *task = (struct task){.attempt = lease->attempt,
                          .token = lease->token,
                          .kind = lease->task_kind,
                          .memory_bytes = policy->memory_bytes,
                          .duration_ns = policy->segment_limit_ns,
                          .steps = lease->steps,
                          .recipe = &campaign->recipe};
    if (!text_copy(task->store, sizeof task->store, campaign->store, err))
        return false;
    memcpy(task->mirrors, campaign->mirrors, sizeof task->mirrors);
    bool done = false;
    switch (lease->task_kind) {
    case TASK_PROCESS:
        limits_raise(book, lease, task);
        done = build_process(book, txn, lease, arena, task, err);
        break;
    case TASK_MERGE:
        done = build_merge(book, txn, lease, arena, task, err);
        break;
    }
    return done || err_wrap(err, "campaign %s: attempt %llu", campaign->name,
                            (unsigned long long)lease->attempt);
}
