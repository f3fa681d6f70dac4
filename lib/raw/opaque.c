/* opaque.c - blocks that nobody decodes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/opaque.h"

#include <stdlib.h>

void opaque_digits_init(struct opaque_digits *digits)
{
    *digits = (struct opaque_digits){
        .source = mem_new(OPAQUE_MAX_BLOCKS, sizeof *digits->source),
        .format = mem_new(OPAQUE_MAX_BLOCKS, sizeof *digits->format),
        .words = mem_new(OPAQUE_MAX_BLOCKS, sizeof *digits->words),
        .word_count = mem_new(OPAQUE_MAX_BLOCKS, sizeof *digits->word_count),
        .block_total = mem_new(SLINK_SOURCES, sizeof *digits->block_total),
        .word_total = mem_new(SLINK_SOURCES, sizeof *digits->word_total),
    };
    memset(digits->block_total, 0, SLINK_SOURCES * sizeof *digits->block_total);
    memset(digits->word_total, 0, SLINK_SOURCES * sizeof *digits->word_total);
}

void opaque_digits_release(struct opaque_digits *digits)
{
    free(digits->source);
    free(digits->format);
    free(digits->words);
    free(digits->word_count);
    free(digits->block_total);
    free(digits->word_total);
    *digits = (struct opaque_digits){.count = 0};
}

void opaque_digits_clear(struct opaque_digits *digits)
{
    digits->count = 0;
}

bool opaque_take(const struct slink_block *block, struct opaque_digits *digits,
                 struct faults *faults)
{
    digits->block_total[block->source]++;
    digits->word_total[block->source] += block->count;
    if (digits->count == OPAQUE_MAX_BLOCKS)
        return fault_lost(faults, block, DAMAGE_DIGITS_FULL, 0, block->count);
    uint32_t row = digits->count++;
    digits->source[row] = block->source;
    digits->format[row] = block->format;
    digits->words[row] = block->words;
    digits->word_count[row] = block->count;
    return true;
}

bool opaque_encode(const struct opaque_digits *digits, uint32_t row, struct bytes *words,
                   struct err *err)
{
    bug_if(row >= digits->count);
    return bytes_append(words, digits->words[row], 4 * (size_t)digits->word_count[row],
                        err);
}
