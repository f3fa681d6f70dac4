/* conditions_log.h - spillway conditions log and uses: what a service remembers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_LOG_H
#define SPILLWAY_COORDINATOR_CONDITIONS_LOG_H

#include "coordinator/conditions_remote.h"
#include "coordinator/conditions_show.h"

/* Entries behind number `since`, of one tag or (NULL) all. The chain of hashes is checked
 * over all of them: E_CATALOG_DAMAGED at the first that does not follow. */
bool log_show(const struct show *show, struct remote *remote, uint64_t since,
              const char *tag, struct err *err);

/* Where a payload (sha256 or MD5) is used. */
bool uses_show(const struct show *show, struct remote *remote, const char *hash,
               struct err *err);

#endif
