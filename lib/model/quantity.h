/* quantity.h - the quantities that cuts of a skim may name, with their units.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One list for whoever checks a campaign file and whoever evaluates a cut. A quantity is
 * computed from the stored columns (float as stored), so that a selection in the first
 * pass and one from stored columns give the same answer. Energies are in time unless the
 * name says "all"; those of vetoes (HCAL, VETO) are all unless it says "intime": a late
 * veto pulse must never make a missing-energy candidate.
 */
#ifndef SPILLWAY_MODEL_QUANTITY_H
#define SPILLWAY_MODEL_QUANTITY_H

#include <stdbool.h>

/* clang-format off */
#define QUANTITIES(X) \
    X(ECAL, "ecal_gev", "GeV", "ECAL with pre-shower, in time") \
    X(ECAL_ALL, "ecal_all_gev", "GeV", "ECAL with pre-shower, all") \
    X(ECAL_NO_PILEUP, "ecal_nopileup_gev", "GeV", "ECAL with pre-shower, in time, pile-up subtracted") \
    X(ECAL_OUT_OF_TIME, "ecal_out_of_time_gev", "GeV", "ecal_all_gev - ecal_gev") \
    X(ECAL_MAIN, "ecal_main_gev", "GeV", "ECAL without pre-shower, in time") \
    X(PRESHOWER, "preshower_gev", "GeV", "pre-shower, in time") \
    X(PRESHOWER_ALL, "preshower_all_gev", "GeV", "pre-shower, all") \
    X(HCAL, "hcal_gev", "GeV", "HCAL modules in line, all") \
    X(HCAL_IN_TIME, "hcal_intime_gev", "GeV", "HCAL modules in line, in time") \
    X(HCAL_OUT_OF_TIME, "hcal_out_of_time_gev", "GeV", "hcal_gev - hcal_intime_gev") \
    X(HCAL0, "hcal0_gev", "GeV", "HCAL module 0, all") \
    X(HCAL1, "hcal1_gev", "GeV", "HCAL module 1, all") \
    X(HCAL2, "hcal2_gev", "GeV", "HCAL module 2, all") \
    X(HCAL3, "hcal3_gev", "GeV", "HCAL module 3 (zero-degree line), all") \
    X(ECAL_HCAL, "ecal_hcal_gev", "GeV", "ecal_gev + hcal_gev") \
    X(VETO_MAX, "veto_max_mev", "MeV", "largest VETO plate, all") \
    X(VETO0, "veto0_mev", "MeV", "VETO plate 0, all") \
    X(VETO1, "veto1_mev", "MeV", "VETO plate 1, all") \
    X(VETO2, "veto2_mev", "MeV", "VETO plate 2, all") \
    X(SRD_MIN, "srd_min_mev", "MeV", "smallest SRD module, in time") \
    X(SRD_MAX, "srd_max_mev", "MeV", "largest SRD module, in time") \
    X(SRD_SUM, "srd_sum_mev", "MeV", "SRD, in time") \
    X(SRD_SUM_ALL, "srd_sum_all_mev", "MeV", "SRD, all") \
    X(HOTTEST_X, "hottest_x", "", "x of the hottest ECAL cell; absent when none is in time") \
    X(HOTTEST_Y, "hottest_y", "", "y of the hottest ECAL cell; absent when none is in time") \
    X(OUTSIDE, "outside_3x3_gev", "GeV", "ECAL in time outside 3x3 cells; absent as hottest_x") \
    X(OUTSIDE_FRACTION, "outside_3x3_fraction", "", "outside_3x3_gev / ecal_gev; absent as hottest_x") \
    X(MASTER_TIME, "master_time_ns", "ns", "time of the reference counter; absent when it has no pulse") \
    X(OVERFLOW, "overflow", "", "1 when a channel is at the end of its range, else 0") \
    X(PILEUP, "pileup", "", "1 when a channel has pile-up in its pedestal window, else 0") \
    X(DAMAGED, "damaged", "", "1 when a piece of the event was lost, else 0")

#define QUANTITY_ENUM(id, name, unit, meaning) QUANTITY_##id,

/* clang-format on */

enum quantity { QUANTITIES(QUANTITY_ENUM) QUANTITY_COUNT };

/* false when no quantity has this name; quantity may be NULL. */
bool quantity_find(const char *name, enum quantity *quantity);
const char *quantity_name(enum quantity quantity);
const char *quantity_unit(enum quantity quantity);
const char *quantity_meaning(enum quantity quantity);

#endif
