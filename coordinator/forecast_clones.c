/* forecast_clones.c - what clones of the last tasks could gain at best.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looked at once, when nothing is left to hand out. The clones know how long each task
 * will take, so a real system gains less than this.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "coordinator/forecast_internal.h"

struct last {
    int64_t end_ns;
    int64_t again_ns; /* that it takes on a node of average speed */
};

static int by_end(const void *a, const void *b)
{
    const struct last *left = a;
    const struct last *right = b;
    return left->end_ns < right->end_ns ? -1 : left->end_ns > right->end_ns;
}

/* Tasks that run now, by their ends. */
static struct last *running(const struct forecast *forecast, uint32_t *count)
{
    struct last *list = mem_new(forecast->running, sizeof *list);
    *count = 0;
    for (uint32_t i = 0; i < forecast->task_count; i++) {
        const struct forecast_task *row = &forecast->tasks[i];
        if (row->state != TASK_RUNNING || row->kind != TASK_PROCESS)
            continue;
        double took_ns = (double)(row->end_ns - row->start_ns);
        list[(*count)++] = (struct last){
            row->end_ns, (int64_t)(took_ns / forecast->pilots[row->pilot].slowness)};
    }
    if (*count > 0)
        qsort(list, *count, sizeof *list, by_end);
    return list;
}

static uint32_t idle_cores(const struct forecast *forecast)
{
    uint32_t idle = 0;
    for (uint32_t i = 0; i < forecast->pilot_count; i++) {
        const struct forecast_pilot *pilot = &forecast->pilots[i];
        if (pilot->live && !pilot->leaving)
            idle += pilot->cores - pilot->running;
    }
    return idle;
}

double forecast_clones(const struct forecast *forecast)
{
    uint32_t count;
    struct last *list = running(forecast, &count);
    uint32_t idle = idle_cores(forecast);
    uint32_t early = 0; /* the next task whose core gets idle */
    int64_t end_ns = 0;
    for (uint32_t late = count; late > early; late--) {
        int64_t ends_ns = list[late - 1].end_ns;
        int64_t begin_ns = INT64_MAX / 2;
        if (idle > 0) {
            idle--;
            begin_ns = forecast->now_ns;
        } else if (early + 1 < late) {
            begin_ns = list[early++].end_ns;
        }
        if (begin_ns + list[late - 1].again_ns < ends_ns)
            ends_ns = begin_ns + list[late - 1].again_ns;
        end_ns = ends_ns > end_ns ? ends_ns : end_ns;
    }
    /* Those whose cores were taken ended before. */
    if (early > 0 && list[early - 1].end_ns > end_ns)
        end_ns = list[early - 1].end_ns;
    double gain_s = count > 0 ? (double)(list[count - 1].end_ns - end_ns) / 1e9 : 0;
    free(list);
    return gain_s;
}
