/* sinica.c - the words of Academia Sinica converters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sinica.h"

#include <stdlib.h>

#include "raw/word.h"

#define DATA         (1u << 31)
#define OVERFLOW     (1u << 30) /* of a header: trigger buffer */
#define HEADER_MARK  5u         /* bits 4 to 7 */
#define TRAILER_MARK 10u

void sinica_digits_init(struct sinica_digits *digits)
{
    *digits = (struct sinica_digits){
        .source = mem_new(SINICA_MAX_DIGITS, sizeof *digits->source),
        .port = mem_new(SINICA_MAX_DIGITS, sizeof *digits->port),
        .channel = mem_new(SINICA_MAX_DIGITS, sizeof *digits->channel),
        .mode = mem_new(SINICA_MAX_DIGITS, sizeof *digits->mode),
        .time = mem_new(SINICA_MAX_DIGITS, sizeof *digits->time),
        .trigger = mem_new(SINICA_MAX_DIGITS, sizeof *digits->trigger),
        .coarse = mem_new(SINICA_MAX_DIGITS, sizeof *digits->coarse),
        .temperature = mem_new(SINICA_MAX_DIGITS, sizeof *digits->temperature),
    };
}

void sinica_digits_release(struct sinica_digits *digits)
{
    free(digits->source);
    free(digits->port);
    free(digits->channel);
    free(digits->mode);
    free(digits->time);
    free(digits->trigger);
    free(digits->coarse);
    free(digits->temperature);
    *digits = (struct sinica_digits){.count = 0};
}

void sinica_digits_clear(struct sinica_digits *digits)
{
    digits->count = 0;
}

static bool is_header(uint32_t word)
{
    return (word & DATA) == 0 && (word >> 4 & 15) == HEADER_MARK;
}

static bool is_trailer(uint32_t word)
{
    return (word & DATA) == 0 && (word >> 4 & 15) == TRAILER_MARK;
}

/* The first word from `at` that is no data; the end if there is none. */
static uint32_t data_end(const struct slink_block *block, uint32_t at)
{
    while (at < block->count && (word_at(block, at) & DATA) != 0)
        at++;
    return at;
}

/* The front-end whose header is at `at` and whose trailer is at `end`. */
static void frontend_take(const struct slink_block *block, uint32_t at, uint32_t end,
                          struct sinica_digits *digits)
{
    uint32_t header = word_at(block, at), trailer = word_at(block, end);
    for (uint32_t i = at + 1; i < end; i++) {
        uint32_t word = word_at(block, i), row = digits->count++;
        digits->source[row] = block->source;
        digits->port[row] = (uint8_t)(header >> 8 & 31);
        digits->channel[row] = (uint8_t)(word >> 4 & 15);
        digits->mode[row] = (uint8_t)(word & 15);
        digits->time[row] = (uint16_t)(word >> 8);
        digits->trigger[row] = (uint16_t)(trailer >> 8);
        digits->coarse[row] = (uint16_t)(header >> 13 & 0x7FF);
        digits->temperature[row] = (uint8_t)((header & 15) << 4 | (trailer & 15));
    }
}

/* What stands at `at`; *next is behind it. Returns false when it was lost. */
static bool piece_take(const struct slink_block *block, uint32_t at,
                       struct sinica_digits *digits, struct faults *faults,
                       uint32_t *next)
{
    uint32_t header = word_at(block, at);
    uint32_t end = data_end(block, at + 1), hits = end - at - 1;
    bool closed = end < block->count && is_trailer(word_at(block, end));
    *next = closed ? end + 1 : end;
    if (!is_header(header) || !closed)
        return fault_lost(faults, block, DAMAGE_CHIP_ORDER, at, *next - at);
    if (hits > SINICA_HITS)
        return fault_lost(faults, block, DAMAGE_CHIP_SIZE, at, *next - at);
    if (hits > SINICA_MAX_DIGITS - digits->count)
        return fault_lost(faults, block, DAMAGE_DIGITS_FULL, at, *next - at);
    if ((header >> 24 & 63) != (block->event & 63))
        fault_marked(faults, block, DAMAGE_CHIP_EVENT, at);
    if ((header & OVERFLOW) != 0)
        fault_marked(faults, block, DAMAGE_CHIP_OVERFLOW, at);
    frontend_take(block, at, end, digits);
    return true;
}

bool sinica_decode(const struct slink_block *block, struct sinica_digits *digits,
                   struct faults *faults)
{
    bool good = true;
    uint32_t at = 0;
    while (at < block->count)
        good = piece_take(block, at, digits, faults, &at) && good;
    return good;
}

static bool same_frontend(const struct sinica_digits *digits, uint32_t a, uint32_t b)
{
    return digits->port[a] == digits->port[b] &&
           digits->trigger[a] == digits->trigger[b] &&
           digits->coarse[a] == digits->coarse[b] &&
           digits->temperature[a] == digits->temperature[b];
}

bool sinica_encode(const struct sinica_digits *digits, uint32_t from, uint32_t to,
                   uint32_t event, struct bytes *words, struct err *err)
{
    bug_if(from > to || to > digits->count);
    while (from < to) {
        uint32_t row = from, temperature = digits->temperature[from];
        if (!word_add(words,
                      temperature >> 4 | HEADER_MARK << 4 |
                          (uint32_t)digits->port[from] << 8 |
                          (uint32_t)digits->coarse[from] << 13 | (event & 63) << 24,
                      err))
            return false;
        for (; row < to && row - from < SINICA_HITS && same_frontend(digits, row, from);
             row++)
            if (!word_add(words,
                          digits->mode[row] | (uint32_t)digits->channel[row] << 4 |
                              (uint32_t)digits->time[row] << 8 | DATA,
                          err))
                return false;
        if (!word_add(words,
                      (temperature & 15) | TRAILER_MARK << 4 |
                          (uint32_t)digits->trigger[from] << 8,
                      err))
            return false;
        from = row;
    }
    return true;
}
