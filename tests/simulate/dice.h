/* dice.h - random numbers that are a function of what they are for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every generator starts from the seed, a purpose and up to three numbers (run, spill,
 * event, channel), so nothing depends on the order in which things are made.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_DICE_H
#define SPILLWAY_TESTS_SIMULATE_DICE_H

#include "base/random.h"

enum dice_purpose {
    DICE_CHANNEL, /* constants of a channel */
    DICE_DRIFT,   /* LED drift of a run and spill */
    DICE_DRIFT_CELL,
    DICE_BEAM, /* beam count of a spill */
    DICE_EVENT,
    DICE_PILEUP,
    DICE_NOISE,
    DICE_TIME, /* of the channels of an event */
    DICE_LED,
    DICE_TRACKER
};

static inline struct random dice(uint64_t seed, enum dice_purpose purpose,
                                 const uint32_t numbers[3])
{
    struct random random = {seed};
    uint64_t state = random_next(&random) ^ (uint64_t)purpose;
    for (int i = 0; i < 3; i++) {
        random.state = state + numbers[i];
        state = random_next(&random);
    }
    return (struct random){state};
}

#endif
