/* reco_schema.h - the columns of model/reco_table.h as the schema of an RNTuple.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One field a column, arrays as nested std::array; the column numbers are those of enum
 * reco_column.
 */
#ifndef SPILLWAY_OUTPUT_RECO_SCHEMA_H
#define SPILLWAY_OUTPUT_RECO_SCHEMA_H

#include "model/reco_table.h"
#include "output/rntuple.h"

#define RECO_SCHEMA_NAME   "reco"
#define RECO_SCHEMA_FIELDS (RECO_COLUMN_COUNT * 4)
#define RECO_SCHEMA_TYPE   64 /* "std::array<std::array<std::array<float,6>,6>,2>" */
#define RECO_SCHEMA_TEXT   192

struct reco_schema {
    struct rntuple_schema schema; /* points into this struct: it must not be moved */
    struct rntuple_field fields[RECO_SCHEMA_FIELDS];
    struct rntuple_column columns[RECO_COLUMN_COUNT];
    char types[RECO_SCHEMA_FIELDS][RECO_SCHEMA_TYPE];
    char descriptions[RECO_COLUMN_COUNT][RECO_SCHEMA_TEXT];
    char description[RECO_SCHEMA_TEXT];
};

/* `synthetic`: made from simulated data, which the description says. It also holds the
 * sha256 of the columns' description (columns_schema()). */
void reco_schema_make(struct reco_schema *schema, bool synthetic);

#endif
