/* core_size.c - how large the next task is: what tasks took, and what is left.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Scouts come first: tasks of one segment, spread over the plan, so that every period
 * has its say. Everybody else gets one segment too until half of them are in. From then
 * on a task is as many bytes as took the target time, by the measure of the last hundred
 * or two tasks of the same steps: it follows what the campaign comes to. By the same
 * measure no task writes more bytes than it may read, or needs more memory than its
 * executor may have; one segment is the smallest task all the same. Near the end a task
 * is at most half of a fair share of what is ready, so that all cores end together.
 */
#include "base/bytes.h"
#include "coordinator/core_internal.h"

/* Beyond any task; sums of twice CORE_PACE_TASKS of them stay below 2^64. */
#define WALL_MAXIMUM  ((uint64_t)1 << 54)
#define BYTES_MAXIMUM ((uint64_t)1 << 54)

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

void core_add_pace(struct core *core, const struct core_pace *pace)
{
    struct core_pace *sum = &core->pace[pace->steps & CORE_STEPS];
    if (pace->count == 0 || pace->wall_ns == 0 || pace->bytes == 0)
        return;
    sum->steps = pace->steps & CORE_STEPS;
    if (sum->count >= CORE_PACE_TASKS) {
        sum->count /= 2;
        sum->wall_ns /= 2;
        sum->bytes /= 2;
        sum->written /= 2;
    }
    uint32_t count = pace->count < CORE_PACE_TASKS ? pace->count : CORE_PACE_TASKS;
    sum->count += count;
    sum->wall_ns += at_most(pace->wall_ns, WALL_MAXIMUM * count);
    sum->bytes += at_most(pace->bytes, BYTES_MAXIMUM * count);
    sum->written += at_most(pace->written, BYTES_MAXIMUM * count);
    memory_line_add(&sum->memory, &pace->memory);
}

void core_pace_report(struct core *core, const struct core_lease *lease,
                      const struct core_report *report)
{
    struct core_pace pace = {.count = 1};
    if (lease->kind != TASK_PROCESS || report->segment_count == 0 ||
        report->status == REPORT_FAILED || report->wall_ns <= 0)
        return;
    for (uint32_t i = 0; i < report->segment_count; i++)
        pace.bytes += at_most(core->rows[lease->segments[i]].bytes, BYTES_MAXIMUM);
    pace.steps = core->rows[lease->segments[0]].steps;
    pace.wall_ns = (uint64_t)report->wall_ns;
    pace.written = report->written;
    memory_line_task(&pace.memory, pace.bytes, report->memory);
    core_add_pace(core, &pace);
}

static bool measured(const struct core *core, uint32_t steps)
{
    return core->pace[steps].count >= CORE_SCOUTS / 2;
}

uint32_t core_scout_place(struct core *core, uint32_t steps)
{
    if (core->policy.task_ns <= 0 || core->scouts == CORE_SCOUTS ||
        measured(core, steps & CORE_STEPS))
        return 0;
    return (uint32_t)((uint64_t)core->row_count * core->scouts++ / CORE_SCOUTS);
}

bool core_near_end(const struct core *core)
{
    return core->policy.task_ns > 0 &&
           core->counts.by_state[SEGMENT_READY] < core->counts.leases;
}

/* value * part / whole, at most UINT64_MAX. */
static uint64_t scaled(uint64_t value, uint64_t part, uint64_t whole)
{
    unsigned __int128 result = (unsigned __int128)value * part / whole;
    return result < UINT64_MAX ? (uint64_t)result : UINT64_MAX;
}

/* What the measure allows: outputs of the size that inputs may have, and the memory of
 * the next executor, which a retry rule may have raised. */
static uint64_t room(const struct core *core, const struct core_row *row)
{
    const struct core_pace *pace = &core->pace[row->steps & CORE_STEPS];
    uint64_t memory = retry_raised(core->policy.memory_bytes, row->state.memory);
    uint64_t limit = memory > 0 ? memory_line_fits(&pace->memory, memory) : UINT64_MAX;
    if (pace->written > pace->bytes)
        limit =
            at_most(limit, scaled(core->policy.task_bytes, pace->bytes, pace->written));
    return limit;
}

uint64_t core_task_bytes(const struct core *core, const struct core_row *row)
{
    const struct core_pace *pace = &core->pace[row->steps & CORE_STEPS];
    bool known = measured(core, row->steps & CORE_STEPS);
    uint64_t limit = core->policy.task_bytes;
    if (known)
        limit = at_most(limit, room(core, row));
    if (core->policy.task_ns <= 0)
        return limit;
    if (!known)
        return 1;
    limit = at_most(limit,
                    scaled(pace->bytes, (uint64_t)core->policy.task_ns, pace->wall_ns));
    uint64_t fair = core->ready_bytes / (2 * ((uint64_t)core->counts.leases + 1));
    return fair < limit ? fair : limit;
}
