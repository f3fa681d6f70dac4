/* payload.c - the one table of payload types, and reading a payload by it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Limits are there to catch a wrong unit or a slipped column, not to judge physics: they
 * are a factor of ten or more around what the detectors can give (12-bit ADC, 25 to 32
 * samples of 12.5 ns, energies up to 160 GeV, matrices of at most 6 x 6 cells).
 */
#include "conditions/payload.h"

#include "base/text.h"

#define PAYLOAD_MARK_BYTES ((size_t)4096) /* a blob's mark stands within these */

#define COUNT(name, minimum, maximum, unit)                                              \
    {                                                                                    \
        name, COLUMN_COUNT, minimum, maximum, unit                                       \
    }
#define REAL(name, minimum, maximum, unit)                                               \
    {                                                                                    \
        name, COLUMN_REAL, minimum, maximum, unit                                        \
    }
#define NAME(name)                                                                       \
    {                                                                                    \
        name, COLUMN_NAME, 0, 0, ""                                                      \
    }
#define CHANNEL NAME("detector"), COUNT("x", 0, 63, ""), COUNT("y", 0, 63, "")
#define SPILL   COUNT("run", 0, 9999999, ""), COUNT("spill", 0, 4095, "")

static const char *const no_fields[] = {NULL};
static const char *const gain_fields[] = {"led_reference", NULL};
static const char *const reference_fields[] = {"id", NULL};

/* Sorted by name. */
static const struct payload_type types[] = {
    {"bad_spills",
     PAYLOAD_LIST,
     PAYLOAD_SELECT,
     "spills that analyses drop, from an event number on (0: all of it)",
     2,
     false,
     no_fields,
     3,
     {SPILL, COUNT("from_event", 0, 1048575, "")}},
    {"calo_gain",
     PAYLOAD_TABLE,
     PAYLOAD_RECO,
     "energy of one count; made with the LED reference that its header names",
     3,
     false,
     gain_fields,
     4,
     {CHANNEL, REAL("gain_gev_per_count", 1e-9, 10, "GeV/count")}},
    {"channel_map",
     PAYLOAD_BLOB,
     PAYLOAD_RECO,
     "XML: which chip and channel is which detector and cell",
     0,
     false,
     no_fields,
     0,
     {}},
    {"led_reference",
     PAYLOAD_TABLE,
     PAYLOAD_RECO,
     "LED amplitude when the gains were made; id names it",
     3,
     false,
     reference_fields,
     4,
     {CHANNEL, REAL("amplitude_counts", 1e-3, 1e6, "count")}},
    {"led_spill",
     PAYLOAD_LADDER,
     PAYLOAD_RECO,
     "LED amplitude in a spill; spill 0 is the mean of the run",
     5,
     false,
     no_fields,
     6,
     {SPILL, CHANNEL, REAL("amplitude_counts", 1e-3, 1e6, "count")}},
    {"pedestal",
     PAYLOAD_TABLE,
     PAYLOAD_RECO,
     "how pedestals and maxima are read from samples",
     0,
     true,
     no_fields,
     7,
     {COUNT("first_sample", 0, 63, ""), COUNT("sample_count", 2, 64, ""),
      COUNT("spread_limit_counts", 0, 4095, "count"),
      COUNT("search_from_sample", 0, 63, ""), COUNT("threshold_counts", 0, 4095, "count"),
      COUNT("noise_counts", 0, 4095, "count"), REAL("tail_ns", 0, 1e4, "ns")}},
    {"sampling",
     PAYLOAD_TABLE,
     PAYLOAD_RECO,
     "number and distance of the samples",
     0,
     true,
     no_fields,
     2,
     {COUNT("sample_count", 1, 64, ""), REAL("period_ns", 0.1, 1000, "ns")}},
    {"time_offset",
     PAYLOAD_TABLE,
     PAYLOAD_RECO,
     "expected time, absolute or relative to the counter named by reference",
     3,
     false,
     no_fields,
     7,
     {CHANNEL, NAME("reference"), REAL("mean_ns", -1e4, 1e4, "ns"),
      REAL("sigma_ns", 1e-3, 1e3, "ns"), REAL("window_sigma", 0.1, 100, "sigma")}},
};

#define TYPE_COUNT (sizeof types / sizeof *types)

const struct payload_type *payload_type_at(size_t index)
{
    return index < TYPE_COUNT ? &types[index] : NULL;
}

const struct payload_type *payload_type_find(const char *name)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
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
    return step == PAYLOAD_RECO ? "reco" : "select";
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

static bool check_header(const struct payload_type *type, const struct table *table,
                         const char *what, struct err *err)
{
    if (strcmp(table->type, type->name) != 0)
        return err_set(err, E_PAYLOAD_TEXT, "%s: says type '%s', expected '%s'", what,
                       table->type, type->name);
    if (table->is_row && !is_over_spills(type))
        return err_set(err, E_PAYLOAD_TEXT, "%s: %s has no rows over spills", what,
                       type->name);
    size_t fields = 0;
    while (type->fields[fields] && fields < table->field_count &&
           strcmp(type->fields[fields], table->fields[fields].name) == 0)
        fields++;
    if (type->fields[fields])
        return err_set(err, E_PAYLOAD_TEXT, "%s: header field '%s' is missing", what,
                       type->fields[fields]);
    if (fields < table->field_count)
        return err_set(err, E_PAYLOAD_TEXT, "%s: %s has no header field '%s'", what,
                       type->name, table->fields[fields].name);
    return true;
}

static bool check_columns(const struct payload_type *type, const struct table *table,
                          const char *what, struct err *err)
{
    size_t skip = columns_left_out(type, table);
    const struct payload_column *wanted = type->columns + skip;
    size_t count = type->column_count - skip;
    for (size_t i = 0; i < count && i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        if (strcmp(column->name, wanted[i].name) != 0 || column->kind != wanted[i].kind)
            return err_set(err, E_PAYLOAD_TEXT, "%s: column %zu is '%s', expected '%s'",
                           what, i + 1, column->name, wanted[i].name);
    }
    if (count != table->column_count)
        return err_set(err, E_PAYLOAD_TEXT, "%s: %zu columns, %s has %zu", what,
                       table->column_count, type->name, count);
    return true;
}

static bool check_cell(const struct payload_column *column, const union table_cell *cell,
                       size_t row, const char *what, struct err *err)
{
    if (column->kind == COLUMN_NAME)
        return true;
    double value = column->kind == COLUMN_COUNT ? (double)cell->count : cell->real;
    if (value >= column->minimum && value <= column->maximum)
        return true;
    return err_set(err, E_PAYLOAD_VALUE, "%s: row %zu: %s %.17g is outside %g to %g %s",
                   what, row + 1, column->name, value, column->minimum, column->maximum,
                   column->unit);
}

static bool check_rows(const struct payload_type *type, const struct table *table,
                       const char *what, struct err *err)
{
    const struct payload_column *columns = type->columns + columns_left_out(type, table);
    if (type->single && table->rows != 1)
        return err_set(err, E_PAYLOAD_TEXT, "%s: %zu rows, %s has exactly one", what,
                       table->rows, type->name);
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if (!check_cell(&columns[i], table_cell(table, row, i), row, what, err))
                return false;
        }
    }
    return true;
}

bool payload_parse(const struct payload_type *type, const struct bytes *text,
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
    bool done = payload_parse(type, text, what, &arena, &table, err);
    if (done && table.is_row)
        done = err_set(err, E_PAYLOAD_TEXT, "%s: a row where a table is wanted", what);
    if (done)
        *marks = (struct payload_marks){table.source, table.synthetic};
    arena_release(&arena);
    return done;
}
