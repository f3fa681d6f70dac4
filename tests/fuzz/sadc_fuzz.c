/* sadc_fuzz.c - any words as an MSADC block; what is decoded can be encoded again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "raw/sadc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sadc_digits digits; /* for all inputs: its memory is dear */
    struct faults faults = {.sum_differs = 0};
    struct bytes words;
    struct err err;
    if (size > 4 * (size_t)65535)
        size = 4 * (size_t)65535;
    struct slink_block block = {.source = 616,
                                .event = size < 4 ? 0 : le32_load(data) & 0xFFF,
                                .words = data,
                                .count = (uint32_t)(size / 4)};
    if (digits.source == NULL)
        sadc_digits_init(&digits);
    sadc_digits_clear(&digits);
    bytes_init(&words, (size_t)16 << 20);
    bool good = sadc_decode(&block, &digits, &faults);
    const struct damage_counts *counts = &faults.log.counts;
    bug_if(good != (damage_counts_total(counts) == counts->of[DAMAGE_ADC_ERROR]));
    (void)sadc_encode(&digits, 0, digits.count, block.event, &words, &err);
    bytes_release(&words);
    return 0;
}
