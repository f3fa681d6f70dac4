/* plot.c - what a picture of a histogram needs, from a stored one or from a column.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define CELLS ((uint64_t)1 << 26) /* numbers of an event, at most */

static void text_cut(char out[PLOT_TEXT], struct cursor_text text)
{
    size_t size = text.size < PLOT_TEXT ? text.size : PLOT_TEXT - 1;
    memcpy(out, text.data, size);
    out[size] = 0;
    for (char *c = out; *c != 0; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
}

static void axis_make(struct plot_axis *axis, const struct histogram_axis *from)
{
    text_cut(axis->title, from->title);
    axis->bins = from->bins;
    axis->edges = mem_new(from->bins + 1u, sizeof *axis->edges);
    for (uint32_t b = 0; b <= from->bins; b++)
        axis->edges[b] = histogram_edge(from, b + 1);
    if (from->labels == NULL)
        return;
    axis->labels = mem_new(from->bins, sizeof *axis->labels);
    for (uint32_t b = 0; b < from->bins; b++) {
        char label[PLOT_TEXT];
        text_cut(label, from->labels[b]);
        axis->labels[b] = mem_text(label);
    }
}

void plot_mark(char title[PLOT_TEXT])
{
    static const char mark[] = " (" PLOT_SYNTHETIC ")";
    size_t size = strlen(title);
    if (size + sizeof mark > PLOT_TEXT)
        size = PLOT_TEXT - sizeof mark;
    memcpy(title + size, mark, sizeof mark);
}

static double spread_of(double sum, double square, double count)
{
    double variance = count > 0 ? square / count - sum / count * (sum / count) : 0;
    return variance > 0 ? sqrt(variance) : 0;
}

/* Cells without under- and overflows, which are summed. */
static void cells_make(struct plot *plot, const struct histogram_read *histogram)
{
    uint32_t nx = histogram->axes[0].bins;
    uint32_t rows = plot->dimensions == 1 ? 1 : histogram->axes[1].bins + 2;
    plot->cells = mem_new((size_t)nx * rows, sizeof *plot->cells);
    for (uint32_t r = 0; r < rows; r++) {
        const double *row = histogram->cells + (size_t)r * (nx + 2);
        bool inside = plot->dimensions == 1 || (r > 0 && r + 1 < rows);
        plot->below += row[0];
        plot->above += row[nx + 1];
        double *out = plot->cells + (size_t)(rows == 1 ? 0 : r - inside) * nx;
        for (uint32_t c = 1; c <= nx; c++) {
            if (inside)
                out[c - 1] = row[c];
            else
                plot->above += row[c];
        }
    }
}

void plot_of_histogram(struct plot *plot, const struct histogram_read *histogram)
{
    *plot = (struct plot){.dimensions = histogram->dimensions};
    text_cut(plot->name, histogram->name);
    text_cut(plot->title, histogram->title);
    axis_make(&plot->x, &histogram->axes[0]);
    if (plot->dimensions == 2)
        axis_make(&plot->y, &histogram->axes[1]);
    plot->entries = histogram->entries;
    if (histogram->sumw != 0)
        plot->mean = histogram->sumwx / histogram->sumw;
    plot->spread = spread_of(histogram->sumwx, histogram->sumwx2, histogram->sumw);
    cells_make(plot, histogram);
}

static void axis_release(struct plot_axis *axis)
{
    for (uint32_t b = 0; b < axis->bins && axis->labels != NULL; b++)
        free(axis->labels[b]);
    free(axis->labels);
    free(axis->edges);
}

void plot_release(struct plot *plot)
{
    axis_release(&plot->x);
    axis_release(&plot->y);
    free(plot->cells);
    *plot = (struct plot){.dimensions = 0};
}

/* A running sum of numbers, or those of one cell of each event. */
struct sums {
    struct plot_range range;
    double sum, square;
    struct plot *plot; /* to be filled, NULL: none */
};

static void number_take(struct sums *sums, double value)
{
    struct plot_range *range = &sums->range;
    if (!isfinite(value)) {
        range->others++;
        return;
    }
    if (range->numbers == 0 || value < range->least)
        range->least = value;
    if (range->numbers == 0 || value > range->most)
        range->most = value;
    range->numbers++;
    sums->sum += value;
    sums->square += value * value;
    if (sums->plot == NULL)
        return;
    const struct plot_axis *x = &sums->plot->x;
    double low = x->edges[0], high = x->edges[x->bins];
    double place = (value - low) / (high - low) * x->bins;
    if (place >= 0 && place < x->bins)
        sums->plot->cells[(uint32_t)place] += 1;
    else
        *(place < 0 ? &sums->plot->below : &sums->plot->above) += 1;
}

/* Every number of a column in the block; of one cell when `cell` is below its width. */
static bool block_take(const struct event_file *file, uint32_t column, uint32_t cell,
                       struct sums *sums, struct err *err)
{
    const struct event_column *info = &file->columns[column];
    const struct event_cells *cells = &file->block.cells[column];
    for (uint32_t r = 0; r < file->block.rows; r++) {
        struct event_span span;
        if (!event_span_of(file, column, r, &span) || span.count > CELLS)
            return err_set(err, E_RNTUPLE_FORMAT, "column %s has too few numbers",
                           info->name);
        uint64_t first = cell < info->width ? cell : 0;
        uint64_t step = cell < info->width ? info->width : 1;
        for (uint64_t i = first; i < span.count; i += step)
            number_take(sums, event_real(info, cells, span.start + i));
    }
    return true;
}

static void range_end(struct sums *sums)
{
    double count = (double)sums->range.numbers;
    if (count > 0)
        sums->range.mean = sums->sum / count;
    sums->range.spread = spread_of(sums->sum, sums->square, count);
}

bool plot_ranges(struct event_file *file, struct plot_range *ranges, struct err *err)
{
    struct sums *sums = mem_new(file->column_count + 1u, sizeof *sums);
    bool done = event_file_want(file, NULL, err);
    while (done && (done = event_file_next(file, err)) && file->block.rows > 0)
        for (uint32_t c = 0; c < file->column_count && done; c++)
            done = block_take(file, c, UINT32_MAX, &sums[c], err);
    for (uint32_t c = 0; c < file->column_count && done; c++) {
        range_end(&sums[c]);
        ranges[c] = sums[c].range;
    }
    free(sums);
    return done;
}

/* The column and, of "name[1][2]", the number of the cell. */
static bool name_parse(const struct event_file *file, const char *name, uint32_t *column,
                       uint32_t *cell, struct err *err)
{
    uint32_t c = 0;
    while (c < file->column_count && !file->columns[c].wanted)
        c++;
    bug_if(c == file->column_count);
    const struct event_column *info = &file->columns[c];
    const char *at = name + strlen(info->name);
    uint64_t number = 0;
    for (uint32_t d = 0; d < info->rank && *at == '['; d++) {
        char digits[12] = "";
        uint64_t index;
        size_t size = strcspn(at + 1, "]");
        if (size >= sizeof digits || at[1 + size] != ']')
            break;
        memcpy(digits, at + 1, size);
        if (!text_to_u64(digits, info->shape[d] - UINT64_C(1), &index, err))
            return err_wrap(err, "cell of %s", info->name);
        number = number * info->shape[d] + index;
        at += size + 2;
        if (d + 1 == info->rank && *at == 0) {
            *cell = (uint32_t)number;
            *column = c;
            return true;
        }
    }
    *cell = UINT32_MAX;
    *column = c;
    return *at == 0 ||
           err_set(err, E_USAGE, "\"%s\" names no cell of column %s", name, info->name);
}

/* Opens the file and takes all numbers of the column. */
static bool column_take(const char *path, const char *name, struct sums *sums,
                        char type[PLOT_TEXT], char title[PLOT_TEXT], struct err *err)
{
    struct event_file file;
    char column_name[PLOT_TEXT] = "";
    uint32_t column = 0, cell = UINT32_MAX;
    size_t size = strcspn(name, "[");
    if (size >= sizeof column_name)
        return err_set(err, E_NOT_FOUND, "no column has such a long name");
    memcpy(column_name, name, size);
    if (!event_file_open(&file, path, err))
        return false;
    bool done = event_file_want(&file, column_name, err) &&
                name_parse(&file, name, &column, &cell, err);
    while (done && (done = event_file_next(&file, err)) && file.block.rows > 0)
        done = block_take(&file, column, cell, sums, err);
    if (done) {
        const char *meaning = file.columns[column].meaning;
        bool made =
            strncmp(file.description, PLOT_SYNTHETIC, strlen(PLOT_SYNTHETIC)) == 0;
        text_cut(type, (struct cursor_text){meaning, strlen(meaning)});
        text_cut(title, (struct cursor_text){name, strlen(name)});
        if (made)
            plot_mark(title);
        range_end(sums);
    }
    event_file_close(&file);
    return done;
}

bool plot_of_column(struct plot *plot, const char *path, const char *name,
                    struct err *err)
{
    struct sums first = {.plot = NULL};
    struct plot made = {.dimensions = 1};
    if (!column_take(path, name, &first, made.x.title, made.title, err))
        return false;
    const struct plot_range *range = &first.range;
    double width = range->most - range->least;
    bool whole = width < PLOT_BINS && width == floor(width) &&
                 range->least == floor(range->least); /* a bin a number */
    made.x.bins = whole ? (uint32_t)width + 1 : PLOT_BINS;
    made.x.edges = mem_new(made.x.bins + 1u, sizeof *made.x.edges);
    double low = whole ? range->least - 0.5 : range->least;
    double high = whole ? range->most + 0.5 : range->most + width / PLOT_BINS * 1e-6;
    if (!(high > low)) /* all numbers are the same */
        high = low + 1;
    for (uint32_t b = 0; b <= made.x.bins; b++)
        made.x.edges[b] = low + (high - low) * b / made.x.bins;
    made.cells = mem_new(made.x.bins, sizeof *made.cells);
    struct sums second = {.plot = &made};
    text_cut(made.name, (struct cursor_text){name, strlen(name)});
    if (!column_take(path, name, &second, made.x.title, made.title, err)) {
        plot_release(&made);
        return false;
    }
    made.entries = (double)range->numbers;
    made.mean = range->mean;
    made.spread = range->spread;
    *plot = made;
    return true;
}
