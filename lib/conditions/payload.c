/* payload.c - the one table of payload types, and reading a payload by it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

#define PAYLOAD_MARK_BYTES ((size_t)4096) /* a blob's mark stands within these */

/* Sorted by name. */
static const struct payload_type *const types[] = {
    &payload_alignment,      &payload_apv_timing,     &payload_bad_channels,
    &payload_bad_spills,     &payload_beam,           &payload_blind_regions,
    &payload_calo_gain,      &payload_calo_layout,    &payload_channel_map,
    &payload_eot_definition, &payload_field_integral, &payload_field_map,
    &payload_gain_in_spill,  &payload_geometry,       &payload_led_reference,
    &payload_led_spill,      &payload_magnet_current, &payload_mm_map,
    &payload_mm_pedestal,    &payload_pedestal,       &payload_quality_masks,
    &payload_sampling,       &payload_shower_profile, &payload_skim_thresholds,
    &payload_srd_rules,      &payload_time_offset,    &payload_trigger_set,
};

#define TYPE_COUNT (sizeof types / sizeof *types)

const struct payload_type *payload_type_at(size_t index)
{
    return index < TYPE_COUNT ? types[index] : NULL;
}

const struct payload_type *payload_type_find(const char *name)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    }
    return NULL;
}

const char *payload_kind_name(enum payload_kind kind)
{
    static const char *const names[] = {[PAYLOAD_TABLE] = "table",
                                        [PAYLOAD_LADDER] = "ladder over spills",
                                        [PAYLOAD_LIST] = "list of spills",
                                        [PAYLOAD_BLOB] = "blob"};
    return names[kind];
}

const char *payload_step_name(enum payload_step step)
{
    static const char *const names[] = {[PAYLOAD_RECO] = "reco",
                                        [PAYLOAD_SELECT] = "select",
                                        [PAYLOAD_UNREAD] = "not read yet"};
    return names[step];
}

size_t payload_columns_of(const struct payload_type *type, uint32_t schema)
{
    size_t count = type->column_count;
    for (uint32_t from = schema; from < type->schema; from++)
        count -= type->upgrades[from - 1].column != NULL;
    return count;
}

static bool is_over_spills(const struct payload_type *type)
{
    return type->kind == PAYLOAD_LADDER || type->kind == PAYLOAD_LIST;
}

/* A row is the table without its first two columns, run and spill. */
static size_t columns_left_out(const struct payload_type *type, const struct table *table)
{
    return table->is_row && is_over_spills(type) ? 2 : 0;
}

/* How many columns of the table are those of its type; behind them stand sources. */
static size_t columns_declared(const struct payload_type *type, const struct table *table)
{
    return payload_columns_of(type, table->schema) - columns_left_out(type, table);
}

/* ---- header ---- */

static bool is_a_word_of(const char *words, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = words; *at;) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, name, length) == 0)
            return true;
        at += word + (at[word] == ' ');
    }
    return false;
}

bool payload_check_cell(const struct payload_column *column, const union table_cell *cell,
                        struct err *err)
{
    if (column->kind == COLUMN_NAME)
        return !column->words || is_a_word_of(column->words, cell->name) ||
               err_set(err, E_PAYLOAD_VALUE, "%s '%s' is none of: %s", column->name,
                       cell->name, column->words);
    double value = column->kind == COLUMN_COUNT ? (double)cell->count : cell->real;
    return (value >= column->minimum && value <= column->maximum) ||
           err_set(err, E_PAYLOAD_VALUE, "%s %.17g is outside %g to %g %s", column->name,
                   value, column->minimum, column->maximum, column->unit);
}

static bool check_schema(const struct payload_type *type, const struct table *table,
                         const char *what, struct err *err)
{
    if (table->schema > type->schema)
        return err_set(err, E_PAYLOAD_TEXT,
                       "%s: %s of schema %" PRIu32 ", this release reads up to %" PRIu32,
                       what, type->name, table->schema, type->schema);
    for (uint32_t from = table->schema; from < type->schema; from++) {
        const struct payload_upgrade *upgrade = &type->upgrades[from - 1];
        if (!upgrade->column)
            return err_set(err, E_PAYLOAD_TEXT, "%s: %s of schema %" PRIu32 ": %s", what,
                           type->name, table->schema, upgrade->reason);
    }
    return true;
}

static bool check_field(const struct payload_column *wanted, const char *value,
                        const char *what, struct err *err)
{
    union table_cell cell = {.name = value};
    if (!table_read_cell(wanted->kind, value, &cell))
        return err_set(err, E_PAYLOAD_TEXT, "%s: header field %s '%s' is no %s", what,
                       wanted->name, value, table_kind_name(wanted->kind));
    return payload_check_cell(wanted, &cell, err) || err_wrap(err, "%s", what);
}

static bool check_fields(const struct payload_type *type, const struct table *table,
                         const char *what, struct err *err)
{
    size_t fields = 0;
    while (fields < type->field_count && fields < table->field_count &&
           strcmp(type->fields[fields].name, table->fields[fields].name) == 0) {
        if (!check_field(&type->fields[fields], table->fields[fields].value, what, err))
            return false;
        fields++;
    }
    if (fields < type->field_count)
        return err_set(err, E_PAYLOAD_TEXT, "%s: header field '%s' is missing", what,
                       type->fields[fields].name);
    if (fields < table->field_count)
        return err_set(err, E_PAYLOAD_TEXT, "%s: %s has no header field '%s'", what,
                       type->name, table->fields[fields].name);
    return true;
}

static bool check_header(const struct payload_type *type, const struct table *table,
                         const char *what, struct err *err)
{
    if (strcmp(table->type, type->name) != 0)
        return err_set(err, E_PAYLOAD_TEXT, "%s: says type '%s', expected '%s'", what,
                       table->type, type->name);
    if (table->is_row && !is_over_spills(type))
        return err_set(err, E_PAYLOAD_TEXT, "%s: %s has no rows over spills", what,
                       type->name);
    return check_schema(type, table, what, err) && check_fields(type, table, what, err);
}

/* ---- columns ---- */

#define SOURCE      "source"
#define SOURCE_TAIL ".source"

/* "source", or "NAME.source" of a column of numbers; each further right than the last.
 * *next is 0 at first, then 1 + the first column that may still follow. */
static bool is_source_column(const struct payload_type *type, const struct table *table,
                             size_t index, size_t *next)
{
    const char *name = table->columns[index].name;
    size_t count = payload_columns_of(type, table->schema);
    if (table->is_row || table->columns[index].kind != COLUMN_NAME)
        return false;
    if (*next == 0 && strcmp(name, SOURCE) == 0) {
        *next = 1;
        return true;
    }
    size_t from = *next > 0 ? *next - 1 : 0;
    for (size_t i = from > type->key_count ? from : type->key_count; i < count; i++) {
        size_t length = strlen(type->columns[i].name);
        if (type->columns[i].kind != COLUMN_NAME &&
            strncmp(name, type->columns[i].name, length) == 0 &&
            strcmp(name + length, SOURCE_TAIL) == 0) {
            *next = i + 2;
            return true;
        }
    }
    return false;
}

static bool check_columns(const struct payload_type *type, const struct table *table,
                          const char *what, struct err *err)
{
    const struct payload_column *wanted = type->columns + columns_left_out(type, table);
    size_t count = columns_declared(type, table);
    size_t next = 0;
    for (size_t i = 0; i < count && i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        if (strcmp(column->name, wanted[i].name) != 0 || column->kind != wanted[i].kind)
            return err_set(err, E_PAYLOAD_TEXT, "%s: column %zu is '%s', expected '%s'",
                           what, i + 1, column->name, wanted[i].name);
    }
    for (size_t i = count; i < table->column_count; i++) {
        if (!is_source_column(type, table, i, &next))
            return err_set(err, E_PAYLOAD_TEXT, "%s: %s has no column '%s' here", what,
                           type->name, table->columns[i].name);
    }
    if (count > table->column_count)
        return err_set(err, E_PAYLOAD_TEXT, "%s: %zu columns, %s has %zu", what,
                       table->column_count, type->name, count);
    return true;
}

static bool check_rows(const struct payload_type *type, const struct table *table,
                       const char *what, struct err *err)
{
    const struct payload_column *columns = type->columns + columns_left_out(type, table);
    size_t count = columns_declared(type, table);
    enum value_source source;
    if (type->single && table->rows != 1)
        return err_set(err, E_PAYLOAD_TEXT, "%s: %zu rows, %s has exactly one", what,
                       table->rows, type->name);
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < count; i++) {
            if (!payload_check_cell(&columns[i], table_cell(table, row, i), err))
                return err_wrap(err, "%s: row %zu", what, row + 1);
        }
        for (size_t i = count; i < table->column_count; i++) {
            const char *word = table_cell(table, row, i)->name;
            if (!value_source_from(word, &source))
                return err_set(
                    err, E_PAYLOAD_TEXT,
                    "%s: row %zu: %s is verified, unverified or ours, not '%s'", what,
                    row + 1, table->columns[i].name, word);
        }
    }
    return true;
}

/* ---- reading ---- */

bool payload_read(const struct payload_type *type, const struct bytes *text,
                  const char *what, struct arena *arena, struct table *table,
                  struct err *err)
{
    struct table made;
    bug_if(type->kind == PAYLOAD_BLOB);
    if (!table_parse(text->data, text->size, what, arena, &made, err) ||
        !check_header(type, &made, what, err) || !check_columns(type, &made, what, err))
        return false;
    size_t keys = type->key_count - columns_left_out(type, &made);
    if (!table_sort(&made, keys, what, err) || !check_rows(type, &made, what, err))
        return false;
    *table = made;
    return true;
}

bool payload_renew(const struct payload_type *type, struct arena *arena,
                   struct table *table, struct err *err)
{
    size_t skip = columns_left_out(type, table);
    size_t kept = columns_declared(type, table);
    size_t width = type->column_count - skip;
    void *memory = NULL;
    if (kept == width && table->column_count == width) {
        table->schema = type->schema;
        return true;
    }
    if (!arena_take(arena, table->rows * width + 1, sizeof *table->cells, &memory, err))
        return false;
    union table_cell *cells = memory;
    bug_if(!cells);
    for (size_t row = 0; row < table->rows; row++)
        memcpy(cells + row * width, table_cell(table, row, 0), kept * sizeof *cells);
    for (uint32_t from = table->schema; from < type->schema; from++, kept++) {
        const struct payload_column *added = &type->columns[skip + kept];
        double value = type->upgrades[from - 1].value;
        for (size_t row = 0; row < table->rows; row++) {
            union table_cell *cell = &cells[row * width + kept];
            if (added->kind == COLUMN_COUNT)
                cell->count = (uint32_t)value;
            else
                cell->real = value;
        }
        table->columns[kept].kind = added->kind;
        (void)text_copy(table->columns[kept].name, TABLE_NAME, added->name, err);
    }
    table->cells = cells;
    table->column_count = width;
    table->schema = type->schema;
    return true;
}

bool payload_parse(const struct payload_type *type, const struct bytes *text,
                   const char *what, struct arena *arena, struct table *table,
                   struct err *err)
{
    struct table made;
    if (!payload_read(type, text, what, arena, &made, err) ||
        !payload_renew(type, arena, &made, err))
        return false;
    *table = made;
    return true;
}

/* ---- sources ---- */

enum value_source payload_source(const struct table *table, size_t row, size_t column)
{
    enum value_source source = table->source;
    size_t length = strlen(table->columns[column].name);
    for (size_t i = column + 1; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        if (strcmp(name, SOURCE) == 0 ||
            (strncmp(name, table->columns[column].name, length) == 0 &&
             strcmp(name + length, SOURCE_TAIL) == 0))
            (void)value_source_from(table_cell(table, row, i)->name, &source);
    }
    return source;
}

static void note_where(const struct payload_type *type, const struct table *table,
                       const size_t place[2], struct payload_marks *marks)
{
    char key[128];
    table_row_text(table, place[0], type->key_count, key);
    (void)snprintf(marks->where, sizeof marks->where, "%s%s%.90s",
                   table->columns[place[1]].name, type->key_count > 0 ? " of" : "", key);
}

static void table_marks(const struct payload_type *type, const struct table *table,
                        struct payload_marks *marks)
{
    size_t count = columns_declared(type, table);
    bool ours = false;
    *marks =
        (struct payload_marks){.source = table->source, .synthetic = table->synthetic};
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = type->key_count; i < count; i++) {
            if (table->columns[i].kind == COLUMN_NAME)
                continue;
            enum value_source source = payload_source(table, row, i);
            marks->numbers++;
            ours = ours || source == VALUE_OURS;
            if (source == VALUE_UNVERIFIED && marks->unverified++ == 0)
                note_where(type, table, (const size_t[2]){row, i}, marks);
        }
    }
    if (marks->numbers > 0)
        marks->source = marks->unverified > 0 ? VALUE_UNVERIFIED
                        : ours                ? VALUE_OURS
                                              : VALUE_VERIFIED;
}

/* "spillway source=ours synthetic=yes" somewhere near the start. */
static void blob_marks(const struct bytes *text, struct payload_marks *marks)
{
    static const char mark[] = "spillway source=";
    char head[PAYLOAD_MARK_BYTES + 1];
    size_t size = text->size < PAYLOAD_MARK_BYTES ? text->size : PAYLOAD_MARK_BYTES;
    const uint8_t *place =
        size > 0 ? memmem(text->data, size, mark, sizeof mark - 1) : NULL;
    *marks = (struct payload_marks){.source = VALUE_UNVERIFIED};
    if (!place)
        return;
    size_t left = size - (size_t)(place - text->data) - (sizeof mark - 1);
    memcpy(head, place + sizeof mark - 1, left);
    head[left] = '\0';
    size_t word = strcspn(head, " ");
    const char *rest = head + word;
    marks->synthetic = strncmp(rest, " synthetic=yes", 14) == 0;
    head[word] = '\0';
    (void)value_source_from(head, &marks->source);
}

bool payload_read_marks(const struct payload_type *type, const struct bytes *text,
                        const char *what, struct payload_marks *marks, struct err *err)
{
    if (type->kind == PAYLOAD_BLOB) {
        blob_marks(text, marks);
        return true;
    }
    struct arena arena;
    struct table table;
    arena_init(&arena, TABLE_MEMORY);
    bool done = payload_read(type, text, what, &arena, &table, err);
    if (done && table.is_row)
        done = err_set(err, E_PAYLOAD_TEXT, "%s: a row where a table is wanted", what);
    if (done)
        table_marks(type, &table, marks);
    arena_release(&arena);
    return done;
}
