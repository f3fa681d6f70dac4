/* rntuple_read_schema.h - fields and columns of an RNTuple, out of its header envelope.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read by an own reader, not by the writer's tables: whatever an RNTuple may describe
 * within the limits below is understood or refused by name.
 */
#ifndef SPILLWAY_OUTPUT_RNTUPLE_READ_SCHEMA_H
#define SPILLWAY_OUTPUT_RNTUPLE_READ_SCHEMA_H

#include "output/root_read_cursor.h"

#define RNTUPLE_FIELDS  4096u
#define RNTUPLE_COLUMNS 4096u
#define RNTUPLE_DEPTH   16u                 /* of fields in each other */
#define RNTUPLE_WIDTH   ((uint64_t)1 << 20) /* numbers of a fixed array */
#define RNTUPLE_NONE    UINT32_MAX

enum rntuple_role { RNTUPLE_LEAF, RNTUPLE_COLLECTION, RNTUPLE_RECORD };

/* How the numbers of a column are to be taken once they are decoded. */
enum rntuple_kind {
    RNTUPLE_BIT, /* decoded: a byte each */
    RNTUPLE_CHAR,
    RNTUPLE_INT,
    RNTUPLE_UINT,
    RNTUPLE_REAL,
    RNTUPLE_INDEX /* where a collection ends, from the start of its cluster */
};

/* Texts are borrowed from the header envelope. */
struct rntuple_field {
    uint32_t parent; /* itself: top level */
    uint16_t role;
    struct cursor_text name, type, description;
    uint64_t array;   /* elements of a fixed array, 1: none */
    uint32_t columns; /* how many it has */
    uint32_t column;  /* the first of them */
};

struct rntuple_column {
    uint16_t type;
    uint16_t bits;
    uint32_t field;
    enum rntuple_kind kind;
    bool split;     /* bytes of a page are transposed; signed zigzag, indices as steps */
    uint32_t size;  /* of a decoded number */
    uint64_t width; /* numbers per entry, or per element of the collection around it */
    uint32_t index; /* the column that counts that collection, RNTUPLE_NONE: none */
};

struct rntuple_schema {
    struct cursor_text name, description, writer;
    struct rntuple_field *fields;
    struct rntuple_column *columns;
    uint32_t field_count, column_count;
};

/* From the payload of the header envelope, which must stay; E_RNTUPLE_FORMAT with `where`
 * in front of what is wrong. */
bool rntuple_schema_read(struct rntuple_schema *schema, struct cursor payload,
                         const char *where, struct err *err);
void rntuple_schema_release(struct rntuple_schema *schema);

/* Frames: a record starts with its size, a list with minus its size and a count. The
 * cursor goes behind the frame, the result covers what is in it. */
struct cursor rntuple_record(struct cursor *cursor);
struct cursor rntuple_list(struct cursor *cursor, uint32_t limit, uint32_t *count);

#endif
