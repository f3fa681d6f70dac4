/* status.h - how far a campaign is, read from the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_STATUS_H
#define SPILLWAY_COORDINATOR_STATUS_H

#include "catalog/catalog.h"
#include "coordinator/area.h"

#define STATUS_STUCK_SHOWN 10u

struct status_stuck {
    struct segment_id id;
    uint32_t spill;
    uint16_t failure;
};

struct status {
    struct campaign campaign;
    uint32_t by_state[SEGMENT_STATES];
    uint32_t groups[GROUP_VOID + 1];
    bool stuck; /* nothing moves any more, but quarantined segments are open */
    struct status_stuck shown[STATUS_STUCK_SHOWN]; /* the first quarantined ones */
    uint32_t shown_count;
};

bool status_read(struct catalog_txn *txn, const char *campaign, struct status *status,
                 struct err *err);

/* The same from an area; a short read transaction of its own. */
bool status_of(const struct area *area, const char *campaign, struct status *status,
               struct err *err);

/* Prints the first quarantined segments with their reasons and what to do, to stderr. */
void status_print_stuck(const struct status *status);

extern const char status_usage[];
int status_command(struct area *area, int argc, char **argv);

#endif
