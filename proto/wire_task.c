/* wire_task.c - the task: everything a worker needs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The two halves of struct task, for process and merge, are messages of their own; the
 * one that does not belong to the kind is absent and zeroed in memory.
 */
#include "proto/wire_internal.h"

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__TaskSegment, p, struct task_segment, m, ##__VA_ARGS__)

static const struct wire_field segment_rows[] = {
    ROW(U32, index, index, UINT32_MAX),
    ROW(MESSAGE, segment, segment, wire_form_segment),
    ROW(HASH, reco_key, reco_key),
    ROW(HASH, select_key, select_key),
    ROW(U32_LIST, reco_values, reco_values, reco_value_count, TASK_VALUES),
    ROW(U32_LIST, select_values, select_values, select_value_count, TASK_VALUES),
    ROW(OPTIONAL, reco, reco, wire_form_product, wire_product_present),
};
#undef ROW

static const struct wire_form segment_form =
    WIRE_FORM("task segment", spillway__task_segment__descriptor, struct task_segment,
              segment_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__ProcessWork, p, struct task, m, ##__VA_ARGS__)

static const struct wire_field process_rows[] = {
    ROW(U32, steps, steps, STEP_RECO | STEP_SELECT),
    ROW(MESSAGE, run, run, wire_form_run),
    ROW(MESSAGE, chunk, chunk, wire_form_chunk),
    ROW(POINTER, recipe, recipe, wire_form_recipe),
    ROW(LIST, values, values, value_count, wire_form_value, TASK_VALUES),
    ROW(LIST, segments, segments, segment_count, segment_form, TASK_SEGMENTS),
};
#undef ROW

static bool indices_check(const uint32_t *indices, uint32_t count, uint32_t value_count,
                          struct err *err)
{
    for (uint32_t i = 0; i < count; i++)
        if (indices[i] >= value_count)
            return err_set(err, E_WIRE_VALUE, "value %u of %u", indices[i], value_count);
    return true;
}

static bool task_segment_check(const struct task *task, uint32_t number, struct err *err)
{
    const struct task_segment *segment = &task->segments[number];
    if (chunk_id_compare(&segment->segment.id.chunk, &task->chunk.id) != 0)
        return err_set(err, E_WIRE_VALUE, "segments[%u] is of another chunk", number);
    if (!indices_check(segment->reco_values, segment->reco_value_count, task->value_count,
                       err) ||
        !indices_check(segment->select_values, segment->select_value_count,
                       task->value_count, err))
        return err_wrap(err, "segments[%u]", number);
    return true;
}

static bool process_check(const void *model, struct err *err)
{
    const struct task *task = model;
    if (task->steps == 0 || task->recipe == NULL || task->segment_count == 0)
        return err_set(err, E_WIRE_VALUE, "no steps, no recipe or no segments");
    for (uint32_t i = 0; i < task->segment_count; i++)
        if (!task_segment_check(task, i, err))
            return false;
    return true;
}

static const struct wire_form process_form =
    WIRE_FORM("process work", spillway__process_work__descriptor, struct task,
              process_rows, process_check);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__MergeInput, p, struct merge_input, m, ##__VA_ARGS__)

static const struct wire_field input_rows[] = {
    ROW(MESSAGE, product, product, wire_form_product),
    ROW(U32, run, run, RUN_MAXIMUM),
    ROW(U32, spill, spill, UINT32_MAX),
};
#undef ROW

static const struct wire_form input_form =
    WIRE_FORM("merge input", spillway__merge_input__descriptor, struct merge_input,
              input_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__MergeWork, p, struct task, m, ##__VA_ARGS__)

static const struct wire_field merge_rows[] = {
    ROW(U32, group, group, UINT32_MAX),
    ROW(HASH, key, merge_key),
    ROW(MESSAGE, merge_class, merge_class, wire_form_merge_class),
    ROW(LIST, inputs, inputs, input_count, input_form, TASK_INPUTS),
    ROW(LIST, prologue, prologue, prologue_count, input_form, TASK_INPUTS),
};
#undef ROW

static const struct wire_form merge_form = WIRE_FORM(
    "merge work", spillway__merge_work__descriptor, struct task, merge_rows, NULL);

static bool is_process(const void *task)
{
    return ((const struct task *)task)->kind == TASK_PROCESS;
}

static bool is_merge(const void *task)
{
    return ((const struct task *)task)->kind == TASK_MERGE;
}

/* A half: its rows are those of the whole task, so it starts where the task does. */
static bool half_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    return wire_kind_optional.store(field, model, message, room, err);
}

static bool half_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    const void *half;
    memcpy(&half, message, sizeof half);
    if ((half != NULL) != field->present(model))
        return err_set(err, E_WIRE_VALUE, "%s is %s for a task of this kind", field->name,
                       half != NULL ? "not meant" : "missing");
    return wire_kind_optional.load(field, message, model, arena, err);
}

static const struct wire_kind half_kind = {half_store, half_load};

#define HALF(p, sub, is_there)                                                           \
    {                                                                                    \
        .name = #p, .kind = &half_kind, .model = 0,                                      \
        .message = offsetof(Spillway__Task, p), .form = &(sub), .present = (is_there)    \
    }
#define ROW(sort, p, m, ...) WIRE_##sort(Spillway__Task, p, struct task, m, ##__VA_ARGS__)

static const struct wire_field task_rows[] = {
    ROW(U64, attempt, attempt),
    ROW(U64, token, token),
    ROW(U32, kind, kind, TASK_MERGE),
    ROW(TEXT, store, store),
    ROW(U64, memory_bytes, memory_bytes),
    ROW(I64, duration_ns, duration_ns),
    HALF(process, process_form, is_process),
    HALF(merge, merge_form, is_merge),
    ROW(TEXT_OR_NONE, mirrors, mirrors),
};
#undef ROW

const struct wire_form wire_form_task =
    WIRE_FORM("task", spillway__task__descriptor, struct task, task_rows, NULL);
WIRE_PAIR_OF(task, wire_form_task)
