/* process_merge.c - does a merge task: ordered products into one file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/text.h"
#include "output/merge.h"
#include "worker/process_internal.h"

/* The key says which inputs in which order; it must be the one that was asked for. */
static bool key_check(const struct task *task, struct err *err)
{
    struct sha256 *inputs = mem_new(task->input_count, sizeof *inputs);
    struct bytes text;
    bytes_init(&text, KEY_TEXT_LIMIT + (size_t)TASK_INPUTS * 80);
    for (uint32_t i = 0; i < task->input_count; i++)
        inputs[i] = task->inputs[i].product.key;
    bool done = key_merge_text(&text, &task->merge_class, inputs, task->input_count, err);
    struct sha256 key = key_of(&text);
    if (done && !sha256_equal(&key, &task->merge_key))
        done = err_set(err, E_WORKER_KEY, "merge key of group %u is another one here",
                       task->group);
    bytes_release(&text);
    free(inputs);
    return done;
}

static bool merge(const struct task *task, const struct process_options *options,
                  struct arena *arena, struct report *report)
{
    const char *store = options->store != NULL ? options->store : task->store;
    struct err *err = &report->failure;
    struct part part;
    void *offsets, *sizes;
    part_init(&part);
    if (!key_check(task, err) ||
        !arena_take(arena, task->input_count, sizeof(uint64_t), &offsets, err) ||
        !arena_take(arena, 1, sizeof(struct part_size), &sizes, err) ||
        !part_place(&part, store, &task->merge_key, task->token, err))
        return false;
    struct merge_request request = {.store = task->store,
                                    .stream = task->merge_class.stream,
                                    .key = task->merge_key,
                                    .inputs = task->inputs,
                                    .input_count = task->input_count,
                                    .prologue = task->prologue,
                                    .prologue_count = task->prologue_count,
                                    .path = part.path,
                                    .synthetic = task->merge_class.synthetic};
    struct merge_result result = {.offsets = offsets};
    if (!merge_write(&request, &result, err)) {
        report->blamed = result.blamed;
        return false;
    }
    struct part_size *size = sizes;
    report->merged = result.merged;
    report->input_offsets = offsets;
    report->input_count = task->input_count;
    report->parts = size;
    report->part_count = 1;
    report->bytes_read = result.bytes_read;
    size->size = result.merged.place.length;
    report->bytes_written = size->size;
    return text_copy(report->merged.place.file, PRODUCT_FILE, part.file, err) &&
           text_copy(size->file, PRODUCT_FILE, part.file, err);
}

void process_merge(const struct task *task, const struct process_options *options,
                   struct arena *arena, struct report *report)
{
    bool done = options->begin(options->user, UINT32_MAX, &report->failure) &&
                merge(task, options, arena, report);
    report->status = done ? REPORT_DONE : REPORT_FAILED;
}
