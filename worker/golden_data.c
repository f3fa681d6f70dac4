/* golden_data.c - SYNTHETIC conditions and events for the golden segment and for tests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/golden_data.h"

#include <stdlib.h>

#include "base/random.h"
#include "base/text.h"
#include "model/segment.h"
#include "reco/setup.h"

#define SAMPLES  32
#define PEDESTAL 200u
#define TOP      13 /* sample of the maximum: the times below expect it there */

enum {
    CALO_GAIN,
    CHANNEL_MAP,
    LED_REFERENCE,
    LED_SPILL,
    PEDESTAL_RULES,
    SAMPLING,
    TIME_OFFSET
};

static const char *const types[GOLDEN_TYPES] = {
    "calo_gain", "channel_map", "led_reference", "led_spill",
    "pedestal",  "sampling",    "time_offset"};

#define HEAD "source ours\nsynthetic yes\n"
#define CELL "columns detector:name x:count y:count "

static const char *const heads[GOLDEN_TYPES] = {
    "spillway-table 1\ntype calo_gain\n" HEAD "led_reference golden\n" CELL
    "gain_gev_per_count:real\n",
    "<Map><!-- spillway source=ours synthetic=yes --><ChipSADC version=\"2\" "
    "runs=\"1-9999999\" options=\"xy data_format3\">\n",
    "spillway-table 1\ntype led_reference\n" HEAD "id golden\n" CELL
    "amplitude_counts:real\n",
    "spillway-row 1\ntype led_spill\nsynthetic yes\n" CELL "amplitude_counts:real\n",
    "spillway-table 1\ntype pedestal\n" HEAD
    "columns first_sample:count sample_count:count spread_limit_counts:count "
    "search_from_sample:count threshold_counts:count noise_counts:count tail_ns:real\n"
    "0 8 20 8 5 1 50\n",
    "spillway-table 1\ntype sampling\n" HEAD
    "columns sample_count:count period_ns:real\n32 12.5\n",
    "spillway-table 1\ntype time_offset\n" HEAD CELL
    "reference:name mean_ns:real sigma_ns:real window_sigma:real\n"};

static const char *gain_of(enum setup_part part)
{
    static const char *const gains[SETUP_PARTS] = {"0.05", "0.03", "0.00001", "0.00005",
                                                   "0.00001"};
    return gains[part];
}

/* One row per cell in the payloads that have them. */
static bool cell_rows(struct bytes *texts, uint32_t d, uint32_t x, uint32_t y,
                      struct err *err)
{
    const struct setup *setup = setup_find(GOLDEN_SETUP);
    const struct setup_detector *detector = &setup->detectors[d];
    const char *name = detector->name;
    bool reference = strcmp(name, setup->reference) == 0;
    if (!text_addf(&texts[CHANNEL_MAP], err, "%s %u 0 %u %u %u\n", name, 600 + d,
                   x * detector->ny + y, x, y) ||
        !text_addf(&texts[CALO_GAIN], err, "%s %u %u %s\n", name, x, y,
                   gain_of(detector->part)) ||
        !text_addf(&texts[TIME_OFFSET], err, "%s %u %u %s\n", name, x, y,
                   reference ? "absolute 150 10 3" : "S0 0 4 3"))
        return false;
    return !detector->led ||
           (text_addf(&texts[LED_REFERENCE], err, "%s %u %u 1000\n", name, x, y) &&
            text_addf(&texts[LED_SPILL], err, "%s %u %u %u\n", name, x, y,
                      950 + (7 * x + 3 * y) % 100));
}

static bool texts_make(struct bytes *texts, struct err *err)
{
    const struct setup *setup = setup_find(GOLDEN_SETUP);
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++)
        if (!text_add(&texts[i], heads[i], err))
            return false;
    for (uint32_t d = 0; d < setup->detector_count; d++)
        for (uint32_t x = 0; x < setup->detectors[d].nx; x++)
            for (uint32_t y = 0; y < setup->detectors[d].ny; y++)
                if (!cell_rows(texts, d, x, y, err))
                    return false;
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++)
        if (!text_add(&texts[i], i == CHANNEL_MAP ? "</ChipSADC></Map>\n" : "end\n", err))
            return false;
    return true;
}

bool golden_values_make(struct golden_values *values, struct err *err)
{
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++)
        bytes_init(&values->texts[i], (size_t)1 << 20);
    if (!texts_make(values->texts, err))
        return false;
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++) {
        struct task_value *value = &values->values[i];
        const struct bytes *text = &values->texts[i];
        *value = (struct task_value){
            .effective = {.value = sha256_of(text->data, text->size),
                          .level = i == LED_SPILL ? FALLBACK_EARLIER_1 : FALLBACK_EXACT},
            .size = text->size,
            .inlined = text->data};
        if (!text_copy(value->effective.type, TYPE_NAME, types[i], err))
            return false;
        values->indices[i] = i;
    }
    return true;
}

void golden_values_release(struct golden_values *values)
{
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++)
        bytes_release(&values->texts[i]);
}

/* Two samples of rise, then each three quarters of the one before. */
static void pulse_add(uint16_t *samples, uint32_t height)
{
    for (int i = TOP - 1; height > 0 && i < SAMPLES; i++) {
        uint32_t level = i < TOP ? height / 2 : height;
        uint32_t sum = samples[i] + level;
        samples[i] = (uint16_t)(sum > SADC_SAMPLE_MAX ? SADC_SAMPLE_MAX : sum);
        if (i >= TOP)
            height = height * 3 / 4;
    }
}

static void digit_add(struct sadc_digits *digits, uint32_t source, uint32_t channel,
                      struct random *random)
{
    uint32_t row = digits->count++;
    uint16_t *samples = digits->samples + digits->sample_total;
    digits->source[row] = (uint16_t)source;
    digits->port[row] = 0;
    digits->adc[row] = (uint8_t)(channel >> 4);
    digits->channel[row] = (uint8_t)(channel & 15);
    digits->sum[row] = 0;
    digits->sample_count[row] = SAMPLES;
    digits->first[row] = digits->sample_total;
    digits->sample_total += SAMPLES;
    for (uint32_t i = 0; i < SAMPLES; i++)
        samples[i] = (uint16_t)(PEDESTAL + 4 * (i % 2) + random_below(random, 3));
    /* One channel in three has a pulse, most of them small. */
    if (random_below(random, 3) == 0)
        pulse_add(samples,
                  (uint32_t)(random_below(random, 30) * random_below(random, 60)));
}

static bool source_write(struct raw_writer *writer, uint32_t d,
                         const struct golden_event *event, struct sadc_digits *digits,
                         struct err *err)
{
    const struct setup_detector *detector = &setup_find(GOLDEN_SETUP)->detectors[d];
    struct random random = {.state = (uint64_t)event->run << 44 ^
                                     (uint64_t)event->spill << 28 ^
                                     (uint64_t)event->number << 8 ^ d};
    struct bytes words;
    bytes_init(&words, (size_t)1 << 20);
    sadc_digits_clear(digits);
    for (uint32_t c = 0; c < (uint32_t)detector->nx * detector->ny; c++)
        digit_add(digits, 600 + d, c, &random);
    /* The reference counter always has a pulse. */
    if (detector->part == PART_COUNTER && detector->first == 0)
        pulse_add(digits->samples, 400);
    bool done = sadc_encode(digits, 0, digits->count, event->number, &words, err);
    if (done) {
        uint32_t *copy = mem_new(words.size / 4, sizeof *copy); /* aligned */
        memcpy(copy, words.data, words.size);
        struct raw_block_spec block = {
            .source = (uint16_t)(600 + d), .words = copy, .count = words.size / 4};
        done = raw_block(writer, &block, err);
        free(copy);
    }
    bytes_release(&words);
    return done;
}

bool golden_event_write(struct raw_writer *writer, const struct golden_event *event,
                        struct sadc_digits *digits, struct err *err)
{
    struct raw_event_spec spec = {.header = {.type = event->type,
                                             .run = event->run,
                                             .event_in_run = event->number,
                                             .event = event->number,
                                             .spill = event->spill,
                                             .trigger_mask = 1,
                                             .trigger_valid = true,
                                             .time_s = 1}};
    if (!raw_event_begin(writer, &spec, err) || !raw_subevent_begin(writer, 1, err))
        return false;
    uint32_t count =
        event_type_is_event(event->type) ? setup_find(GOLDEN_SETUP)->detector_count : 0;
    for (uint32_t d = 0; d < count; d++)
        if (!source_write(writer, d, event, digits, err))
            return false;
    raw_subevent_end(writer);
    raw_event_end(writer);
    return true;
}
