/* status.h - how far a campaign is, read from the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_STATUS_H
#define SPILLWAY_COORDINATOR_STATUS_H

#include "catalog/catalog.h"
#include "coordinator/area.h"
#include "coordinator/orders.h"
#include "coordinator/rest.h"
#include "coordinator/space.h"

struct status {
    struct campaign campaign;
    uint32_t by_state[SEGMENT_STATES];
    uint32_t amended; /* segments that an amendment answers for; not in by_state */
    uint32_t groups[GROUP_VOID + 1];
    bool stuck; /* nothing moves any more: segments are quarantined, merges given up, or
                 * only gates are left */
    uint32_t gates;   /* closed ones that it waits for when it is stuck */
    uint32_t waiting; /* segments and merges that failed and wait for their turn */
    uint16_t waiting_failure; /* code of the first of them, 0 none */
    struct orders orders;
};

/* Complete, stuck or cancelled: without a person nothing more is done. */
bool status_is_over(const struct status *status);

/* Only gates keep it from going on: no fault, a manager has to say a word. */
bool status_is_gated(const struct status *status);

/* As rest.h takes it; borrowed. */
struct rest_of status_rest(const struct status *status, int64_t wall_s);

bool status_read(struct catalog_txn *txn, const char *campaign, struct status *status,
                 struct err *err);

/* Room for what it is still going to write; ABSENT: it is over, or nobody knows. */
enum lookup status_space(struct catalog_txn *txn, const struct status *status,
                         struct space *space, struct err *err);

/* status_read from an area, in a short read transaction of its own. */
bool status_of(const struct area *area, const char *campaign, struct status *status,
               struct err *err);

/* Prints what keeps the campaign open, with the evidence, to stderr. */
bool status_print_stuck(const struct area *area, const char *campaign, struct err *err);

extern const char status_usage[];
int status_command(struct area *area, int argc, char **argv);

#endif
