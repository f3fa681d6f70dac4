/* payload_diff.c - which values differ between two payloads of one type.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload_diff.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"

#define DIFF_TEXT ((size_t)4096) /* a key or the values of a row: at most 24 cells */

struct differ {
    const struct payload_type *type;
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

static bool row_compare(struct differ *differ, const struct table *tables[2],
                        const size_t rows[2])
{
    bool same = true;
    for (size_t i = differ->type->key_count; i < differ->type->column_count; i++) {
        if (cells_equal(table_cell(tables[0], rows[0], i),
                        table_cell(tables[1], rows[1], i), differ->type->columns[i].kind))
            continue;
        same = false;
        if (!value_add(differ, tables, rows, i))
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

static bool tables_compare(struct differ *differ, const struct payload_pair *pair)
{
    struct table a, b;
    if (!payload_parse(pair->type, pair->old_text, pair->old_what, differ->arena, &a,
                       differ->err) ||
        !payload_parse(pair->type, pair->new_text, pair->new_what, differ->arena, &b,
                       differ->err))
        return false;
    if (a.is_row != b.is_row)
        return err_set(differ->err, E_PAYLOAD_TEXT, "%s: a row beside a table",
                       a.is_row ? pair->old_what : pair->new_what);
    if (a.is_row)
        return err_set(differ->err, E_PAYLOAD_TEXT, "%s: a row where a table is wanted",
                       pair->old_what);
    return header_compare(differ, &a, &b) && rows_compare(differ, &a, &b);
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
