/* plot.h - what a picture of a histogram needs, from a stored one or from a column.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PLOT_H
#define SPILLWAY_COORDINATOR_PLOT_H

#include "coordinator/event_file.h"
#include "output/root_read_histogram.h"

#define PLOT_TEXT      160u
#define PLOT_SYNTHETIC "SYNTHETIC" /* simulated data start so in what they say */
#define PLOT_BINS      50u         /* of a histogram that is made of a column */

struct plot_axis {
    char title[PLOT_TEXT];
    uint32_t bins;
    double *edges; /* bins + 1 */
    char **labels; /* one a bin, NULL: none */
};

struct plot {
    char name[PLOT_TEXT];
    char title[PLOT_TEXT];
    int dimensions;
    struct plot_axis x, y; /* y of two dimensions only */
    double *cells;         /* x.bins, or x.bins * y.bins, y after y; without overflows */
    double entries;
    double below, above; /* underflow and overflow of x; of two dimensions: all outside */
    double mean, spread; /* of x; spread: standard deviation */
};

void plot_of_histogram(struct plot *plot, const struct histogram_read *histogram);
void plot_release(struct plot *plot);

/* Adds the mark of simulated data to a title. */
void plot_mark(char title[PLOT_TEXT]);

/* Numbers of a column: over all events and all cells of an array. */
struct plot_range {
    uint64_t numbers; /* finite ones */
    uint64_t others;  /* not a number, infinite */
    double least, most;
    double mean, spread;
};

/* All columns of the file, in one reading; ranges[column]. */
bool plot_ranges(struct event_file *file, struct plot_range *ranges, struct err *err);

/* A histogram of `name`: a column, or one cell of it, "ECAL_ene[1][2][3]". Reads the file
 * twice from its start. */
bool plot_of_column(struct plot *plot, const char *path, const char *name,
                    struct err *err);

#endif
