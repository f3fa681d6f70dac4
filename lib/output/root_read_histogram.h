/* root_read_histogram.h - TH1D and TH2D out of ROOT files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cells as ROOT counts them: ix + (nx + 2) * iy, 0 is the underflow, n + 1 the overflow.
 */
#ifndef SPILLWAY_OUTPUT_ROOT_READ_HISTOGRAM_H
#define SPILLWAY_OUTPUT_ROOT_READ_HISTOGRAM_H

#include "output/root_read.h"

#define HISTOGRAM_BINS ((uint32_t)1 << 20) /* of an axis */

struct histogram_axis {
    struct cursor_text title;
    uint32_t bins;
    double low, high;
    const uint8_t *edges;       /* bins + 1 numbers as stored, NULL: equal widths */
    struct cursor_text *labels; /* one a bin, NULL: none */
};

/* Texts are borrowed from `object`. */
struct histogram_read {
    struct bytes object;
    struct cursor_text name, title;
    int dimensions;
    struct histogram_axis axes[3];
    uint32_t cell_count;
    double *cells;
    double entries, sumw, sumw2, sumwx, sumwx2;
};

/* Is the key that of a histogram that is read here? */
bool histogram_is(const struct root_read_key *key);

/* E_HISTOGRAM_FORMAT; release what was read. */
bool histogram_read_key(struct histogram_read *histogram, const struct root_read *file,
                        const struct root_read_key *key, struct err *err);
void histogram_read_release(struct histogram_read *histogram);

/* Lower edge of a bin, 1 to bins + 1. */
double histogram_edge(const struct histogram_axis *axis, uint32_t bin);

#endif
