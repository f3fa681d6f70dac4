/* loss_list.h - what a campaign that was closed lost, as a file of its area.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_LOSS_LIST_H
#define SPILLWAY_COORDINATOR_LOSS_LIST_H

#include "catalog/catalog.h"

/* CAMPAIGN.json in the folder losses/ of the area: what spillway report --json says, when
 * anything is lost. After a recovery the file that is there is written anew. */
bool loss_list_write(const char *folder, struct catalog *catalog, const char *campaign,
                     bool any, struct err *err);

#endif
