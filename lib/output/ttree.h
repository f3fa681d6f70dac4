/* ttree.h - a flat TTree, the n-tuple that older ROOT macros read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One branch a column: a number, an array of fixed shape, or an array whose length is the
 * number of an earlier column. All branches cut their baskets at the same entries, each
 * basket is compressed by itself. The bytes are a function of the entries and the target.
 *
 *     ttree_begin; ttree_put...; ttree_end; always ttree_release
 */
#ifndef SPILLWAY_OUTPUT_TTREE_H
#define SPILLWAY_OUTPUT_TTREE_H

#include "output/ttree_branch.h"

/* E_MODEL when the columns do not make a tree. */
bool ttree_begin(struct ttree *tree, const struct ttree_target *target, struct err *err);

/* Appends entries: values[c] are the numbers of column c as the machine holds them, entry
 * after entry without gap; bool as one byte, 0 or 1. */
bool ttree_put(struct ttree *tree, const void *const *values, uint32_t entries,
               struct err *err);

/* The last baskets and the tree itself. The file needs the classes ROOT_SET_TTREE. */
bool ttree_end(struct ttree *tree, struct err *err);
void ttree_release(struct ttree *tree);

#endif
