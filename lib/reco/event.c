/* event.c - decoded samples of one event -> energies and times of cells.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/event.h"

#include <math.h>

#include "base/half.h"
#include "model/segment.h"
#include "raw/sadc_old.h"
#include "reco/pulse_hist.h"
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
    struct hist *pulses;
    double trace; /* the sum of what was stored: a NaN stays in it */
    const struct layout *layout;
    uint8_t *cell_flags[SETUP_PARTS]; /* of the row */
};

/* The pulse of the reference counter; false when it was not read out. */
static bool reference_measure(const struct row *row, struct waveform *pulse)
{
    const struct sadc_digits *digits = row->digits;
    const struct waveform_rules *rules = &row->calibration->rules;
    uint32_t d = row->layout->reference;
    if (d == LAYOUT_NONE || digits->sample_count[d] != rules->samples)
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
    uint8_t *flags = &row->cell_flags[channel->part][channel->cell];
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

_Static_assert(CELL_PILEUP == WAVEFORM_PILEUP << 3 && CELL_OVER == WAVEFORM_OVER << 3 &&
                   CELL_CROWDED == WAVEFORM_CROWDED << 3,
               "flags of a cell are those of its pulse, moved");

/* Flags of all channels; those with a pulse are listed in `hit`. */
static uint32_t flags_store(struct row *row, const struct layout_cell *cells,
                            const struct waveform *pulses, uint32_t count,
                            uint32_t hit[WAVEFORM_ROW])
{
    uint32_t hits = 0, any = 0;
    for (uint32_t i = 0; i < count; i++) {
        row->cell_flags[cells[i].part][cells[i].cell] =
            (uint8_t)(CELL_PRESENT | pulses[i].flags << 3);
        any |= pulses[i].flags;
        hit[hits] = i;
        hits += pulses[i].largest != 0.0 ? 1 : 0; /* else no maximum: a new row is zero */
    }
    row->flags |= any & WAVEFORM_PILEUP ? RECO_PILEUP : 0;
    row->flags |= any & WAVEFORM_OVER ? RECO_OVERFLOW : 0;
    return hits;
}

static uint32_t *amplitude_cell(const struct row *row, const struct layout_cell *cell,
                                const struct waveform *pulse)
{
    bool led = *reco_u8(row->table, RECO_TYPE, row->number) == EVENT_CALIBRATION;
    const struct hist *hists = &row->pulses[(size_t)cell->part * HIST_PULSES];
    return hist_cell(&hists[led ? HIST_AMPLITUDE_LED : HIST_AMPLITUDE], cell->cell,
                     pulse->largest);
}

/* Cells of histograms are rarely in the nearest caches: they are asked for before the
 * energies are made and filled behind them. */
static void pulses_store(struct row *row, const struct layout_cell *cells,
                         const struct waveform *pulses, uint32_t count)
{
    const struct calibration *calibration = row->calibration;
    uint32_t hit[WAVEFORM_ROW], *filled[WAVEFORM_ROW];
    uint32_t hits = flags_store(row, cells, pulses, count, hit), asked = 0;
    for (; row->pulses != NULL && asked < hits; asked++) {
        filled[asked] = amplitude_cell(row, &cells[hit[asked]], &pulses[hit[asked]]);
        __builtin_prefetch(filled[asked], 1);
    }
    for (uint32_t h = 0; h < hits; h++)
        pulse_store(row, &calibration->channels[cells[hit[h]].channel], &pulses[hit[h]]);
    if (row->pulses == NULL)
        return;
    for (uint32_t h = 0; h < asked; h++)
        (*filled[h])++;
    pulse_hist_add(row->pulses, cells, pulses, count, &calibration->rules);
}

static void cells_fill(struct row *row)
{
    const struct sadc_digits *digits = row->digits;
    const struct layout *layout = row->layout;
    for (uint32_t from = 0; from < layout->count; from += WAVEFORM_ROW) {
        const struct layout_cell *cells = layout->cells + from;
        const uint16_t *samples[WAVEFORM_ROW];
        struct waveform pulses[WAVEFORM_ROW]; /* not all of its memory is needed */
        uint32_t left = layout->count - from;
        uint32_t count = left < WAVEFORM_ROW ? left : WAVEFORM_ROW;
        for (uint32_t i = 0; i < count; i++)
            samples[i] = digits->samples + digits->first[cells[i].digit];
        waveform_measure(samples, count, &row->calibration->rules, pulses);
        for (uint32_t i = 0; layout->ten_bits && i < count; i++)
            ten_bits_mark(digits, cells[i].digit, &pulses[i]);
        pulses_store(row, cells, pulses, count);
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

static void row_fill(struct row *row, const struct event_head *head,
                     struct event_counts *counts)
{
    const struct layout *layout = row->layout;
    double trace;
    for (int part = 0; part < SETUP_PARTS; part++)
        row->cell_flags[part] =
            reco_u8(row->table, setup_columns((enum setup_part)part)->flags, row->number);
    head_store(row, head);
    master_find(row);
    cells_fill(row);
    row->flags |= layout->lost > 0 ? RECO_LOST : 0;
    row->flags |= layout->twice > 0 ? RECO_DAMAGED : 0; /* the decoder counts them */
    if (sums_fill(row->calibration->setup, row->table, row->number, &trace))
        row->flags |= RECO_HAS_HOTTEST;
    *reco_u32(row->table, RECO_FLAGS, row->number) = row->flags;
    if (isnan(row->trace + trace))
        counts->numbers_nan += sums_nan(row->table, row->number);
    counts->events++;
    counts->lost_channels += layout->lost;
    counts->foreign += layout->foreign;
    counts->no_master += row->has_master ? 0 : 1;
}

void event_reconstruct(const struct calibration *calibration,
                       const struct event_head *head, const struct sadc_digits *digits,
                       struct reco_table *table, struct event_counts *counts)
{
    struct layout own; /* its memory is needed only without another */
    struct layout *layout = counts->layout != NULL ? counts->layout : &own;
    if (layout == &own)
        layout_clear(&own);
    layout_update(layout, calibration, digits);
    struct row row = {.calibration = calibration,
                      .digits = digits,
                      .table = table,
                      .number = reco_table_add(table),
                      .flags = (head->trigger_valid ? RECO_HAS_TRIGGER : 0) |
                               (head->damaged ? RECO_DAMAGED : 0),
                      .pulses = counts->pulses,
                      .layout = layout};
    row_fill(&row, head, counts);
}
