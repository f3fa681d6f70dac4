/* hits.h - the numbers of some rows that are not zero, as a list.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Most cells have no energy. A list is looked for once and then gone through for each
 * histogram, in long loops.
 */
#ifndef SPILLWAY_RECO_HITS_H
#define SPILLWAY_RECO_HITS_H

#include "model/reco_table.h"

#define HITS_ROWS  64u /* at most */
#define HITS_WIDTH 80u /* numbers of a row, at most */

struct hit {
    uint32_t at; /* number in the column */
    uint16_t row;
    uint16_t cell; /* number in the row */
};

struct hits {
    uint32_t count;
    struct hit list[HITS_ROWS * HITS_WIDTH + 4]; /* the last ones are not used */
};

/* Of rows `from` to `to` (without it) of a column of floats. */
void hits_find(struct hits *hits, const struct reco_table *table, enum reco_column column,
               uint32_t from, uint32_t to);

#endif
