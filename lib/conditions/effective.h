/* effective.h - what a payload says for one (run, spill): the value that enters the keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plain payload is its own value. A table over spills gives one small table
 * ("spillway-row 1"), found by a ladder whose level is recorded; a list of spills gives
 * the rows of that spill or an empty one. Pure functions of manifest and payload bytes.
 */
#ifndef SPILLWAY_CONDITIONS_EFFECTIVE_H
#define SPILLWAY_CONDITIONS_EFFECTIVE_H

#include "conditions/manifest.h"
#include "conditions/payload.h"

#define EFFECTIVE_ROW ((size_t)1 << 20) /* a row of 10^4 channels */

/* Whether a type needs its payload read to give values (PAYLOAD_LADDER, PAYLOAD_LIST). */
bool effective_needs_bytes(const struct payload_type *type);

/* A parsed table over spills, indexed by (run, spill). */
struct spill_table;

bool spill_table_new(const struct payload_type *type, const struct bytes *text,
                     const char *what, struct spill_table **table, struct err *err);
void spill_table_free(struct spill_table *table);

/* The last two steps of the ladder are taken only if the campaign allows them. */
struct effective_request {
    uint32_t run;
    uint32_t spill;
    bool allow_nearest_run;
    bool allow_none;
};

/* The value of a payload without rows over spills. */
struct effective effective_plain(const struct manifest_entry *entry);

/* The value for one (run, spill) of a table over spills; its canonical bytes replace the
 * content of `row`. E_EFFECTIVE when the ladder ends. */
bool effective_of_spill(const struct spill_table *table,
                        const struct effective_request *request, struct bytes *row,
                        struct effective *value, struct err *err);

#endif
