/* shelf.h - the store of a campaign as a folder: paths in it, and whether it is there.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A store that lost files is not one that is not mounted: before anything is forgotten
 * because its file is gone, something of ours must be seen there.
 */
#ifndef SPILLWAY_COORDINATOR_SHELF_H
#define SPILLWAY_COORDINATOR_SHELF_H

#include "model/campaign.h"

/* What stands behind the name of a published file: its sidecar, and that half written. */
#define SHELF_SIDECAR    ".prov.json"
#define SHELF_UNFINISHED ".prov.json.tmp"

/* STORE/name; E_LIMIT when it is too long. `out` has PATH_MAX bytes. */
bool shelf_path(const struct campaign *campaign, const char *name, char *out,
                struct err *err);

/* Makes the folders above `path`. */
bool shelf_make_parent(const char *path, struct err *err);

/* The store has parts/ or published/, which the first task makes and nobody removes. */
bool shelf_present(const struct campaign *campaign);

/* Free bytes where the store is or will be; false: nobody can say. */
bool shelf_free(const struct campaign *campaign, uint64_t *bytes);

/* The store is a folder that can be written, or can be made: its nearest ancestor is one.
 * Nothing is made. */
bool shelf_usable(const struct campaign *campaign, struct err *err);

#endif
