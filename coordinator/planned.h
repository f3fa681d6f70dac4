/* planned.h - whether a run stands in the plan of a campaign.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Then its chunks and segments are frozen: keys, parts and reports name them.
 */
#ifndef SPILLWAY_COORDINATOR_PLANNED_H
#define SPILLWAY_COORDINATOR_PLANNED_H

#include "catalog/catalog.h"

/* *planned, and the name of the first such campaign. A binary search in each plan. */
bool planned_run(struct catalog_txn *txn, uint32_t run, bool *planned,
                 char name[CAMPAIGN_NAME], struct err *err);

#endif
