/* scaler.c - frames of a scaler.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/scaler.h"

#include <stdlib.h>

#include "raw/word.h"

#define TRAILER      (1u << 30)
#define DATA         (1u << 31)
#define EVENT        0xFFFFFu
#define ERROR_MARK   0x7FFu /* bits 20 to 31 of an error word */
#define PAIR_CHANNEL 32u    /* channels 32 and 33 are made of two words */

void scaler_digits_init(struct scaler_digits *digits)
{
    *digits = (struct scaler_digits){
        .source = mem_new(SCALER_MAX_DIGITS, sizeof *digits->source),
        .frame = mem_new(SCALER_MAX_DIGITS, sizeof *digits->frame),
        .geo = mem_new(SCALER_MAX_DIGITS, sizeof *digits->geo),
        .channel = mem_new(SCALER_MAX_DIGITS, sizeof *digits->channel),
        .value = mem_new(SCALER_MAX_DIGITS, sizeof *digits->value),
    };
}

void scaler_digits_release(struct scaler_digits *digits)
{
    free(digits->source);
    free(digits->frame);
    free(digits->geo);
    free(digits->channel);
    free(digits->value);
    *digits = (struct scaler_digits){.count = 0};
}

void scaler_digits_clear(struct scaler_digits *digits)
{
    digits->count = 0;
}

void scaler_frame(const uint32_t counts[SCALER_WORDS], uint32_t event, uint32_t geo,
                  uint32_t words[SCALER_FRAME])
{
    uint32_t mark = (event & EVENT) | (geo & 0x3FF) << 20;
    words[0] = mark;
    for (size_t i = 0; i < SCALER_WORDS; i++)
        words[1 + i] = DATA | (counts[i] & SCALER_MAX_COUNT);
    words[SCALER_FRAME - 1] = mark | TRAILER;
}

bool scaler_frame_good(const struct slink_block *block, uint32_t at)
{
    const uint8_t *words = block->words + 4 * (size_t)at;
    if (at > block->count || block->count - at < SCALER_FRAME)
        return false;
    uint32_t head = le32_load(words);
    uint32_t tail = le32_load(words + 4 * (size_t)(SCALER_FRAME - 1));
    if ((head & (DATA | TRAILER)) != 0 || tail != (head | TRAILER) ||
        (head & EVENT) != block->event)
        return false;
    uint32_t data = DATA;
    for (size_t i = 1; i <= SCALER_WORDS; i++)
        data &= le32_load(words + 4 * i);
    return data != 0;
}

/* The words of one good frame. */
static void frame_take(const struct slink_block *block, uint32_t at, uint32_t frame,
                       struct scaler_digits *digits)
{
    const uint8_t *words = block->words + 4 * (size_t)at;
    uint16_t geo = (uint16_t)(le32_load(words) >> 20 & 0x3FF);
    uint32_t row = digits->count;
    for (uint32_t i = 0; i < SCALER_WORDS; i++) {
        digits->source[row + i] = block->source;
        digits->frame[row + i] = (uint16_t)frame;
        digits->geo[row + i] = geo;
        digits->channel[row + i] = (uint8_t)i;
        digits->value[row + i] =
            le32_load(words + 4 * (1 + (size_t)i)) & SCALER_MAX_COUNT;
    }
    uint32_t *pair = digits->value + row + PAIR_CHANNEL;
    uint32_t early = pair[0], late = pair[1];
    pair[0] = (early >> 16) + ((late >> 16) << 15);
    pair[1] = (early & 0xFFFF) + (late << 16);
    digits->count += SCALER_WORDS;
}

/* Where the frame at `at`, which is not good, ends: behind its trailer if that stands
 * where it should, else before the next header. */
static uint32_t frame_end(const struct slink_block *block, uint32_t at)
{
    if (block->count - at >= SCALER_FRAME) {
        uint32_t last = at + SCALER_FRAME - 1;
        if ((word_at(block, last) & (DATA | TRAILER)) == TRAILER)
            return at + SCALER_FRAME;
    }
    while (++at < block->count)
        if ((word_at(block, at) & (DATA | TRAILER)) == 0)
            break;
    return at;
}

/* What the frame at `at`, which is not good, is called. */
static enum damage_class frame_damage(const struct slink_block *block, uint32_t at)
{
    uint32_t head = word_at(block, at);
    if ((head & (DATA | TRAILER)) != 0)
        return DAMAGE_CHIP_ORDER;
    if ((head & EVENT) != block->event)
        return DAMAGE_CHIP_EVENT;
    return block->count - at < SCALER_FRAME ? DAMAGE_CHIP_SIZE : DAMAGE_CHIP_ORDER;
}

bool scaler_decode(const struct slink_block *block, struct scaler_digits *digits,
                   struct faults *faults)
{
    bool good = true;
    uint32_t at = 0, frame = 0;
    while (at < block->count) {
        uint32_t next = at + 1;
        if (word_at(block, at) >> 20 == ERROR_MARK) {
            fault_marked(faults, block, DAMAGE_CHIP_ERROR, at);
            at = next;
            continue;
        }
        bool whole = scaler_frame_good(block, at);
        if (whole && digits->count <= SCALER_MAX_DIGITS - SCALER_WORDS) {
            frame_take(block, at, frame, digits);
            next = at + SCALER_FRAME;
        } else {
            enum damage_class damage =
                whole ? DAMAGE_DIGITS_FULL : frame_damage(block, at);
            next = whole ? at + SCALER_FRAME : frame_end(block, at);
            good = fault_lost(faults, block, damage, at, next - at);
        }
        frame++;
        at = next;
    }
    return good;
}

bool scaler_encode(const struct scaler_digits *digits, uint32_t from, uint32_t to,
                   uint32_t event, struct bytes *words, struct err *err)
{
    bug_if(from > to || to > digits->count || (to - from) % SCALER_WORDS != 0);
    for (uint32_t row = from; row < to; row += SCALER_WORDS) {
        uint32_t counts[SCALER_WORDS], frame[SCALER_FRAME];
        uint8_t *place;
        bug_if(digits->channel[row] != 0);
        memcpy(counts, digits->value + row, sizeof counts);
        uint32_t high = counts[PAIR_CHANNEL], low = counts[PAIR_CHANNEL + 1];
        counts[PAIR_CHANNEL] = (high & 0x7FFF) << 16 | (low & 0xFFFF);
        counts[PAIR_CHANNEL + 1] = (high >> 15) << 16 | low >> 16;
        scaler_frame(counts, event, digits->geo[row], frame);
        if (!bytes_reserve(words, sizeof frame, &place, err))
            return false;
        for (size_t i = 0; i < SCALER_FRAME; i++)
            le32_store(place + 4 * i, frame[i]);
        words->size += sizeof frame;
    }
    return true;
}
