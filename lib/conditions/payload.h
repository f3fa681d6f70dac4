/* payload.h - the one table of payload types, and reading a payload by it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What payload_parse gives obeys all that the type declares, with rows sorted by keys, in
 * the newest schema, so that readers need no checks of their own.
 *
 * Each number has a source. The header says that of all; a column `source` behind those
 * of the type says it row by row, a column `NAME.source` for the numbers of the column
 * NAME. The most special one counts.
 */
#ifndef SPILLWAY_CONDITIONS_PAYLOAD_H
#define SPILLWAY_CONDITIONS_PAYLOAD_H

#include "conditions/payload_type.h"

/* 10^6 rows of some 50 characters. */
#define PAYLOAD_LIMIT ((size_t)64 << 20)

/* NULL when the type is not known to this release. */
const struct payload_type *payload_type_find(const char *name);

/* All types, sorted by name; NULL behind the last. */
const struct payload_type *payload_type_at(size_t index);

const char *payload_kind_name(enum payload_kind kind);
const char *payload_step_name(enum payload_step step);

/* How many of its columns the texts of a schema have. */
size_t payload_columns_of(const struct payload_type *type, uint32_t schema);

/* The limits of a column, and its words. E_PAYLOAD_VALUE without a place. */
bool payload_check_cell(const struct payload_column *column, const union table_cell *cell,
                        struct err *err);

/* Reads a payload, or the effective row of a PAYLOAD_LADDER or PAYLOAD_LIST type, as the
 * type wants it. `what` names it in messages (a URL, a hash). E_PAYLOAD_TEXT for the
 * form, E_PAYLOAD_VALUE for a number outside its limits, with row and column. */
bool payload_parse(const struct payload_type *type, const struct bytes *text,
                   const char *what, struct arena *arena, struct table *table,
                   struct err *err);

/* The same as it is written: in its own schema, with the columns of sources. */
bool payload_read(const struct payload_type *type, const struct bytes *text,
                  const char *what, struct arena *arena, struct table *table,
                  struct err *err);

/* Makes of it what payload_parse gives: the columns of the newest schema, without
 * sources. The cells that it had stay as they are. */
bool payload_renew(const struct payload_type *type, struct arena *arena,
                   struct table *table, struct err *err);

/* Source of one number of a table that payload_read gave. */
enum value_source payload_source(const struct table *table, size_t row, size_t column);

/* What a payload says about itself. */
struct payload_marks {
    enum value_source source; /* unverified when one number is, ours when one is */
    bool synthetic;
    size_t numbers, unverified; /* 0 of a blob */
    char where[128];            /* the first unverified number, "" when there is none */
};

/* Of any type: from the header and the sources of a table, from a comment of a blob. */
bool payload_read_marks(const struct payload_type *type, const struct bytes *text,
                        const char *what, struct payload_marks *marks, struct err *err);

#endif
