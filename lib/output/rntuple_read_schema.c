/* rntuple_read_schema.c - fields and columns of an RNTuple.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Type codes, bits and flags are those of the RNTuple specification, version 1.0.
 */
#include "output/rntuple_read_schema.h"

#include <stdlib.h>

#define FLAG_ARRAY    1u
#define FLAG_SOURCE   2u
#define FLAG_CHECKSUM 4u

struct column_type {
    uint16_t type, bits;
    enum rntuple_kind kind;
    bool split;
};

static const struct column_type column_types[] = {
    {0x00, 1, RNTUPLE_BIT, false},    {0x01, 8, RNTUPLE_UINT, false},
    {0x02, 8, RNTUPLE_CHAR, false},   {0x03, 8, RNTUPLE_INT, false},
    {0x04, 8, RNTUPLE_UINT, false},   {0x05, 16, RNTUPLE_INT, false},
    {0x06, 16, RNTUPLE_UINT, false},  {0x07, 32, RNTUPLE_INT, false},
    {0x08, 32, RNTUPLE_UINT, false},  {0x09, 64, RNTUPLE_INT, false},
    {0x0a, 64, RNTUPLE_UINT, false},  {0x0b, 16, RNTUPLE_REAL, false},
    {0x0c, 32, RNTUPLE_REAL, false},  {0x0d, 64, RNTUPLE_REAL, false},
    {0x0e, 32, RNTUPLE_INDEX, false}, {0x0f, 64, RNTUPLE_INDEX, false},
    {0x11, 16, RNTUPLE_INT, true},    {0x12, 16, RNTUPLE_UINT, true},
    {0x13, 32, RNTUPLE_INT, true},    {0x14, 32, RNTUPLE_UINT, true},
    {0x15, 64, RNTUPLE_INT, true},    {0x16, 64, RNTUPLE_UINT, true},
    {0x18, 32, RNTUPLE_REAL, true},   {0x19, 64, RNTUPLE_REAL, true},
    {0x1a, 32, RNTUPLE_INDEX, true},  {0x1b, 64, RNTUPLE_INDEX, true}};

/* A part of `size` bytes whose first `head` are taken already. */
static struct cursor frame_cut(struct cursor *cursor, uint64_t size, size_t head)
{
    if (cursor->failed || size < head || size - head > cursor_left(cursor)) {
        cursor->failed = true;
        return (struct cursor){.data = (const uint8_t *)"", .failed = true};
    }
    const uint8_t *place = cursor_take(cursor, (size_t)(size - head));
    return cursor_over(place, (size_t)(size - head));
}

struct cursor rntuple_record(struct cursor *cursor)
{
    return frame_cut(cursor, cursor_le64(cursor), 8);
}

struct cursor rntuple_list(struct cursor *cursor, uint32_t limit, uint32_t *count)
{
    uint64_t size = 0 - cursor_le64(cursor);
    *count = cursor_le32(cursor);
    if (*count > limit || size > INT64_MAX)
        cursor->failed = true;
    struct cursor part = frame_cut(cursor, size, 12);
    if (part.failed)
        *count = 0;
    return part;
}

static struct cursor_text string_take(struct cursor *cursor)
{
    return cursor_chars(cursor, cursor_le32(cursor));
}

/* The source when it is what is known here: first version of the field, at the end of
 * its record nothing more. */
static bool field_take(struct cursor *list, uint32_t id, struct rntuple_field *field)
{
    struct cursor cursor = rntuple_record(list);
    uint32_t version = cursor_le32(&cursor);
    (void)cursor_le32(&cursor); /* version of its type */
    field->parent = cursor_le32(&cursor);
    field->role = cursor_le16(&cursor);
    uint16_t flags = cursor_le16(&cursor);
    field->name = string_take(&cursor);
    field->type = string_take(&cursor);
    (void)string_take(&cursor); /* alias */
    field->description = string_take(&cursor);
    field->array = (flags & FLAG_ARRAY) != 0 ? cursor_le64(&cursor) : 1;
    if ((flags & FLAG_CHECKSUM) != 0)
        (void)cursor_le32(&cursor);
    field->column = RNTUPLE_NONE;
    return !cursor.failed && cursor_left(&cursor) == 0 && version == 0 &&
           field->parent <= id && field->role <= RNTUPLE_RECORD &&
           (flags & ~(FLAG_ARRAY | FLAG_CHECKSUM)) == 0 && field->array > 0 &&
           field->array <= RNTUPLE_WIDTH && field->name.size > 0;
}

/* Of a decoded number. */
static uint32_t size_of(const struct column_type *type)
{
    if (type->kind == RNTUPLE_INDEX)
        return 8;
    if (type->kind == RNTUPLE_REAL && type->bits == 16)
        return 4;
    return type->bits < 8 ? 1 : type->bits / 8u;
}

static bool column_take(struct cursor *list, struct rntuple_column *column)
{
    struct cursor cursor = rntuple_record(list);
    column->type = cursor_le16(&cursor);
    column->bits = cursor_le16(&cursor);
    column->field = cursor_le32(&cursor);
    uint16_t flags = cursor_le16(&cursor);
    uint16_t representation = cursor_le16(&cursor);
    if (cursor.failed || cursor_left(&cursor) != 0 || flags != 0 || representation != 0)
        return false;
    for (size_t i = 0; i < sizeof column_types / sizeof column_types[0]; i++) {
        const struct column_type *known = &column_types[i];
        if (known->type != column->type || known->bits != column->bits)
            continue;
        column->kind = known->kind;
        column->split = known->split;
        column->size = size_of(known);
        return true;
    }
    return false;
}

/* Up to the top: arrays multiply, the first collection on the way counts. A string's
 * characters are counted by the string's own first column. */
static bool column_place(const struct rntuple_schema *schema, uint32_t number)
{
    struct rntuple_column *column = &schema->columns[number];
    const struct rntuple_field *field = &schema->fields[column->field];
    column->width = 1;
    column->index = RNTUPLE_NONE;
    if (number > field->column) {
        column->index = field->column;
        return schema->columns[field->column].kind == RNTUPLE_INDEX;
    }
    for (uint32_t depth = 0; depth < RNTUPLE_DEPTH; depth++) {
        column->width *= field->array;
        if (column->width > RNTUPLE_WIDTH)
            return false;
        const struct rntuple_field *above = &schema->fields[field->parent];
        if (above == field)
            return true;
        if (above->role == RNTUPLE_COLLECTION) {
            column->index = above->column;
            return above->column != RNTUPLE_NONE &&
                   schema->columns[above->column].kind == RNTUPLE_INDEX;
        }
        field = above;
    }
    return false;
}

static bool fields_read(struct rntuple_schema *schema, struct cursor *payload)
{
    struct cursor list = rntuple_list(payload, RNTUPLE_FIELDS, &schema->field_count);
    schema->fields = mem_new(schema->field_count + 1u, sizeof *schema->fields);
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (!field_take(&list, i, &schema->fields[i]))
            return false;
    return cursor_left(&list) == 0;
}

/* Columns stand in the order of their fields, at most two of one field. */
static bool columns_read(struct rntuple_schema *schema, struct cursor *payload)
{
    struct cursor list = rntuple_list(payload, RNTUPLE_COLUMNS, &schema->column_count);
    schema->columns = mem_new(schema->column_count + 1u, sizeof *schema->columns);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        struct rntuple_column *column = &schema->columns[i];
        if (!column_take(&list, column) || column->field >= schema->field_count ||
            (i > 0 && column->field < column[-1].field))
            return false;
        struct rntuple_field *field = &schema->fields[column->field];
        if (field->columns++ == 0)
            field->column = i;
        if (field->columns > 2)
            return false;
    }
    for (uint32_t i = 0; i < schema->column_count; i++)
        if (!column_place(schema, i))
            return false;
    return cursor_left(&list) == 0;
}

bool rntuple_schema_read(struct rntuple_schema *schema, struct cursor payload,
                         const char *where, struct err *err)
{
    struct rntuple_schema read = {.fields = NULL};
    const char *what = NULL;
    uint32_t aliases, extras;
    if (cursor_le64(&payload) != 0)
        what = "features that are not known here";
    read.name = string_take(&payload);
    read.description = string_take(&payload);
    read.writer = string_take(&payload);
    if (what == NULL && (payload.failed || !fields_read(&read, &payload)))
        what = "a field is damaged or of a kind that is not read here";
    if (what == NULL && !columns_read(&read, &payload))
        what = "a column is damaged or of a kind that is not read here";
    (void)rntuple_list(&payload, 0, &aliases);
    (void)rntuple_list(&payload, RNTUPLE_FIELDS, &extras);
    if (what == NULL && (payload.failed || cursor_left(&payload) != 0))
        what = "the end of the schema is damaged";
    if (what != NULL) {
        rntuple_schema_release(&read);
        return err_set(err, E_RNTUPLE_FORMAT, "%s: %s", where, what);
    }
    *schema = read;
    return true;
}

void rntuple_schema_release(struct rntuple_schema *schema)
{
    free(schema->fields);
    free(schema->columns);
    *schema = (struct rntuple_schema){.fields = NULL};
}
