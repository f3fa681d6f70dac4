/* quality.c - reconstructed events and cut flows -> histograms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/quality.h"

#include <math.h>

#include "base/text.h"
#include "reco/nonzero.h"

#define FLOW_STEPS (RECIPE_CUTS + 3) /* seen, good spill, cuts, kept */
#define LABEL      HIST_TITLE
#define BITS       8  /* of the flags of a cell */
#define CELLS      80 /* of a detector, at most */

/* Does the event fill this histogram? */
static bool wanted(const struct hist_info *info, const struct reco_table *table,
                   uint32_t row)
{
    return (info->types >> (*reco_u8(table, RECO_TYPE, row) & 31) & 1) != 0;
}

static void by_trigger(struct hist *hist, const struct reco_table *table, uint32_t row,
                       double y)
{
    if ((*reco_u32(table, RECO_FLAGS, row) & RECO_HAS_TRIGGER) == 0)
        return;
    for (uint32_t bits = *reco_u32(table, RECO_TRIGGER, row); bits != 0;
         bits &= bits - 1) {
        uint32_t bit = (uint32_t)__builtin_ctz(bits);
        if (hist->form.y.bins == 0)
            hist_fill(hist, bit, y, 1);
        else
            hist_put(hist, bit, y);
    }
}

static void numbers(struct hist *hist, const struct hist_info *info,
                    const struct reco_table *table, uint32_t row)
{
    const float *values = reco_f32(table, (enum reco_column)info->a, row);
    uint32_t width = reco_column_infos[info->a].width;
    for (uint32_t i = info->first, place = 0; i < width; i += info->step, place++) {
        double value = (double)values[i];
        if (info->form.y.bins == 0)
            hist_fill(hist, value, 0.0, 1);
        else
            hist_put(hist, place, value);
    }
}

/* Numbers of cells: most are 0, and say nothing that their flags do not. */
static void cells(struct hist *hist, const struct hist_info *info,
                  const struct reco_table *table, uint32_t row)
{
    const float *values = reco_f32(table, (enum reco_column)info->a, row);
    const uint8_t *flags = reco_u8(table, (enum reco_column)info->flag_column, row);
    uint32_t width = reco_column_infos[info->a].width;
    for (uint32_t from = 0; from < width; from += 64) {
        uint32_t left = width - from;
        for (uint64_t bits = nonzero_bits(values + from, left < 64 ? left : 64);
             bits != 0; bits &= bits - 1) {
            uint32_t i = from + (uint32_t)__builtin_ctzll(bits);
            if ((flags[i] & info->flags) == 0)
                continue;
            double value = reco_energy(table, (enum reco_column)info->a, row, i,
                                       (enum reco_sum)info->b);
            if (value != 0.0)
                hist_put(hist, i, value);
        }
    }
}

static void fill(struct hist *hist, const struct hist_info *info,
                 const struct reco_table *table, uint32_t row)
{
    double a = 0.0;
    double b = 0.0;
    switch (info->source) {
    case HIST_TYPE:
        hist_fill(hist, *reco_u8(table, RECO_TYPE, row), 0.0, 1);
        return;
    case HIST_TRIGGER:
        by_trigger(hist, table, row, 0.0);
        return;
    case HIST_QUANTITY:
        if (selection_value(table, row, (enum quantity)info->a, &a))
            hist_fill(hist, a, 0.0, 1);
        return;
    case HIST_PAIR:
        if (selection_value(table, row, (enum quantity)info->a, &a) &&
            selection_value(table, row, (enum quantity)info->b, &b))
            hist_fill(hist, a, b, 1);
        return;
    case HIST_BY_TRIGGER:
        if (selection_value(table, row, (enum quantity)info->a, &a))
            by_trigger(hist, table, row, a);
        return;
    case HIST_NUMBERS:
        numbers(hist, info, table, row);
        return;
    case HIST_OF_CELLS:
        cells(hist, info, table, row);
        return;
    case HIST_FLAGS: /* many rows together */
        return;
    }
}

/* The rows' bits are added up in bytes, for all cells together. */
static void flag_counts_add(struct hist *hist, uint32_t width,
                            uint8_t counts[BITS][CELLS])
{
    for (uint32_t bit = 0; bit < BITS; bit++)
        for (uint32_t i = 0; i < width; i++)
            hist->cells[i + 1 + (width + 2) * (bit + 1)] += counts[bit][i];
    memset(counts, 0, sizeof counts[0] * BITS);
}

static void flagged(struct hist *hist, const struct hist_info *info,
                    const struct reco_table *table)
{
    uint32_t width = reco_column_infos[info->a].width;
    uint8_t counts[BITS][CELLS] = {{0}};
    uint32_t added = 0;
    bug_if(width > CELLS);
    for (uint32_t row = 0; row < table->rows; row++) {
        if (!wanted(info, table, row))
            continue;
        const uint8_t *flags = reco_u8(table, (enum reco_column)info->a, row);
        for (uint32_t bit = 0; bit < BITS; bit++)
            for (uint32_t i = 0; i < width; i++)
                counts[bit][i] = (uint8_t)(counts[bit][i] + (flags[i] >> bit & 1));
        if (++added % UINT8_MAX == 0)
            flag_counts_add(hist, width, counts);
    }
    flag_counts_add(hist, width, counts);
}

void quality_add(struct hist_set *set, const struct reco_table *table)
{
    for (uint32_t i = 0; i < hist_info_count; i++) {
        const struct hist_info *info = &hist_infos[i];
        if (info->source == HIST_FLAGS)
            flagged(&set->list[i], info, table);
        else
            for (uint32_t row = 0; row < table->rows; row++)
                if (wanted(info, table, row))
                    fill(&set->list[i], info, table, row);
    }
}

/* "ecal_gev [0.5, 70)"; an open end is left out. */
static bool cut_label(const struct skim_cut *cut, char out[LABEL], struct err *err)
{
    struct bytes text;
    const char *label;
    bytes_init(&text, LABEL);
    bool done = text_add(&text, cut->quantity, err) && text_add(&text, " [", err) &&
                (isinf(cut->minimum) || text_add_real(&text, cut->minimum, err)) &&
                text_add(&text, ", ", err) &&
                (isinf(cut->maximum) || text_add_real(&text, cut->maximum, err)) &&
                text_add(&text, ")", err) && text_terminate(&text, &label, err) &&
                text_copy(out, LABEL, label, err);
    bytes_release(&text);
    return done;
}

static bool flow_make(const struct skim *skim, struct hist_set *set, struct err *err)
{
    char cuts[RECIPE_CUTS][LABEL];
    const char *labels[FLOW_STEPS] = {"seen", "in good spills"};
    uint32_t count = 2;
    for (uint32_t c = 0; c < skim->cut_count; c++) {
        if (!cut_label(&skim->cuts[c], cuts[c], err))
            return false;
        labels[count++] = cuts[c];
    }
    labels[count++] = "kept";
    struct hist_form form = {.directory = "cutflow",
                             .name = skim->name,
                             .title = "events left after each step",
                             .x = {"step", count, -0.5, (double)count - 0.5, labels}};
    return hist_set_add(set, &form, err) != NULL;
}

bool quality_flows_make(const struct recipe *recipe, struct hist_set *set,
                        struct err *err)
{
    for (uint32_t s = 0; s < recipe->skim_count; s++)
        if (!flow_make(&recipe->skims[s], set, err))
            return false;
    return true;
}

void quality_flow_add(struct hist_set *set, const struct recipe *recipe, uint32_t skim,
                      const struct cut_flow *flow)
{
    struct hist *hist = &set->list[skim];
    uint32_t cuts = recipe->skims[skim].cut_count;
    hist_fill(hist, 0, 0.0, flow->seen);
    hist_fill(hist, 1, 0.0, flow->seen - flow->masked);
    for (uint32_t c = 0; c < cuts; c++)
        hist_fill(hist, c + 2, 0.0, flow->after[c]);
    hist_fill(hist, cuts + 2, 0.0, flow->kept);
}
