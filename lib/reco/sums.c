/* sums.c - from the cells of an event to sums, plates, hottest cell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/sums.h"

#include <math.h>
#include <string.h>

#define ECAL_CELLS    ((size_t)RECO_ECAL_X * RECO_ECAL_Y)
#define HCAL_CELLS    ((size_t)RECO_HCAL_X * RECO_HCAL_Y)
#define CANONICAL_NAN 0x7fc00000u

static double sum_of(const float *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)numbers[i];
    return sum;
}

double sums_plate(double a, double b, double balance)
{
    double more = a > b ? a : b;
    double less = a > b ? b : a;
    return less < balance * more ? more : sqrt(a * b);
}

static void ecal_fill(const struct reco_table *table, uint32_t row, int kind)
{
    enum reco_column cells = setup_columns(PART_ECAL)->sums[kind];
    const float *energies = reco_f32(table, cells, row);
    double preshower = sum_of(energies, ECAL_CELLS);
    double main_part = sum_of(energies + ECAL_CELLS, ECAL_CELLS);
    reco_f32(table, RECO_PRESHOWER, row)[kind] = (float)preshower;
    reco_f32(table, RECO_ECAL_MAIN, row)[kind] = (float)main_part;
    reco_f32(table, RECO_ECAL_TOTAL, row)[kind] = (float)(preshower + main_part);
}

static void hcal_fill(const struct setup *setup, const struct reco_table *table,
                      uint32_t row, int kind)
{
    const float *energies = reco_f32(table, setup_columns(PART_HCAL)->sums[kind], row);
    double in_line = 0;
    for (uint32_t m = 0; m < RECO_HCAL_MODULES; m++) {
        double module = sum_of(energies + m * HCAL_CELLS, HCAL_CELLS);
        reco_f32(table, RECO_HCAL_MODULE, row)[m * RECO_SUMS + (uint32_t)kind] =
            (float)module;
        in_line += m < setup->hcal_in_line ? module : 0.0;
    }
    reco_f32(table, RECO_HCAL_TOTAL, row)[kind] = (float)in_line;
}

static void small_fill(const struct setup *setup, const struct reco_table *table,
                       uint32_t row, int kind)
{
    const float *veto = reco_f32(table, setup_columns(PART_VETO)->sums[kind], row);
    for (size_t p = 0; p < RECO_VETO_PLATES; p++)
        reco_f32(table, RECO_VETO_PLATE, row)[p * RECO_SUMS + (size_t)kind] =
            (float)sums_plate((double)veto[2 * p], (double)veto[2 * p + 1],
                              setup->veto_balance);
    const float *srd = reco_f32(table, setup_columns(PART_SRD)->sums[kind], row);
    float least = srd[0];
    for (uint32_t m = 1; m < setup->srd_modules; m++)
        least = srd[m] < least ? srd[m] : least;
    reco_f32(table, RECO_SRD_SUM, row)[kind] = (float)sum_of(srd, setup->srd_modules);
    reco_f32(table, RECO_SRD_LEAST, row)[kind] = least;
}

/* Energy in time of both layers at place (x, y). */
static double tower(const float *energies, int x, int y)
{
    size_t cell = (size_t)x * RECO_ECAL_Y + (size_t)y;
    return (double)energies[cell] + (double)energies[ECAL_CELLS + cell];
}

static bool hottest_fill(const struct reco_table *table, uint32_t row)
{
    const float *energies =
        reco_f32(table, setup_columns(PART_ECAL)->sums[RECO_IN_TIME], row);
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
    *reco_f32(table, RECO_OUTSIDE, row) = (float)outside;
    return true;
}

bool sums_fill(const struct setup *setup, const struct reco_table *table, uint32_t row)
{
    for (int kind = 0; kind < RECO_SUMS; kind++) {
        ecal_fill(table, row, kind);
        hcal_fill(setup, table, row, kind);
        small_fill(setup, table, row, kind);
    }
    return hottest_fill(table, row);
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
