/* conditions_snapshot.h - takes a tag for a window of runs into one file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_SNAPSHOT_H
#define SPILLWAY_COORDINATOR_CONDITIONS_SNAPSHOT_H

#include "conditions/source.h"
#include "coordinator/conditions_show.h"

struct snapshot_request {
    const char *tag;
    const char *path;
    uint32_t first_run; /* both included */
    uint32_t last_run;
    bool thin; /* without payloads */
};

/* Every payload is fetched and verified, thin or not: that gives the sha256. The file has
 * its name only when all of it is there. */
bool snapshot_take(const struct show *show, struct source *source,
                   const struct snapshot_request *request, struct err *err);

#endif
