/* publish.h - moving a merged file to its published name, and its sidecar.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The catalog says PUBLISHING with both names before anything moves; a crash at any point
 * is finished by calling publish_file again: when the part is gone and the published file
 * is there, the move was done.
 */
#ifndef SPILLWAY_COORDINATOR_PUBLISH_H
#define SPILLWAY_COORDINATOR_PUBLISH_H

#include "catalog/catalog.h"

/* Moves STORE/part to STORE/published, durably. LOOKUP_ABSENT when neither is there. */
enum lookup publish_file(const struct campaign *campaign, const struct merge_group *group,
                         struct err *err);

/* Writes FILE.prov.json beside it: what the bytes cannot say (campaign, tag, manifest,
 * dates, host, events that were skipped), for people who have only the files. */
bool publish_sidecar(struct catalog *catalog, const struct campaign *campaign,
                     const struct merge_group *group, int64_t wall_s, struct err *err);

#endif
