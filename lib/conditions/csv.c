/* csv.c - payloads as comma separated tables.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/csv.h"

#include <stdio.h>

#include "base/text.h"

struct reader {
    struct sheet *sheet;
    size_t line;
    bool columns_seen;
    size_t count;
    const char *words[TABLE_COLUMNS];
};

/* ---- reading ---- */

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t size = strlen(text);
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        text[--size] = '\0';
    return text;
}

static bool fail(const struct reader *reader, const char *what, struct err *err)
{
    return sheet_fail(reader->sheet, reader->line, what, err);
}

/* Takes one field off the line; *rest is NULL behind the last. */
static bool field_take(struct reader *reader, char **rest, struct err *err)
{
    char *field = *rest;
    char *end;
    if (reader->count == TABLE_COLUMNS)
        return fail(reader, "more fields than any type has columns", err);
    while (*field == ' ' || *field == '\t')
        field++;
    if (*field == '"') {
        char *close = strchr(++field, '"');
        if (!close)
            return fail(reader, "a quote is not closed", err);
        *close = '\0';
        end = close + 1 + strspn(close + 1, " \t");
        if (*end != '\0' && *end != ',')
            return fail(reader, "text behind a closing quote", err);
    } else {
        end = field + strcspn(field, ",");
    }
    *rest = *end == ',' ? end + 1 : NULL;
    *end = '\0';
    reader->words[reader->count++] = trim(field);
    return true;
}

static bool row_read(struct reader *reader, char *line, struct err *err)
{
    char *rest = line;
    reader->count = 0;
    while (rest) {
        if (!field_take(reader, &rest, err))
            return false;
    }
    if (reader->columns_seen)
        return sheet_row(reader->sheet, reader->line, reader->words, reader->count, err);
    reader->columns_seen = true;
    return sheet_columns(reader->sheet, reader->line, reader->words, reader->count, err);
}

/* "#: NAME VALUE" */
static bool head_read(struct reader *reader, char *line, struct err *err)
{
    char *name = trim(line + 2);
    char *value = name + strcspn(name, " \t");
    if (*value != '\0')
        *value++ = '\0';
    return sheet_set(reader->sheet, reader->line, name, trim(value), err);
}

static bool line_read(struct reader *reader, char *line, struct err *err)
{
    char *text = trim(line);
    if (text[0] == '#' && text[1] == ':')
        return head_read(reader, text, err);
    if (text[0] == '#')
        return reader->columns_seen ||
               sheet_set(reader->sheet, reader->line, "note", trim(text + 1), err);
    return text[0] == '\0' || row_read(reader, text, err);
}

bool csv_read(char *text, size_t size, struct sheet *sheet, struct err *err)
{
    struct reader reader = {.sheet = sheet};
    size_t at = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < size) {
        char *line = text + at;
        char *stop = memchr(line, '\n', size - at);
        size_t length = stop ? (size_t)(stop - line) : size - at;
        reader.line++;
        if (!stop)
            return fail(&reader, "the last line does not end: is the file whole?", err);
        at += length + 1;
        line[length] = '\0';
        if (length > 0 && line[length - 1] == '\r')
            line[--length] = '\0';
        if (strlen(line) != length)
            return fail(&reader, "a zero byte", err);
        if (!line_read(&reader, line, err))
            return false;
    }
    return sheet_end(sheet, err);
}

/* ---- writing ---- */

static bool head_write(const struct table *table, const struct interval *interval,
                       struct bytes *out, struct err *err)
{
    if (!text_addf(out, err, "#: type %s\n#: schema %u\n#: source %s\n#: synthetic %s\n",
                   table->type, (unsigned)table->schema, value_source_name(table->source),
                   table->synthetic ? "yes" : "no"))
        return false;
    if (interval &&
        (!text_add(out, "#: runs ", err) || !validity_write_runs(interval, out, err) ||
         !text_add(out, "\n", err)))
        return false;
    for (size_t i = 0; i < table->field_count; i++) {
        if (!text_addf(out, err, "#: %s %s\n", table->fields[i].name,
                       table->fields[i].value))
            return false;
    }
    return true;
}

static bool columns_write(const struct payload_type *type, const struct table *table,
                          struct bytes *out, struct err *err)
{
    size_t declared = payload_columns_of(type, table->schema);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *unit = i < declared ? type->columns[i].unit : "";
        if (!text_addf(out, err, "%s%s", i > 0 ? "," : "", table->columns[i].name) ||
            (unit[0] != '\0' && !text_addf(out, err, " [%s]", unit)))
            return false;
    }
    return text_add(out, "\n", err);
}

bool csv_write(const struct payload_type *type, const struct table *table,
               const struct bytes *notes, const struct interval *interval,
               struct bytes *out, struct err *err)
{
    if (!head_write(table, interval, out, err) ||
        !bytes_append(out, notes->data, notes->size, err) ||
        !columns_write(type, table, out, err))
        return false;
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if ((i > 0 && !text_add(out, ",", err)) ||
                !table_write_cell(table, row, i, out, err))
                return false;
        }
        if (!text_add(out, "\n", err))
            return false;
    }
    return true;
}
