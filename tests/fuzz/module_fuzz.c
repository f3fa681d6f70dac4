/* module_fuzz.c - any words as the description of a module.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fuzz/chip_fuzz.h"

static bool encode(const struct slink_block *block, const struct digits *digits,
                   struct bytes *words, struct err *err)
{
    (void)block;
    return digits->module.count == 0 || module_encode(digits->module.rows, words, err);
}

static uint64_t count(const struct digits *digits)
{
    return digits->module.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct chip_rule rule = {.chip = CHIP_MODULE};
    struct slink_block block;
    if (chip_fuzz_block(data, size, &block) && block.count > 0)
        chip_fuzz_round(&block, &rule, encode, count);
    return 0;
}
