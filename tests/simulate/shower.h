/* shower.h - what particles leave in the detectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Parametrised, not physics: enough structure that reconstruction and selections have
 * something to find. All energies in GeV.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_SHOWER_H
#define SPILLWAY_TESTS_SIMULATE_SHOWER_H

#include "base/random.h"
#include "tests/simulate/layout.h"

#define SHOWER_HCALS  4
#define SHOWER_CELLS  3 /* by side of an HCAL module */
#define SHOWER_PLATES 3
#define SHOWER_SRDS   3

struct deposit {
    double ecal[2][LAYOUT_ECAL_X][LAYOUT_ECAL_Y]; /* pre-shower, main */
    double hcal[SHOWER_HCALS][SHOWER_CELLS][SHOWER_CELLS];
    double veto[SHOWER_PLATES];
    double srd[SHOWER_SRDS];
    double counters[4]; /* S0, S1, S2, V0 */
};

/* An electromagnetic shower in ECAL around the beam cell (2, 3), with resolution
 * 10 % / sqrt(E) + 1 %. */
void shower_electron(struct deposit *deposit, double energy, struct random *random);

/* A hadronic shower in HCAL modules 0 to 2, starting in `first`. */
void shower_hadron(struct deposit *deposit, double energy, int first,
                   struct random *random);

/* `muons` minimum ionising particles through HCAL 0 to 2 and VETO. */
void shower_muons(struct deposit *deposit, int muons, struct random *random);

/* Synchrotron radiation of a 100 GeV electron in all three modules. */
void shower_radiation(struct deposit *deposit, struct random *random);

/* One beam particle in the counters. */
void shower_counters(struct deposit *deposit, struct random *random);

double shower_ecal_sum(const struct deposit *deposit, int layer);
double shower_hcal_sum(const struct deposit *deposit, int module);

#endif
