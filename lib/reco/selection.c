/* selection.c - cuts on stored columns, random fractions, cut flow.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/selection.h"

#include "base/random.h"
#include "conditions/payload.h"

#define MASK_MEMORY ((size_t)1 << 20) /* of a value: some rows of one number */

/* Where a quantity is: number `place` of a float column, or something computed. */
enum source_kind {
    FROM_FLOAT,
    FROM_BYTE,
    FROM_FLAG,       /* 1 when bit `place` of the event's flags is set */
    FROM_DIFFERENCE, /* number `place` minus number `other` */
    FROM_HCAL_SUM,   /* calorimeter in time plus hadron calorimeter all */
    FROM_VETO_MAX,
    FROM_SRD_MAX,
    FROM_FRACTION /* outside / calorimeter in time */
};

struct source {
    enum source_kind kind;
    enum reco_column column;
    uint32_t place, other;
    uint32_t needs; /* flags without which the event has no such quantity */
};

#define MODULE(m, kind) ((m)*RECO_SUMS + (kind))

static const struct source sources[QUANTITY_COUNT] = {
    [QUANTITY_ECAL] = {FROM_FLOAT, RECO_ECAL_TOTAL, RECO_IN_TIME, 0, 0},
    [QUANTITY_ECAL_ALL] = {FROM_FLOAT, RECO_ECAL_TOTAL, RECO_ALL, 0, 0},
    [QUANTITY_ECAL_NO_PILEUP] = {FROM_FLOAT, RECO_ECAL_TOTAL, RECO_NO_PILEUP, 0, 0},
    [QUANTITY_ECAL_OUT_OF_TIME] = {FROM_DIFFERENCE, RECO_ECAL_TOTAL, RECO_ALL,
                                   RECO_IN_TIME, 0},
    [QUANTITY_ECAL_MAIN] = {FROM_FLOAT, RECO_ECAL_MAIN, RECO_IN_TIME, 0, 0},
    [QUANTITY_PRESHOWER] = {FROM_FLOAT, RECO_PRESHOWER, RECO_IN_TIME, 0, 0},
    [QUANTITY_PRESHOWER_ALL] = {FROM_FLOAT, RECO_PRESHOWER, RECO_ALL, 0, 0},
    [QUANTITY_HCAL] = {FROM_FLOAT, RECO_HCAL_TOTAL, RECO_ALL, 0, 0},
    [QUANTITY_HCAL_IN_TIME] = {FROM_FLOAT, RECO_HCAL_TOTAL, RECO_IN_TIME, 0, 0},
    [QUANTITY_HCAL_OUT_OF_TIME] = {FROM_DIFFERENCE, RECO_HCAL_TOTAL, RECO_ALL,
                                   RECO_IN_TIME, 0},
    [QUANTITY_HCAL0] = {FROM_FLOAT, RECO_HCAL_MODULE, MODULE(0, RECO_ALL), 0, 0},
    [QUANTITY_HCAL1] = {FROM_FLOAT, RECO_HCAL_MODULE, MODULE(1, RECO_ALL), 0, 0},
    [QUANTITY_HCAL2] = {FROM_FLOAT, RECO_HCAL_MODULE, MODULE(2, RECO_ALL), 0, 0},
    [QUANTITY_HCAL3] = {FROM_FLOAT, RECO_HCAL_MODULE, MODULE(3, RECO_ALL), 0, 0},
    [QUANTITY_ECAL_HCAL] = {FROM_HCAL_SUM, RECO_ECAL_TOTAL, RECO_IN_TIME, RECO_ALL, 0},
    [QUANTITY_VETO_MAX] = {FROM_VETO_MAX, RECO_VETO_PLATE, 0, 0, 0},
    [QUANTITY_VETO0] = {FROM_FLOAT, RECO_VETO_PLATE, MODULE(0, RECO_ALL), 0, 0},
    [QUANTITY_VETO1] = {FROM_FLOAT, RECO_VETO_PLATE, MODULE(1, RECO_ALL), 0, 0},
    [QUANTITY_VETO2] = {FROM_FLOAT, RECO_VETO_PLATE, MODULE(2, RECO_ALL), 0, 0},
    [QUANTITY_SRD_MIN] = {FROM_FLOAT, RECO_SRD_LEAST, RECO_IN_TIME, 0, 0},
    [QUANTITY_SRD_MAX] = {FROM_SRD_MAX, RECO_SRD_ENE, RECO_IN_TIME, 0, 0},
    [QUANTITY_SRD_SUM] = {FROM_FLOAT, RECO_SRD_SUM, RECO_IN_TIME, 0, 0},
    [QUANTITY_SRD_SUM_ALL] = {FROM_FLOAT, RECO_SRD_SUM, RECO_ALL, 0, 0},
    [QUANTITY_HOTTEST_X] = {FROM_BYTE, RECO_HOTTEST_X, 0, 0, RECO_HAS_HOTTEST},
    [QUANTITY_HOTTEST_Y] = {FROM_BYTE, RECO_HOTTEST_Y, 0, 0, RECO_HAS_HOTTEST},
    [QUANTITY_OUTSIDE] = {FROM_FLOAT, RECO_OUTSIDE, 0, 0, RECO_HAS_HOTTEST},
    [QUANTITY_OUTSIDE_FRACTION] = {FROM_FRACTION, RECO_OUTSIDE, 0, RECO_IN_TIME,
                                   RECO_HAS_HOTTEST},
    [QUANTITY_MASTER_TIME] = {FROM_FLOAT, RECO_MASTER, 0, 0, RECO_HAS_MASTER},
    [QUANTITY_OVERFLOW] = {FROM_FLAG, RECO_FLAGS, RECO_OVERFLOW, 0, 0},
    [QUANTITY_PILEUP] = {FROM_FLAG, RECO_FLAGS, RECO_PILEUP, 0, 0},
    [QUANTITY_DAMAGED] = {FROM_FLAG, RECO_FLAGS, RECO_DAMAGED | RECO_LOST, 0, 0},
};

bool selection_make(const struct recipe *recipe, struct selection *selection,
                    struct err *err)
{
    struct selection made = {.recipe = recipe, .masked_from = UINT32_MAX};
    for (uint32_t s = 0; s < recipe->skim_count; s++) {
        const struct skim *skim = &recipe->skims[s];
        for (uint32_t c = 0; c < skim->cut_count; c++)
            if (!quantity_find(skim->cuts[c].quantity, &made.quantities[s][c]))
                return err_set(err, E_RECO_QUANTITY,
                               "skim %s: cut %u: there is no quantity \"%s\"", skim->name,
                               c + 1, skim->cuts[c].quantity);
    }
    *selection = made;
    return true;
}

static uint64_t source_columns(const struct source *source)
{
    uint64_t columns = reco_set(source->column);
    if (source->needs != 0)
        columns |= reco_set(RECO_FLAGS);
    if (source->kind == FROM_HCAL_SUM)
        columns |= reco_set(RECO_HCAL_TOTAL);
    if (source->kind == FROM_SRD_MAX)
        columns |= reco_set(RECO_SRD_OUT);
    if (source->kind == FROM_FRACTION)
        columns |= reco_set(RECO_ECAL_TOTAL);
    return columns;
}

uint64_t selection_columns(const struct selection *selection)
{
    const struct recipe *recipe = selection->recipe;
    uint64_t columns = 0;
    for (uint32_t s = 0; s < recipe->skim_count; s++)
        for (uint32_t c = 0; c < recipe->skims[s].cut_count; c++)
            columns |= source_columns(&sources[selection->quantities[s][c]]);
    return columns;
}

bool selection_mask(struct selection *selection, const struct bytes *value,
                    struct err *err)
{
    selection->masked_from = UINT32_MAX;
    if (value == NULL)
        return true;
    struct arena arena;
    struct table table;
    arena_init(&arena, MASK_MEMORY);
    bool done = payload_parse(payload_type_find("bad_spills"), value, "bad_spills",
                              &arena, &table, err);
    if (done && !table.is_row)
        done = err_set(err, E_RECO_MISSING,
                       "bad_spills: the rows of one spill are needed, not all of them");
    for (size_t row = 0; done && row < table.rows; row++) {
        uint32_t from = table_cell(&table, row, 0)->count;
        if (from < selection->masked_from)
            selection->masked_from = from;
    }
    arena_release(&arena);
    return done;
}

static double largest(const float *numbers, size_t count, size_t step)
{
    double most = (double)numbers[0];
    for (size_t i = 1; i < count; i++)
        most = (double)numbers[i * step] > most ? (double)numbers[i * step] : most;
    return most;
}

static double largest_cell(const struct reco_table *table, uint32_t row,
                           enum reco_column all, uint32_t count)
{
    double most = 0;
    for (uint32_t i = 0; i < count; i++) {
        double energy = reco_energy(table, all, row, i, RECO_IN_TIME);
        most = i == 0 || energy > most ? energy : most;
    }
    return most;
}

static double number(const struct reco_table *table, uint32_t row,
                     enum reco_column column, uint32_t place)
{
    return (double)reco_f32(table, column, row)[place];
}

static double source_value(const struct reco_table *table, uint32_t row,
                           const struct source *source)
{
    enum reco_column column = source->column;
    switch (source->kind) {
    case FROM_FLOAT:
        return number(table, row, column, source->place);
    case FROM_BYTE:
        return (double)*reco_u8(table, column, row);
    case FROM_FLAG:
        return (*reco_u32(table, column, row) & source->place) != 0 ? 1.0 : 0.0;
    case FROM_DIFFERENCE:
        return number(table, row, column, source->place) -
               number(table, row, column, source->other);
    case FROM_HCAL_SUM:
        return number(table, row, column, source->place) +
               number(table, row, RECO_HCAL_TOTAL, source->other);
    case FROM_VETO_MAX:
        return largest(reco_f32(table, column, row), RECO_VETO_PLATES, RECO_SUMS);
    case FROM_SRD_MAX:
        return largest_cell(table, row, column, RECO_SRD_MODULES);
    case FROM_FRACTION:
        return number(table, row, column, source->place) /
               number(table, row, RECO_ECAL_TOTAL, source->other);
    }
    unreachable();
}

bool selection_value(const struct reco_table *table, uint32_t row, enum quantity quantity,
                     double *value)
{
    const struct source *source = &sources[quantity];
    if (source->needs != 0 &&
        (*reco_u32(table, RECO_FLAGS, row) & source->needs) != source->needs)
        return false;
    *value = source_value(table, row, source);
    return true;
}

double selection_unit(uint32_t run, uint32_t spill, uint32_t event)
{
    struct random random = {.state = run};
    random.state = random_next(&random) + spill;
    random.state = random_next(&random) + event;
    return random_unit(&random);
}

/* Of neighbouring rows; where an event has no such quantity the value means nothing. */
static void source_values(const struct selection_events *events,
                          const struct source *source, double *values)
{
    const struct reco_table *table = events->table;
    if (source->kind != FROM_FLOAT) {
        for (uint32_t i = 0; i < events->count; i++)
            values[i] = source_value(table, events->row + i, source);
        return;
    }
    const size_t width = reco_column_infos[source->column].width;
    const float *numbers = reco_f32(table, source->column, events->row) + source->place;
    for (uint32_t i = 0; i < events->count; i++)
        values[i] = (double)numbers[i * width];
}

static uint64_t cut_passes(const struct selection_events *events,
                           const struct skim_cut *cut, const struct source *source)
{
    double values[SELECTION_ROWS];
    uint64_t passed = 0;
    source_values(events, source, values);
    for (uint32_t i = 0; i < events->count; i++)
        passed |= (uint64_t)((values[i] >= cut->minimum) & (values[i] < cut->maximum))
                  << i;
    if (source->needs == 0)
        return passed;
    const uint32_t *flags = reco_u32(events->table, RECO_FLAGS, events->row);
    for (uint32_t i = 0; i < events->count; i++)
        passed &= ~((uint64_t)((flags[i] & source->needs) != source->needs) << i);
    return passed;
}

static uint64_t cuts_pass(const struct selection *selection, uint32_t skim,
                          const struct selection_events *events, uint64_t left,
                          struct cut_flow *flow)
{
    bug_if(events->table == NULL);
    const struct skim *cuts = &selection->recipe->skims[skim];
    for (uint32_t c = 0; c < cuts->cut_count && left != 0; c++) {
        left &=
            cut_passes(events, &cuts->cuts[c], &sources[selection->quantities[skim][c]]);
        flow->after[c] += (uint64_t)__builtin_popcountll(left);
    }
    return left;
}

static uint64_t random_pass(const struct selection_events *events, double fraction,
                            uint64_t left)
{
    uint64_t passed = 0;
    for (uint32_t i = 0; i < events->count; i++)
        passed |= (uint64_t)(selection_unit(events->run, events->spill,
                                            events->numbers[i]) < fraction)
                  << i;
    return passed & left;
}

static uint64_t skim_passes(const struct selection *selection, uint32_t skim,
                            const struct selection_events *events, uint64_t left,
                            struct cut_flow *flow)
{
    const struct skim *what = &selection->recipe->skims[skim];
    switch (what->kind) {
    case SKIM_ALL:
        return left;
    case SKIM_RANDOM:
        return random_pass(events, what->fraction, left);
    case SKIM_CUTS:
        return cuts_pass(selection, skim, events, left, flow);
    }
    unreachable();
}

uint64_t selection_choose(const struct selection *selection, uint32_t skim,
                          const struct selection_events *events, struct cut_flow *flow)
{
    const struct skim *what = &selection->recipe->skims[skim];
    uint64_t seen = 0, masked = 0;
    bug_if(events->count > SELECTION_ROWS);
    for (uint32_t i = 0; i < events->count; i++) {
        seen |= (uint64_t)(what->event_types >> (events->types[i] & 31) & 1) << i;
        masked |= (uint64_t)(events->numbers[i] >= selection->masked_from) << i;
    }
    masked &= seen;
    uint64_t kept = skim_passes(selection, skim, events, seen & ~masked, flow);
    uint64_t count = (uint64_t)__builtin_popcountll(seen);
    flow->seen += count;
    flow->other += events->count - count;
    flow->masked += (uint64_t)__builtin_popcountll(masked);
    flow->kept += (uint64_t)__builtin_popcountll(kept);
    return kept;
}

bool selection_keeps(const struct selection *selection, uint32_t skim,
                     const struct selection_event *event, struct cut_flow *flow)
{
    const uint8_t type = (uint8_t)(event->type & 31);
    const struct selection_events one = {.run = event->run,
                                         .spill = event->spill,
                                         .numbers = &event->event,
                                         .types = &type,
                                         .count = 1,
                                         .table = event->table,
                                         .row = event->row};
    return selection_choose(selection, skim, &one, flow) != 0;
}
