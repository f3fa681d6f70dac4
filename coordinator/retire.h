/* retire.h - published files of runs that another member of the family answers for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Once the run is published by the one that answers, the files of the others leave
 * published/: nobody shall read a run twice. Their bytes become parts again, with their
 * products in them, so that a rollback publishes the same bytes and runs nothing.
 */
#ifndef SPILLWAY_COORDINATOR_RETIRE_H
#define SPILLWAY_COORDINATOR_RETIRE_H

#include "catalog/catalog.h"
#include "coordinator/select.h"

/* Voids the groups of such runs of a campaign and takes back their files; the sweep
 * removes the published names. *count: groups. A core that holds the campaign must be
 * loaded anew when it is not 0. */
bool retire_runs(struct catalog_txn *txn, const struct campaign *campaign,
                 uint32_t *count, struct err *err);

/* Nothing more is done for these runs by this campaign: what is open is LOST with
 * E_AMENDED, its leases are void, groups that are not published are VOID. For a campaign
 * that no core holds, as the next one. */
bool retire_open(struct catalog_txn *txn, const char *campaign,
                 const struct run_range *runs, uint32_t run_count, struct err *err);

/* The campaign answers for these runs again: what retire_open closed is ready. */
bool retire_undo(struct catalog_txn *txn, const char *campaign,
                 const struct run_range *runs, uint32_t run_count, struct err *err);

#endif
