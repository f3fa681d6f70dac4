/* process.c - does one task, segment by segment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process.h"

#include <inttypes.h>
#include <stdlib.h>

#include <sys/resource.h>

#include "base/clock.h"
#include "base/text.h"
#include "release_id.h"
#include "worker/process_internal.h"
#include "worker/process_keys.h"

const char *process_store(const struct process *process)
{
    if (process->options->in_memory)
        return "";
    return process->options->store != NULL ? process->options->store
                                           : process->task->store;
}

static bool release_check(const struct task *task, struct err *err)
{
    char theirs[SHA256_HEX];
    sha256_to_hex(&task->recipe->release, theirs);
    if (strcmp(theirs, SPILLWAY_RELEASE_ID) == 0)
        return true;
    return err_set(err, E_WORKER_RELEASE,
                   "the task is for release %.16s..., this is %.16s", theirs,
                   SPILLWAY_RELEASE_ID);
}

/* From the raw bytes, or from columns when only the selection is asked for. */
static bool segment_read(struct process *process, const struct task_segment *segment,
                         const uint8_t **data, struct err *err)
{
    const struct task *task = process->task;
    if (task->steps == STEP_SELECT && task->recipe->reconstruct)
        return process_stored(process, segment, data, err);
    if (task->recipe->reconstruct)
        return process_decode(process, segment, data, err);
    if (!input_begin(&process->input, &segment->segment, data, err) ||
        !process_scan(process, segment, *data, err))
        return false;
    for (uint32_t i = 0; i < process->places.count; i++)
        if (event_type_is_event(process->places.list[i].type))
            process_choose(process, segment, &process->places.list[i], NULL, 0);
    return true;
}

static bool result_keep(struct process *process, struct segment_result *result,
                        struct err *err)
{
    void *memory;
    if (!arena_take(process->arena, process->product_count, sizeof(struct product),
                    &memory, err))
        return false;
    memcpy(memory, process->products, process->product_count * sizeof *process->products);
    result->seen = process->summary.seen;
    result->damaged_events = process->summary.damaged_events;
    result->nan_count = process->summary.nan_count;
    result->products = memory;
    result->product_count = process->product_count;
    return true;
}

static bool segment_do(struct process *process, const struct task_segment *segment,
                       struct segment_result *result, struct err *err)
{
    int64_t wall_ns = clock_now_ns(), cpu_ns = clock_cpu_ns();
    const uint8_t *data = NULL;
    process->product_count = 0;
    bool done = keys_build(process->task, segment, &process->reco_text,
                           &process->select_text, err) &&
                process_select_start(process, segment, err) &&
                segment_read(process, segment, &data, err) &&
                ((process->task->steps & STEP_SELECT) == 0 ||
                 process_select_write(process, segment, data, err)) &&
                result_keep(process, result, err);
    if (!done)
        return input_wrap(&segment->segment, err);
    result->index = segment->index;
    result->wall_ns = clock_now_ns() - wall_ns;
    result->cpu_ns = clock_cpu_ns() - cpu_ns;
    return true;
}

/* Files, sizes and sync of what was written; without it nothing counts. */
static bool parts_finish(struct process *process, struct report *report, struct err *err)
{
    struct part *parts[2] = {&process->reco_part, &process->select_part};
    void *memory;
    if (!arena_take(process->arena, 2, sizeof(struct part_size), &memory, err))
        return false;
    struct part_size *sizes = memory;
    for (uint32_t i = 0; i < 2; i++) {
        if (parts[i]->fd < 0)
            continue;
        if (!part_finish(parts[i], err) ||
            !text_copy(sizes[report->part_count].file, PRODUCT_FILE, parts[i]->file, err))
            return false;
        sizes[report->part_count++].size = parts[i]->size;
        report->bytes_written += parts[i]->size;
    }
    report->parts = sizes;
    return true;
}

static void process_init(struct process *process, const struct task *task,
                         const struct process_options *options, struct arena *arena)
{
    /* Half of the memory for the segment; the other for everything else. */
    size_t buffer = task->memory_bytes == 0 ? INPUT_BUFFER : task->memory_bytes / 2;
    *process = (struct process){.task = task, .options = options, .arena = arena};
    input_init(&process->input, &task->chunk, options->cache_path, buffer);
    process->input.authorities = options->authorities;
    part_init(&process->reco_part);
    part_init(&process->select_part);
    bytes_init(&process->reco_text, KEY_TEXT_LIMIT);
    bytes_init(&process->select_text, KEY_TEXT_LIMIT);
    bytes_init(&process->piece, DATE_MAX_EVENT);
    bytes_init(&process->line, SUMMARY_LINE);
    bytes_init(&process->payload, HIST_BYTES_LIMIT);
    hist_set_init(&process->hists);
    hist_set_init(&process->cut_flows);
    decoder_init(&process->decoder);
    once_init(&process->once);
}

static void process_release(struct process *process)
{
    input_release(&process->input);
    part_release(&process->reco_part);
    part_release(&process->select_part);
    bytes_release(&process->reco_text);
    bytes_release(&process->select_text);
    bytes_release(&process->piece);
    bytes_release(&process->line);
    bytes_release(&process->payload);
    hist_set_release(&process->hists);
    hist_set_release(&process->cut_flows);
    values_release(&process->values);
    decoder_release(&process->decoder);
    source_release(&process->source);
    once_release(&process->once);
    free(process->places.list);
}

/* From segment i on. */
static bool handed_back(uint32_t i, struct report *report)
{
    report->status = i == 0 ? REPORT_RETURNED : REPORT_PREFIX;
    report->failure = (struct err){.code = E_NONE};
    return true;
}

/* Segments in order until one fails, a stop is asked for, or all are done. */
static bool segments_do(struct process *process, struct segment_result *results,
                        struct report *report)
{
    const struct task *task = process->task;
    const struct process_options *options = process->options;
    for (uint32_t i = 0; i < task->segment_count; i++) {
        const struct task_segment *segment = &task->segments[i];
        if (options->stop(options->user))
            return handed_back(i, report);
        if (!options->begin(options->user, segment->index, &report->failure) ||
            !segment_do(process, segment, &results[i], &report->failure)) {
            if (process->quit)
                return handed_back(i, report);
            report->blamed = segment->index;
            return false;
        }
        report->segment_count = i + 1;
    }
    report->status = REPORT_DONE;
    return true;
}

static void process_segments(struct process *process, struct report *report)
{
    const struct task *task = process->task;
    void *memory;
    const struct process_options *options = process->options;
    char circuits[PATH_MAX + 16];
    (void)snprintf(circuits, sizeof circuits, "%s/circuits",
                   options->cache_path != NULL ? options->cache_path : "");
    struct values_source source = {
        .heal = {.store = task->store,
                 .mirrors = task->mirrors,
                 .circuits = options->cache_path != NULL ? circuits : NULL,
                 .authorities = options->authorities,
                 .told = options->told,
                 .user = options->user},
        .cache = options->cache_path,
        .ask = options->ask,
        .user = options->user};
    report->status = REPORT_FAILED;
    if (!release_check(task, &report->failure) ||
        !values_get(&process->values, task, &source, &report->failure) ||
        !selection_make(task->recipe, &process->selection, &report->failure) ||
        !arena_take(process->arena, task->segment_count, sizeof(struct segment_result),
                    &memory, &report->failure))
        return;
    report->segments = memory;
    bool done = segments_do(process, memory, report);
    struct err late;
    if (!process->writing && parts_finish(process, report, &late))
        return;
    if (done)
        report->failure = late;
    report->status = REPORT_FAILED;
    report->segment_count = 0;
    report->part_count = 0;
}

void process_task(const struct task *task, const struct process_options *options,
                  struct arena *arena, struct report *report)
{
    int64_t wall_ns = clock_now_ns(), cpu_ns = clock_cpu_ns();
    struct err err;
    *report = (struct report){
        .attempt = task->attempt, .token = task->token, .blamed = UINT32_MAX};
    if (!text_copy(report->host, sizeof report->host, options->host, &err))
        report->host[0] = 0;
    struct process process;
    process_init(&process, task, options, arena);
    switch (task->kind) {
    case TASK_PROCESS:
        process_segments(&process, report);
        break;
    case TASK_MERGE:
        process_merge(task, options, arena, report);
        break;
    }
    report->bytes_read += process.input.bytes_read;
    process_release(&process);
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        report->peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024;
    report->wall_ns = clock_now_ns() - wall_ns;
    report->cpu_ns = clock_cpu_ns() - cpu_ns;
}
