/* event.c - decoded samples of one event -> energies and times of cells.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/event.h"

#include <math.h>

#include "base/half.h"
#include "model/segment.h"
#include "raw/sadc_old.h"
#include "reco/sums.h"

/* A row being filled. */
struct row {
    const struct calibration *calibration;
    const struct sadc_digits *digits;
    struct reco_table *table;
    uint32_t number;
    uint32_t flags; /* of the event */
    bool has_master;
    double master_ns;
    uint64_t lost, foreign;
    struct hist *pulses;
    double trace;       /* the sum of what was stored: a NaN stays in it */
    uint32_t reference; /* digit of the reference counter, UINT32_MAX none */
    uint16_t channels[SADC_MAX_CHANNELS]; /* plus 1, as in calibration */
};

/* Numbers of all channels. */
static void channels_find(struct row *row)
{
    const struct sadc_digits *digits = row->digits;
    const int reference = (int)row->calibration->reference;
    row->reference = UINT32_MAX;
    for (uint32_t d = 0; d < digits->count; d++) {
        int channel = calibration_find(row->calibration, digits, d);
        row->channels[d] = (uint16_t)(channel + 1);
        if (channel == reference && row->reference == UINT32_MAX)
            row->reference = d;
    }
}

/* The pulse of the reference counter; false when it was not read out. */
static bool reference_measure(const struct row *row, struct waveform *pulse)
{
    const struct sadc_digits *digits = row->digits;
    const struct waveform_rules *rules = &row->calibration->rules;
    uint32_t d = row->reference;
    if (d == UINT32_MAX || digits->sample_count[d] != rules->samples)
        return false;
    const uint16_t *samples = digits->samples + digits->first[d];
    waveform_measure(&samples, 1, rules, pulse);
    return true;
}

static void master_find(struct row *row)
{
    const struct calibration_channel *channel =
        &row->calibration->channels[row->calibration->reference];
    struct waveform pulse;
    if (!reference_measure(row, &pulse))
        return;
    int nearest = waveform_nearest(&pulse, channel->expected_ns);
    if (nearest < 0 || !(fabs(pulse.maxima[nearest].time_ns - channel->expected_ns) <
                         channel->window_ns))
        return;
    row->has_master = true;
    row->master_ns = pulse.maxima[nearest].time_ns;
    row->flags |= RECO_HAS_MASTER;
    row->trace += row->master_ns;
    *reco_f32(row->table, RECO_MASTER, row->number) = (float)row->master_ns;
}

static uint8_t cell_flags(const struct waveform *pulse)
{
    unsigned flags = CELL_PRESENT;
    flags |= pulse->flags & WAVEFORM_PILEUP ? CELL_PILEUP : 0;
    flags |= pulse->flags & WAVEFORM_OVER ? CELL_OVER : 0;
    flags |= pulse->flags & WAVEFORM_CROWDED ? CELL_CROWDED : 0;
    return (uint8_t)flags;
}

static void number_store(struct row *row, unsigned column, uint32_t cell, double number)
{
    row->trace += number;
    reco_f32(row->table, (enum reco_column)column, row->number)[cell] =
        half_round((float)number);
}

/* Energies and time of one channel with a pulse. */
static void pulse_store(struct row *row, const struct calibration_channel *channel,
                        const struct waveform *pulse)
{
    const struct setup_columns *columns = setup_columns(channel->part);
    uint8_t *flags = &reco_u8(row->table, columns->flags, row->number)[channel->cell];
    double all = pulse->largest * channel->per_count;
    number_store(row, columns->energy, channel->cell, all);
    /* Until a maximum is in time, all is out of time. */
    number_store(row, columns->energy + RECO_IN_TIME, channel->cell, all);
    if (channel->relative && !row->has_master)
        return;
    double expected = channel->expected_ns + (channel->relative ? row->master_ns : 0.0);
    int nearest = waveform_nearest(pulse, expected);
    if (nearest < 0)
        return;
    double time = pulse->maxima[nearest].time_ns - expected;
    *flags |= CELL_TIMED;
    number_store(row, columns->time, channel->cell, time);
    if (!(fabs(time) < channel->window_ns))
        return;
    *flags |= CELL_IN_TIME;
    double amplitude = pulse->maxima[nearest].amplitude;
    double tail = waveform_tail(pulse, nearest, &row->calibration->rules);
    number_store(row, columns->energy + RECO_IN_TIME, channel->cell,
                 (pulse->largest - amplitude) * channel->per_count);
    number_store(row, columns->energy + RECO_NO_PILEUP, channel->cell,
                 (tail < amplitude ? tail : amplitude) * channel->per_count);
}

/* One channel; false when the event has it already: the decoder counts that. */
static bool cell_store(struct row *row, const struct calibration_channel *channel,
                       const struct waveform *pulse)
{
    enum reco_column column = setup_columns(channel->part)->flags;
    uint8_t *flags = &reco_u8(row->table, column, row->number)[channel->cell];
    if (*flags & CELL_PRESENT) {
        row->flags |= RECO_DAMAGED;
        return false;
    }
    *flags = cell_flags(pulse);
    row->flags |= pulse->flags & WAVEFORM_PILEUP ? RECO_PILEUP : 0;
    row->flags |= pulse->flags & WAVEFORM_OVER ? RECO_OVERFLOW : 0;
    if (pulse->largest != 0.0) /* else no maximum; a new row is zero */
        pulse_store(row, channel, pulse);
    return true;
}

/* Mean of both parities. */
static double pedestal_of(const struct waveform *pulse,
                          const struct waveform_rules *rules)
{
    const int32_t *levels = pulse->base.pedestal;
    if (rules->unit > 0.0) /* exact, so in any order */
        return (levels[0] + levels[1]) * (rules->unit * 0.5);
    double even = waveform_pedestal(pulse, 0, rules);
    return (even + waveform_pedestal(pulse, 1, rules)) * 0.5;
}

static void pulse_fill(const struct row *row, const struct calibration_channel *channel,
                       const struct waveform *pulse, enum hist_pulse amplitude)
{
    struct hist *hists = &row->pulses[(size_t)channel->part * HIST_PULSES];
    if (pulse->largest > 0.0)
        hist_put(&hists[amplitude], channel->cell, pulse->largest);
    hist_put(&hists[HIST_PEDESTAL], channel->cell,
             pedestal_of(pulse, &row->calibration->rules));
    hist_put(&hists[HIST_SPREAD], channel->cell, pulse->base.spread);
}

/* Channels that were measured together, and which of them are the first of their cell. */
struct measured {
    const struct calibration_channel *channels[WAVEFORM_ROW];
    struct waveform pulses[WAVEFORM_ROW];
    uint32_t count;
};

static void measured_store(struct row *row, const struct measured *measured)
{
    bool led = *reco_u8(row->table, RECO_TYPE, row->number) == EVENT_CALIBRATION;
    uint32_t first[WAVEFORM_ROW];
    uint32_t firsts = 0;
    for (uint32_t i = 0; i < measured->count; i++) {
        first[firsts] = i;
        firsts += cell_store(row, measured->channels[i], &measured->pulses[i]) ? 1 : 0;
    }
    if (row->pulses == NULL)
        return;
    for (uint32_t i = 0; i < firsts; i++)
        pulse_fill(row, measured->channels[first[i]], &measured->pulses[first[i]],
                   led ? HIST_AMPLITUDE_LED : HIST_AMPLITUDE);
}

/* Is the digit that of a cell, with as many samples as the conditions say? */
static bool cell_measurable(struct row *row, uint32_t digit)
{
    if (row->channels[digit] == 0) {
        row->foreign++;
        return false;
    }
    if (row->digits->sample_count[digit] == row->calibration->rules.samples)
        return true;
    row->lost++;
    row->flags |= RECO_LOST;
    return false;
}

/* The ADC of the old formats is full earlier than the rules say. */
static void ten_bits_mark(const struct sadc_digits *digits, uint32_t digit,
                          struct waveform *pulse)
{
    if ((digits->flags[digit] & SADC_TEN_BITS) == 0)
        return;
    const uint16_t *samples = digits->samples + digits->first[digit];
    for (uint32_t i = 0; i < digits->sample_count[digit]; i++)
        if (samples[i] >= SADC_OLD_SAMPLE_MAX)
            pulse->flags |= WAVEFORM_OVER;
}

static void cells_fill(struct row *row)
{
    const struct sadc_digits *digits = row->digits;
    const struct calibration *calibration = row->calibration;
    for (uint32_t d = 0; d < digits->count;) {
        struct measured measured; /* not all of its memory is needed */
        const uint16_t *samples[WAVEFORM_ROW];
        uint32_t digit[WAVEFORM_ROW];
        uint32_t count = 0;
        for (; d < digits->count && count < WAVEFORM_ROW; d++) {
            if (!cell_measurable(row, d))
                continue;
            digit[count] = d;
            measured.channels[count] = &calibration->channels[row->channels[d] - 1];
            samples[count++] = digits->samples + digits->first[d];
        }
        measured.count = count;
        waveform_measure(samples, count, &calibration->rules, measured.pulses);
        for (uint32_t i = 0; i < count; i++)
            ten_bits_mark(digits, digit[i], &measured.pulses[i]);
        measured_store(row, &measured);
    }
}

static void head_store(const struct row *row, const struct event_head *head)
{
    *reco_u32(row->table, RECO_RUN, row->number) = head->run;
    *reco_u32(row->table, RECO_SPILL, row->number) = head->spill;
    *reco_u32(row->table, RECO_EVENT, row->number) = head->event;
    *reco_u8(row->table, RECO_TYPE, row->number) = (uint8_t)head->type;
    *reco_u32(row->table, RECO_TIME_S, row->number) = head->time_s;
    *reco_u32(row->table, RECO_TRIGGER, row->number) = head->trigger;
}

void event_reconstruct(const struct calibration *calibration,
                       const struct event_head *head, const struct sadc_digits *digits,
                       struct reco_table *table, struct event_counts *counts)
{
    struct row row; /* not all of its memory is needed */
    row.calibration = calibration;
    row.digits = digits;
    row.table = table;
    row.pulses = counts->pulses;
    row.number = reco_table_add(table);
    row.flags =
        (head->trigger_valid ? RECO_HAS_TRIGGER : 0) | (head->damaged ? RECO_DAMAGED : 0);
    row.has_master = false;
    row.master_ns = 0;
    row.trace = 0;
    row.lost = row.foreign = 0;
    channels_find(&row);
    head_store(&row, head);
    master_find(&row);
    cells_fill(&row);
    double trace;
    if (sums_fill(calibration->setup, table, row.number, &trace))
        row.flags |= RECO_HAS_HOTTEST;
    *reco_u32(table, RECO_FLAGS, row.number) = row.flags;
    counts->events++;
    if (isnan(row.trace + trace))
        counts->numbers_nan += sums_nan(table, row.number);
    counts->lost_channels += row.lost;
    counts->foreign += row.foreign;
    counts->no_master += row.has_master ? 0 : 1;
}
