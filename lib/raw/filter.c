/* filter.c - the records of an online filter.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/filter.h"

#include <stdlib.h>

#include "raw/word.h"

#define RECORD_HEAD       4u
#define RECORD_LIMIT      0xFFFFu
#define FLAGS_SHIFT       30u
#define MISSING_BYTES     24u
#define STATISTICS_HEAD   20u
#define STATISTICS_FILTER 12u /* bytes 12 and 16: the numbers of filters and triggers */

void filter_digits_init(struct filter_digits *digits)
{
    *digits = (struct filter_digits){
        .source = mem_new(FILTER_MAX_RECORDS, sizeof *digits->source),
        .type = mem_new(FILTER_MAX_RECORDS, sizeof *digits->type),
        .flags = mem_new(FILTER_MAX_RECORDS, sizeof *digits->flags),
        .first = mem_new(FILTER_MAX_RECORDS, sizeof *digits->first),
        .size = mem_new(FILTER_MAX_RECORDS, sizeof *digits->size),
        .bytes = mem_new(FILTER_MAX_BYTES, sizeof *digits->bytes),
    };
}

void filter_digits_release(struct filter_digits *digits)
{
    free(digits->source);
    free(digits->type);
    free(digits->flags);
    free(digits->first);
    free(digits->size);
    free(digits->bytes);
    *digits = (struct filter_digits){.count = 0};
}

void filter_digits_clear(struct filter_digits *digits)
{
    digits->count = 0;
    digits->byte_total = 0;
}

static bool statistics_fit(const uint8_t *content, uint32_t size)
{
    if (size < STATISTICS_HEAD)
        return false;
    uint64_t filters = le32_load(content + STATISTICS_FILTER);
    uint64_t triggers = le32_load(content + STATISTICS_FILTER + 4);
    uint64_t words = (size - STATISTICS_HEAD) / 4;
    if (size % 4 != 0 || filters > words || triggers > words)
        return false;
    return filters * (6 * (triggers + 1) + 2) == words;
}

/* Does the size fit to the type? */
static bool record_fits(uint32_t type, const uint8_t *content, uint32_t size)
{
    if (type == FILTER_DECISIONS)
        return size % 4 == 0;
    if (type == FILTER_VERSION)
        return size > 0 && content[size - 1] == '\0';
    if (type == FILTER_MISSING)
        return size == MISSING_BYTES;
    return type != FILTER_STATISTICS || statistics_fit(content, size);
}

static void record_add(const struct slink_block *block, uint32_t head,
                       const uint8_t *content, struct filter_digits *digits)
{
    uint32_t row = digits->count++, size = (head & RECORD_LIMIT) - RECORD_HEAD;
    digits->source[row] = block->source;
    digits->type[row] = (uint8_t)(head >> 16);
    digits->flags[row] = (uint8_t)(head >> FLAGS_SHIFT);
    digits->first[row] = digits->byte_total;
    digits->size[row] = size;
    memcpy(digits->bytes + digits->byte_total, content, size);
    digits->byte_total += size;
}

/* Bytes behind the last record that fill its word. */
static bool padding(const uint8_t *place, size_t size)
{
    size_t i = 0;
    while (i < size && place[i] == 0)
        i++;
    return size < 4 && i == size;
}

bool filter_decode(const struct slink_block *block, struct filter_digits *digits,
                   struct faults *faults)
{
    const uint8_t *data = block->words;
    size_t end = 4 * (size_t)block->count, at = 0;
    bool good = true;
    while (at < end && !padding(data + at, end - at)) {
        uint32_t word = (uint32_t)(at / 4);
        uint32_t head = end - at < RECORD_HEAD ? 0 : le32_load(data + at);
        uint32_t size = head & RECORD_LIMIT;
        if (size < RECORD_HEAD || size > end - at)
            return fault_lost(faults, block, DAMAGE_CHIP_SIZE, word, block->count - word);
        uint32_t content = size - RECORD_HEAD, words = (uint32_t)((at + size) / 4) - word;
        if (!record_fits(head >> 16 & 0xFF, data + at + RECORD_HEAD, content))
            good = fault_lost(faults, block, DAMAGE_FILTER_RECORD, word, words);
        else if (digits->count == FILTER_MAX_RECORDS ||
                 content > FILTER_MAX_BYTES - digits->byte_total)
            good = fault_lost(faults, block, DAMAGE_DIGITS_FULL, word, words);
        else
            record_add(block, head, data + at + RECORD_HEAD, digits);
        at += size;
    }
    return good;
}

bool filter_encode(const struct filter_digits *digits, uint32_t from, uint32_t to,
                   struct bytes *words, struct err *err)
{
    static const uint8_t zero[4] = {0};
    size_t start = words->size;
    bug_if(from > to || to > digits->count);
    for (uint32_t row = from; row < to; row++) {
        uint32_t size = digits->size[row] + RECORD_HEAD;
        if (size > RECORD_LIMIT)
            return err_set(err, E_LIMIT, "a filter record of %u bytes; the limit is %u",
                           size, RECORD_LIMIT);
        if (!word_add(words,
                      size | (uint32_t)digits->type[row] << 16 |
                          (uint32_t)digits->flags[row] << FLAGS_SHIFT,
                      err) ||
            !bytes_append(words, digits->bytes + digits->first[row], digits->size[row],
                          err))
            return false;
    }
    return bytes_append(words, zero, -(words->size - start) % 4, err);
}

struct filter_decision filter_decision(uint32_t word)
{
    return (struct filter_decision){.filter = (uint8_t)word,
                                    .decided = (word >> 30 & 1) != 0,
                                    .accepted = word >> 31 != 0,
                                    .time = 8 * (word >> 16 & 0x3FFF)};
}
