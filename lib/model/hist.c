/* hist.c - histograms with exact sums.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/hist.h"

#include <math.h>
#include <string.h>

#define DIGITS 40 /* of the largest value of an axis */

uint32_t hist_cells(const struct hist_form *form)
{
    return (form->x.bins + 2) * (form->y.bins == 0 ? 1 : form->y.bins + 2);
}

uint64_t hist_entries(const struct hist *hist)
{
    uint32_t count = hist_cells(&hist->form);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += hist->cells[i];
    return sum;
}

int hist_digits(const struct hist_axis *axis)
{
    double most = fmax(fabs(axis->low), fabs(axis->high));
    int digits = DIGITS;
    while (most > 1.0) {
        most *= 0.5;
        digits--;
    }
    return digits;
}

static double bins_per_unit(const struct hist_axis *axis)
{
    return axis->bins == 0 ? 0.0 : axis->bins / (axis->high - axis->low);
}

static inline uint32_t bin_of(const struct hist_axis *axis, double per_unit, double value)
{
    if (value < axis->low)
        return 0;
    if (!(value < axis->high))
        return axis->bins + 1;
    uint32_t bin = (uint32_t)((value - axis->low) * per_unit);
    return 1 + (bin < axis->bins ? bin : axis->bins - 1);
}

static void fill_flat(struct hist *hist, double x, uint32_t times)
{
    uint32_t bin = bin_of(&hist->form.x, hist->bins_x, x);
    hist->cells[bin] += times;
    if (hist->places || bin == 0 || bin > hist->form.x.bins)
        return;
    hist_sum qx = (int64_t)(x * hist->scale_x);
    hist->sums.x += qx * (hist_sum)times;
    hist->sums.xx += qx * qx * (hist_sum)times;
}

void hist_fill_all(struct hist *hist, const double *numbers, size_t count)
{
    const struct hist own = *hist; /* cells cannot change it, so nothing is read again */
    hist_sum x = 0, xx = 0;
    bug_if(own.form.y.bins != 0);
    for (size_t i = 0; i < count; i++) {
        uint32_t bin = bin_of(&own.form.x, own.bins_x, numbers[i]);
        own.cells[bin]++;
        if (bin == 0 || bin > own.form.x.bins)
            continue;
        int64_t q = (int64_t)(numbers[i] * own.scale_x);
        x += q;
        xx += (hist_sum)q * q;
    }
    if (own.places)
        return;
    hist->sums.x += x;
    hist->sums.xx += xx;
}

void hist_fill(struct hist *hist, double x, double y, uint32_t times)
{
    const struct hist_form *form = &hist->form;
    if (form->y.bins == 0) {
        fill_flat(hist, x, times);
        return;
    }
    uint32_t ix = bin_of(&form->x, hist->bins_x, x);
    uint32_t iy = bin_of(&form->y, hist->bins_y, y);
    hist->cells[ix + (form->x.bins + 2) * iy] += times;
    if (hist->places || ix == 0 || ix > form->x.bins || iy == 0 || iy > form->y.bins)
        return;
    struct hist_sums *sums = &hist->sums;
    hist_sum qx = (int64_t)(x * hist->scale_x);
    hist_sum qy = (int64_t)(y * hist->scale_y);
    hist_sum count = (hist_sum)times;
    sums->x += count * qx;
    sums->xx += count * qx * qx;
    sums->y += count * qy;
    sums->yy += count * qy * qy;
    sums->xy += count * qx * qy;
}

static double real(hist_sum sum, int digits)
{
    return ldexp((double)sum, -digits);
}

static double middle(const struct hist_axis *axis, uint32_t bin)
{
    return axis->low + (bin - 0.5) * ((axis->high - axis->low) / axis->bins);
}

/* One row of cells; y is its middle. */
static void row_add(const struct hist *hist, const uint32_t *row, double y,
                    struct hist_moments *moments)
{
    double count = 0.0, sum_x = 0.0;
    for (uint32_t bin = 1; bin <= hist->form.x.bins; bin++) {
        double x = middle(&hist->form.x, bin);
        count += (double)row[bin];
        sum_x += (double)row[bin] * x;
        moments->xx += (double)row[bin] * x * x;
    }
    moments->count += count;
    moments->x += sum_x;
    moments->y += count * y;
    moments->yy += count * y * y;
    moments->xy += sum_x * y;
}

struct hist_moments hist_moments(const struct hist *hist)
{
    const struct hist_form *form = &hist->form;
    struct hist_moments moments = {.count = 0.0};
    uint32_t width = form->x.bins + 2;
    if (form->y.bins == 0)
        row_add(hist, hist->cells, 0.0, &moments);
    for (uint32_t bin = 1; bin <= form->y.bins; bin++)
        row_add(hist, hist->cells + (size_t)width * bin, middle(&form->y, bin), &moments);
    if (hist->places)
        return moments;
    int x = hist_digits(&form->x);
    int y = form->y.bins == 0 ? 0 : hist_digits(&form->y);
    return (struct hist_moments){.count = moments.count,
                                 .x = real(hist->sums.x, x),
                                 .xx = real(hist->sums.xx, 2 * x),
                                 .y = real(hist->sums.y, y),
                                 .yy = real(hist->sums.yy, 2 * y),
                                 .xy = real(hist->sums.xy, x + y)};
}

void hist_set_init(struct hist_set *set)
{
    *set = (struct hist_set){.count = 0};
    arena_init(&set->arena, HIST_MEMORY);
}

void hist_set_release(struct hist_set *set)
{
    arena_release(&set->arena);
    *set = (struct hist_set){.count = 0};
}

static bool text_keep(struct hist_set *set, const char **text)
{
    *text = *text == NULL ? "" : arena_text(&set->arena, *text);
    return *text != NULL;
}

static bool axis_keep(struct hist_set *set, struct hist_axis *axis)
{
    if (!text_keep(set, &axis->title))
        return false;
    if (axis->labels == NULL)
        return true;
    const char **labels = arena_try(&set->arena, axis->bins, sizeof *labels);
    for (uint32_t i = 0; labels != NULL && i < axis->bins; i++) {
        labels[i] = arena_text(&set->arena, axis->labels[i]);
        if (labels[i] == NULL)
            return false;
    }
    axis->labels = labels;
    return labels != NULL;
}

static bool axis_is_good(const struct hist_axis *axis)
{
    return axis->bins <= HIST_BINS &&
           (axis->bins == 0 ||
            (axis->low < axis->high && fabs(axis->low) < 1e9 && fabs(axis->high) < 1e9));
}

struct hist *hist_set_add(struct hist_set *set, const struct hist_form *form,
                          struct err *err)
{
    if (form->x.bins == 0 || !axis_is_good(&form->x) || !axis_is_good(&form->y) ||
        (uint64_t)(form->x.bins + 2) * (form->y.bins + 2) > HIST_CELLS) {
        (void)err_set(err, E_LIMIT, "histogram %s has no possible axes", form->name);
        return NULL;
    }
    if (set->list == NULL)
        set->list = arena_try(&set->arena, HIST_COUNT, sizeof *set->list);
    struct hist hist = {.form = *form,
                        .scale_x = ldexp(1.0, hist_digits(&form->x)),
                        .scale_y = ldexp(1.0, hist_digits(&form->y)),
                        .bins_x = bins_per_unit(&form->x),
                        .bins_y = bins_per_unit(&form->y),
                        .places =
                            form->x.low == -0.5 && form->x.high == form->x.bins - 0.5};
    if (set->list == NULL || set->count == HIST_COUNT ||
        !text_keep(set, &hist.form.directory) || !text_keep(set, &hist.form.name) ||
        !text_keep(set, &hist.form.title) || !axis_keep(set, &hist.form.x) ||
        !axis_keep(set, &hist.form.y)) {
        (void)err_set(err, E_LIMIT, "histogram %s: too many", form->name);
        return NULL;
    }
    hist.cells = arena_try(&set->arena, hist_cells(form), sizeof *hist.cells);
    if (hist.cells == NULL) {
        (void)err_set(err, E_LIMIT, "histogram %s: no memory", form->name);
        return NULL;
    }
    set->list[set->count] = hist;
    return &set->list[set->count++];
}

struct hist *hist_set_find(const struct hist_set *set, const char *directory,
                           const char *name)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (strcmp(set->list[i].form.name, name) == 0 &&
            strcmp(set->list[i].form.directory, directory) == 0)
            return &set->list[i];
    return NULL;
}

void hist_set_clear(struct hist_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct hist *hist = &set->list[i];
        memset(hist->cells, 0, hist_cells(&hist->form) * sizeof *hist->cells);
        hist->sums = (struct hist_sums){.x = 0};
    }
}
