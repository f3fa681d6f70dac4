/* twins.h - segments of several campaigns that have one key: it is made once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Planning finds products that are there. These are the ones that come later: another
 * campaign makes them after planning, or both are at work now.
 */
#ifndef SPILLWAY_COORDINATOR_TWINS_H
#define SPILLWAY_COORDINATOR_TWINS_H

#include "coordinator/book.h"
#include "coordinator/owed.h"

struct twin {
    struct sha256 key;
    uint32_t campaign; /* place of the book */
    uint32_t segment;  /* of its plan */
    uint32_t step;     /* STEP_RECO or STEP_SELECT */
    uint32_t product;  /* while products are looked for: what was found */
};

/* Keys that are open in two or more of the books. */
struct twins {
    struct book **books; /* owned list of borrowed books */
    uint32_t book_count;
    struct twin *list; /* by key, then by campaign */
    uint32_t count, room;
};

/* Gives to open segments of these campaigns the products that are in the catalog under
 * their keys. For campaigns that no core holds. *found: how many products. */
bool twins_adopt(struct catalog_txn *txn, const char *const *names, uint32_t count,
                 uint64_t *found, struct err *err);

/* Fills the table and points the books to it; release points them to none. */
bool twins_load(struct twins *twins, struct catalog_txn *txn, struct book **books,
                uint32_t count, struct err *err);
void twins_release(struct twins *twins);

/* The first twin with that key, UINT32_MAX none; NULL twins have none. */
uint32_t twins_find(const struct twins *twins, const struct sha256 *key);

/* *number: of a product set that another book has under the key of `twin`, 0 none. */
bool twins_product(const struct twins *twins, struct catalog_txn *txn, uint32_t twin,
                   const struct book *maker, uint32_t *number, struct err *err);

/* Takes what `maker` made of the keys of these twins into ready and planned segments of
 * `other`, for one step; they are listed in `segments`. */
void twins_claim(const struct twins *twins, const struct number_list *made,
                 const struct book *maker, struct book *other, uint32_t step,
                 struct number_list *segments);

#endif
