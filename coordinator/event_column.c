/* event_column.c - columns of events as read from a file, and the numbers in them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/event_column.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define FLOAT_DIGITS 9 /* enough for every float */

struct event_column *event_column_add(struct event_file *file, const char *name,
                                      const char *type, const char *meaning)
{
    bug_if(file->column_count == EVENT_COLUMNS);
    if (file->columns == NULL)
        file->columns = mem_new(EVENT_COLUMNS, sizeof *file->columns);
    struct event_column *column = &file->columns[file->column_count++];
    *column = (struct event_column){.name = mem_text(name),
                                    .type = mem_text(type),
                                    .meaning = mem_text(meaning),
                                    .width = 1};
    return column;
}

bool event_span_of(const struct event_file *file, uint32_t column, uint32_t row,
                   struct event_span *span)
{
    const struct event_column *info = &file->columns[column];
    const struct event_cells *cells = &file->block.cells[column];
    uint64_t start = row, end = row + UINT64_C(1);
    if (info->list) {
        if (cells->ends.size / 8 <= row)
            return false;
        start = row == 0 ? 0 : le64_load(cells->ends.data + 8 * (size_t)(row - 1));
        end = le64_load(cells->ends.data + 8 * (size_t)row);
    }
    uint64_t held = cells->numbers.size / ((uint64_t)info->size * info->width);
    if (start > end || end > held)
        return false;
    *span = (struct event_span){start * info->width, (end - start) * info->width};
    return true;
}

uint64_t event_bits(const struct event_column *column, const struct event_cells *cells,
                    uint64_t i)
{
    const uint8_t *place = cells->numbers.data + i * column->size;
    uint64_t bits = 0;
    uint8_t highest = 0;
    for (uint32_t b = 0; b < column->size; b++) {
        highest = place[b];
        bits |= (uint64_t)highest << (8 * b);
    }
    bool negative = column->kind == EVENT_INT && (highest & 0x80) != 0;
    for (uint32_t b = column->size; b < 8 && negative; b++)
        bits |= UINT64_C(0xff) << (8 * b);
    return bits;
}

double event_real(const struct event_column *column, const struct event_cells *cells,
                  uint64_t i)
{
    uint64_t bits = event_bits(column, cells, i);
    double value;
    if (column->kind == EVENT_REAL && column->size == 4) {
        uint32_t half = (uint32_t)bits;
        float single;
        memcpy(&single, &half, sizeof single);
        return (double)single;
    }
    if (column->kind != EVENT_REAL)
        return column->kind == EVENT_INT ? (double)(int64_t)bits : (double)bits;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool float_add(struct bytes *out, double value, struct err *err)
{
    char digits[40];
    for (int d = 1; d <= FLOAT_DIGITS; d++) {
        (void)snprintf(digits, sizeof digits, "%.*g", d, value);
        if ((double)strtof(digits, NULL) == value)
            break;
    }
    return text_add(out, digits, err);
}

bool event_number_add(struct bytes *out, const struct event_column *column,
                      const struct event_cells *cells, uint64_t i, struct err *err)
{
    uint64_t bits = event_bits(column, cells, i);
    if (column->kind == EVENT_INT)
        return text_addf(out, err, "%" PRId64, (int64_t)bits);
    if (column->kind != EVENT_REAL)
        return text_add_u64(out, bits, err);
    double value = event_real(column, cells, i);
    if (!isfinite(value))
        return text_add(out, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf", err);
    return column->size == 4 ? float_add(out, value, err)
                             : text_add_real(out, value, err);
}
