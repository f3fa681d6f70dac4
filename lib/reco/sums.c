/* sums.c - from the cells of an event to sums, plates, hottest cell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/sums.h"

#include <math.h>
#include <string.h>

#include "base/half.h"

#define ECAL_CELLS    ((size_t)RECO_ECAL_X * RECO_ECAL_Y)
#define HCAL_CELLS    ((size_t)RECO_HCAL_X * RECO_HCAL_Y)
#define CANONICAL_NAN 0x7fc00000u

/* Numbers of a row, rounded to what files hold. */
static void sum_store(const struct reco_table *table, uint32_t row,
                      enum reco_column column, size_t place, double number)
{
    reco_f32(table, column, row)[place] = half_round((float)number);
}

/* Energies of one kind of the first cells of a part, as stored. */
static void cells_take(const struct reco_table *table, uint32_t row, enum setup_part part,
                       enum reco_sum kind, uint32_t count, double *out)
{
    enum reco_column all = setup_columns(part)->energy;
    bug_if(count > reco_column_infos[all].width);
    for (uint32_t i = 0; i < count; i++)
        out[i] = reco_energy(table, all, row, i, kind);
}

static double sum_of(const double *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    return sum;
}

double sums_plate(double a, double b, double balance)
{
    double more = a > b ? a : b;
    double less = a > b ? b : a;
    return less < balance * more ? more : sqrt(a * b);
}

/* Energy in time of both layers at place (x, y). */
static double tower(const double *energies, int x, int y)
{
    size_t cell = (size_t)x * RECO_ECAL_Y + (size_t)y;
    return energies[cell] + energies[ECAL_CELLS + cell];
}

static bool hottest_fill(const struct reco_table *table, uint32_t row,
                         const double *energies)
{
    double most = 0;
    int hot_x = 0;
    int hot_y = 0;
    for (int x = 0; x < RECO_ECAL_X; x++)
        for (int y = 0; y < RECO_ECAL_Y; y++)
            if (tower(energies, x, y) > most) {
                most = tower(energies, x, y);
                hot_x = x;
                hot_y = y;
            }
    double outside = 0;
    for (int x = 0; x < RECO_ECAL_X; x++)
        for (int y = 0; y < RECO_ECAL_Y; y++)
            if (x < hot_x - 1 || x > hot_x + 1 || y < hot_y - 1 || y > hot_y + 1)
                outside += tower(energies, x, y);
    if (!(most > 0))
        return false;
    *reco_u8(table, RECO_HOTTEST_X, row) = (uint8_t)hot_x;
    *reco_u8(table, RECO_HOTTEST_Y, row) = (uint8_t)hot_y;
    sum_store(table, row, RECO_OUTSIDE, 0, outside);
    return true;
}

/* Whether a cell in time is the hottest. */
static bool ecal_fill(const struct reco_table *table, uint32_t row, enum reco_sum kind)
{
    double energies[2 * ECAL_CELLS];
    cells_take(table, row, PART_ECAL, kind, 2 * ECAL_CELLS, energies);
    double preshower = sum_of(energies, ECAL_CELLS);
    double main_part = sum_of(energies + ECAL_CELLS, ECAL_CELLS);
    sum_store(table, row, RECO_PRESHOWER, (size_t)kind, preshower);
    sum_store(table, row, RECO_ECAL_MAIN, (size_t)kind, main_part);
    sum_store(table, row, RECO_ECAL_TOTAL, (size_t)kind, preshower + main_part);
    return kind == RECO_IN_TIME && hottest_fill(table, row, energies);
}

static void hcal_fill(const struct setup *setup, const struct reco_table *table,
                      uint32_t row, enum reco_sum kind)
{
    double energies[RECO_HCAL_MODULES * HCAL_CELLS];
    double in_line = 0;
    cells_take(table, row, PART_HCAL, kind, RECO_HCAL_MODULES * HCAL_CELLS, energies);
    for (uint32_t m = 0; m < RECO_HCAL_MODULES; m++) {
        double module = sum_of(energies + m * HCAL_CELLS, HCAL_CELLS);
        sum_store(table, row, RECO_HCAL_MODULE, (size_t)m * RECO_SUMS + (size_t)kind,
                  module);
        in_line += m < setup->hcal_in_line ? module : 0.0;
    }
    sum_store(table, row, RECO_HCAL_TOTAL, (size_t)kind, in_line);
}

static void small_fill(const struct setup *setup, const struct reco_table *table,
                       uint32_t row, enum reco_sum kind)
{
    double energies[RECO_VETO_PMTS];
    double srd[RECO_SRD_MODULES];
    cells_take(table, row, PART_VETO, kind, RECO_VETO_PMTS, energies);
    for (size_t p = 0; p < RECO_VETO_PLATES; p++)
        sum_store(table, row, RECO_VETO_PLATE, p * RECO_SUMS + (size_t)kind,
                  sums_plate(energies[2 * p], energies[2 * p + 1], setup->veto_balance));
    cells_take(table, row, PART_SRD, kind, RECO_SRD_MODULES, srd);
    double least = srd[0];
    for (uint32_t m = 1; m < setup->srd_modules; m++)
        least = srd[m] < least ? srd[m] : least;
    sum_store(table, row, RECO_SRD_SUM, (size_t)kind, sum_of(srd, setup->srd_modules));
    sum_store(table, row, RECO_SRD_LEAST, (size_t)kind, least);
}

bool sums_fill(const struct setup *setup, const struct reco_table *table, uint32_t row)
{
    bool hottest = false;
    for (enum reco_sum kind = RECO_ALL; kind <= RECO_NO_PILEUP; kind++) {
        hottest = ecal_fill(table, row, kind) || hottest;
        hcal_fill(setup, table, row, kind);
        small_fill(setup, table, row, kind);
    }
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
