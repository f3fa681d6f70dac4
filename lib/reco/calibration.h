/* calibration.h - what reconstruction needs to know of a (run, spill), by channel.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Built once per distinct set of effective values, not per spill or event. Energy of a
 * channel = amplitude in counts x gain x (LED reference / LED of the spill). A missing
 * value is a typed error with payload type, run, spill and channel; what the campaign
 * allows to be missing comes as a fallback level, and only FALLBACK_NONE of "led_spill"
 * means that no LED correction is applied.
 */
#ifndef SPILLWAY_RECO_CALIBRATION_H
#define SPILLWAY_RECO_CALIBRATION_H

#include "base/arena.h"
#include "model/key.h"
#include "raw/huffman.h"
#include "raw/map.h"
#include "raw/sadc.h"
#include "reco/setup.h"
#include "reco/waveform.h"

/* Word in column "reference" of time_offset for a time counted from the first sample. */
#define CALIBRATION_ABSOLUTE "absolute"

/* The bytes of one effective value. */
struct calibration_value {
    const char *type; /* payload type */
    enum fallback level;
    const struct bytes *text; /* NULL only for FALLBACK_NONE */
};

/* Which (run, spill) the values are for; in messages and for the map's run ranges. */
struct calibration_input {
    uint32_t run, spill;
    const struct calibration_value *values;
    uint32_t value_count;
};

struct calibration_channel {
    enum setup_part part;
    uint16_t cell;      /* place in the columns of the part */
    bool relative;      /* expected time counts from the master time */
    double per_count;   /* energy in the unit of the part */
    double expected_ns; /* from the first sample, or from the master time */
    double window_ns;   /* half width of "in time" */
};

#define CALIBRATION_CHANNELS   16u   /* of an ADC */
#define CALIBRATION_PER_SOURCE 2048u /* 8 ports, 16 ADCs or chips, 16 channels */

struct calibration {
    const struct setup *setup;
    struct waveform_rules rules;
    uint32_t channel_count;
    uint32_t reference; /* the channel that gives the master time */
    struct calibration_channel *channels;
    uint16_t *index[MAP_SOURCES]; /* channel + 1, 0: not of the set-up; NULL: no source */
    enum sadc_format format[MAP_SOURCES];
    struct huffman huffman; /* of compressed blocks */
    bool compressed;        /* there is a code table */
};

/* The payload types that a set-up needs, sorted, NULL at the end. */
const char *const *calibration_types(void);

/* Memory comes from `arena` and lives as long as that, but for the code table, which
 * calibration_release() frees; borrows nothing from the input.
 * E_RECO_MISSING, E_RECO_CHANNEL, E_RECO_RULES and the errors of payloads and maps. */
bool calibration_make(const struct setup *setup, const struct calibration_input *input,
                      struct arena *arena, struct calibration *calibration,
                      struct err *err);

void calibration_release(struct calibration *calibration);

/* How blocks of a source with an index are decoded. */
static inline struct chip_rule calibration_rule(const struct calibration *calibration,
                                                uint32_t source)
{
    return (struct chip_rule){.chip = CHIP_SADC,
                              .sadc_format = calibration->format[source],
                              .huffman =
                                  calibration->compressed ? &calibration->huffman : NULL};
}

/* Number of a channel, -1 when the set-up does not use it. */
static inline int calibration_find(const struct calibration *calibration,
                                   const struct sadc_digits *digits, uint32_t row)
{
    const uint16_t *index = calibration->index[digits->source[row] % MAP_SOURCES];
    if (index == NULL || digits->channel[row] >= CALIBRATION_CHANNELS)
        return -1; /* compressed blocks can have channels that no map names */
    uint32_t place = (uint32_t)(digits->port[row] & 7) << 8 |
                     (uint32_t)(digits->adc[row] & 15) << 4 | digits->channel[row];
    return (int)index[place] - 1;
}

#endif
