/* memory_line.c - peak memory of executors over the input of tasks: a straight line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/memory_line.h"

#define KIB_MAXIMUM ((uint64_t)1 << 27)

static uint64_t kib_of(uint64_t bytes)
{
    return bytes >> 10 < KIB_MAXIMUM ? bytes >> 10 : KIB_MAXIMUM;
}

void memory_line_add(struct memory_line *line, const struct memory_line *more)
{
    if (line->count >= MEMORY_LINE_TASKS)
        *line = (struct memory_line){.count = line->count / 2,
                                     .input = line->input / 2,
                                     .peak = line->peak / 2,
                                     .input_input = line->input_input / 2,
                                     .input_peak = line->input_peak / 2};
    line->count += more->count;
    line->input += more->input;
    line->peak += more->peak;
    line->input_input += more->input_input;
    line->input_peak += more->input_peak;
}

void memory_line_task(struct memory_line *line, uint64_t input_bytes, uint64_t peak_bytes)
{
    uint64_t input = kib_of(input_bytes);
    uint64_t peak = kib_of(peak_bytes);
    if (peak == 0)
        return;
    memory_line_add(line, &(struct memory_line){.count = 1,
                                                .input = input,
                                                .peak = peak,
                                                .input_input = input * input,
                                                .input_peak = input * peak});
}

uint64_t memory_line_fits(const struct memory_line *line, uint64_t limit_bytes)
{
    __int128 count = line->count;
    __int128 input = line->input;
    __int128 spread = count * line->input_input - input * input;
    __int128 together = count * line->input_peak - input * line->peak;
    if (spread <= 0 || together <= 0)
        return UINT64_MAX;
    __int128 limit = (__int128)(kib_of(limit_bytes) / 8) * 7;
    /* Where the line, which goes through both means, meets the limit. */
    __int128 meets = (count * limit - line->peak) * spread + input * together;
    if (meets <= 0)
        return 0;
    __int128 kib = meets / (count * together);
    return kib < UINT64_MAX >> 10 ? (uint64_t)kib << 10 : UINT64_MAX;
}
