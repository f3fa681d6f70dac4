/* at_work.h - which event an executor works on, told through a page that it shares.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A crash, a kill and an endless loop leave no word behind; the page does. It costs a
 * store an event.
 */
#ifndef SPILLWAY_WORKER_AT_WORK_H
#define SPILLWAY_WORKER_AT_WORK_H

#include "base/err.h"

#define AT_WORK_NONE UINT32_MAX

struct at_work {
    volatile uint32_t *event; /* NULL: nobody is told */
};

/* The rank's side: makes the file anew. */
bool at_work_make(struct at_work *at, const char *path, struct err *err);

/* The executor's: a file that the rank made. */
bool at_work_open(struct at_work *at, const char *path, struct err *err);
void at_work_release(struct at_work *at);

void at_work_set(const struct at_work *at, uint32_t event);

/* AT_WORK_NONE when none is, or nobody is told. */
uint32_t at_work_get(const struct at_work *at);

#endif
