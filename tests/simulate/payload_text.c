/* payload_text.c - tables and channel map of the simulated conditions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/payload_text.h"

#include <inttypes.h>

#include "base/text.h"
#include "tests/simulate/spill.h"

#define LED_REFERENCE "sim-led"
#define LED_LEFT_OUT  7 /* rows of every seventh spill are missing */
#define LED_CHANGE    1.02
#define S0_MEAN_NS    124.0 /* flat from 110 to 138 */
#define S0_SIGMA_NS   8.0
#define CELL_SIGMA_NS 1.5
#define WINDOW_SIGMA  4.0
#define PULSE_TAIL_NS 30.0 /* of the falling edge, roughly */

static bool head_add(struct bytes *text, const char *type, const char *field,
                     const char *columns, struct err *err)
{
    return text_addf(text, err,
                     "spillway-table 1\ntype %s\nsource ours\nsynthetic yes\n%s"
                     "columns %s\n",
                     type, field, columns);
}

static bool cell_add(struct bytes *text, const struct layout_channel *channel,
                     struct err *err)
{
    return text_addf(text, err, "%s %u %u ", layout_detectors[channel->detector].name,
                     channel->x, channel->y);
}

static bool real_line(struct bytes *text, double value, struct err *err)
{
    return text_add_real(text, value, err) && text_add(text, "\n", err);
}

static bool map_section(const struct payloads *payloads, uint32_t source,
                        struct bytes *text, struct err *err)
{
    const struct form *form = &payloads->options->form;
    const bool ports = form_map_version(form) == 2;
    bool done = text_addf(text, err,
                          "  <ChipSADC version=\"%" PRIu32 "\" runs=\"%" PRIu32
                          "-%" PRIu32 "\" options=\"xy%s\">\n",
                          form_map_version(form), payloads->options->first_run,
                          payloads->options->last_run, form_map_option(form));
    for (size_t i = 0; done && i < LAYOUT_CHANNELS; i++) {
        const struct layout_channel *channel = &payloads->channels[i];
        const struct layout_detector *detector = &layout_detectors[channel->detector];
        if (detector->source == source)
            done = text_addf(text, err, "%s %u %u %u %u %u\n", detector->name,
                             detector->source, ports ? channel->port : channel->adc,
                             ports ? channel->channel : channel->channel % 16, channel->x,
                             channel->y);
    }
    return done && text_add(text, "  </ChipSADC>\n", err);
}

static bool map_make(const struct payloads *payloads, struct bytes *text, struct err *err)
{
    uint32_t last = 0;
    bool done = text_add(text,
                         "<!-- spillway source=ours synthetic=yes : SYNTHETIC -->\n"
                         "<Map>\n",
                         err);
    for (size_t i = 0; done && i < LAYOUT_DETECTORS; i++) {
        if (layout_detectors[i].source != last)
            done = map_section(payloads, layout_detectors[i].source, text, err);
        last = layout_detectors[i].source;
    }
    if (payloads->options->form.sadc == FORM_SADC_HUFFMAN)
        done = done && text_add(text, "  <ChipSADC_HT>\n", err) &&
               form_code_add(text, err) && text_add(text, "  </ChipSADC_HT>\n", err);
    return done && text_add(text, "</Map>\n", err);
}

static bool gain_make(const struct payloads *payloads, struct bytes *text,
                      struct err *err)
{
    bool done = head_add(text, "calo_gain", "led_reference " LED_REFERENCE "\n",
                         "detector:name x:count y:count gain_gev_per_count:real", err);
    for (size_t i = 0; done && i < LAYOUT_CHANNELS; i++) {
        /* Reconstruction sees the largest sample, which is below the peak. */
        double gain = payloads->channels[i].gain_gev / payloads->pulse->mean_peak;
        done = cell_add(text, &payloads->channels[i], err) && real_line(text, gain, err);
    }
    return done && text_add(text, "end\n", err);
}

static bool reference_make(const struct payloads *payloads, struct bytes *text,
                           struct err *err)
{
    bool done = head_add(text, "led_reference", "id " LED_REFERENCE "\n",
                         "detector:name x:count y:count amplitude_counts:real", err);
    for (size_t i = 0; done && i < LAYOUT_CHANNELS; i++)
        if (payloads->channels[i].led_counts > 0)
            done = cell_add(text, &payloads->channels[i], err) &&
                   real_line(text, payloads->channels[i].led_counts, err);
    return done && text_add(text, "end\n", err);
}

static bool time_make(const struct payloads *payloads, struct bytes *text,
                      struct err *err)
{
    bool done = head_add(text, "time_offset", "",
                         "detector:name x:count y:count reference:name mean_ns:real "
                         "sigma_ns:real window_sigma:real",
                         err);
    for (size_t i = 0; done && i < LAYOUT_CHANNELS; i++) {
        const struct layout_channel *channel = &payloads->channels[i];
        bool absolute = channel->detector == LAYOUT_S0;
        done = cell_add(text, channel, err) &&
               text_add(text, absolute ? "absolute " : "S0 ", err) &&
               text_add_real(text, absolute ? S0_MEAN_NS : channel->offset_ns, err) &&
               text_add(text, " ", err) &&
               text_add_real(text, absolute ? S0_SIGMA_NS : CELL_SIGMA_NS, err) &&
               text_add(text, " ", err) && real_line(text, WINDOW_SIGMA, err);
    }
    return done && text_add(text, "end\n", err);
}

static bool sampling_make(const struct payloads *payloads, struct bytes *text,
                          struct err *err)
{
    (void)payloads;
    return head_add(text, "sampling", "", "sample_count:count period_ns:real", err) &&
           text_addf(text, err, "%d ", LAYOUT_SAMPLES) &&
           real_line(text, LAYOUT_PERIOD, err) && text_add(text, "end\n", err);
}

static bool pedestal_make(const struct payloads *payloads, struct bytes *text,
                          struct err *err)
{
    (void)payloads;
    return head_add(text, "pedestal", "",
                    "first_sample:count sample_count:count spread_limit_counts:count "
                    "search_from_sample:count threshold_counts:count noise_counts:count "
                    "tail_ns:real",
                    err) &&
           text_add(text, "0 8 20 8 6 4 ", err) && real_line(text, PULSE_TAIL_NS, err) &&
           text_add(text, "end\n", err);
}

static bool bad_make(const struct payloads *payloads, struct bytes *text, struct err *err)
{
    const struct sim_options *options = payloads->options;
    uint32_t events = options->events + options->led_events;
    bool done =
        head_add(text, "bad_spills", "", "run:count spill:count from_event:count", err);
    for (uint32_t run = options->first_run; done && run <= options->last_run; run++)
        for (uint32_t spill = 1; done && spill <= options->spills; spill++) {
            uint32_t from = spill_bad_from(run, spill, events);
            if (from != UINT32_MAX)
                done = text_addf(text, err, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", run,
                                 spill, from);
        }
    return done && text_add(text, "end\n", err);
}

const struct payload_text payload_texts[] = {
    {"bad_spills", "txt", bad_make},    {"calo_gain", "txt", gain_make},
    {"channel_map", "xml", map_make},   {"led_reference", "txt", reference_make},
    {"pedestal", "txt", pedestal_make}, {"sampling", "txt", sampling_make},
    {"time_offset", "txt", time_make},
};

const size_t payload_text_count = sizeof payload_texts / sizeof *payload_texts;

static bool led_rows(const struct payloads *payloads, uint32_t run, uint32_t spill,
                     const double factors[LAYOUT_CHANNELS], struct bytes *text,
                     struct err *err)
{
    bool done = true;
    for (size_t i = 0; done && i < LAYOUT_CHANNELS; i++) {
        const struct layout_channel *channel = &payloads->channels[i];
        if (channel->led_counts > 0)
            done = text_addf(text, err, "%" PRIu32 " %" PRIu32 " ", run, spill) &&
                   cell_add(text, channel, err) &&
                   real_line(text, channel->led_counts * factors[i], err);
    }
    return done;
}

bool payload_text_led(const struct payloads *payloads, uint32_t run, bool changed,
                      struct bytes *text, struct err *err)
{
    const struct sim_options *options = payloads->options;
    double mean[LAYOUT_CHANNELS] = {0};
    bool done = head_add(text, "led_spill", "",
                         "run:count spill:count detector:name x:count y:count "
                         "amplitude_counts:real",
                         err);
    for (uint32_t spill = 1; done && spill <= options->spills; spill++) {
        double factors[LAYOUT_CHANNELS];
        for (size_t i = 0; i < LAYOUT_CHANNELS; i++) {
            factors[i] = spill_drift(options->seed, run, spill, &payloads->channels[i]);
            mean[i] += factors[i] / options->spills;
            if (changed && spill == 1 && payloads->channels[i].detector == LAYOUT_HCAL0)
                factors[i] *= LED_CHANGE;
        }
        if (spill % LED_LEFT_OUT != 0)
            done = led_rows(payloads, run, spill, factors, text, err);
    }
    return done && led_rows(payloads, run, 0, mean, text, err) &&
           text_add(text, "end\n", err);
}
