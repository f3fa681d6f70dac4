/* retry.h - what a person releases after the cause was mended is tried again.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RETRY_H
#define SPILLWAY_COORDINATOR_RETRY_H

#include "coordinator/area.h"

struct retry_options {
    bool lost;    /* lost segments too, not only quarantined ones */
    bool one_run; /* only this run: */
    uint32_t run;
};

struct retry_counts {
    uint32_t quarantined; /* segments that are READY now */
    uint32_t lost;
    uint32_t merges; /* that were given up */
};

extern const char retry_usage[];
int retry_command(struct area *area, int argc, char **argv);

#endif
