/* spill.c - numbers of a spill.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/spill.h"

#include "tests/simulate/dice.h"

#define DRIFT_SPILLS 10u /* between two points of the drift curve */
#define DRIFT_COMMON 0.04
#define DRIFT_CELL   0.01

uint32_t spill_beam_count(uint64_t seed, uint32_t run, uint32_t spill)
{
    struct random random = dice(seed, DICE_BEAM, (const uint32_t[]){run, spill, 0});
    return 4500000u + (uint32_t)random_below(&random, 2000001);
}

/* -1 to 1. */
static double drift_point(uint64_t seed, uint32_t run, uint32_t point)
{
    struct random random = dice(seed, DICE_DRIFT, (const uint32_t[]){run, point, 0});
    return 2 * random_unit(&random) - 1;
}

double spill_drift(uint64_t seed, uint32_t run, uint32_t spill,
                   const struct layout_channel *channel)
{
    if (!layout_detectors[channel->detector].led)
        return 1;
    uint32_t point = spill / DRIFT_SPILLS;
    double part = (double)(spill % DRIFT_SPILLS) / DRIFT_SPILLS;
    double common = (1 - part) * drift_point(seed, run, point) +
                    part * drift_point(seed, run, point + 1);
    struct random random =
        dice(seed, DICE_DRIFT_CELL,
             (const uint32_t[]){run, channel->detector, channel->channel});
    double own = 2 * random_unit(&random) - 1;
    return 1 + DRIFT_COMMON * common + DRIFT_CELL * own;
}

uint32_t spill_bad_from(uint32_t run, uint32_t spill, uint32_t events)
{
    return run % 4 == 2 && spill == 2 ? events / 2 + 1 : UINT32_MAX;
}
