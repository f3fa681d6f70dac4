/* gandalf.c - the words of GANDALF transient recorders.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/gandalf.h"

#include <stdlib.h>

#include "raw/word.h"

#define DATA           (1u << 31) /* clear in headers and trailers of the debug mode */
#define TRAILER        (1u << 30)
#define FIRST_OF_RUN   0x1Cu /* S-Link event types without pulses */
#define FIRST_OF_SPILL 0x1Eu
#define KIND           0x77u /* of the format: all but interleaving */
#define PULSE_WORDS    3u
#define PULSE_DEBUG    4u
#define WINDOW         0x7FFu
#define SAMPLE         0x3FFFu

void gandalf_digits_init(struct gandalf_digits *digits)
{
    *digits = (struct gandalf_digits){
        .source = mem_new(GANDALF_MAX_PULSES, sizeof *digits->source),
        .format = mem_new(GANDALF_MAX_PULSES, sizeof *digits->format),
        .channel = mem_new(GANDALF_MAX_PULSES, sizeof *digits->channel),
        .integral = mem_new(GANDALF_MAX_PULSES, sizeof *digits->integral),
        .baseline = mem_new(GANDALF_MAX_PULSES, sizeof *digits->baseline),
        .amplitude = mem_new(GANDALF_MAX_PULSES, sizeof *digits->amplitude),
        .coarse = mem_new(GANDALF_MAX_PULSES, sizeof *digits->coarse),
        .fine = mem_new(GANDALF_MAX_PULSES, sizeof *digits->fine),
        .settings = mem_new(GANDALF_MAX_PULSES, sizeof *digits->settings),
        .frame = mem_new(GANDALF_MAX_PULSES, sizeof *digits->frame),
        .frame_source = mem_new(GANDALF_MAX_FRAMES, sizeof *digits->frame_source),
        .frame_format = mem_new(GANDALF_MAX_FRAMES, sizeof *digits->frame_format),
        .frame_channel = mem_new(GANDALF_MAX_FRAMES, sizeof *digits->frame_channel),
        .frame_monitor = mem_new(GANDALF_MAX_FRAMES, sizeof *digits->frame_monitor),
        .frame_mode = mem_new(GANDALF_MAX_FRAMES, sizeof *digits->frame_mode),
        .first = mem_new(GANDALF_MAX_FRAMES, sizeof *digits->first),
        .sample_count = mem_new(GANDALF_MAX_FRAMES, sizeof *digits->sample_count),
        .samples = mem_new(GANDALF_MAX_SAMPLES, sizeof *digits->samples),
    };
}

void gandalf_digits_release(struct gandalf_digits *digits)
{
    free(digits->source);
    free(digits->format);
    free(digits->channel);
    free(digits->integral);
    free(digits->baseline);
    free(digits->amplitude);
    free(digits->coarse);
    free(digits->fine);
    free(digits->settings);
    free(digits->frame);
    free(digits->frame_source);
    free(digits->frame_format);
    free(digits->frame_channel);
    free(digits->frame_monitor);
    free(digits->frame_mode);
    free(digits->first);
    free(digits->sample_count);
    free(digits->samples);
    *digits = (struct gandalf_digits){.count = 0};
}

void gandalf_digits_clear(struct gandalf_digits *digits)
{
    digits->count = 0;
    digits->frame_count = 0;
    digits->sample_total = 0;
}

/* The pulse whose words are at `at`; `frame` is GANDALF_NO_FRAME in processed data. */
static void pulse_take(const struct slink_block *block, uint32_t at, uint32_t frame,
                       struct gandalf_digits *digits)
{
    uint32_t first = word_at(block, at), second = word_at(block, at + 1),
             third = word_at(block, at + 2);
    uint32_t amplitude = second & SAMPLE, row = digits->count;
    if (amplitude <= GANDALF_AMPLITUDE_DROPPED) {
        digits->dropped++;
        return;
    }
    digits->source[row] = block->source;
    digits->format[row] = block->format;
    digits->channel[row] = (uint8_t)(first >> 27 & 15);
    digits->integral[row] = (uint16_t)first;
    digits->baseline[row] = (uint16_t)(first >> 16 & 0x7FF);
    digits->amplitude[row] = (uint16_t)amplitude;
    digits->coarse[row] =
        (uint64_t)(second >> 14 & 0x1FFFF) << 21 | (third >> 10 & 0x1FFFFF);
    digits->fine[row] = (uint16_t)(third & 0x3FF);
    digits->settings[row] =
        frame == GANDALF_NO_FRAME ? 0 : word_at(block, at + 3) & ~DATA;
    digits->frame[row] = frame;
    digits->count++;
}

static bool processed(const struct slink_block *block, struct gandalf_digits *digits,
                      struct faults *faults)
{
    bool good = true;
    for (uint32_t at = 0; at < block->count; at += PULSE_WORDS) {
        uint32_t left = block->count - at;
        if (left < PULSE_WORDS)
            return fault_lost(faults, block, DAMAGE_CHIP_SIZE, at, left);
        uint32_t marks =
            word_at(block, at) & word_at(block, at + 1) & word_at(block, at + 2);
        if ((marks & DATA) == 0)
            good = fault_lost(faults, block, DAMAGE_CHIP_MARK, at, PULSE_WORDS);
        else if (digits->count == GANDALF_MAX_PULSES)
            good = fault_lost(faults, block, DAMAGE_DIGITS_FULL, at, PULSE_WORDS);
        else
            pulse_take(block, at, GANDALF_NO_FRAME, digits);
    }
    return good;
}

/* The channel with its header at `at` and its trailer at `end`. */
static void channel_take(const struct slink_block *block, uint32_t at, uint32_t end,
                         struct gandalf_digits *digits)
{
    uint32_t header = word_at(block, at), frame = digits->frame_count++;
    uint32_t window = header >> 4 & WINDOW;
    digits->frame_source[frame] = block->source;
    digits->frame_format[frame] = block->format;
    digits->frame_mode[frame] = (uint8_t)(header & 15);
    digits->frame_monitor[frame] = (uint8_t)(header >> 15 & 31);
    digits->frame_channel[frame] = (uint8_t)(header >> 20 & 15);
    digits->first[frame] = digits->sample_total;
    digits->sample_count[frame] = 2 * window;
    for (uint32_t i = 0; i < window; i++) {
        uint32_t word = word_at(block, at + 1 + i);
        digits->samples[digits->sample_total++] = (uint16_t)(word >> 16 & SAMPLE);
        digits->samples[digits->sample_total++] = (uint16_t)(word & SAMPLE);
    }
    for (uint32_t pulse = at + 1 + window; pulse < end; pulse += PULSE_DEBUG)
        pulse_take(block, pulse, frame, digits);
}

/* What stands at `at`: a channel, or words that are none; *next is behind it. */
static bool piece_take(const struct slink_block *block, uint32_t at,
                       struct gandalf_digits *digits, struct faults *faults,
                       uint32_t *next)
{
    uint32_t header = word_at(block, at), window = header >> 4 & WINDOW;
    uint32_t end = at + 1;
    while (end < block->count && (word_at(block, end) & DATA) != 0)
        end++;
    bool closed = end < block->count && (word_at(block, end) & TRAILER) != 0;
    uint32_t words = end - at - 1, pulses = (words - window) / PULSE_DEBUG;
    *next = closed ? end + 1 : end;
    if ((header & (DATA | TRAILER)) != 0 || !closed ||
        word_at(block, end) != (header | TRAILER))
        return fault_lost(faults, block, DAMAGE_CHIP_ORDER, at, *next - at);
    if (words < window || (words - window) % PULSE_DEBUG != 0)
        return fault_lost(faults, block, DAMAGE_CHIP_SIZE, at, *next - at);
    if (digits->frame_count == GANDALF_MAX_FRAMES ||
        pulses > GANDALF_MAX_PULSES - digits->count ||
        2 * window > GANDALF_MAX_SAMPLES - digits->sample_total)
        return fault_lost(faults, block, DAMAGE_DIGITS_FULL, at, *next - at);
    if ((header >> 24 & 63) != (block->event & 63))
        fault_marked(faults, block, DAMAGE_CHIP_EVENT, at);
    channel_take(block, at, end, digits);
    return true;
}

bool gandalf_decode(const struct slink_block *block, struct gandalf_digits *digits,
                    struct faults *faults)
{
    bool good = true;
    uint32_t at = 0;
    if (block->event_type == FIRST_OF_RUN || block->event_type == FIRST_OF_SPILL)
        return true;
    if ((block->format & KIND) == GANDALF_PROCESSED)
        return processed(block, digits, faults);
    if ((block->format & KIND) != GANDALF_DEBUG)
        return fault_lost(faults, block, DAMAGE_CHIP_MODE, 0, block->count);
    while (at < block->count)
        good = piece_take(block, at, digits, faults, &at) && good;
    return good;
}

static bool pulse_encode(const struct gandalf_digits *digits, uint32_t row,
                         struct bytes *words, struct err *err)
{
    uint64_t coarse = digits->coarse[row];
    return word_add(words,
                    digits->integral[row] | (uint32_t)digits->baseline[row] << 16 |
                        (uint32_t)digits->channel[row] << 27 | DATA,
                    err) &&
           word_add(words, digits->amplitude[row] | (uint32_t)(coarse >> 21) << 14 | DATA,
                    err) &&
           word_add(words, digits->fine[row] | (uint32_t)(coarse & 0x1FFFFF) << 10 | DATA,
                    err);
}

bool gandalf_encode(const struct gandalf_digits *digits, uint32_t from, uint32_t to,
                    struct bytes *words, struct err *err)
{
    bug_if(from > to || to > digits->count);
    for (uint32_t row = from; row < to; row++)
        if (!pulse_encode(digits, row, words, err))
            return false;
    return true;
}

static bool frame_encode(const struct gandalf_digits *digits, uint32_t frame,
                         struct bytes *words, struct err *err)
{
    const uint16_t *samples = digits->samples + digits->first[frame];
    for (uint32_t i = 0; i < digits->sample_count[frame]; i += 2)
        if (!word_add(words, samples[i + 1] | (uint32_t)samples[i] << 16 | DATA, err))
            return false;
    return true;
}

bool gandalf_encode_frames(const struct gandalf_digits *digits, uint32_t from,
                           uint32_t to, uint32_t event, struct bytes *words,
                           struct err *err)
{
    uint32_t row = 0;
    bug_if(from > to || to > digits->frame_count);
    for (uint32_t frame = from; frame < to; frame++) {
        uint32_t header =
            digits->frame_mode[frame] | digits->sample_count[frame] / 2 << 4 |
            (uint32_t)digits->frame_monitor[frame] << 15 |
            (uint32_t)digits->frame_channel[frame] << 20 | (event & 63) << 24;
        if (!word_add(words, header, err) || !frame_encode(digits, frame, words, err))
            return false;
        while (row < digits->count && digits->frame[row] < frame)
            row++;
        for (; row < digits->count && digits->frame[row] == frame; row++)
            if (!pulse_encode(digits, row, words, err) ||
                !word_add(words, digits->settings[row] | DATA, err))
                return false;
        if (!word_add(words, header | TRAILER, err))
            return false;
    }
    return true;
}
