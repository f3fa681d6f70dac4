/* sheet.c - a payload written by hand, its columns by name -> the canonical text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/sheet.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"

#define SHEET_NOTES ((size_t)1 << 20)
#define SOURCE_TAIL ".source"

struct sheet {
    const char *path;
    const struct payload_type *type;
    struct table table; /* cells in `cells`, names in the arena */
    bool source_known;
    struct validity validity;
    struct bytes notes;
    struct arena arena;
    size_t declared;             /* columns of the type in this schema */
    size_t place[TABLE_COLUMNS]; /* where the n-th column of the file goes */
    size_t capacity;             /* rows */
    union table_cell *cells;
    bool ended;
    bool started; /* sheet_next gave something */
    size_t given; /* so many rows */
};

void sheet_new(const char *path, struct sheet **sheet)
{
    struct sheet *made = mem_new(1, sizeof *made);
    *made = (struct sheet){.path = path, .table = {.schema = 0}};
    arena_init(&made->arena, SHEET_MEMORY);
    bytes_init(&made->notes, SHEET_NOTES);
    *sheet = made;
}

void sheet_at(struct sheet *sheet, const char *path)
{
    sheet->path = path;
}

void sheet_free(struct sheet *sheet)
{
    if (!sheet)
        return;
    bytes_release(&sheet->notes);
    arena_release(&sheet->arena);
    free(sheet->cells);
    free(sheet);
}

size_t sheet_width(const struct sheet *sheet)
{
    const struct payload_type *type = sheet->type;
    return payload_columns_of(type, sheet->table.schema > 0 ? sheet->table.schema
                                                            : type->schema);
}

const struct payload_type *sheet_type(const struct sheet *sheet)
{
    return sheet->type;
}

const struct validity *sheet_validity(const struct sheet *sheet)
{
    return &sheet->validity;
}

static bool at_line(const struct sheet *sheet, size_t line, struct err *err)
{
    return line > 0 ? err_wrap(err, "%s:%zu", sheet->path, line)
                    : err_wrap(err, "%s", sheet->path);
}

bool sheet_fail(const struct sheet *sheet, size_t line, const char *what, struct err *err)
{
    return err_set(err, E_SHEET, "%s:%zu: %s", sheet->path, line, what);
}

/* ---- header ---- */

static bool set_type(struct sheet *sheet, const char *value, struct err *err)
{
    sheet->type = payload_type_find(value);
    if (!sheet->type)
        return err_set(err, E_PAYLOAD_TYPE, "this release has no payload type '%.80s'",
                       value);
    if (sheet->type->kind == PAYLOAD_BLOB)
        return err_set(err, E_SHEET, "%s has no columns: give it as a file", value);
    return text_copy(sheet->table.type, TABLE_NAME, value, err);
}

static bool set_schema(struct sheet *sheet, const char *value, struct err *err)
{
    uint64_t schema = 0;
    if (!text_to_u64(value, UINT16_MAX, &schema, err) || schema == 0 ||
        schema > sheet->type->schema)
        return err_set(err, E_SHEET, "schema '%.20s': %s has 1 to %" PRIu32, value,
                       sheet->type->name, sheet->type->schema);
    sheet->table.schema = (uint32_t)schema;
    return true;
}

static bool set_synthetic(struct sheet *sheet, const char *value, struct err *err)
{
    sheet->table.synthetic = strcmp(value, "yes") == 0;
    return sheet->table.synthetic || strcmp(value, "no") == 0 ||
           err_set(err, E_SHEET, "synthetic is yes or no, not '%.20s'", value);
}

static bool set_source(struct sheet *sheet, const char *value, struct err *err)
{
    sheet->source_known = true;
    return value_source_from(value, &sheet->table.source) ||
           err_set(err, E_SHEET, "source is verified, unverified or ours, not '%.20s'",
                   value);
}

static bool add_note(struct sheet *sheet, const char *value, struct err *err)
{
    for (const char *at = value; *at; at++) {
        if (*at < 0x20 || *at > 0x7e)
            return err_set(err, E_SHEET, "a note is printable ASCII: byte 0x%02x",
                           (unsigned char)*at);
    }
    return text_addf(&sheet->notes, err, "# %s\n", value);
}

static bool set_field(struct sheet *sheet, const char *name, const char *value,
                      struct err *err)
{
    struct table *table = &sheet->table;
    for (size_t i = 0; i < sheet->type->field_count; i++) {
        const struct payload_column *wanted = &sheet->type->fields[i];
        union table_cell cell;
        if (strcmp(wanted->name, name) != 0)
            continue;
        if (table->fields[i].name[0] != 0)
            return err_set(err, E_SHEET, "%s is given twice", name);
        if (!table_read_cell(wanted->kind, value, &cell))
            return err_set(err, E_SHEET, "%s '%.60s' is no %s", name, value,
                           table_kind_name(wanted->kind));
        return payload_check_cell(wanted, &cell, err) &&
               text_copy(table->fields[i].name, TABLE_NAME, name, err) &&
               text_copy(table->fields[i].value, TABLE_VALUE, value, err);
    }
    return err_set(err, E_SHEET, "%s has no header field '%.60s'", sheet->type->name,
                   name);
}

static bool set(struct sheet *sheet, const char *name, const char *value, struct err *err)
{
    if (strcmp(name, "type") == 0)
        return set_type(sheet, value, err);
    if (!sheet->type)
        return err_set(err, E_SHEET, "'%.60s' before 'type'", name);
    if (strcmp(name, "schema") == 0)
        return set_schema(sheet, value, err);
    if (strcmp(name, "source") == 0)
        return set_source(sheet, value, err);
    if (strcmp(name, "synthetic") == 0)
        return set_synthetic(sheet, value, err);
    if (strcmp(name, "note") == 0)
        return add_note(sheet, value, err);
    if (strcmp(name, "runs") == 0 || strcmp(name, "time") == 0)
        return validity_read(name, value, &sheet->validity, err);
    return set_field(sheet, name, value, err);
}

bool sheet_set(struct sheet *sheet, size_t line, const char *name, const char *value,
               struct err *err)
{
    if (sheet->table.column_count > 0)
        return err_set(err, E_SHEET, "%s:%zu: '%.60s' behind the columns", sheet->path,
                       line, name);
    return set(sheet, name, value, err) || at_line(sheet, line, err);
}

/* ---- columns ---- */

/* Splits "NAME [UNIT]". */
static bool column_split(const char *text, char name[TABLE_NAME], char unit[TABLE_NAME],
                         struct err *err)
{
    size_t length = strcspn(text, " [");
    const char *open = text + length + strspn(text + length, " ");
    size_t size = strlen(open);
    if (length == 0 || length >= TABLE_NAME ||
        (size > 0 && (open[0] != '[' || open[size - 1] != ']' || size > TABLE_NAME)))
        return err_set(err, E_SHEET, "'%.60s' is no column: NAME or NAME [UNIT]", text);
    memcpy(name, text, length);
    name[length] = '\0';
    memcpy(unit, size > 0 ? open + 1 : "", size > 0 ? size - 2 : 0);
    unit[size > 0 ? size - 2 : 0] = '\0';
    return true;
}

static bool unit_check(const struct payload_column *column, const char *text,
                       const char *unit, struct err *err)
{
    if (!strchr(text, '[') || strcmp(unit, column->unit) == 0)
        return true;
    return err_set(err, E_SHEET, "column %s is in [%s], not in [%s]", column->name,
                   column->unit, unit);
}

/* Index among the columns of the type, or of a source behind them. */
static bool column_find(const struct sheet *sheet, const char *text, size_t *index,
                        struct err *err)
{
    char name[TABLE_NAME], unit[TABLE_NAME];
    const struct payload_type *type = sheet->type;
    if (!column_split(text, name, unit, err))
        return false;
    if (strcmp(name, &SOURCE_TAIL[1]) == 0) {
        *index = sheet->declared;
        return true;
    }
    for (size_t i = 0; i < sheet->declared; i++) {
        const struct payload_column *column = &type->columns[i];
        size_t length = strlen(column->name);
        if (strcmp(name, column->name) == 0) {
            *index = i;
            return unit_check(column, text, unit, err);
        }
        if (column->kind != COLUMN_NAME && i >= type->key_count &&
            strncmp(name, column->name, length) == 0 &&
            strcmp(name + length, SOURCE_TAIL) == 0) {
            *index = sheet->declared + 1 + i;
            return true;
        }
    }
    return err_set(err, E_SHEET, "%s has no column '%s'", type->name, name);
}

/* Which columns the file has, each once; `seen` by index, SIZE_MAX when absent. */
static bool columns_find(struct sheet *sheet, const char *const *names, size_t count,
                         size_t seen[2 * PAYLOAD_COLUMNS + 1], struct err *err)
{
    for (size_t i = 0; i < 2 * PAYLOAD_COLUMNS + 1; i++)
        seen[i] = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t index = 0;
        if (!column_find(sheet, names[i], &index, err))
            return false;
        if (seen[index] != SIZE_MAX)
            return err_set(err, E_SHEET, "column '%.60s' is there twice", names[i]);
        seen[index] = i;
    }
    for (size_t i = 0; i < sheet->declared; i++) {
        if (seen[i] == SIZE_MAX)
            return err_set(err, E_SHEET, "column '%s' is missing",
                           sheet->type->columns[i].name);
    }
    return true;
}

static void columns_place(struct sheet *sheet, const size_t seen[2 * PAYLOAD_COLUMNS + 1])
{
    struct table *table = &sheet->table;
    struct err unused;
    for (size_t i = 0; i < 2 * PAYLOAD_COLUMNS + 1; i++) {
        if (seen[i] == SIZE_MAX)
            continue;
        struct table_column *column = &table->columns[table->column_count];
        bool own = i < sheet->declared;
        const char *name = own ? sheet->type->columns[i].name
                           : i > sheet->declared
                               ? sheet->type->columns[i - sheet->declared - 1].name
                               : &SOURCE_TAIL[1];
        (void)text_copy(column->name, TABLE_NAME, name, &unused);
        if (i > sheet->declared) /* a test holds that it fits */
            memcpy(column->name + strlen(name), SOURCE_TAIL, sizeof SOURCE_TAIL);
        column->kind = own ? sheet->type->columns[i].kind : COLUMN_NAME;
        sheet->place[seen[i]] = table->column_count++;
    }
}

static bool header_check(struct sheet *sheet, struct err *err)
{
    struct table *table = &sheet->table;
    const struct payload_type *type = sheet->type;
    if (!type)
        return err_set(err, E_SHEET, "the type is not said before the columns");
    if (!sheet->source_known)
        return err_set(err, E_SHEET,
                       "'source' is not said: verified, unverified or ours");
    table->schema = table->schema > 0 ? table->schema : type->schema;
    for (size_t i = 0; i < type->field_count; i++) {
        if (table->fields[i].name[0] == 0)
            return err_set(err, E_SHEET, "%s needs '%s'", type->name,
                           type->fields[i].name);
    }
    table->field_count = type->field_count;
    sheet->declared = sheet_width(sheet);
    return true;
}

bool sheet_columns(struct sheet *sheet, size_t line, const char *const *names,
                   size_t count, struct err *err)
{
    size_t seen[2 * PAYLOAD_COLUMNS + 1];
    if (sheet->table.column_count > 0)
        return err_set(err, E_SHEET, "%s:%zu: columns twice", sheet->path, line);
    if (!header_check(sheet, err) || !columns_find(sheet, names, count, seen, err))
        return at_line(sheet, line, err);
    columns_place(sheet, seen);
    return true;
}

/* ---- rows ---- */

static bool name_keep(struct sheet *sheet, union table_cell *cell, struct err *err)
{
    const struct table *table = &sheet->table;
    const union table_cell *above =
        table->rows > 0 ? cell - table->column_count : NULL; /* mostly the same name */
    if (above && strcmp(above->name, cell->name) == 0) {
        cell->name = above->name;
        return true;
    }
    const char *copy = arena_text(&sheet->arena, cell->name);
    if (!copy)
        return err_set(err, E_LIMIT, "more than %zu bytes of names", SHEET_MEMORY);
    cell->name = copy;
    return true;
}

static bool cell_take(struct sheet *sheet, size_t column, const char *word,
                      struct err *err)
{
    struct table *table = &sheet->table;
    union table_cell *cell = &sheet->cells[table->rows * table->column_count + column];
    enum column_kind kind = table->columns[column].kind;
    enum value_source source;
    bug_if(!sheet->cells);
    if (!table_read_cell(kind, word, cell))
        return err_set(err, E_SHEET, "%s '%.60s' is no %s", table->columns[column].name,
                       word, table_kind_name(kind));
    if (column >= sheet->declared && !value_source_from(word, &source))
        return err_set(err, E_SHEET, "%s is verified, unverified or ours, not '%.60s'",
                       table->columns[column].name, word);
    if (column < sheet->declared &&
        !payload_check_cell(&sheet->type->columns[column], cell, err))
        return false;
    return kind != COLUMN_NAME || name_keep(sheet, cell, err);
}

static bool room_make(struct sheet *sheet, struct err *err)
{
    struct table *table = &sheet->table;
    if (table->rows < sheet->capacity)
        return true;
    size_t capacity = sheet->capacity > 0 ? 2 * sheet->capacity : 64;
    size_t width = table->column_count * sizeof *sheet->cells;
    if (capacity > SHEET_MEMORY / width)
        return err_set(err, E_LIMIT, "more than %zu rows", table->rows);
    sheet->cells = mem_grow(sheet->cells, capacity, width);
    sheet->capacity = capacity;
    return true;
}

static bool row_take(struct sheet *sheet, const char *const *words, size_t count,
                     struct err *err)
{
    struct table *table = &sheet->table;
    if (table->column_count == 0)
        return err_set(err, E_SHEET, "a row before the columns");
    if (count != table->column_count)
        return err_set(err, E_SHEET, "%zu values in %zu columns", count,
                       table->column_count);
    if (!room_make(sheet, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!cell_take(sheet, sheet->place[i], words[i], err))
            return false;
    }
    table->rows++;
    return true;
}

bool sheet_row(struct sheet *sheet, size_t line, const char *const *words, size_t count,
               struct err *err)
{
    bug_if(sheet->ended);
    return row_take(sheet, words, count, err) || at_line(sheet, line, err);
}

/* ---- payloads ---- */

bool sheet_end(struct sheet *sheet, struct err *err)
{
    struct table *table = &sheet->table;
    if (table->column_count == 0)
        return err_set(err, E_SHEET, "%s: no columns", sheet->path);
    table->cells = sheet->cells;
    sheet->ended = true;
    if (sheet->type->single && table->rows != 1)
        return err_set(err, E_SHEET, "%s: %zu rows, %s has exactly one", sheet->path,
                       table->rows, sheet->type->name);
    return table_sort(table, sheet->type->key_count, sheet->path, err);
}

static uint32_t run_of(const struct table *table, size_t row)
{
    return table_cell(table, row, 0)->count;
}

/* Rows from `given` on: all that are left, or as many whole runs as SHEET_ROWS holds. */
static size_t piece_rows(const struct sheet *sheet)
{
    const struct table *table = &sheet->table;
    size_t left = table->rows - sheet->given;
    bool over_spills =
        sheet->type->kind == PAYLOAD_LADDER || sheet->type->kind == PAYLOAD_LIST;
    if (!over_spills || left <= SHEET_ROWS)
        return left;
    size_t last = sheet->given + SHEET_ROWS;
    size_t end = last;
    while (end > sheet->given && run_of(table, end - 1) == run_of(table, last))
        end--;
    if (end > sheet->given)
        return end - sheet->given;
    while (last < table->rows && run_of(table, last) == run_of(table, sheet->given))
        last++; /* one run of more than SHEET_ROWS */
    return last - sheet->given;
}

static bool piece_write(const struct sheet *sheet, const struct table *piece,
                        struct bytes *text, struct err *err)
{
    struct bytes body;
    bytes_init(&body, text->limit);
    bool done = table_write(piece, &body, err);
    const uint8_t *first = done ? memchr(body.data, '\n', body.size) : NULL;
    if (first) {
        size_t head = (size_t)(first - body.data) + 1;
        done = bytes_append(text, body.data, head, err) &&
               bytes_append(text, sheet->notes.data, sheet->notes.size, err) &&
               bytes_append(text, body.data + head, body.size - head, err);
    }
    bytes_release(&body);
    return done || err_wrap(err, "%s: one payload", sheet->path);
}

enum lookup sheet_next(struct sheet *sheet, struct bytes *text, struct interval *part,
                       struct err *err)
{
    const struct table *table = &sheet->table;
    struct table piece = *table;
    bug_if(!sheet->ended);
    if (sheet->started && sheet->given == table->rows)
        return LOOKUP_ABSENT;
    piece.rows = piece_rows(sheet);
    if (table->rows > 0)
        piece.cells = &table->cells[sheet->given * table->column_count];
    if (!piece_write(sheet, &piece, text, err))
        return LOOKUP_FAILED;
    size_t end = sheet->given + piece.rows;
    *part = (struct interval){{0, 0}, MOMENT_OPEN};
    if (sheet->given > 0)
        part->start.run = run_of(table, sheet->given);
    if (end < table->rows)
        part->end = (struct moment){run_of(table, end), 0};
    sheet->given = end;
    sheet->started = true;
    return LOOKUP_FOUND;
}
