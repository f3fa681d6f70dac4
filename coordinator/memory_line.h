/* memory_line.h - peak memory of executors over the input of tasks: a straight line.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sums of a least-squares fit, in KiB, whole numbers only: the same wherever a journal is
 * decided again. An executor goes segment by segment, so most of its memory does not grow
 * with its task; what does is told from that by the slope.
 */
#ifndef SPILLWAY_COORDINATOR_MEMORY_LINE_H
#define SPILLWAY_COORDINATOR_MEMORY_LINE_H

#include <stdint.h>

/* Of so many tasks older ones count half. */
#define MEMORY_LINE_TASKS 256u

/* None of these sums is ever larger: 512 tasks, 2^27 KiB each. */
#define MEMORY_LINE_SUM     ((uint64_t)1 << 36)
#define MEMORY_LINE_SQUARES ((uint64_t)1 << 63)

struct memory_line {
    uint64_t count;
    uint64_t input, peak; /* sums, KiB */
    uint64_t input_input, input_peak;
};

/* One task; a peak of 0 is not known and counts nothing. Beyond 128 GiB all is as 128. */
void memory_line_task(struct memory_line *line, uint64_t input_bytes,
                      uint64_t peak_bytes);

/* All tasks of another line, which holds at most MEMORY_LINE_TASKS. */
void memory_line_add(struct memory_line *line, const struct memory_line *more);

/* Bytes of input with which a task is expected to stay below seven eighths of the limit:
 * 0 when none does, UINT64_MAX when memory does not grow with tasks, or nothing says so.
 */
uint64_t memory_line_fits(const struct memory_line *line, uint64_t limit_bytes);

#endif
