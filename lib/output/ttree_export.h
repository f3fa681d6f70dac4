/* ttree_export.h - reconstructed events of published files as one TTree.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tree "reco" has the columns of model/reco_table.h; the text "columns" beside it says
 * their types, shapes, units and meaning, "provenance" of which segments it was made. The
 * bytes are a function of the inputs, their order and the file's name.
 */
#ifndef SPILLWAY_OUTPUT_TTREE_EXPORT_H
#define SPILLWAY_OUTPUT_TTREE_EXPORT_H

#include "base/err.h"

struct ttree_exported {
    uint64_t entries;
    uint64_t bytes;
};

/* Writes `out`, which must not exist, from files of stream "reco", in the order given. It
 * appears whole or not at all. */
bool ttree_export(const char *out, char *const *files, uint32_t count,
                  struct ttree_exported *exported, struct err *err);

#endif
