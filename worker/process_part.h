/* process_part.h - one file with what a task makes for one step.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Written straight into the store under a name with the lease's token, so no other
 * attempt can ever touch it; counts once it is synced and reported.
 */
#ifndef SPILLWAY_WORKER_PROCESS_PART_H
#define SPILLWAY_WORKER_PROCESS_PART_H

#include <limits.h>

#include "model/task.h"
#include "output/pack.h"

struct part {
    char file[PRODUCT_FILE]; /* below the store */
    char path[PATH_MAX];
    int fd;     /* -1: not begun */
    bool named; /* not in memory */
    struct pack_writer pack;
    uint64_t size; /* after part_finish */
};

void part_init(struct part *part);

/* Fills file and path and makes the folders; part_open() does it too. */
bool part_place(struct part *part, const char *store, const struct sha256 *first_key,
                uint64_t token, struct err *err);

/* Creates the file at its first use; `first_key` and `token` name it. An empty store: a
 * file in memory that vanishes when it is closed. */
bool part_open(struct part *part, const char *store, const struct sha256 *first_key,
               uint64_t token, struct err *err);

/* Ends the open record; *product gets everything, its place with the file. */
bool part_add(struct part *part, const struct pack_item *item, struct product *product,
              struct err *err);

/* Completes the file: index, sync of file and directories. Nothing when never begun. */
bool part_finish(struct part *part, struct err *err);

/* Closes. A file that was not finished is removed: nobody was told of it. */
void part_release(struct part *part);

#endif
