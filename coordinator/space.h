/* space.h - whether a store has room for what a campaign is still going to write.
 * SPDX-License-Identifier: Apache-2.0
 *
 * By what its own tasks wrote, from the scouts on; before that by those of campaigns with
 * the same set-up. A warning, never a refusal: files may be taken away meanwhile. That a
 * run stands there twice while it is merged is not counted.
 */
#ifndef SPILLWAY_COORDINATOR_SPACE_H
#define SPILLWAY_COORDINATOR_SPACE_H

#include "base/json.h"
#include "catalog/catalog.h"

struct space {
    uint64_t expected_bytes; /* still to be written */
    uint64_t free_bytes;     /* in the store */
};

/* A stored campaign of which so many segments are open. ABSENT: no task of it committed,
 * or nobody can say how much is free. */
enum lookup space_of_campaign(struct catalog_txn *txn, const struct campaign *campaign,
                              uint32_t open, struct space *space, struct err *err);

/* A campaign that is being planned and will read so many bytes. ABSENT: no campaign like
 * it ran, or as above. */
enum lookup space_of_plan(struct catalog_txn *txn, const struct campaign *campaign,
                          uint64_t bytes_to_read, struct space *space, struct err *err);

bool space_is_short(const struct space *space);

/* "the store DIR is too small: ...", NUL-terminated. */
#define SPACE_TEXT 512u
void space_text(const struct space *space, const char *store, char text[SPACE_TEXT]);

/* store_free_bytes and store_expected_bytes into an open object. */
void space_json(const struct space *space, struct json_writer *json);

#endif
