/* serve.h - the coordinator service: pilots on one side, cores and catalog on the other.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true: what a pilot is told was durable before; only the loop's thread touches
 * cores, books and catalog. Crash-only: there is no state to save at the end.
 */
#ifndef SPILLWAY_COORDINATOR_SERVE_H
#define SPILLWAY_COORDINATOR_SERVE_H

#include <signal.h>

#include "base/log.h"
#include "coordinator/area.h"

#define SERVE_ADDRESS_FILE "coordinator.url" /* in the area: where pilots look */

struct serve_options {
    const char *const *campaigns; /* names */
    uint32_t campaign_count;
    const char *listen;     /* "HOST:PORT" */
    uint64_t journal_bytes; /* events a journal file, 0: the usual ones; for tests */
};

/* Runs until `*stop` is set (by a signal handler; seen within a second) or something
 * fails for good. */
bool serve(const struct area *area, const struct serve_options *options, struct log *log,
           const volatile sig_atomic_t *stop, struct err *err);

/* The command `spillway serve CAMPAIGN`. */
extern const char serve_usage[];
int serve_command(struct area *area, int argc, char **argv);

#endif
