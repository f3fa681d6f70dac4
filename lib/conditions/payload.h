/* payload.h - the one table of payload types, and reading a payload by it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A type says: how it is written, which step reads it, its columns with units and
 * plausibility limits, its header fields. What payload_parse gives obeys all of it, with
 * rows sorted by keys, so that readers need no checks of their own. No column has a
 * default.
 */
#ifndef SPILLWAY_CONDITIONS_PAYLOAD_H
#define SPILLWAY_CONDITIONS_PAYLOAD_H

#include "conditions/table.h"

/* 10^6 rows of some 50 characters. */
#define PAYLOAD_LIMIT ((size_t)64 << 20)

enum payload_kind {
    PAYLOAD_TABLE,  /* one table for the whole interval */
    PAYLOAD_LADDER, /* rows by (run, spill), spill 0 the run mean; resolved by a ladder */
    PAYLOAD_LIST,   /* rows by (run, spill); a spill without rows is nothing said */
    PAYLOAD_BLOB    /* bytes that are handed on as they are */
};

enum payload_step { PAYLOAD_RECO, PAYLOAD_SELECT };

struct payload_column {
    const char *name;
    enum column_kind kind;
    double minimum; /* both included; of counts as well */
    double maximum;
    const char *unit; /* "" for a number without */
};

struct payload_type {
    const char *name;
    enum payload_kind kind;
    enum payload_step step;
    const char *purpose;
    size_t key_count;          /* leading columns that make a row unique */
    bool single;               /* exactly one row */
    const char *const *fields; /* required header fields, in order; NULL ends */
    size_t column_count;
    struct payload_column columns[TABLE_COLUMNS];
};

/* NULL when the type is not known to this release. */
const struct payload_type *payload_type_find(const char *name);

/* All types, sorted by name; NULL behind the last. */
const struct payload_type *payload_type_at(size_t index);

const char *payload_kind_name(enum payload_kind kind);
const char *payload_step_name(enum payload_step step);

/* Reads a payload, or the effective row of a PAYLOAD_LADDER or PAYLOAD_LIST type, as the
 * type wants it. `what` names it in messages (a URL, a hash). E_PAYLOAD_TEXT for the
 * form, E_PAYLOAD_VALUE for a number outside its limits, with row and column. */
bool payload_parse(const struct payload_type *type, const struct bytes *text,
                   const char *what, struct arena *arena, struct table *table,
                   struct err *err);

/* What a payload says about itself. */
struct payload_marks {
    enum value_source source;
    bool synthetic;
};

/* Of any type: from the header of a table, from a comment of a blob. */
bool payload_read_marks(const struct payload_type *type, const struct bytes *text,
                        const char *what, struct payload_marks *marks, struct err *err);

#endif
