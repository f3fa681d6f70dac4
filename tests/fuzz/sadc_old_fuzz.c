/* sadc_old_fuzz.c - any words as MSADC formats 1 and 2, compressed or not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sadc_old.h"
#include "tests/fuzz/chip_fuzz.h"

/* Short codes, so that short inputs have many samples. */
static const char table[] = "0 0\n1 10\n4095 110\n2 1110\n200 11110\n";

static struct huffman huffman;

/* The format byte of the input says how to encode. */
static bool encode(const struct slink_block *block, const struct digits *digits,
                   struct bytes *words, struct err *err)
{
    static const enum sadc_mode first[] = {SADC_LATCH, SADC_SPARSE, SADC_COMPRESSED};
    struct sadc_old_spec spec = {.event = block->event, .huffman = &huffman};
    spec.mode = (block->format & 1) != 0 ? SADC_INVERTED : first[block->format / 2 % 3];
    for (uint32_t row = 0; spec.mode == SADC_SPARSE && row < digits->sadc.count; row++)
        if (digits->sadc.sample_count[row] != 0)
            return err_set(err, E_LIMIT, "samples do not fit into sparse data");
    for (uint32_t row = 0; spec.mode != SADC_COMPRESSED && row < digits->sadc.count;
         row++)
        if (digits->sadc.channel[row] > 15)
            return err_set(err, E_LIMIT, "channels above 15 are compressed ones only");
    return sadc_old_encode(&digits->sadc, 0, digits->sadc.count, &spec, words, err);
}

static uint64_t count(const struct digits *digits)
{
    return digits->sadc.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chip_rule rule = {.chip = CHIP_SADC, .huffman = &huffman};
    struct slink_block block;
    struct err err;
    if (huffman.nodes == NULL)
        bug_if(!huffman_read(table, sizeof table - 1, &huffman, &err));
    if (!chip_fuzz_block(data, size, &block))
        return 0;
    rule.sadc_format = (block.format & 1) != 0 ? SADC_FORMAT_2 : SADC_FORMAT_1;
    chip_fuzz_round(&block, &rule, encode, count);
    return 0;
}
