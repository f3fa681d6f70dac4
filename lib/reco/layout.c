/* layout.c - which cells the channels of an event are: the same for most events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/layout.h"

#include <string.h>

_Static_assert(SADC_MAX_CHANNELS <= UINT16_MAX, "the number of a digit has 16 bits");

void layout_clear(struct layout *layout)
{
    layout->calibration = NULL;
}

static bool is_that_of(const struct layout *layout, const struct calibration *calibration,
                       const struct sadc_digits *digits)
{
    const size_t count = digits->count;
    return layout->calibration == calibration && layout->digits == count &&
           memcmp(layout->source, digits->source, count * sizeof *digits->source) == 0 &&
           memcmp(layout->port, digits->port, count) == 0 &&
           memcmp(layout->adc, digits->adc, count) == 0 &&
           memcmp(layout->channel, digits->channel, count) == 0 &&
           memcmp(layout->flags, digits->flags, count) == 0 &&
           memcmp(layout->sample_count, digits->sample_count,
                  count * sizeof *digits->sample_count) == 0;
}

/* Cells of each part that are there, a bit each. */
struct taken {
    uint64_t bits[SETUP_PARTS][2];
};

static bool cell_take(struct taken *taken, const struct calibration_channel *channel)
{
    bug_if(channel->cell >= 128);
    uint64_t *word = &taken->bits[channel->part][channel->cell / 64];
    uint64_t bit = (uint64_t)1 << channel->cell % 64;
    bool first = (*word & bit) == 0;
    *word |= bit;
    return first;
}

static void digit_take(struct layout *layout, const struct sadc_digits *digits,
                       uint32_t digit, struct taken *taken)
{
    const struct calibration *calibration = layout->calibration;
    int number = calibration_find(calibration, digits, digit);
    if (number < 0) {
        layout->foreign++;
        return;
    }
    if (number == (int)calibration->reference && layout->reference == LAYOUT_NONE)
        layout->reference = digit;
    if (digits->sample_count[digit] != calibration->rules.samples) {
        layout->lost++;
        return;
    }
    const struct calibration_channel *channel = &calibration->channels[number];
    if (!cell_take(taken, channel)) {
        layout->twice++;
        return;
    }
    layout->ten_bits = layout->ten_bits || (digits->flags[digit] & SADC_TEN_BITS) != 0;
    layout->cells[layout->count++] = (struct layout_cell){.digit = (uint16_t)digit,
                                                          .channel = (uint16_t)number,
                                                          .part = (uint8_t)channel->part,
                                                          .cell = (uint8_t)channel->cell};
}

static void addresses_keep(struct layout *layout, const struct sadc_digits *digits)
{
    const size_t count = digits->count;
    layout->digits = digits->count;
    memcpy(layout->source, digits->source, count * sizeof *digits->source);
    memcpy(layout->port, digits->port, count);
    memcpy(layout->adc, digits->adc, count);
    memcpy(layout->channel, digits->channel, count);
    memcpy(layout->flags, digits->flags, count);
    memcpy(layout->sample_count, digits->sample_count,
           count * sizeof *digits->sample_count);
}

void layout_update(struct layout *layout, const struct calibration *calibration,
                   const struct sadc_digits *digits)
{
    struct taken taken = {{{0}}};
    if (is_that_of(layout, calibration, digits))
        return;
    addresses_keep(layout, digits);
    layout->calibration = calibration;
    layout->count = 0;
    layout->reference = LAYOUT_NONE;
    layout->foreign = layout->lost = layout->twice = 0;
    layout->ten_bits = false;
    for (uint32_t d = 0; d < digits->count; d++)
        digit_take(layout, digits, d, &taken);
}
