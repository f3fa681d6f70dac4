/* table.c - the strict text table in which our calibrations are written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/table.h"

#include <inttypes.h>

#include "base/text.h"

#define TABLE_LINE  2048 /* 24 cells of 64 characters and their spaces */
#define TABLE_WORDS (TABLE_COLUMNS + 1)

/* A text being read line by line; one line at a time is split into words. */
struct reader {
    const uint8_t *data;
    size_t size;
    size_t at;
    size_t line; /* from 1, of the words */
    const char *what;
    char text[TABLE_LINE];
    size_t word_count;
    char *words[TABLE_WORDS];
};

static const char *const kind_names[] = {
    [COLUMN_NAME] = "name", [COLUMN_COUNT] = "count", [COLUMN_REAL] = "real"};
static const char *const source_names[] = {[VALUE_UNVERIFIED] = "unverified",
                                           [VALUE_VERIFIED] = "verified",
                                           [VALUE_OURS] = "ours"};

static bool name_find(const char *const *names, size_t count, const char *word,
                      size_t *index)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

bool value_source_from(const char *word, enum value_source *source)
{
    size_t index = 0;
    if (!name_find(source_names, 3, word, &index))
        return false;
    *source = (enum value_source)index;
    return true;
}

const char *value_source_name(enum value_source source)
{
    return source_names[source];
}

const char *table_kind_name(enum column_kind kind)
{
    return kind_names[kind];
}

/* ---- lines ---- */

/* Copies the next line of the text, without its LF. */
static bool reader_copy_line(struct reader *reader, struct err *err)
{
    const uint8_t *start = reader->data + reader->at;
    size_t left = reader->size - reader->at;
    const uint8_t *stop = left > 0 ? memchr(start, '\n', left) : NULL;
    reader->line++;
    if (!stop)
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: the text stops before 'end'",
                       reader->what, reader->line);
    size_t length = (size_t)(stop - start);
    if (length >= TABLE_LINE)
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: longer than %d characters",
                       reader->what, reader->line, TABLE_LINE - 1);
    for (size_t i = 0; i < length; i++) {
        if (start[i] < 0x20 || start[i] > 0x7e)
            return err_set(err, E_PAYLOAD_TEXT,
                           "%s: line %zu: byte 0x%02x is not printable ASCII",
                           reader->what, reader->line, start[i]);
    }
    memcpy(reader->text, start, length);
    reader->text[length] = '\0';
    reader->at += length + 1;
    return true;
}

static bool reader_split(struct reader *reader, struct err *err)
{
    reader->word_count = 0;
    for (char *at = reader->text; *at;) {
        if (*at == ' ') {
            *at++ = '\0';
            continue;
        }
        if (reader->word_count == TABLE_WORDS)
            return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: more than %d words",
                           reader->what, reader->line, TABLE_WORDS);
        reader->words[reader->word_count++] = at;
        while (*at != 0 && *at != ' ')
            at++;
    }
    return true;
}

/* The next line that says something. */
static bool reader_next(struct reader *reader, struct err *err)
{
    do {
        if (!reader_copy_line(reader, err))
            return false;
        if (reader->text[0] == '#')
            reader->text[0] = '\0';
        if (!reader_split(reader, err))
            return false;
    } while (reader->word_count == 0);
    return true;
}

/* ---- header ---- */

static bool read_version(struct reader *reader, struct table *table, struct err *err)
{
    if (!reader_next(reader, err))
        return false;
    bool good = reader->word_count == 2 && strcmp(reader->words[1], "1") == 0;
    table->is_row = strcmp(reader->words[0], "spillway-row") == 0;
    if (!good || (!table->is_row && strcmp(reader->words[0], "spillway-table") != 0))
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: expected 'spillway-table 1'",
                       reader->what, reader->line);
    return true;
}

/* The line that was read: "NAME VALUE". */
static bool take_pair(const struct reader *reader, const char *name, char *value,
                      size_t size, struct err *err)
{
    if (reader->word_count != 2 || strcmp(reader->words[0], name) != 0 ||
        !text_is_name(reader->words[1], size - 1))
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: expected '%s VALUE'",
                       reader->what, reader->line, name);
    return text_copy(value, size, reader->words[1], err);
}

static bool read_pair(struct reader *reader, const char *name, char *value, size_t size,
                      struct err *err)
{
    return reader_next(reader, err) && take_pair(reader, name, value, size, err);
}

/* "schema N" if there is one; then the next line is read. */
static bool read_schema(struct reader *reader, struct table *table, struct err *err)
{
    struct err unused;
    uint64_t schema = 0;
    if (!reader_next(reader, err))
        return false;
    if (strcmp(reader->words[0], "schema") != 0)
        return true;
    if (reader->word_count != 2 ||
        !text_to_u64(reader->words[1], UINT16_MAX, &schema, &unused) || schema == 0)
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: expected 'schema NUMBER'",
                       reader->what, reader->line);
    table->schema = (uint32_t)schema;
    return reader_next(reader, err);
}

static bool read_marks(struct reader *reader, struct table *table, struct err *err)
{
    char word[TABLE_VALUE];
    if (!read_pair(reader, "type", table->type, sizeof table->type, err) ||
        !read_schema(reader, table, err))
        return false;
    if (!table->is_row) {
        if (!take_pair(reader, "source", word, sizeof word, err))
            return false;
        if (!value_source_from(word, &table->source))
            return err_set(
                err, E_PAYLOAD_TEXT,
                "%s: line %zu: source is verified, unverified or ours, not '%s'",
                reader->what, reader->line, word);
        if (!reader_next(reader, err))
            return false;
    }
    if (!take_pair(reader, "synthetic", word, sizeof word, err))
        return false;
    table->synthetic = strcmp(word, "yes") == 0;
    if (!table->synthetic && strcmp(word, "no") != 0)
        return err_set(err, E_PAYLOAD_TEXT,
                       "%s: line %zu: synthetic is yes or no, not '%s'", reader->what,
                       reader->line, word);
    return true;
}

static bool read_column(const struct reader *reader, char *word, struct table *table,
                        struct err *err)
{
    char *colon = strchr(word, ':');
    size_t kind = 0;
    if (colon)
        *colon = '\0';
    if (!colon || !text_is_name(word, TABLE_NAME - 1) ||
        !name_find(kind_names, 3, colon + 1, &kind))
        return err_set(
            err, E_PAYLOAD_TEXT,
            "%s: line %zu: '%s' is no NAME:KIND of a column with kind name, count or real",
            reader->what, reader->line, word);
    if (table_column(table, word) >= 0)
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: column '%s' is there twice",
                       reader->what, reader->line, word);
    struct table_column *column = &table->columns[table->column_count++];
    column->kind = (enum column_kind)kind;
    return text_copy(column->name, sizeof column->name, word, err);
}

/* A name, or a number that is none because of its sign. */
static bool is_field_value(const char *word)
{
    struct err unused;
    double number = 0;
    return text_is_name(word, TABLE_VALUE - 1) ||
           (strlen(word) < TABLE_VALUE && text_to_real(word, &number, &unused));
}

/* The fields of the type, then the columns. */
static bool read_fields(struct reader *reader, struct table *table, struct err *err)
{
    while (reader_next(reader, err)) {
        if (strcmp(reader->words[0], "columns") == 0) {
            for (size_t i = 1; i < reader->word_count; i++) {
                if (!read_column(reader, reader->words[i], table, err))
                    return false;
            }
            return table->column_count > 0 ||
                   err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: no columns", reader->what,
                           reader->line);
        }
        struct table_field *field = &table->fields[table->field_count];
        if (reader->word_count != 2 || table->field_count == TABLE_FIELDS ||
            !text_is_name(reader->words[0], TABLE_NAME - 1) ||
            !is_field_value(reader->words[1]) || table_field(table, reader->words[0]))
            return err_set(
                err, E_PAYLOAD_TEXT,
                "%s: line %zu: expected 'columns ...' or one of at most %d fields",
                reader->what, reader->line, TABLE_FIELDS);
        (void)text_copy(field->name, sizeof field->name, reader->words[0], err);
        (void)text_copy(field->value, sizeof field->value, reader->words[1], err);
        table->field_count++;
    }
    return false;
}

/* ---- rows ---- */

/* Neighbouring rows mostly repeat a name: it is kept once then. */
static bool read_name(const char *word, const union table_cell *above,
                      struct arena *arena, const char **name, struct err *err)
{
    if (above && strcmp(above->name, word) == 0) {
        *name = above->name;
        return true;
    }
    void *copy = NULL;
    size_t size = strlen(word) + 1;
    if (!arena_take(arena, 1, size, &copy, err))
        return false;
    bug_if(!copy);
    memcpy(copy, word, size);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): cells below rows are there */
    *name = copy;
    return true;
}

bool table_read_cell(enum column_kind kind, const char *word, union table_cell *cell)
{
    struct err unused;
    uint64_t count = 0;
    double real = 0;
    switch (kind) {
    case COLUMN_NAME:
        cell->name = word;
        return text_is_name(word, TABLE_NAME - 1);
    case COLUMN_COUNT:
        if (!text_to_u64(word, UINT32_MAX, &count, &unused))
            return false;
        cell->count = (uint32_t)count;
        return true;
    case COLUMN_REAL:
        if (!text_to_real(word, &real, &unused))
            return false;
        cell->real = real == 0.0 ? 0.0 : real; /* -0 becomes 0 */
        return true;
    }
    unreachable();
}

static bool read_cell(const struct reader *reader, size_t column, struct table *table,
                      struct arena *arena, struct err *err)
{
    union table_cell *cell = &table->cells[table->rows * table->column_count + column];
    const union table_cell *above = table->rows > 0 ? cell - table->column_count : NULL;
    const char *word = reader->words[column];
    enum column_kind kind = table->columns[column].kind;
    if (!table_read_cell(kind, word, cell))
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: %s '%s' is no %s",
                       reader->what, reader->line, table->columns[column].name, word,
                       kind_names[kind]);
    return kind != COLUMN_NAME || read_name(word, above, arena, &cell->name, err);
}

/* Every row takes at least one character and one separator a column, and a line. */
static bool take_cells(const struct reader *reader, struct table *table,
                       struct arena *arena, struct err *err)
{
    size_t lines = 0;
    for (size_t i = reader->at; i < reader->size; i++)
        lines += reader->data[i] == '\n';
    size_t most = (reader->size - reader->at) / (2 * table->column_count) + 1;
    size_t rows = lines < most ? lines : most;
    if (rows > TABLE_ROWS)
        return err_set(err, E_PAYLOAD_TEXT, "%s: more than %zu rows", reader->what,
                       TABLE_ROWS);
    /* Not cleared: a row counts when all of its cells were read. */
    table->cells = arena_raw(arena, rows * table->column_count, sizeof *table->cells);
    return table->cells != NULL ||
           err_set(err, E_LIMIT, "%s: %zu rows of %zu columns need too much memory",
                   reader->what, rows, table->column_count);
}

static bool read_rows(struct reader *reader, struct table *table, struct arena *arena,
                      struct err *err)
{
    while (reader_next(reader, err)) {
        if (reader->word_count == 1 && strcmp(reader->words[0], "end") == 0)
            return true;
        if (reader->word_count != table->column_count)
            return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: %zu values in %zu columns",
                           reader->what, reader->line, reader->word_count,
                           table->column_count);
        for (size_t i = 0; i < table->column_count; i++) {
            if (!read_cell(reader, i, table, arena, err))
                return false;
        }
        table->rows++;
    }
    return false;
}

bool table_parse(const void *data, size_t size, const char *what, struct arena *arena,
                 struct table *table, struct err *err)
{
    struct reader reader = {.data = data, .size = size, .what = what};
    struct table made = {.source = VALUE_UNVERIFIED, .schema = 1};
    if (!read_version(&reader, &made, err) || !read_marks(&reader, &made, err) ||
        !read_fields(&reader, &made, err) || !take_cells(&reader, &made, arena, err) ||
        !read_rows(&reader, &made, arena, err))
        return false;
    if (reader.at != size)
        return err_set(err, E_PAYLOAD_TEXT, "%s: line %zu: text after 'end'", what,
                       reader.line + 1);
    *table = made;
    return true;
}

/* ---- order ---- */

struct key_order {
    const struct table *table;
    size_t keys;
};

static int compare_cells(const union table_cell *a, const union table_cell *b,
                         const struct key_order *order)
{
    for (size_t i = 0; i < order->keys; i++) {
        bool is_name = order->table->columns[i].kind == COLUMN_NAME;
        int sign = is_name ? strcmp(a[i].name, b[i].name)
                           : (a[i].count > b[i].count) - (a[i].count < b[i].count);
        if (sign != 0)
            return sign;
    }
    return 0;
}

static int compare_rows(const void *left, const void *right, void *user)
{
    return compare_cells(left, right, user);
}

int table_compare_keys(const struct table *const tables[2], const size_t rows[2],
                       size_t keys)
{
    const struct key_order order = {tables[0], keys};
    return compare_cells(table_cell(tables[0], rows[0], 0),
                         table_cell(tables[1], rows[1], 0), &order);
}

void table_row_text(const struct table *table, size_t row, size_t keys, char out[128])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < keys && used < 100; i++) {
        const union table_cell *cell = table_cell(table, row, i);
        int written = table->columns[i].kind == COLUMN_NAME
                          ? snprintf(out + used, 128 - used, " %s", cell->name)
                          : snprintf(out + used, 128 - used, " %u", cell->count);
        used += (size_t)written;
    }
}

bool table_sort(struct table *table, size_t keys, const char *what, struct err *err)
{
    struct key_order order = {table, keys};
    size_t width = table->column_count;
    bool sorted = true;
    for (size_t i = 1; i < table->rows && sorted; i++)
        sorted = compare_rows(table_cell(table, i - 1, 0), table_cell(table, i, 0),
                              &order) < 0;
    if (sorted || keys == 0)
        return true;
    qsort_r(table->cells, table->rows, width * sizeof *table->cells, compare_rows,
            &order);
    for (size_t i = 1; i < table->rows; i++) {
        char keys_text[128];
        if (compare_rows(table_cell(table, i - 1, 0), table_cell(table, i, 0), &order) <
            0)
            continue;
        table_row_text(table, i, keys, keys_text);
        return err_set(err, E_PAYLOAD_TEXT, "%s: two rows for%s", what, keys_text);
    }
    return true;
}

/* ---- writing ---- */

static bool write_header(const struct table *table, struct bytes *out, struct err *err)
{
    if (!text_addf(out, err, "spillway-%s 1\ntype %s\n", table->is_row ? "row" : "table",
                   table->type))
        return false;
    if (table->schema > 1 && !text_addf(out, err, "schema %" PRIu32 "\n", table->schema))
        return false;
    if (!table->is_row &&
        !text_addf(out, err, "source %s\n", source_names[table->source]))
        return false;
    if (!text_addf(out, err, "synthetic %s\n", table->synthetic ? "yes" : "no"))
        return false;
    for (size_t i = 0; i < table->field_count; i++) {
        if (!text_addf(out, err, "%s %s\n", table->fields[i].name,
                       table->fields[i].value))
            return false;
    }
    if (!text_add(out, "columns", err))
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        if (!text_addf(out, err, " %s:%s", column->name, kind_names[column->kind]))
            return false;
    }
    return text_add(out, "\n", err);
}

bool table_write_cell(const struct table *table, size_t row, size_t column,
                      struct bytes *out, struct err *err)
{
    const union table_cell *cell = table_cell(table, row, column);
    switch (table->columns[column].kind) {
    case COLUMN_NAME:
        return text_add(out, cell->name, err);
    case COLUMN_COUNT:
        return text_add_u64(out, cell->count, err);
    case COLUMN_REAL:
        return text_add_real(out, cell->real, err);
    }
    unreachable();
}

bool table_write(const struct table *table, struct bytes *out, struct err *err)
{
    if (!write_header(table, out, err))
        return false;
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if (i > 0 && !text_add(out, " ", err))
                return false;
            if (!table_write_cell(table, row, i, out, err))
                return false;
        }
        if (!text_add(out, "\n", err))
            return false;
    }
    return text_add(out, "end\n", err);
}

int table_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

const char *table_field(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, name) == 0)
            return table->fields[i].value;
    }
    return NULL;
}
