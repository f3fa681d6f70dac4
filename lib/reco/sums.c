/* sums.c - from the cells of an event to sums, plates, hottest cell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/sums.h"

#include <math.h>
#include <string.h>

#include "base/half.h"
#include "reco/nonzero.h"

#define ECAL_CELLS    ((uint32_t)RECO_ECAL_X * RECO_ECAL_Y)
#define HCAL_CELLS    ((uint32_t)RECO_HCAL_X * RECO_HCAL_Y)
#define CANONICAL_NAN 0x7fc00000u

/* A row at work. */
struct sums {
    const struct setup *setup;
    const struct reco_table *table;
    uint32_t row;
    double trace; /* the sum of what was stored: a NaN stays in it */
};

/* Energies of cells, three numbers each as stored. */
struct cells {
    const float *all, *out, *tail;
};

/* One number for each kind of sum. */
struct kinds {
    double of[RECO_SUMS];
};

/* Rounded to what files hold. */
static void sum_store(struct sums *sums, enum reco_column column, size_t place,
                      double number)
{
    sums->trace += number;
    reco_f32(sums->table, column, sums->row)[place] = half_round((float)number);
}

static void kinds_store(struct sums *sums, enum reco_column column, size_t place,
                        const struct kinds *kinds)
{
    for (size_t kind = 0; kind < RECO_SUMS; kind++)
        sum_store(sums, column, place * RECO_SUMS + kind, kinds->of[kind]);
}

static void kinds_add(struct kinds *sum, const struct kinds *kinds)
{
    for (size_t kind = 0; kind < RECO_SUMS; kind++)
        sum->of[kind] += kinds->of[kind];
}

/* The cells of a part from number `first` on. */
static struct cells cells_of(const struct sums *sums, enum setup_part part,
                             uint32_t first)
{
    enum reco_column all = setup_columns(part)->energy;
    return (struct cells){reco_f32(sums->table, all, sums->row) + first,
                          reco_f32(sums->table, all + RECO_IN_TIME, sums->row) + first,
                          reco_f32(sums->table, all + RECO_NO_PILEUP, sums->row) + first};
}

/* As reco_energy(). */
static struct kinds cell_kinds(const struct cells *cells, uint32_t cell)
{
    double all = (double)cells->all[cell];
    double in_time = all - (double)cells->out[cell];
    double no_pileup = in_time - (double)cells->tail[cell];
    return (struct kinds){
        {all, in_time < 0 ? 0 : in_time, no_pileup < 0 ? 0 : no_pileup}};
}

/* The cells that are not zero in all three numbers: what is, changes no sum. */
static uint64_t cells_hit(const struct cells *cells, uint32_t count)
{
    return nonzero_bits(cells->all, count) | nonzero_bits(cells->out, count) |
           nonzero_bits(cells->tail, count);
}

/* Of the cells marked, in the order of their places. */
static struct kinds cells_sum(const struct cells *cells, uint64_t hit)
{
    struct kinds sum = {{0}};
    for (; hit != 0; hit &= hit - 1) {
        struct kinds kinds = cell_kinds(cells, (uint32_t)__builtin_ctzll(hit));
        kinds_add(&sum, &kinds);
    }
    return sum;
}

double sums_plate(double a, double b, double balance)
{
    double more = a > b ? a : b;
    double less = a > b ? b : a;
    return less < balance * more ? more : sqrt(a * b);
}

/* Energy in time of both layers at place (x, y). */
static double tower(const struct cells layers[RECO_ECAL_LAYERS], uint32_t cell)
{
    return cell_kinds(&layers[0], cell).of[RECO_IN_TIME] +
           cell_kinds(&layers[1], cell).of[RECO_IN_TIME];
}

/* `hit`: the places where a layer has energy. */
static bool hottest_fill(struct sums *sums, const struct cells layers[RECO_ECAL_LAYERS],
                         uint64_t hit)
{
    double towers[ECAL_CELLS];
    double most = 0;
    double outside = 0;
    uint32_t hottest = 0;
    for (uint64_t bits = hit; bits != 0; bits &= bits - 1) {
        uint32_t cell = (uint32_t)__builtin_ctzll(bits);
        towers[cell] = tower(layers, cell);
        if (towers[cell] > most) {
            most = towers[cell];
            hottest = cell;
        }
    }
    if (!(most > 0))
        return false;
    uint32_t hot_x = hottest / RECO_ECAL_Y, hot_y = hottest % RECO_ECAL_Y;
    for (uint64_t bits = hit; bits != 0; bits &= bits - 1) {
        uint32_t cell = (uint32_t)__builtin_ctzll(bits);
        uint32_t x = cell / RECO_ECAL_Y, y = cell % RECO_ECAL_Y;
        if (x + 1 < hot_x || x > hot_x + 1 || y + 1 < hot_y || y > hot_y + 1)
            outside += towers[cell];
    }
    *reco_u8(sums->table, RECO_HOTTEST_X, sums->row) = (uint8_t)hot_x;
    *reco_u8(sums->table, RECO_HOTTEST_Y, sums->row) = (uint8_t)hot_y;
    sum_store(sums, RECO_OUTSIDE, 0, outside);
    return true;
}

/* Whether a cell in time is the hottest. */
static bool ecal_fill(struct sums *sums)
{
    const struct cells layers[RECO_ECAL_LAYERS] = {cells_of(sums, PART_ECAL, 0),
                                                   cells_of(sums, PART_ECAL, ECAL_CELLS)};
    uint64_t in_preshower = cells_hit(&layers[0], ECAL_CELLS);
    uint64_t in_main = cells_hit(&layers[1], ECAL_CELLS);
    struct kinds preshower = cells_sum(&layers[0], in_preshower);
    struct kinds main_part = cells_sum(&layers[1], in_main);
    struct kinds total = preshower;
    kinds_add(&total, &main_part);
    kinds_store(sums, RECO_PRESHOWER, 0, &preshower);
    kinds_store(sums, RECO_ECAL_MAIN, 0, &main_part);
    kinds_store(sums, RECO_ECAL_TOTAL, 0, &total);
    return hottest_fill(sums, layers, in_preshower | in_main);
}

static void hcal_fill(struct sums *sums)
{
    struct cells cells = cells_of(sums, PART_HCAL, 0);
    uint64_t hit = cells_hit(&cells, RECO_HCAL_MODULES * HCAL_CELLS);
    struct kinds in_line = {{0}};
    for (uint32_t m = 0; m < RECO_HCAL_MODULES; m++) {
        uint64_t own = (((uint64_t)1 << HCAL_CELLS) - 1) << (m * HCAL_CELLS);
        struct kinds module = cells_sum(&cells, hit & own);
        kinds_store(sums, RECO_HCAL_MODULE, m, &module);
        if (m < sums->setup->hcal_in_line)
            kinds_add(&in_line, &module);
    }
    kinds_store(sums, RECO_HCAL_TOTAL, 0, &in_line);
}

static void veto_fill(struct sums *sums)
{
    const double balance = sums->setup->veto_balance;
    struct cells cells = cells_of(sums, PART_VETO, 0);
    if (cells_hit(&cells, RECO_VETO_PMTS) == 0) /* a new row is zero */
        return;
    for (uint32_t p = 0; p < RECO_VETO_PLATES; p++) {
        struct kinds a = cell_kinds(&cells, 2 * p), b = cell_kinds(&cells, 2 * p + 1);
        for (size_t kind = 0; kind < RECO_SUMS; kind++)
            sum_store(sums, RECO_VETO_PLATE, (size_t)p * RECO_SUMS + kind,
                      sums_plate(a.of[kind], b.of[kind], balance));
    }
}

static void srd_fill(struct sums *sums)
{
    struct cells cells = cells_of(sums, PART_SRD, 0);
    struct kinds least = cell_kinds(&cells, 0), sum = {{0}};
    for (uint32_t m = 0; m < sums->setup->srd_modules; m++) {
        struct kinds module = cell_kinds(&cells, m);
        kinds_add(&sum, &module);
        for (size_t kind = 0; kind < RECO_SUMS; kind++)
            if (module.of[kind] < least.of[kind])
                least.of[kind] = module.of[kind];
    }
    kinds_store(sums, RECO_SRD_SUM, 0, &sum);
    kinds_store(sums, RECO_SRD_LEAST, 0, &least);
}

bool sums_fill(const struct setup *setup, const struct reco_table *table, uint32_t row,
               double *trace)
{
    struct sums sums = {setup, table, row, 0};
    bool hottest = ecal_fill(&sums);
    hcal_fill(&sums);
    veto_fill(&sums);
    srd_fill(&sums);
    *trace = sums.trace;
    return hottest;
}

/* Whole numbers, so that the compiler may look at several at a time. */
static bool any_nan(const float *numbers, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        found |= (bits & 0x7fffffffu) > 0x7f800000u;
    }
    return found != 0;
}

uint64_t sums_nan(const struct reco_table *table, uint32_t row)
{
    const uint32_t canonical = CANONICAL_NAN;
    uint64_t count = 0;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        float *numbers = reco_f32(table, (enum reco_column)c, row);
        uint32_t width = reco_column_infos[c].width;
        if (reco_column_infos[c].type != RECO_F32 || !any_nan(numbers, width))
            continue;
        for (uint32_t i = 0; i < width; i++)
            if (isnan(numbers[i])) {
                memcpy(&numbers[i], &canonical, sizeof canonical);
                count++;
            }
    }
    return count;
}
