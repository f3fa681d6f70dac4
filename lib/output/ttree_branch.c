/* ttree_branch.c - the types of numbers in a tree.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/ttree_branch.h"

static const struct ttree_form forms[TTREE_TYPES] = {
    [TTREE_BOOL] = {"TLeafO", 'O', 1, false}, [TTREE_I8] = {"TLeafB", 'B', 1, false},
    [TTREE_U8] = {"TLeafB", 'b', 1, true},    [TTREE_I16] = {"TLeafS", 'S', 2, false},
    [TTREE_U16] = {"TLeafS", 's', 2, true},   [TTREE_I32] = {"TLeafI", 'I', 4, false},
    [TTREE_U32] = {"TLeafI", 'i', 4, true},   [TTREE_I64] = {"TLeafL", 'L', 8, false},
    [TTREE_U64] = {"TLeafL", 'l', 8, true},   [TTREE_F32] = {"TLeafF", 'F', 4, false},
    [TTREE_F64] = {"TLeafD", 'D', 8, false},
};

const struct ttree_form *ttree_form(enum ttree_type type)
{
    bug_if((unsigned)type >= TTREE_TYPES);
    return &forms[type];
}
