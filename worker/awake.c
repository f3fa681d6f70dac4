/* awake.c - time in which the process could run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/awake.h"

int64_t awake_now(struct awake *awake, int64_t clock_ns)
{
    int64_t step_ns = clock_ns - awake->seen_ns;
    if (awake->seen_ns != 0 && step_ns > AWAKE_STEP_NS)
        awake->slept_ns += step_ns - AWAKE_STEP_NS;
    awake->seen_ns = clock_ns;
    return clock_ns - awake->slept_ns;
}
