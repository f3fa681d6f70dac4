/* scaler_fuzz.c - any words as frames of a scaler.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/chip_fuzz.h"

static bool encode(const struct slink_block *block, const struct digits *digits,
                   struct bytes *words, struct err *err)
{
    return scaler_encode(&digits->scaler, 0, digits->scaler.count, block->event, words,
                         err);
}

static uint64_t count(const struct digits *digits)
{
    return digits->scaler.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct chip_rule rule = {.chip = CHIP_SCALER};
    struct slink_block block;
    if (chip_fuzz_block(data, size, &block))
        chip_fuzz_round(&block, &rule, encode, count);
    return 0;
}
