/* table.h - the strict text table in which our calibrations are written.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Header lines, typed columns, rows, `end` (README.md shows one). A schema above 1 is a
 * line of the header. Two forms: a payload ("spillway-table 1", says its source) and the
 * effective row of a table over spills
 * ("spillway-row 1", without source, run and spill). Numbers are read exactly; -0 is 0;
 * NaN and infinities are refused. Always true for a parsed table: each name is
 * terminated and safe in every text format, rows * column_count cells are there.
 */
#ifndef SPILLWAY_CONDITIONS_TABLE_H
#define SPILLWAY_CONDITIONS_TABLE_H

#include "base/arena.h"
#include "base/bytes.h"

#define TABLE_NAME    32 /* of types, columns, cells; with the NUL */
#define TABLE_VALUE   64 /* of header fields; with the NUL */
#define TABLE_COLUMNS 24
#define TABLE_FIELDS  4
#define TABLE_ROWS    ((size_t)1 << 22)
/* 4 Mi rows of 24 cells of 8 bytes, and some names of 32. */
#define TABLE_MEMORY ((size_t)1 << 30)

enum column_kind { COLUMN_NAME, COLUMN_COUNT, COLUMN_REAL };

union table_cell {
    const char *name; /* in the arena of the table */
    uint32_t count;
    double real;
};

/* Where numbers come from; `unverified` ones must be acknowledged for physics. */
enum value_source { VALUE_UNVERIFIED, VALUE_VERIFIED, VALUE_OURS };

struct table_column {
    char name[TABLE_NAME];
    enum column_kind kind;
};

struct table_field {
    char name[TABLE_NAME];
    char value[TABLE_VALUE];
};

struct table {
    bool is_row; /* "spillway-row 1" */
    bool synthetic;
    enum value_source source; /* VALUE_UNVERIFIED in a row */
    char type[TABLE_NAME];
    uint32_t schema; /* of the type, from 1 on */
    size_t field_count;
    struct table_field fields[TABLE_FIELDS];
    size_t column_count;
    struct table_column columns[TABLE_COLUMNS];
    size_t rows;
    union table_cell *cells; /* row after row */
};

bool value_source_from(const char *word, enum value_source *source);
const char *value_source_name(enum value_source source);

const char *table_kind_name(enum column_kind kind);

/* One word as a cell of that kind; a name stays where it is. */
bool table_read_cell(enum column_kind kind, const char *word, union table_cell *cell);

/* Reads a whole text. `what` names it in messages, which give the line. E_PAYLOAD_TEXT;
 * E_LIMIT when the arena is too small. */
bool table_parse(const void *data, size_t size, const char *what, struct arena *arena,
                 struct table *table, struct err *err);

/* Puts the rows in the order of their first `keys` columns (names as bytes, counts as
 * numbers) and refuses two rows with the same keys. Keys are never real. */
bool table_sort(struct table *table, size_t keys, const char *what, struct err *err);

/* " ECAL0 0 1": the keys of a row, for a message. */
void table_row_text(const struct table *table, size_t row, size_t keys, char out[128]);

/* Order of two rows, each of its table, by their first `keys` columns: < 0, 0, > 0. Both
 * tables have the same key columns. */
int table_compare_keys(const struct table *const tables[2], const size_t rows[2],
                       size_t keys);

/* One cell as the canonical text has it. */
bool table_write_cell(const struct table *table, size_t row, size_t column,
                      struct bytes *out, struct err *err);

/* The canonical text: parse and write again gives the same bytes. */
bool table_write(const struct table *table, struct bytes *out, struct err *err);

/* Index of a column, -1 when absent. */
int table_column(const struct table *table, const char *name);

/* Value of a header field, NULL when absent. */
const char *table_field(const struct table *table, const char *name);

static inline const union table_cell *table_cell(const struct table *table, size_t row,
                                                 size_t column)
{
    return &table->cells[row * table->column_count + column];
}

#endif
