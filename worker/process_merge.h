/* process_merge.h - does a merge task: ordered products into one file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_PROCESS_MERGE_H
#define SPILLWAY_WORKER_PROCESS_MERGE_H

#include "worker/process.h"

/* Fills status, failure, blamed (number of the input that was wrong), merged product,
 * offsets, part and byte counts. */
void process_merge(const struct task *task, const struct process_options *options,
                   struct arena *arena, struct report *report);

#endif
