/* sums.h - from the cells of an event to sums, plates, hottest cell.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made of stored numbers only, added in double in the order of their places.
 */
#ifndef SPILLWAY_RECO_SUMS_H
#define SPILLWAY_RECO_SUMS_H

#include "reco/setup.h"

/* Fills the columns from PRESHOWER on. True when a calorimeter cell is in time, so that
 * there is a hottest one; of equal ones it is that with the smallest x, then y. *trace
 * becomes a NaN when one of the sums is. */
bool sums_fill(const struct setup *setup, const struct reco_table *table, uint32_t row,
               double *trace);

/* Energy of a plate that is read at both ends: the square root of the product, so that
 * the place of the hit drops out; the larger one when the other is below `balance` of it.
 */
double sums_plate(double a, double b, double balance);

/* Replaces NaN in the row's float columns by the one NaN of the format and gives their
 * number. */
uint64_t sums_nan(const struct reco_table *table, uint32_t row);

#endif
