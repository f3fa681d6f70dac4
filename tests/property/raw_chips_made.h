/* raw_chips_made.h - random digits of every kind of block.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_PROPERTY_RAW_CHIPS_MADE_H
#define SPILLWAY_TESTS_PROPERTY_RAW_CHIPS_MADE_H

#include "raw/decode.h"
#include "raw/sadc_old.h"
#include "tests/unit/raw/chip_made.h"

static inline uint32_t below(struct random *random, uint32_t limit)
{
    return (uint32_t)random_below(random, limit);
}

static inline uint32_t bits(struct random *random, uint32_t count)
{
    return below(random, 1u << count);
}

/* Makes digits of one kind of block, its format and event type, and its words. */
struct kind {
    const char *name;
    struct chip_rule rule;
    uint8_t format;
    void (*make)(struct random *random, const struct kind *kind, struct digits *digits);
    bool (*encode)(const struct kind *kind, const struct digits *digits,
                   struct bytes *words, struct err *err);
    void (*equal)(const struct digits *a, const struct digits *b);
};

/* One hit of a chip: the amplitudes that its packing can hold. */
static inline void apv_row(struct random *random, struct apv_digits *apv, uint32_t chip,
                           uint32_t stored)
{
    uint32_t row = apv->count++, format = apv->chip_format[chip];
    uint32_t shift = (format & APV_STANDARD_SPARSE) != 0 ? 1 : 2;
    apv->source[row] = CHIP_SOURCE;
    apv->adc[row] = apv->chip_adc[chip];
    apv->chip[row] = apv->chip_chip[chip];
    apv->channel[row] =
        (uint8_t)(32 * (stored % 4) + 8 * (stored / 4) - 31 * (stored / 16));
    for (uint32_t frame = 0; frame < APV_FRAMES; frame++) {
        uint32_t sample = bits(random, 10);
        if ((format & APV_SPARSE) != 0)
            sample = frame == 2 ? sample & ~1u : bits(random, 8) << shift;
        apv->sample[frame][row] = (uint16_t)sample;
    }
}

static inline void apv_make(struct random *random, const struct kind *kind,
                            struct digits *digits)
{
    struct apv_digits *apv = &digits->apv;
    (void)kind;
    uint32_t format = APV_THREE_SAMPLES | (bits(random, 6) << 1 & ~APV_SKIPPED);
    apv->chip_count = 1 + below(random, 20);
    for (uint32_t chip = 0; chip < apv->chip_count; chip++) {
        bool sparse = (format & APV_SPARSE) != 0;
        uint32_t count = sparse ? below(random, 32) : 4 * below(random, 33);
        uint32_t start = below(random, 128);
        apv->chip_source[chip] = CHIP_SOURCE;
        apv->chip_adc[chip] = (uint8_t)(chip / 4);
        apv->chip_chip[chip] = (uint8_t)bits(random, 4);
        apv->chip_format[chip] = (uint8_t)format;
        apv->has_common[chip] = (format & APV_COMMON_MODE) != 0;
        apv->time_tag[chip] = 0xABCDEF;
        apv->first[chip] = apv->count;
        apv->digit_count[chip] = count;
        for (uint32_t frame = 0; frame < APV_FRAMES; frame++) {
            uint32_t common = apv->has_common[chip] ? bits(random, 10) : 0;
            apv->address[frame][chip] = (uint8_t)below(random, 192);
            apv->common[frame][chip] = (uint16_t)common;
        }
        for (uint32_t i = 0; i < count; i++)
            apv_row(random, apv, chip, sparse ? (start + 3 * i) % 128 : i);
    }
}

static inline void f1_make(struct random *random, const struct kind *kind,
                           struct digits *digits)
{
    struct f1_digits *f1 = &digits->f1;
    bool sparse = (kind->format & F1_SPARSIFIED) != 0;
    bool latch = (kind->format & F1_LATCH) != 0;
    uint32_t count = below(random, 200);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = f1->count++;
        f1->source[row] = CHIP_SOURCE;
        f1->geo[row] = (uint16_t)(sparse ? below(random, 1023) : i / 16);
        f1->channel[row] = (uint8_t)bits(random, 6);
        f1->hit[row] = (uint8_t)(latch ? bits(random, 2) : 0);
        f1->format[row] = kind->format;
        f1->time[row] = (uint16_t)(latch ? bits(random, 12) << 4 : bits(random, 16));
    }
}

static inline void scaler_make(struct random *random, const struct kind *kind,
                               struct digits *digits)
{
    struct scaler_digits *scaler = &digits->scaler;
    uint32_t count = SCALER_WORDS * below(random, 5);
    (void)kind;
    for (uint32_t row = 0; row < count; row++) {
        uint32_t channel = row % SCALER_WORDS;
        scaler->source[row] = CHIP_SOURCE;
        scaler->frame[row] = (uint16_t)(row / SCALER_WORDS);
        scaler->geo[row] = (uint16_t)(row / SCALER_WORDS * 7);
        scaler->channel[row] = (uint8_t)channel;
        scaler->value[row] = (uint32_t)random_next(random) >> (channel == 33   ? 0
                                                               : channel == 32 ? 2
                                                                               : 1);
    }
    scaler->count = count;
}

static inline void sinica_make(struct random *random, const struct kind *kind,
                               struct digits *digits)
{
    struct sinica_digits *sinica = &digits->sinica;
    (void)kind;
    sinica->count = below(random, 300);
    for (uint32_t row = 0; row < sinica->count; row++) {
        uint32_t frontend = row / 40;
        sinica->source[row] = CHIP_SOURCE;
        sinica->port[row] = (uint8_t)(frontend % 32);
        sinica->channel[row] = (uint8_t)bits(random, 4);
        sinica->mode[row] = (uint8_t)bits(random, 4);
        sinica->time[row] = (uint16_t)bits(random, 16);
        sinica->trigger[row] = (uint16_t)(frontend * 6553);
        sinica->coarse[row] = (uint16_t)(frontend * 200);
        sinica->temperature[row] = (uint8_t)(frontend * 30);
    }
}

static inline void gandalf_frame_make(struct random *random, const struct kind *kind,
                                      struct gandalf_digits *gandalf)
{
    uint32_t frame = gandalf->frame_count++;
    uint32_t samples = 2 * below(random, 40);
    gandalf->frame_source[frame] = CHIP_SOURCE;
    gandalf->frame_format[frame] = kind->format;
    gandalf->frame_channel[frame] = (uint8_t)bits(random, 4);
    gandalf->frame_monitor[frame] = (uint8_t)bits(random, 5);
    gandalf->frame_mode[frame] = (uint8_t)bits(random, 4);
    gandalf->first[frame] = gandalf->sample_total;
    gandalf->sample_count[frame] = samples;
    for (uint32_t i = 0; i < samples; i++)
        gandalf->samples[gandalf->sample_total++] = (uint16_t)bits(random, 14);
}

static inline void gandalf_make(struct random *random, const struct kind *kind,
                                struct digits *digits)
{
    struct gandalf_digits *gandalf = &digits->gandalf;
    bool debug = (kind->format & GANDALF_DEBUG) == GANDALF_DEBUG;
    uint32_t pieces = below(random, 30);
    for (uint32_t piece = 0; piece < pieces; piece++) {
        uint32_t pulses = debug ? below(random, 4) : 1;
        if (debug)
            gandalf_frame_make(random, kind, gandalf);
        for (uint32_t i = 0; i < pulses; i++) {
            uint32_t row = gandalf->count++;
            gandalf->source[row] = CHIP_SOURCE;
            gandalf->format[row] = kind->format;
            gandalf->channel[row] = (uint8_t)bits(random, 4);
            gandalf->integral[row] = (uint16_t)bits(random, 16);
            gandalf->baseline[row] = (uint16_t)bits(random, 11);
            gandalf->amplitude[row] = (uint16_t)(11 + below(random, 16373));
            gandalf->coarse[row] = random_below(random, (uint64_t)1 << 38);
            gandalf->fine[row] = (uint16_t)bits(random, 10);
            gandalf->settings[row] = debug ? bits(random, 31) : 0;
            gandalf->frame[row] = debug ? gandalf->frame_count - 1 : GANDALF_NO_FRAME;
        }
    }
}

/* A row of a channel with `samples` samples. */
static inline void sadc_row(struct random *random, uint32_t mode, uint32_t samples,
                            struct sadc_digits *sadc)
{
    uint32_t row = sadc->count++, depth = mode == SADC_COMPRESSED ? 12 : 10;
    bool integrals = mode != SADC_COMPRESSED && mode != SADC_INVERTED;
    sadc->source[row] = CHIP_SOURCE;
    sadc->port[row] = 0;
    sadc->flags[row] = depth == 10 ? SADC_TEN_BITS : 0;
    sadc->sum[row] = (uint16_t)(mode == SADC_COMPRESSED ? 0 : bits(random, 16));
    for (uint32_t i = 0; i < 2; i++)
        sadc->integrals[i][row] = (uint16_t)(integrals ? bits(random, 16) : 0);
    if (integrals && bits(random, 2) == 0)
        sadc->flags[row] |= SADC_SUPPRESSED;
    sadc->sample_count[row] = (uint16_t)samples;
    sadc->first[row] = sadc->sample_total;
    for (uint32_t i = 0; i < samples; i++)
        sadc->samples[sadc->sample_total++] = (uint16_t)bits(random, depth);
    if (samples > 0) /* a 0 would be padding */
        sadc->samples[sadc->sample_total - 1] |= 1;
}

/* The formats 1 and 2: samples of 10 bits, compressed ones of 12. */
static inline void sadc_make(struct random *random, const struct kind *kind,
                             struct digits *digits)
{
    struct sadc_digits *sadc = &digits->sadc;
    uint32_t mode = kind->format, adcs = below(random, 17), samples = 1 + bits(random, 6);
    samples += mode == SADC_COMPRESSED ? 26 : 0; /* two never end in one word */
    samples = mode == SADC_SPARSE ? 0 : samples;
    for (uint32_t place = 0; place < 16 * adcs; place++) {
        uint32_t row = sadc->count;
        if (below(random, 3) == 0)
            continue;
        if (mode == SADC_INVERTED)
            samples = 1 + below(random, 100);
        sadc_row(random, mode, samples, sadc);
        sadc->adc[row] = (uint8_t)(place / 16);
        sadc->channel[row] = (uint8_t)(place % 16);
        sadc->flags[row] |= place / 16 % 3 == 1 ? SADC_OVERFLOW : 0;
    }
}

#endif
