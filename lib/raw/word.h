/* word.h - the words of a block, read and written.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_WORD_H
#define SPILLWAY_RAW_WORD_H

#include "base/bytes.h"
#include "raw/slink.h"

/* `at` is below block->count. */
static inline uint32_t word_at(const struct slink_block *block, uint32_t at)
{
    return le32_load(block->words + 4 * (size_t)at);
}

static inline bool word_add(struct bytes *words, uint32_t word, struct err *err)
{
    uint8_t place[4];
    le32_store(place, word);
    return bytes_append(words, place, sizeof place, err);
}

#endif
