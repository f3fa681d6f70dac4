/* run_summary.h - what a run list adds up to, per set-up, beside what was published.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only physics runs are summed. Nothing is filled in: a value that the list does not
 * print is counted as missing, never as 0. Sums are of the list as it stands, runs with
 * doubtful rows included; those rows are listed by the code of what is known of them.
 */
#ifndef SPILLWAY_COORDINATOR_RUN_SUMMARY_H
#define SPILLWAY_COORDINATOR_RUN_SUMMARY_H

#include "base/bytes.h"
#include "model/run.h"

struct setup_sum {
    char setup[RUN_NAME];
    uint64_t runs;
    uint64_t spills, spill_runs; /* runs that print a number */
    uint64_t triggers, trigger_runs;
    double eot;
    uint64_t eot_runs;
    uint64_t rated, not_good; /* runs with a rating; with one that is not good */
    double not_good_eot;
};

/* Runs of any type that carry a code of the list of doubtful rows. */
struct code_runs {
    const char *code;
    const char *meaning;
    uint32_t *runs;
    size_t count, room;
};

struct run_summary {
    struct setup_sum *sums; /* in the order of their first run */
    size_t count, room;
    struct code_runs *codes; /* all known codes, in the order of the table */
    size_t code_count;
};

void run_summary_init(struct run_summary *summary);
void run_summary_release(struct run_summary *summary);

/* Runs come in ascending order. */
void run_summary_add(struct run_summary *summary, const struct run *run);

/* NULL when no physics run has this set-up. */
const struct setup_sum *run_summary_setup(const struct run_summary *summary,
                                          const char *setup);

bool run_summary_text(const struct run_summary *summary, struct bytes *out,
                      struct err *err);
bool run_summary_json(const struct run_summary *summary, struct bytes *out,
                      struct err *err);

#endif
