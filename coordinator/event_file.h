/* event_file.h - the events of a file as columns: ROOT files and parts alike.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For people's eyes and other programs (show, export): read block by block, only the
 * columns that are wanted where the file allows it. A block is one cluster.
 */
#ifndef SPILLWAY_COORDINATOR_EVENT_FILE_H
#define SPILLWAY_COORDINATOR_EVENT_FILE_H

#include "coordinator/event_column.h"

/* E_ROOT_FORMAT, E_PACK_FORMAT and so on; E_NOT_FOUND when it has no events. */
bool event_file_open(struct event_file *file, const char *path, struct err *err);
void event_file_close(struct event_file *file);

/* Marks the columns of "a,b,c" as wanted, all when NULL; E_NOT_FOUND names the one that
 * is not there. */
bool event_file_want(struct event_file *file, const char *list, struct err *err);

/* The next block that has wanted entries, into file->block; rows 0 at the end. */
bool event_file_next(struct event_file *file, struct err *err);

#endif
