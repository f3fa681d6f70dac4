/* conditions_index_internal.h - the tables of the index, shared by its files.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_INDEX_INTERNAL_H
#define SPILLWAY_COORDINATOR_CONDITIONS_INDEX_INTERNAL_H

#include "coordinator/conditions_index.h"

/* Pointers by number, NULL where there is none. */
struct numbered {
    size_t capacity;
    uint64_t last;
    void **items;
};

struct index {
    struct numbered kinds[LEDGER_BLOB]; /* all but blobs */
    void *names[LEDGER_LIST];           /* tsearch trees: statuses, tags, types */
    void *urls;                         /* tsearch trees */
    void *blobs;
    void *blobs_md5;
    struct index_row *gone;
};

void numbered_set(struct numbered *numbered, uint64_t id, void *item);

/* Rows and their places in lists. */
bool index_row_put(struct index *index, const struct ledger_row *record, struct err *err);
void index_row_drop(struct index *index, struct index_row *row);
void index_row_detach(struct index_row *row);

/* Rows that were dropped stay readable until now. */
void index_rows_bury(struct index *index);

#endif
