/* worked.h - what a worker would say of a task, without the work.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_BENCH_WORKED_H
#define SPILLWAY_TESTS_BENCH_WORKED_H

#include "model/campaign.h"
#include "model/message.h"

/* Makes the part files of the task in the store: their sizes count, their bytes do not.
 * The lists of the report live in the arena. Ends the program on an error. */
void worked_report(const char *store, const struct campaign *campaign,
                   const struct task *task, struct arena *arena, struct report *report);

#endif
