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
    int64_t end_ns, length_ns;
};

static int by_end(const void *a, const void *b)
{
    const struct last *left = a;
    const struct last *right = b;
    return left->end_ns < right->end_ns ? -1 : left->end_ns > right->end_ns;
}

double forecast_clones(const struct forecast *forecast)
{
    struct last *list = mem_new(forecast->running, sizeof *list);
    uint32_t count = 0;
    for (uint32_t i = 0; i < forecast->task_count; i++) {
        const struct forecast_task *row = &forecast->tasks[i];
        if (row->state == TASK_RUNNING && row->kind == TASK_PROCESS)
            list[count++] = (struct last){row->end_ns, row->end_ns - row->start_ns};
    }
    if (count > 0)
        qsort(list, count, sizeof *list, by_end);
    int64_t end_ns = 0;
    uint32_t late = count;
    for (uint32_t early = 0; early < late; early++) {
        /* A core is idle from list[early].end_ns on, at average speed. */
        int64_t clone_ns = list[early].end_ns + list[late - 1].length_ns;
        int64_t ends_ns = list[late - 1].end_ns;
        if (early + 1 < late && clone_ns < ends_ns)
            ends_ns = clone_ns;
        late--;
        if (ends_ns > end_ns)
            end_ns = ends_ns;
    }
    double gain_s = count > 0 ? (double)(list[count - 1].end_ns - end_ns) / 1e9 : 0;
    free(list);
    return gain_s;
}
