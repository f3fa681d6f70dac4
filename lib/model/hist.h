/* hist.h - histograms whose sums do not depend on the order of events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cells are whole numbers below 2^32: an event counts once in a cell, a segment has at
 * most 2^21 events, and what adds files looks whether there is room. Half of the memory
 * of wider ones, which decides how much of them a core's cache holds while events fill
 * them.
 *
 * Moments are sums of values cut to a binary fraction of the
 * axis (40 digits of its largest value), in 128-bit integers: exact, so the sum of parts
 * is the whole, bit for bit. 2^40 x 2^40 x 2^46 entries fit.
 *
 * Where x is a place (bins of width 1 around the whole numbers from 0) there are no sums:
 * moments are those of the middles of the bins, so filling costs little.
 */
#ifndef SPILLWAY_MODEL_HIST_H
#define SPILLWAY_MODEL_HIST_H

#include "base/arena.h"

#define HIST_NAME   64     /* of a histogram and its directory, with the NUL */
#define HIST_TITLE  160    /* of a histogram and an axis, with the NUL */
#define HIST_BINS   65536u /* of an axis */
#define HIST_CELLS  ((uint32_t)1 << 22) /* of a histogram, with those outside */
#define HIST_COUNT  1024u               /* of a set */
#define HIST_MEMORY ((size_t)64 << 20)  /* of a set */

typedef __int128 hist_sum;

struct hist_axis {
    const char *title;
    uint32_t bins; /* 0: there is no such axis */
    double low, high;
    const char *const *labels; /* one a bin, or NULL */
};

struct hist_form {
    const char *directory, *name, *title;
    struct hist_axis x, y;
};

/* Of the entries inside of all axes, in units of hist_digits() binary digits; 0 where x
 * is a place. */
struct hist_sums {
    hist_sum x, xx, y, yy, xy;
};

struct hist {
    struct hist_form form;
    uint32_t *cells; /* bin ix + (x.bins + 2) * iy; 0 is below, bins + 1 above */
    struct hist_sums sums;
    double scale_x, scale_y; /* 2 to the digits of the axis */
    double bins_x, bins_y;   /* per unit of the axis */
    bool places;             /* x is a place */
};

/* Histograms that are filled together; memory in one block. */
struct hist_set {
    struct hist *list;
    uint32_t count;
    struct arena arena;
};

/* Number of cells. */
uint32_t hist_cells(const struct hist_form *form);

/* Inside and outside: the sum of the cells. */
uint64_t hist_entries(const struct hist *hist);

/* Binary digits behind the point of the sums of this axis. */
int hist_digits(const struct hist_axis *axis);

/* Adds `times` entries at a place; y is looked at if there is such an axis. NaN counts as
 * above. */
void hist_fill(struct hist *hist, double x, double y, uint32_t times);

/* One entry for each of many numbers, where there is no y axis. */
void hist_fill_all(struct hist *hist, const double *numbers, size_t count);

/* The cell of an entry where x is a place, which must exist, and there is a y axis. */
static inline uint32_t *hist_cell(const struct hist *hist, uint32_t place, double y)
{
    const struct hist_axis *axis = &hist->form.y;
    uint32_t bin = axis->bins + 1;
    if (y < axis->low) {
        bin = 0;
    } else if (y < axis->high) {
        bin = 1 + (uint32_t)((y - axis->low) * hist->bins_y);
        bin = bin > axis->bins ? axis->bins : bin;
    }
    return &hist->cells[place + 1 + (hist->form.x.bins + 2) * bin];
}

/* hist_fill() of one entry there. */
static inline void hist_put(struct hist *hist, uint32_t place, double y)
{
    (*hist_cell(hist, place, y))++;
}

/* Moments of the entries inside of all axes: how many, then sums of x, x^2, and with a y
 * axis of y, y^2, xy. */
struct hist_moments {
    double count, x, xx, y, yy, xy;
};

struct hist_moments hist_moments(const struct hist *hist);

void hist_set_init(struct hist_set *set);
void hist_set_release(struct hist_set *set);

/* An empty histogram at the end; texts are copied. NULL when limits are passed. */
struct hist *hist_set_add(struct hist_set *set, const struct hist_form *form,
                          struct err *err);

/* By directory and name; NULL when absent. */
struct hist *hist_set_find(const struct hist_set *set, const char *directory,
                           const char *name);

/* All counts and sums to zero. */
void hist_set_clear(struct hist_set *set);

#endif
