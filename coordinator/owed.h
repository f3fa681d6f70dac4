/* owed.h - what a turn has to do after its commit: files to move, remove, units to cut.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_OWED_H
#define SPILLWAY_COORDINATOR_OWED_H

#include "model/product.h"

/* A growing list of file names below the store. */
struct name_list {
    char (*names)[PRODUCT_FILE];
    uint32_t count;
    uint32_t capacity;
};

struct number_list {
    uint32_t *numbers;
    uint32_t count;
    uint32_t capacity;
};

struct owed {
    struct name_list remove;  /* parts without a record: unlink */
    struct name_list collect; /* parts with a COLLECTING record: unlink, delete record */
    struct number_list cut;   /* units: each COMMAND_CUT gets its answer */
    struct number_list publish; /* groups */
    struct number_list made;    /* keys that other campaigns want: twins.h */
    bool complete;
    bool stuck;
};

/* Starts empty: (struct owed){.complete = false}. Clear keeps the memory. */
void owed_clear(struct owed *owed);
void owed_release(struct owed *owed);

/* Adds all of `more`. */
void owed_merge(struct owed *owed, const struct owed *more);
void number_list_add(struct number_list *list, uint32_t number);
void name_list_add(struct name_list *list, const char *name);

#endif
