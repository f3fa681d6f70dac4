/* effective.c - what a payload says for one (run, spill).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/effective.h"

#include <inttypes.h>

#define LADDER_EARLIER 3u /* NA64's practice: up to three spills back, then the mean */
#define SPILL_COLUMNS  2  /* run and spill lead each row */
#define MEAN_SPILL     0u

/* Rows of one (run, spill): neighbours, since the table is sorted. */
struct spill_rows {
    uint32_t run;
    uint32_t spill;
    size_t first;
    size_t count;
};

struct spill_table {
    const struct payload_type *type;
    struct arena arena;
    struct table table;
    size_t count;
    struct spill_rows *spills; /* sorted by (run, spill) */
    size_t mean_count;
    size_t *means; /* those with the mean of a run, sorted by run */
};

bool effective_needs_bytes(const struct payload_type *type)
{
    return type->kind == PAYLOAD_LADDER || type->kind == PAYLOAD_LIST;
}

/* ---- index ---- */

/* The row is the first of its (run, spill). */
static bool begins(const struct table *table, size_t row)
{
    const union table_cell *cells = table_cell(table, row, 0);
    const union table_cell *above = row > 0 ? cells - table->column_count : NULL;
    return above == NULL || above[0].count != cells[0].count ||
           above[1].count != cells[1].count;
}

static bool index_rows(struct spill_table *made, struct err *err)
{
    void *spills = NULL;
    void *means = NULL;
    size_t count = 0;
    size_t mean_count = 0;
    const struct table *table = &made->table;
    for (size_t row = 0; row < table->rows; row++) {
        bool first = begins(table, row);
        count += first;
        mean_count += first && table_cell(table, row, 1)->count == MEAN_SPILL;
    }
    if (!arena_take(&made->arena, count, sizeof *made->spills, &spills, err) ||
        !arena_take(&made->arena, mean_count, sizeof *made->means, &means, err))
        return false;
    bug_if(!spills || !means);
    made->spills = spills;
    made->means = means;
    for (size_t row = 0; row < table->rows; row++) {
        const union table_cell *cells = table_cell(table, row, 0);
        if (!begins(table, row)) {
            made->spills[made->count - 1].count++;
            continue;
        }
        bug_if(made->spills == NULL);
        if (cells[1].count == MEAN_SPILL)
            made->means[made->mean_count++] = made->count;
        made->spills[made->count++] =
            (struct spill_rows){cells[0].count, cells[1].count, row, 1};
    }
    return true;
}

bool spill_table_new(const struct payload_type *type, const struct bytes *text,
                     const char *what, struct spill_table **table, struct err *err)
{
    bug_if(!effective_needs_bytes(type));
    struct spill_table *made = mem_new(1, sizeof *made);
    *made = (struct spill_table){.type = type};
    arena_init(&made->arena, TABLE_MEMORY);
    bool done = payload_parse(type, text, what, &made->arena, &made->table, err);
    if (done && made->table.is_row)
        done = err_set(err, E_PAYLOAD_TEXT, "%s: a row where a table is wanted", what);
    if (done && index_rows(made, err)) {
        *table = made;
        return true;
    }
    spill_table_free(made);
    return false;
}

void spill_table_free(struct spill_table *table)
{
    if (!table)
        return;
    arena_release(&table->arena);
    free(table);
}

/* ---- ladder ---- */

static const struct spill_rows *find_spill(const struct spill_table *table, uint32_t run,
                                           uint32_t spill)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct spill_rows *rows = &table->spills[middle];
        if (rows->run < run || (rows->run == run && rows->spill < spill))
            low = middle + 1;
        else
            high = middle;
    }
    const struct spill_rows *rows = &table->spills[low];
    bool found = low < table->count && rows->run == run && rows->spill == spill;
    return found ? rows : NULL;
}

/* The run with a mean and the smallest distance; of two, the earlier one. */
static const struct spill_rows *find_nearest_mean(const struct spill_table *table,
                                                  uint32_t run)
{
    size_t low = 0, high = table->mean_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->spills[table->means[middle]].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    const struct spill_rows *later =
        low < table->mean_count ? &table->spills[table->means[low]] : NULL;
    const struct spill_rows *earlier =
        low > 0 ? &table->spills[table->means[low - 1]] : NULL;
    if (!earlier || !later)
        return earlier ? earlier : later;
    return run - earlier->run <= later->run - run ? earlier : later;
}

/* The steps up to the mean of the run. */
static const struct spill_rows *climb(const struct spill_table *table, uint32_t run,
                                      uint32_t spill, enum fallback *level)
{
    for (uint32_t back = 0; back <= LADDER_EARLIER && back < spill; back++) {
        const struct spill_rows *rows = find_spill(table, run, spill - back);
        if (rows) {
            *level = (enum fallback)(FALLBACK_EXACT + (int)back);
            return rows;
        }
    }
    *level = FALLBACK_RUN_MEAN;
    return find_spill(table, run, MEAN_SPILL);
}

static bool find_rows(const struct spill_table *table,
                      const struct effective_request *request,
                      const struct spill_rows **rows, enum fallback *level)
{
    *level = FALLBACK_EXACT;
    if (table->type->kind == PAYLOAD_LIST) {
        *rows = find_spill(table, request->run, request->spill);
        return true;
    }
    *rows = climb(table, request->run, request->spill, level);
    if (!*rows && request->allow_nearest_run) {
        *rows = find_nearest_mean(table, request->run);
        *level = FALLBACK_NEAREST_RUN;
    }
    if (!*rows)
        *level = FALLBACK_NONE;
    return *rows || request->allow_none;
}

/* ---- values ---- */

/* The same table without run, spill and source, and only these rows. Cells of a row lie
 * together, so each row is copied without its first two cells. */
static bool write_row(const struct spill_table *table, const struct spill_rows *rows,
                      struct bytes *out, struct err *err)
{
    struct table row = table->table;
    size_t width = row.column_count;
    size_t kept = width - SPILL_COLUMNS;
    row.is_row = true;
    row.source = VALUE_UNVERIFIED;
    row.rows = rows ? rows->count : 0;
    row.column_count = kept;
    memmove(row.columns, row.columns + SPILL_COLUMNS, kept * sizeof *row.columns);
    row.cells = mem_new(row.rows * kept + 1, sizeof *row.cells);
    for (size_t i = 0; i < row.rows; i++)
        memcpy(row.cells + i * kept,
               table_cell(&table->table, rows->first + i, SPILL_COLUMNS),
               kept * sizeof *row.cells);
    bytes_clear(out);
    bool done = table_write(&row, out, err);
    free(row.cells);
    return done;
}

struct effective effective_plain(const struct manifest_entry *entry)
{
    struct effective value = {.value = entry->hash, .level = FALLBACK_EXACT};
    memcpy(value.type, entry->type, sizeof value.type);
    return value;
}

bool effective_of_spill(const struct spill_table *table,
                        const struct effective_request *request, struct bytes *row,
                        struct effective *value, struct err *err)
{
    const struct spill_rows *rows = NULL;
    struct effective made = {.level = FALLBACK_NONE};
    if (!find_rows(table, request, &rows, &made.level))
        return err_set(err, E_EFFECTIVE,
                       "%s: run %" PRIu32 " spill %" PRIu32
                       ": no row for it, three spills before it, or the mean of the run",
                       table->type->name, request->run, request->spill);
    if (!write_row(table, rows, row, err))
        return false;
    made.value = sha256_of(row->data, row->size);
    memcpy(made.type, table->type->name, strlen(table->type->name) + 1);
    *value = made;
    return true;
}
