/* measure.h - what the benches share: time, one core, children, pairs, yardsticks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The method: ours and a yardstick take turns on one core, A B A B; what counts is the
 * median of the ratios of the pairs, for the machine changes between pairs and not within
 * one. A bench ends on any error: it is a main, taken apart.
 */
#ifndef SPILLWAY_TESTS_BENCH_MEASURE_H
#define SPILLWAY_TESTS_BENCH_MEASURE_H

#include "base/bytes.h"

#define MEASURE_PAIRS 64u

/* Ends the program with the text of the error. */
void measure_must(bool done, const struct err *err);

/* This thread and its children to come stay on the core where it runs now. */
void measure_pin(void);

/* CPU seconds of this process. */
double measure_cpu_s(void);
double measure_since_s(int64_t start_ns);

struct measured {
    double cpu_s;
    double wall_s;
    uint64_t peak_bytes; /* memory, at its largest */
};

/* Runs a program until it ends; anything but exit status 0 ends this one as well. */
struct measured measure_child(const char *const arguments[]);

/* A bare loop of read() over a file, 1 MiB at a time. */
struct measured measure_read(const char *path);

/* Overwrites of 4 kB with fdatasync, a second, in a zero-filled file of 64 MiB made in
 * the folder and removed again. */
double measure_flushes(const char *folder);

/* A file or folder with all that is in it; what is not there is fine. */
void measure_remove(const char *path);

struct pairs {
    uint32_t count;
    double ours[MEASURE_PAIRS], yardstick[MEASURE_PAIRS];
};

void pairs_add(struct pairs *pairs, double ours, double yardstick);

/* "stage ours yardstick ratio": medians; the ratio is that of the pairs. */
void pairs_print(const struct pairs *pairs, const char *stage, const char *unit);

#endif
