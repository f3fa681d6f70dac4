/* export_text.c - events as CSV or JSON on standard output.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/export_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"

#define FLUSH ((size_t)256 << 10) /* written when so much waits */
#define LIMIT ((size_t)1 << 30)   /* of one event's text */

/* Lines that wait to be written. */
struct lines {
    struct bytes text;
    uint64_t count;
};

static bool lines_write(struct lines *lines, size_t least, struct err *err)
{
    if (lines->text.size < least)
        return true;
    if (lines->text.size > 0 &&
        fwrite(lines->text.data, 1, lines->text.size, stdout) != lines->text.size)
        return err_errno(err, E_DISK_WRITE, errno, "standard output");
    bytes_clear(&lines->text);
    return true;
}

typedef bool row_add(struct lines *lines, const struct event_file *file, uint32_t row,
                     struct err *err);

/* Every wanted event as a line. */
static bool rows_export(struct event_file *file, struct lines *lines, row_add *add,
                        struct err *err)
{
    for (;;) {
        if (!event_file_next(file, err))
            return false;
        const struct event_block *block = &file->block;
        if (block->rows == 0)
            return true;
        for (uint32_t r = 0; r < block->rows; r++) {
            uint64_t entry = block->first + r;
            if (entry < file->from || entry >= file->to)
                continue;
            if (!add(lines, file, r, err) || !lines_write(lines, FLUSH, err))
                return err_wrap(err, "entry %llu", (unsigned long long)entry);
            lines->count++;
        }
    }
}

static bool span_get(const struct event_file *file, uint32_t column, uint32_t row,
                     struct event_span *span, struct err *err)
{
    return event_span_of(file, column, row, span) ||
           err_set(err, E_RNTUPLE_FORMAT, "column %s has too few numbers",
                   file->columns[column].name);
}

/* Texts are quoted, and quotes in them doubled. */
static bool csv_text(struct bytes *out, const struct event_cells *cells,
                     const struct event_span *span, struct err *err)
{
    bool done = text_add(out, "\"", err);
    for (uint64_t i = 0; i < span->count && done; i++) {
        const uint8_t *c = cells->numbers.data + span->start + i;
        done = bytes_append(out, c, 1, err) && (*c != '"' || text_add(out, "\"", err));
    }
    return done && text_add(out, "\"", err);
}

static bool csv_cells(struct bytes *out, const struct event_file *file, uint32_t c,
                      const struct event_span *span, struct err *err)
{
    const struct event_column *column = &file->columns[c];
    const struct event_cells *cells = &file->block.cells[c];
    if (column->kind == EVENT_TEXT)
        return csv_text(out, cells, span, err);
    for (uint64_t i = 0; i < span->count; i++)
        if ((i > 0 && !text_add(out, column->list ? " " : ",", err)) ||
            !event_number_add(out, column, cells, span->start + i, err))
            return false;
    return true;
}

static bool csv_row(struct lines *lines, const struct event_file *file, uint32_t row,
                    struct err *err)
{
    bool first = true;
    for (uint32_t c = 0; c < file->column_count; c++) {
        struct event_span span;
        if (!file->columns[c].wanted)
            continue;
        if ((!first && !text_add(&lines->text, ",", err)) ||
            !span_get(file, c, row, &span, err) ||
            !csv_cells(&lines->text, file, c, &span, err))
            return false;
        first = false;
    }
    return text_add(&lines->text, "\n", err);
}

/* "name", or one name for each cell of an array. */
static bool csv_names(struct bytes *out, const struct event_column *column,
                      struct err *err)
{
    uint32_t count = column->list ? 1 : column->width;
    for (uint32_t i = 0; i < count; i++) {
        if ((i > 0 && !text_add(out, ",", err)) || !text_add(out, column->name, err))
            return false;
        uint32_t below = column->width;
        for (uint32_t d = 0; d < column->rank && !column->list; d++) {
            below /= column->shape[d];
            if (!text_addf(out, err, "[%u]", i / below % column->shape[d]))
                return false;
        }
    }
    return true;
}

bool export_csv(struct event_file *file, struct err *err)
{
    struct lines lines = {.count = 0};
    bool done = true;
    bool first = true;
    bytes_init(&lines.text, LIMIT);
    for (uint32_t c = 0; c < file->column_count && done; c++) {
        if (!file->columns[c].wanted)
            continue;
        done = (first || text_add(&lines.text, ",", err)) &&
               csv_names(&lines.text, &file->columns[c], err);
        first = false;
    }
    done = done && text_add(&lines.text, "\n", err) &&
           rows_export(file, &lines, csv_row, err) && lines_write(&lines, 0, err);
    bytes_release(&lines.text);
    return done;
}

/* Brackets of an array in arrays that open before, or close behind, number i. */
static bool json_brackets(struct bytes *out, const struct event_column *column,
                          uint64_t i, char bracket, struct err *err)
{
    uint32_t below = 1;
    for (uint32_t d = column->rank; d-- > 0;) {
        below *= column->shape[d];
        if (i % below == 0 && !bytes_append(out, &bracket, 1, err))
            return false;
    }
    return true;
}

static bool json_number(struct bytes *out, const struct event_column *column,
                        const struct event_cells *cells, uint64_t i, struct err *err)
{
    if (column->kind == EVENT_BOOL)
        return text_add(out, event_bits(column, cells, i) != 0 ? "true" : "false", err);
    if (column->kind == EVENT_REAL && !isfinite(event_real(column, cells, i)))
        return text_add(out, "null", err);
    return event_number_add(out, column, cells, i, err);
}

static bool json_string(struct bytes *out, const struct event_cells *cells,
                        const struct event_span *span, struct err *err)
{
    struct json_writer writer;
    struct bytes text;
    const char *string = "";
    bytes_init(&text, LIMIT);
    bool done =
        bytes_append(&text, cells->numbers.data + span->start, span->count, err) &&
        text_terminate(&text, &string, err);
    json_begin(&writer, out);
    if (done)
        json_put_text(&writer, NULL, string);
    done = done && json_end(&writer, err);
    bytes_release(&text);
    return done;
}

static bool json_cells(struct bytes *out, const struct event_file *file, uint32_t c,
                       const struct event_span *span, struct err *err)
{
    const struct event_column *column = &file->columns[c];
    const struct event_cells *cells = &file->block.cells[c];
    if (column->kind == EVENT_TEXT)
        return json_string(out, cells, span, err);
    bool done = !column->list || text_add(out, "[", err);
    for (uint64_t i = 0; i < span->count && done; i++)
        done = (i == 0 || text_add(out, ",", err)) &&
               json_brackets(out, column, i, '[', err) &&
               json_number(out, column, cells, span->start + i, err) &&
               json_brackets(out, column, i + 1, ']', err);
    return done && (!column->list || text_add(out, "]", err));
}

static bool json_row(struct lines *lines, const struct event_file *file, uint32_t row,
                     struct err *err)
{
    struct bytes *out = &lines->text;
    bool first = true;
    if (!text_add(out, lines->count > 0 ? ",\n{" : "\n{", err))
        return false;
    for (uint32_t c = 0; c < file->column_count; c++) {
        struct event_span span;
        struct json_writer writer;
        if (!file->columns[c].wanted)
            continue;
        if (!first && !text_add(out, ",", err))
            return false;
        first = false;
        json_begin(&writer, out);
        json_put_text(&writer, NULL, file->columns[c].name);
        if (!json_end(&writer, err) || !text_add(out, ":", err) ||
            !span_get(file, c, row, &span, err) || !json_cells(out, file, c, &span, err))
            return false;
    }
    return text_add(out, "}", err);
}

bool export_json(struct event_file *file, struct err *err)
{
    struct lines lines = {.count = 0};
    bytes_init(&lines.text, LIMIT);
    bool done = text_add(&lines.text, "[", err) &&
                rows_export(file, &lines, json_row, err) &&
                text_add(&lines.text, "\n]\n", err) && lines_write(&lines, 0, err);
    bytes_release(&lines.text);
    return done;
}
