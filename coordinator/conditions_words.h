/* conditions_words.h - runs and moments as words of a command.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_WORDS_H
#define SPILLWAY_COORDINATOR_CONDITIONS_WORDS_H

#include "base/err.h"
#include "conditions/interval.h"

/* "3500-3599", or one run; both are included. E_USAGE when the text is NULL. */
bool words_runs(const char *text, uint32_t *first, uint32_t *last, struct err *err);

/* "3661" or "3661/12". */
bool words_moment(const char *text, struct moment *moment, struct err *err);

/* "3500-3599", "3661/5-3661/9" (both included), "3500-" (open), or one run or spill. */
bool words_interval(const char *text, struct interval *interval, struct err *err);

#endif
