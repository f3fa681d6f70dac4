/* ttree_record.h - the record of a TTree: its branches, leaves and lists of baskets.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_OUTPUT_TTREE_RECORD_H
#define SPILLWAY_OUTPUT_TTREE_RECORD_H

#include "output/ttree_branch.h"

/* Puts the tree, all of whose baskets are in the file, as a visible key. */
bool ttree_record_put(const struct ttree *tree, struct err *err);

#endif
