/* progress.h - a progress line with an estimate of the end.
 * SPDX-License-Identifier: Apache-2.0
 *
 * On a terminal one line that is rewritten; elsewhere a new line whenever ten more per
 * cent are done, or it is paused. The estimate follows from the speed in this run, see
 * eta.h.
 */
#ifndef SPILLWAY_COORDINATOR_PROGRESS_H
#define SPILLWAY_COORDINATOR_PROGRESS_H

#include "coordinator/eta.h"
#include "coordinator/status.h"

struct progress {
    bool terminal;
    int64_t start_ns;
    uint32_t done_at_start;
    struct eta_history history; /* since then */
    int shown_tenth;
    uint16_t shown_failure; /* of what waits */
    enum core_hold shown_hold;
    bool line_open;
};

void progress_begin(struct progress *progress, const struct status *status,
                    int64_t now_ns);
void progress_show(struct progress *progress, const struct status *status,
                   int64_t now_ns);

/* Ends an open line, so that other text can follow. */
void progress_end(struct progress *progress);

/* The line itself, without control characters, for tests. */
void progress_line(const struct progress *progress, const struct status *status,
                   int64_t now_ns, char *out, size_t size);

#endif
