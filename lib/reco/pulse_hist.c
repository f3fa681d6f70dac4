/* pulse_hist.c - pedestals and spreads of the channels of an event into histograms.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each channel of each event fills two bins: what is filled are whole numbers, and where
 * the width of a bin is a power of two of their unit, a shift gives the bin.
 */
#include "reco/pulse_hist.h"

/* Whole numbers above 0 in a histogram of cells: bin 1 + (number >> shift). */
struct column {
    uint32_t *cells;
    uint32_t width, bins;
};

/* Whole numbers of 1/per_count count; false when no shift gives the bins: of an axis that
 * starts at 0, or half a bin below it when bins have one number each. */
static bool shift_find(const struct hist *hist, double per_count, uint32_t *shift)
{
    double numbers = per_count / hist->bins_y; /* of a bin */
    uint32_t whole = numbers < UINT32_MAX ? (uint32_t)numbers : 0;
    if (whole == 0 || whole != numbers || (whole & (whole - 1)) != 0 ||
        hist->form.y.low != (whole == 1 ? -0.5 : 0.0))
        return false;
    *shift = (uint32_t)__builtin_ctz(whole);
    return true;
}

static struct column column_of(const struct hist *hist)
{
    return (struct column){hist->cells + 1, hist->form.x.bins + 2, hist->form.y.bins};
}

static void number_put(const struct column *column, uint32_t place, uint32_t bin)
{
    bin = 1 + (bin < column->bins ? bin : column->bins);
    column->cells[place + (size_t)column->width * bin]++;
}

/* Mean of both parities. */
static double pedestal_of(const struct waveform *pulse,
                          const struct waveform_rules *rules)
{
    double even = waveform_pedestal(pulse, 0, rules);
    return (even + waveform_pedestal(pulse, 1, rules)) * 0.5;
}

static void slowly_add(struct hist *hists, const struct layout_cell *cells,
                       const struct waveform *pulses, uint32_t count,
                       const struct waveform_rules *rules)
{
    for (uint32_t i = 0; i < count; i++) {
        struct hist *own = &hists[(size_t)cells[i].part * HIST_PULSES];
        hist_put(&own[HIST_PEDESTAL], cells[i].cell, pedestal_of(&pulses[i], rules));
        hist_put(&own[HIST_SPREAD], cells[i].cell, pulses[i].base.spread);
    }
}

void pulse_hist_add(struct hist *hists, const struct layout_cell *cells,
                    const struct waveform *pulses, uint32_t count,
                    const struct waveform_rules *rules)
{
    struct column pedestals[SETUP_PARTS], spreads[SETUP_PARTS];
    uint32_t shift = 0, none = 0; /* the parts have equal axes */
    if (!(rules->unit > 0.0) ||
        !shift_find(&hists[HIST_PEDESTAL], rules->pedestal_samples, &shift) ||
        !shift_find(&hists[HIST_SPREAD], 1, &none)) {
        slowly_add(hists, cells, pulses, count, rules);
        return;
    }
    for (uint32_t part = 0; part < SETUP_PARTS; part++) {
        pedestals[part] = column_of(&hists[part * HIST_PULSES + HIST_PEDESTAL]);
        spreads[part] = column_of(&hists[part * HIST_PULSES + HIST_SPREAD]);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct pulse_base *base = &pulses[i].base;
        uint32_t sum = (uint32_t)(base->pedestal[0] + base->pedestal[1]);
        number_put(&pedestals[cells[i].part], cells[i].cell, sum >> shift);
        number_put(&spreads[cells[i].part], cells[i].cell, (uint32_t)base->spread);
    }
}
