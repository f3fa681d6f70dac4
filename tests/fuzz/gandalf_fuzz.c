/* gandalf_fuzz.c - any words as pulses and frames of GANDALF.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/chip_fuzz.h"

static bool encode(const struct slink_block *block, const struct digits *digits,
                   struct bytes *words, struct err *err)
{
    const struct gandalf_digits *gandalf = &digits->gandalf;
    if (gandalf->frame_count > 0)
        return gandalf_encode_frames(gandalf, 0, gandalf->frame_count, block->event,
                                     words, err);
    return gandalf_encode(gandalf, 0, gandalf->count, words, err);
}

static uint64_t count(const struct digits *digits)
{
    return digits->gandalf.count + digits->gandalf.frame_count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct chip_rule rule = {.chip = CHIP_GANDALF};
    struct slink_block block;
    if (chip_fuzz_block(data, size, &block) && block.count > 0)
        chip_fuzz_round(&block, &rule, encode, count);
    return 0;
}
