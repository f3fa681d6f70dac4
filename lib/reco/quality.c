/* quality.c - reconstructed events and cut flows -> histograms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/quality.h"

#include <math.h>

#include "base/text.h"
#include "reco/hits.h"

#define FLOW_STEPS (RECIPE_CUTS + 3) /* seen, good spill, cuts, kept */
#define LABEL      HIST_TITLE
#define BITS       8 /* of the flags of a cell */

/* Rows that are looked at together, and what of them is needed more than once. */
struct block {
    const struct reco_table *table;
    uint32_t from, to;              /* without it */
    uint32_t types;                 /* a bit for each DATE type that a row has */
    const struct hist_info *listed; /* what `hits` were last looked for; NULL: nothing */
    struct hits hits;
    double energies[HITS_ROWS * HITS_WIDTH]; /* of hits that count */
    uint16_t places[HITS_ROWS * HITS_WIDTH];
    uint32_t *filled[HITS_ROWS * HITS_WIDTH];
    double numbers[HITS_ROWS]; /* one of a row that counts */
    uint32_t count;            /* of these */
};

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

/* Numbers of a column, as x. */
static void numbers_fill(struct hist *hist, const struct hist_info *info,
                         struct block *block)
{
    uint32_t width = reco_column_infos[info->a].width;
    for (uint32_t i = info->first; i < width; i += info->step) {
        block->count = 0;
        for (uint32_t row = block->from; row < block->to; row++)
            if (wanted(info, block->table, row))
                block->numbers[block->count++] =
                    (double)reco_f32(block->table, (enum reco_column)info->a, row)[i];
        hist_fill_all(hist, block->numbers, block->count);
    }
}

/* The same with places as x. */
static void places_fill(const struct hist *hist, const struct hist_info *info,
                        const struct block *block)
{
    struct hist own = *hist; /* cells cannot change it: nothing is read again */
    uint32_t width = reco_column_infos[info->a].width;
    for (uint32_t row = block->from; row < block->to; row++) {
        if (!wanted(info, block->table, row))
            continue;
        const float *numbers = reco_f32(block->table, (enum reco_column)info->a, row);
        for (uint32_t i = info->first, place = 0; i < width; i += info->step, place++)
            hist_put(&own, place, (double)numbers[i]);
    }
}

/* Numbers of cells: most are 0, and say nothing that their flags do not. Which of them
 * count cannot be predicted, so there is no branch on it. */
static void cells_fill(const struct hist *hist, const struct hist_info *info,
                       struct block *block)
{
    const struct hist own = *hist; /* cells cannot change it: nothing is read again */
    const struct reco_table *table = block->table;
    const uint8_t *flags = reco_u8(table, (enum reco_column)info->flag_column, 0);
    const bool all = (block->types & ~info->types) == 0;
    uint32_t count = 0;
    if (block->listed == NULL || block->listed->a != info->a)
        hits_find(&block->hits, table, (enum reco_column)info->a, block->from, block->to);
    block->listed = info;
    for (uint32_t h = 0; h < block->hits.count; h++) {
        const struct hit *hit = &block->hits.list[h];
        double energy = reco_energy(table, (enum reco_column)info->a, hit->row, hit->cell,
                                    (enum reco_sum)info->b);
        block->energies[count] = energy;
        block->places[count] = hit->cell;
        count += ((flags[hit->at] & info->flags) != 0) & (energy != 0.0) &
                 (all || wanted(info, table, hit->row));
    }
    for (uint32_t i = 0; i < count; i++) { /* asked for well before it is filled */
        block->filled[i] = hist_cell(&own, block->places[i], block->energies[i]);
        __builtin_prefetch(block->filled[i], 1);
    }
    for (uint32_t i = 0; i < count; i++)
        (*block->filled[i])++;
}

static void quantity_fill(struct hist *hist, const struct hist_info *info,
                          struct block *block)
{
    block->count = 0;
    for (uint32_t row = block->from; row < block->to; row++)
        if (wanted(info, block->table, row) &&
            selection_value(block->table, row, (enum quantity)info->a,
                            &block->numbers[block->count]))
            block->count++;
    hist_fill_all(hist, block->numbers, block->count);
}

/* The rows' bits are added up in bytes, for all cells together. */
static void flags_fill(struct hist *hist, const struct hist_info *info,
                       const struct block *block)
{
    uint32_t width = reco_column_infos[info->a].width;
    uint8_t counts[BITS][HITS_WIDTH] = {{0}};
    _Static_assert(HITS_ROWS <= UINT8_MAX, "a byte counts the rows");
    bug_if(width > HITS_WIDTH);
    for (uint32_t row = block->from; row < block->to; row++) {
        if (!wanted(info, block->table, row))
            continue;
        const uint8_t *flags = reco_u8(block->table, (enum reco_column)info->a, row);
        for (uint32_t bit = 0; bit < BITS; bit++)
            for (uint32_t i = 0; i < width; i++)
                counts[bit][i] = (uint8_t)(counts[bit][i] + (flags[i] >> bit & 1));
    }
    for (uint32_t bit = 0; bit < BITS; bit++)
        for (uint32_t i = 0; i < width; i++)
            hist->cells[i + 1 + (width + 2) * (bit + 1)] += counts[bit][i];
}

/* What one event at a time fills. */
static void event_fill(struct hist *hist, const struct hist_info *info,
                       const struct reco_table *table, uint32_t row)
{
    double a = 0.0;
    double b = 0.0;
    if (info->source == HIST_TYPE)
        hist_fill(hist, *reco_u8(table, RECO_TYPE, row), 0.0, 1);
    if (info->source == HIST_TRIGGER)
        by_trigger(hist, table, row, 0.0);
    if (info->source == HIST_PAIR &&
        selection_value(table, row, (enum quantity)info->a, &a) &&
        selection_value(table, row, (enum quantity)info->b, &b))
        hist_fill(hist, a, b, 1);
    if (info->source == HIST_BY_TRIGGER &&
        selection_value(table, row, (enum quantity)info->a, &a))
        by_trigger(hist, table, row, a);
}

static void block_fill(struct hist *hist, const struct hist_info *info,
                       struct block *block)
{
    if ((block->types & info->types) == 0)
        return;
    switch (info->source) {
    case HIST_QUANTITY:
        quantity_fill(hist, info, block);
        return;
    case HIST_NUMBERS:
        if (info->form.y.bins == 0)
            numbers_fill(hist, info, block);
        else
            places_fill(hist, info, block);
        return;
    case HIST_OF_CELLS:
        cells_fill(hist, info, block);
        return;
    case HIST_FLAGS:
        flags_fill(hist, info, block);
        return;
    case HIST_TYPE:
    case HIST_TRIGGER:
    case HIST_PAIR:
    case HIST_BY_TRIGGER:
        for (uint32_t row = block->from; row < block->to; row++)
            if (wanted(info, block->table, row))
                event_fill(hist, info, block->table, row);
        return;
    }
}

void quality_add(struct hist_set *set, const struct reco_table *table)
{
    struct block block; /* not all of its memory is needed */
    block.table = table;
    for (block.from = 0; block.from < table->rows; block.from = block.to) {
        uint32_t left = table->rows - block.from;
        block.to = block.from + (left < HITS_ROWS ? left : HITS_ROWS);
        block.listed = NULL;
        block.types = 0;
        for (uint32_t row = block.from; row < block.to; row++)
            block.types |= 1u << (*reco_u8(table, RECO_TYPE, row) & 31);
        for (uint32_t i = 0; i < hist_info_count; i++)
            block_fill(&set->list[i], &hist_infos[i], &block);
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
    bug_if(flow->seen > UINT32_MAX); /* no segment has so many */
    hist_fill(hist, 0, 0.0, (uint32_t)flow->seen);
    hist_fill(hist, 1, 0.0, (uint32_t)(flow->seen - flow->masked));
    for (uint32_t c = 0; c < cuts; c++)
        hist_fill(hist, c + 2, 0.0, (uint32_t)flow->after[c]);
    hist_fill(hist, cuts + 2, 0.0, (uint32_t)flow->kept);
}
