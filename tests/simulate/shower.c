/* shower.c - parametrised showers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cell pitch 38.2 mm; two muons leave 5.6 +- 0.75 GeV in each HCAL module and 20.5 MeV in
 * the three VETO plates together; SRD modules have 13 MeV in the mean: all as in the
 * dimuon sample of 2022. Profiles and fractions are ours.
 */
#include "tests/simulate/shower.h"

#include <math.h>

#include "base/fmath.h"

#define PITCH_MM     38.2
#define BEAM_CELL_X  2
#define BEAM_CELL_Y  3
#define BEAM_SPOT_MM 8.0

/* Lateral profile: two double exponentials in x and y. */
static const struct {
    double weight, width_mm;
} profile[] = {{0.9, 5.0}, {0.1, 22.0}};

/* Share of a double exponential at `centre` between two edges. */
static double share(double low, double high, double centre, double width)
{
    double a = (low - centre) / width, b = (high - centre) / width;
    double below_a = a < 0 ? 0.5 * fmath_exp(a) : 1 - 0.5 * fmath_exp(-a);
    double below_b = b < 0 ? 0.5 * fmath_exp(b) : 1 - 0.5 * fmath_exp(-b);
    return below_b - below_a;
}

/* Spreads an energy over a layer; the impact point is measured from the centre of the
 * beam cell. */
static void layer_fill(double cells[LAYOUT_ECAL_X][LAYOUT_ECAL_Y], double energy,
                       const double impact_mm[2])
{
    for (size_t p = 0; p < sizeof profile / sizeof *profile; p++) {
        double column[LAYOUT_ECAL_X], row[LAYOUT_ECAL_Y];
        double width = profile[p].width_mm;
        for (int x = 0; x < LAYOUT_ECAL_X; x++) {
            double low = (x - BEAM_CELL_X - 0.5) * PITCH_MM;
            column[x] = share(low, low + PITCH_MM, impact_mm[0], width);
        }
        for (int y = 0; y < LAYOUT_ECAL_Y; y++) {
            double low = (y - BEAM_CELL_Y - 0.5) * PITCH_MM;
            row[y] = share(low, low + PITCH_MM, impact_mm[1], width);
        }
        for (int x = 0; x < LAYOUT_ECAL_X; x++)
            for (int y = 0; y < LAYOUT_ECAL_Y; y++)
                cells[x][y] += energy * profile[p].weight * column[x] * row[y];
    }
}

void shower_electron(struct deposit *deposit, double energy, struct random *random)
{
    double stochastic = 0.10 / sqrt(energy), constant = 0.01;
    double spread = sqrt(stochastic * stochastic + constant * constant);
    double seen = fmax(energy * (1 + spread * fmath_gaussian(random)), 0);
    double early = 0.06 + 0.02 * fmath_gaussian(random);
    early = fmin(fmax(early, 0.01), 0.25);
    double impact[2] = {BEAM_SPOT_MM * fmath_gaussian(random),
                        BEAM_SPOT_MM * fmath_gaussian(random)};
    layer_fill(deposit->ecal[0], seen * early, impact);
    layer_fill(deposit->ecal[1], seen * (1 - early), impact);
}

static void module_fill(double cells[SHOWER_CELLS][SHOWER_CELLS], double energy)
{
    for (int x = 0; x < SHOWER_CELLS; x++)
        for (int y = 0; y < SHOWER_CELLS; y++) {
            int away = (x != 1) + (y != 1);
            cells[x][y] += energy * (away == 0 ? 0.70 : away == 1 ? 0.06 : 0.015);
        }
}

void shower_hadron(struct deposit *deposit, double energy, int first,
                   struct random *random)
{
    double spread = 0.60 / sqrt(energy);
    double left = fmax(energy * (1 + spread * fmath_gaussian(random)), 0);
    for (int module = first; module < 3; module++) {
        double part = module == 2 ? 1 : 0.70 + 0.25 * random_unit(random);
        module_fill(deposit->hcal[module], left * part);
        left *= 1 - part;
    }
}

void shower_muons(struct deposit *deposit, int muons, struct random *random)
{
    for (int module = 0; module < 3; module++) {
        double energy = 2.8 * muons + 0.53 * sqrt(muons) * fmath_gaussian(random);
        deposit->hcal[module][1][1] += fmax(energy, 0);
    }
    for (int plate = 0; plate < SHOWER_PLATES; plate++)
        deposit->veto[plate] +=
            fmax(3.4e-3 * muons + 0.6e-3 * sqrt(muons) * fmath_gaussian(random), 0);
}

void shower_radiation(struct deposit *deposit, struct random *random)
{
    for (int module = 0; module < SHOWER_SRDS; module++) {
        double energy = 0; /* sum of four exponentials: mean 13 MeV, deviation half */
        for (int i = 0; i < 4; i++)
            energy -= 3.25e-3 * fmath_log(1 - random_unit(random));
        deposit->srd[module] += energy;
    }
}

void shower_counters(struct deposit *deposit, struct random *random)
{
    for (int i = 0; i < 3; i++) {
        double g = fmath_gaussian(random);
        deposit->counters[i] += 1e-3 * (1 + 0.15 * (g < 0 ? g / 2 : g));
    }
}

double shower_ecal_sum(const struct deposit *deposit, int layer)
{
    double sum = 0;
    for (int x = 0; x < LAYOUT_ECAL_X; x++)
        for (int y = 0; y < LAYOUT_ECAL_Y; y++)
            sum += deposit->ecal[layer][x][y];
    return sum;
}

double shower_hcal_sum(const struct deposit *deposit, int module)
{
    double sum = 0;
    for (int x = 0; x < SHOWER_CELLS; x++)
        for (int y = 0; y < SHOWER_CELLS; y++)
            sum += deposit->hcal[module][x][y];
    return sum;
}
