/* plan.h - spillway plan: from a campaign file to a stored plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PLAN_H
#define SPILLWAY_COORDINATOR_PLAN_H

#include "coordinator/area.h"
#include "coordinator/plan_build.h"

/* Plans the campaign of this file unless it is planned already from the same file, and
 * gives its name. E_PLAN_FROZEN when the file has changed. */
bool plan_file(const struct area *area, const char *path, char name[CAMPAIGN_NAME],
               struct err *err);

/* Builds a plan and tells its problems on stderr; nothing is stored but payloads (in the
 * cache of the area for a dry run, else in the store). */
bool plan_draft(struct plan *plan, const struct area *area, struct catalog *catalog,
                const struct campaign_file *file, bool dry_run, struct err *err);

extern const char plan_usage[];
int plan_command(struct area *area, int argc, char **argv);

#endif
