/* conditions_shelf.h - a folder of tag files as an index.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tag file that cannot be read does not stop the others: its tag has an error text
 * instead of rows.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_SHELF_H
#define SPILLWAY_COORDINATOR_CONDITIONS_SHELF_H

#include "coordinator/conditions_index.h"

#define SHELF_TAGS 10000u

struct conditions_shelf;

/* FOLDER/tags is a folder. */
bool conditions_shelf_exists(const char *folder);

struct conditions_shelf *conditions_shelf_new(const char *folder);
void conditions_shelf_free(struct conditions_shelf *shelf);

/* Whether files came, went or changed since they were read. A folder that is gone for a
 * moment did not change. */
bool conditions_shelf_changed(struct conditions_shelf *shelf);

/* Reads all of it. Numbers follow the order of names, so they may change. */
struct index *conditions_shelf_read(struct conditions_shelf *shelf);

#endif
