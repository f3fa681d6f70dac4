/* validity.h - when a payload is valid, as people write it: by runs, or by time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs and spills are written with both ends included and kept half open: "3500-3599" is
 * [3500.0, 3600.0). Times are UTC; which runs they mean is for the run catalogue to say.
 */
#ifndef SPILLWAY_CONDITIONS_VALIDITY_H
#define SPILLWAY_CONDITIONS_VALIDITY_H

#include "base/bytes.h"
#include "conditions/interval.h"

#define VALIDITY_TIME 32 /* of a time as text, with the NUL */

struct validity {
    bool known, by_time;
    struct interval interval;
    int64_t from_s, until_s; /* Unix seconds, half open; INT64_MAX: open */
};

/* "3500-3599", "3500", "3500-" (open), "3500/12-3599/40" (through spill 40). E_VALIDITY.
 */
bool validity_read_runs(const char *text, struct interval *interval, struct err *err);

/* The text that reads as this interval; it is not empty. */
bool validity_write_runs(const struct interval *interval, struct bytes *out,
                         struct err *err);

/* "2018-05-09T12:00:00Z" or "open". E_VALIDITY. */
bool validity_read_time(const char *text, int64_t *seconds, struct err *err);
void validity_write_time(int64_t seconds, char out[VALIDITY_TIME]);

/* A line of a header: "runs" as above, or "time" with "FROM UNTIL". */
bool validity_read(const char *name, const char *value, struct validity *validity,
                   struct err *err);

#endif
