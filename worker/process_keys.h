/* process_keys.h - the key texts of a task's segment, rebuilt and compared.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_PROCESS_KEYS_H
#define SPILLWAY_WORKER_PROCESS_KEYS_H

#include "model/task.h"

/* E_WORKER_KEY when planner and executor do not agree, with both keys. The buffers are
 * emptied first. */
bool keys_build(const struct task *task, const struct task_segment *segment,
                struct bytes *reco_text, struct bytes *select_text, struct err *err);

#endif
