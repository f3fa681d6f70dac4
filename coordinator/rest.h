/* rest.h - when an open campaign is done, and near its end what the rest waits for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read from the attempts in the catalog, so it is right with or without a coordinator.
 */
#ifndef SPILLWAY_COORDINATOR_REST_H
#define SPILLWAY_COORDINATOR_REST_H

#include "base/json.h"
#include "catalog/catalog.h"
#include "coordinator/eta.h"

#define REST_SHOWN 3u

/* What is known of the campaign; borrowed. */
struct rest_of {
    const struct campaign *campaign;
    const uint32_t *by_state; /* segments */
    const uint32_t *groups;   /* by state */
    uint32_t waiting;         /* segments and merges that are tried again */
    int64_t wall_s;           /* now */
};

/* A lease, of those that are in hand the longest. */
struct rest_lease {
    uint64_t attempt;
    char host[64];
    int64_t start_s;
    enum task_kind kind;
    uint32_t count;      /* segments; the merge group */
    uint32_t run, spill; /* of its first segment */
};

struct rest {
    bool eta_known; /* segments are at work, and some were committed lately */
    struct eta eta; /* until the last segment is committed */
    bool shown;     /* at least 90 % of the segments are done, not all of the campaign */
    struct rest_lease leases[REST_SHOWN]; /* the oldest ones first */
    uint32_t lease_count;
};

/* Of a campaign that is not over. */
bool rest_read(struct catalog_txn *txn, const struct rest_of *of, struct rest *rest,
               struct err *err);

/* Lines to standard output, members of an open object; nothing when nothing is known. */
void rest_print(const struct rest *rest, const struct rest_of *of);
void rest_json(const struct rest *rest, struct json_writer *json);

#endif
