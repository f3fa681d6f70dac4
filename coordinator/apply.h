/* apply.h - carries out the core's commands inside one catalog transaction.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must wait for the commit (answers, moving and removing files, cutting groups) is
 * collected in `struct owed`. Applying the same commands again, after a transaction that
 * had to be given up because the map grew, gives the same result.
 */
#ifndef SPILLWAY_COORDINATOR_APPLY_H
#define SPILLWAY_COORDINATOR_APPLY_H

#include "coordinator/exchange.h"

/* A growing list of file names below the store. */
struct name_list {
    char (*names)[PRODUCT_FILE];
    uint32_t count;
    uint32_t capacity;
};

struct number_set {
    uint32_t *numbers;
    uint32_t count;
    uint32_t capacity;
};

struct owed {
    struct name_list remove;   /* parts without a record: unlink */
    struct name_list collect;  /* parts with a COLLECTING record: unlink, delete record */
    struct number_set cut;     /* units */
    struct number_set publish; /* groups */
    bool complete;
    bool stuck;
};

void owed_clear(struct owed *owed);
void owed_release(struct owed *owed);
void number_set_add(struct number_set *set, uint32_t number);
void name_list_add(struct name_list *list, const char *name);

/* `exchange` is NULL for commands that answer nobody. `wall_s` is for display. */
bool apply_commands(struct book *book, struct catalog_txn *txn, struct exchange *exchange,
                    const struct core_commands *commands, int64_t wall_s,
                    struct owed *owed, struct err *err);

#endif
