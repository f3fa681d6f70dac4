/* payload_diff.c - which values differ between two payloads of one type.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload_diff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define DIFF_TEXT ((size_t)4096) /* a key or the values of a row: at most 24 cells */

/* One of the two, as its readers get it and as it is written (with sources). */
struct side {
    struct table table, written;
};

struct differ {
    const struct payload_type *type;
    const struct side *sides[2];
    size_t sourced; /* so many columns may have sources of their own in one of them */
    struct arena *arena;
    struct payload_diff *diff;
    size_t capacity;
    struct bytes text; /* scratch */
    struct err *err;
};

/* ---- changes ---- */

static bool change_add(struct differ *differ, const struct payload_change *change)
{
    struct payload_diff *diff = differ->diff;
    if (diff->count == differ->capacity) {
        void *grown = NULL;
        size_t capacity = differ->capacity > 0 ? 2 * differ->capacity : 64;
        if (!arena_take(differ->arena, capacity, sizeof *diff->changes, &grown,
                        differ->err))
            return false;
        if (diff->count > 0)
            memcpy(grown, diff->changes, diff->count * sizeof *diff->changes);
        diff->changes = grown;
        differ->capacity = capacity;
    }
    diff->changes[diff->count++] = *change;
    return true;
}

static bool cells_text(struct differ *differ, const struct table *table, size_t row,
                       const size_t range[2], const char **text)
{
    void *copy = NULL;
    bytes_clear(&differ->text);
    for (size_t i = range[0]; i < range[1]; i++) {
        if ((i > range[0] && !text_add(&differ->text, " ", differ->err)) ||
            !table_write_cell(table, row, i, &differ->text, differ->err))
            return false;
    }
    if (!arena_take(differ->arena, 1, differ->text.size + 1, &copy, differ->err))
        return false;
    bug_if(!copy);
    if (differ->text.size > 0)
        memcpy(copy, differ->text.data, differ->text.size);
    *text = copy;
    return true;
}

static bool source_name(struct differ *differ, const char *column, const char **name)
{
    void *made = NULL;
    size_t size = strlen(column) + sizeof ".source";
    if (!arena_take(differ->arena, 1, size, &made, differ->err))
        return false;
    (void)snprintf(made, size, "%s.source", column);
    *name = made;
    return true;
}

static bool key_text(struct differ *differ, const struct table *table, size_t row,
                     const char **text)
{
    const size_t range[2] = {0, differ->type->key_count};
    return cells_text(differ, table, row, range, text);
}

static bool row_add(struct differ *differ, const struct table *table, size_t row,
                    enum payload_change_kind kind)
{
    struct payload_change change = {.kind = kind, .column = "", .unit = ""};
    const size_t range[2] = {differ->type->key_count, table->column_count};
    const char *values = NULL;
    if (!key_text(differ, table, row, &change.key) ||
        !cells_text(differ, table, row, range, &values))
        return false;
    change.old_value = kind == PAYLOAD_REMOVED ? values : "";
    change.new_value = kind == PAYLOAD_ADDED ? values : "";
    if (kind == PAYLOAD_ADDED)
        differ->diff->rows_added++;
    else
        differ->diff->rows_removed++;
    return change_add(differ, &change);
}

/* ---- values ---- */

static double cell_number(const union table_cell *cell, enum column_kind kind)
{
    return kind == COLUMN_COUNT ? (double)cell->count : cell->real;
}

static bool cells_equal(const union table_cell *a, const union table_cell *b,
                        enum column_kind kind)
{
    switch (kind) {
    case COLUMN_NAME:
        return strcmp(a->name, b->name) == 0;
    case COLUMN_COUNT:
        return a->count == b->count;
    case COLUMN_REAL:
        return !(a->real < b->real) && !(a->real > b->real);
    }
    unreachable();
}

static void change_measure(struct payload_change *change, double from, double to)
{
    change->change = to - from;
    double size = fabs(from);
    change->relative = size > 0 ? fabs(change->change) / size : HUGE_VAL;
}

static bool value_add(struct differ *differ, const struct table *tables[2],
                      const size_t rows[2], size_t column)
{
    const struct payload_column *declared = &differ->type->columns[column];
    struct payload_change change = {
        .kind = PAYLOAD_VALUE, .column = declared->name, .unit = declared->unit};
    const size_t range[2] = {column, column + 1};
    if (declared->kind != COLUMN_NAME)
        change_measure(
            &change, cell_number(table_cell(tables[0], rows[0], column), declared->kind),
            cell_number(table_cell(tables[1], rows[1], column), declared->kind));
    return key_text(differ, tables[0], rows[0], &change.key) &&
           cells_text(differ, tables[0], rows[0], range, &change.old_value) &&
           cells_text(differ, tables[1], rows[1], range, &change.new_value) &&
           change_add(differ, &change);
}

/* The sources of one number, where the rows say them. */
static bool source_compare(struct differ *differ, const size_t rows[2], size_t column,
                           bool *same)
{
    if (column >= differ->sourced || differ->type->columns[column].kind == COLUMN_NAME)
        return true;
    enum value_source a = payload_source(&differ->sides[0]->written, rows[0], column);
    enum value_source b = payload_source(&differ->sides[1]->written, rows[1], column);
    struct payload_change change = {.kind = PAYLOAD_VALUE,
                                    .unit = "",
                                    .old_value = value_source_name(a),
                                    .new_value = value_source_name(b)};
    if (a == b)
        return true;
    *same = false;
    return key_text(differ, &differ->sides[0]->table, rows[0], &change.key) &&
           source_name(differ, differ->type->columns[column].name, &change.column) &&
           change_add(differ, &change);
}

static bool row_compare(struct differ *differ, const struct table *tables[2],
                        const size_t rows[2])
{
    bool same = true;
    for (size_t i = differ->type->key_count; i < differ->type->column_count; i++) {
        bool equal =
            cells_equal(table_cell(tables[0], rows[0], i),
                        table_cell(tables[1], rows[1], i), differ->type->columns[i].kind);
        same = same && equal;
        if ((!equal && !value_add(differ, tables, rows, i)) ||
            !source_compare(differ, rows, i, &same))
            return false;
    }
    if (same)
        differ->diff->rows_same++;
    else
        differ->diff->rows_changed++;
    return true;
}

/* ---- tables ---- */

static bool header_add(struct differ *differ, const char *name, const char *from,
                       const char *to)
{
    const struct payload_change change = {.kind = PAYLOAD_HEADER,
                                          .key = "",
                                          .unit = "",
                                          .column = arena_text(differ->arena, name),
                                          .old_value = arena_text(differ->arena, from),
                                          .new_value = arena_text(differ->arena, to)};
    if (!change.column || !change.old_value || !change.new_value)
        return err_set(differ->err, E_LIMIT, "the difference is too large");
    return strcmp(from, to) == 0 || change_add(differ, &change);
}

static bool header_compare(struct differ *differ, const struct table *a,
                           const struct table *b)
{
    if (!header_add(differ, "source", value_source_name(a->source),
                    value_source_name(b->source)) ||
        !header_add(differ, "synthetic", a->synthetic ? "yes" : "no",
                    b->synthetic ? "yes" : "no"))
        return false;
    for (size_t i = 0; i < a->field_count; i++) /* both have those of the type */
        if (!header_add(differ, a->fields[i].name, a->fields[i].value,
                        b->fields[i].value))
            return false;
    return true;
}

static bool rows_compare(struct differ *differ, const struct table *a,
                         const struct table *b)
{
    const struct table *tables[2] = {a, b};
    size_t at[2] = {0, 0};
    while (at[0] < a->rows || at[1] < b->rows) {
        int order = at[0] == a->rows ? 1
                    : at[1] == b->rows
                        ? -1
                        : table_compare_keys(tables, at, differ->type->key_count);
        bool done = order < 0   ? row_add(differ, a, at[0], PAYLOAD_REMOVED)
                    : order > 0 ? row_add(differ, b, at[1], PAYLOAD_ADDED)
                                : row_compare(differ, tables, at);
        if (!done)
            return false;
        at[0] += order <= 0;
        at[1] += order >= 0;
    }
    return true;
}

static bool side_read(struct differ *differ, const struct bytes *text, const char *what,
                      struct side *side)
{
    if (!payload_read(differ->type, text, what, differ->arena, &side->written,
                      differ->err))
        return false;
    if (side->written.is_row)
        return err_set(differ->err, E_PAYLOAD_TEXT, "%s: a row where a table is wanted",
                       what);
    side->table = side->written;
    return payload_renew(differ->type, differ->arena, &side->table, differ->err);
}

/* Columns that both have as they are written, when one of them names sources. */
static size_t sourced_columns(const struct payload_type *type, const struct side *a,
                              const struct side *b)
{
    size_t in_a = payload_columns_of(type, a->written.schema);
    size_t in_b = payload_columns_of(type, b->written.schema);
    bool any = a->written.column_count > in_a || b->written.column_count > in_b;
    return !any ? 0 : in_a < in_b ? in_a : in_b;
}

static bool tables_compare(struct differ *differ, const struct payload_pair *pair)
{
    struct side a, b;
    if (!side_read(differ, pair->old_text, pair->old_what, &a) ||
        !side_read(differ, pair->new_text, pair->new_what, &b))
        return false;
    differ->sides[0] = &a;
    differ->sides[1] = &b;
    differ->sourced = sourced_columns(differ->type, &a, &b);
    bool done = header_compare(differ, &a.table, &b.table) &&
                rows_compare(differ, &a.table, &b.table);
    differ->sides[0] = differ->sides[1] = NULL;
    return done;
}

/* ---- blobs ---- */

struct lines {
    size_t count;
    char **list;
};

static int compare_lines(const void *left, const void *right)
{
    char *const *a = left;
    char *const *b = right;
    return strcmp(*a, *b);
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Every line that says something, trimmed, sorted. */
static bool lines_take(struct differ *differ, const struct bytes *text,
                       struct lines *lines)
{
    void *list = NULL;
    size_t most = 1;
    for (size_t i = 0; i < text->size; i++)
        most += text->data[i] == '\n';
    if (!arena_take(differ->arena, most, sizeof(char *), &list, differ->err))
        return false;
    lines->list = list;
    for (size_t at = 0; at < text->size;) {
        const uint8_t *line = text->data + at;
        const uint8_t *stop = memchr(line, '\n', text->size - at);
        size_t size = stop ? (size_t)(stop - line) : text->size - at;
        void *copy = NULL;
        at += size + 1;
        for (; size > 0 && is_space(line[0]); size--)
            line++;
        while (size > 0 && is_space(line[size - 1]))
            size--;
        if (size == 0)
            continue;
        if (!arena_take(differ->arena, 1, size + 1, &copy, differ->err))
            return false;
        bug_if(!copy || !lines->list);
        memcpy(copy, line, size);
        lines->list[lines->count++] = copy;
    }
    qsort(lines->list, lines->count, sizeof(char *), compare_lines);
    return true;
}

static bool line_add(struct differ *differ, const char *line,
                     enum payload_change_kind kind)
{
    const struct payload_change change = {.kind = kind,
                                          .key = line,
                                          .column = "",
                                          .unit = "",
                                          .old_value = "",
                                          .new_value = ""};
    if (kind == PAYLOAD_ADDED)
        differ->diff->rows_added++;
    else
        differ->diff->rows_removed++;
    return change_add(differ, &change);
}

static bool blobs_compare(struct differ *differ, const struct payload_pair *pair)
{
    struct lines a = {0}, b = {0};
    size_t i = 0, j = 0;
    if (!lines_take(differ, pair->old_text, &a) ||
        !lines_take(differ, pair->new_text, &b))
        return false;
    while (i < a.count || j < b.count) {
        int order = i == a.count ? 1 : j == b.count ? -1 : strcmp(a.list[i], b.list[j]);
        if (order == 0)
            differ->diff->rows_same++;
        else if (!line_add(differ, order < 0 ? a.list[i] : b.list[j],
                           order < 0 ? PAYLOAD_REMOVED : PAYLOAD_ADDED))
            return false;
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

/* ---- order ---- */

/* Names (relative 0) before numbers, the largest number first; then as they stand. */
static int compare_changes(const void *left, const void *right)
{
    const struct payload_change *a = left;
    const struct payload_change *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->relative > b->relative)
        return b->relative > 0 ? -1 : 1;
    if (a->relative < b->relative)
        return a->relative > 0 ? 1 : -1;
    int sign = strcmp(a->key, b->key);
    return sign != 0 ? sign : strcmp(a->column, b->column);
}

bool payload_diff(const struct payload_pair *pair, struct arena *arena,
                  struct payload_diff *diff, struct err *err)
{
    struct payload_diff made = {0};
    struct differ differ = {
        .type = pair->type, .arena = arena, .diff = &made, .err = err};
    bytes_init(&differ.text, DIFF_TEXT);
    bool done = pair->type->kind == PAYLOAD_BLOB ? blobs_compare(&differ, pair)
                                                 : tables_compare(&differ, pair);
    bytes_release(&differ.text);
    if (!done)
        return false;
    if (made.count > 0)
        qsort(made.changes, made.count, sizeof *made.changes, compare_changes);
    *diff = made;
    return true;
}
