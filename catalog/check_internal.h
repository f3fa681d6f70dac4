/* check_internal.h - what the parts of the catalog check share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A broken record is a fault and a line; only a failing engine is an error. Order: files,
 * products, campaigns (which look products up), attempts.
 */
#ifndef SPILLWAY_CATALOG_CHECK_INTERNAL_H
#define SPILLWAY_CATALOG_CHECK_INTERNAL_H

#include "catalog/catalog_internal.h"

/* A file record and the products found to point into it. */
struct file_use {
    const char *name;
    uint64_t size;
    enum file_state state;
    struct sha256 hash;
    uint32_t live, counted;
};

struct check {
    struct catalog_txn *txn;
    struct bytes *report;
    uint64_t faults;
    struct arena names;
    struct file_use *files; /* sorted by name */
    size_t file_count;
    struct sha256 *keys; /* of the product sets by number; zero: deleted or absent */
    uint32_t key_count;
};

/* Counts a fault and adds its line while the report has room. */
void check_fault(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A walk over the records of a table whose keys start with `prefix` bytes of `from`.
 * Other calls must leave the table alone meanwhile. */
struct walk {
    enum table table;
    struct key from; /* size 0: the whole table */
    bool begun;
    struct slice key, value;
};

enum lookup walk_step(struct check *check, struct walk *walk, struct err *err);

/* Whether a table has this key. */
bool check_has(struct check *check, enum table table, struct slice key, bool *has,
               struct err *err);

/* The file of this name, NULL when it has no record. */
struct file_use *check_file(struct check *check, const char *name);

/* The parts; false when the engine fails. */
bool check_runs(struct check *check, struct err *err);
bool check_files(struct check *check, struct err *err);
bool check_products(struct check *check, struct err *err);
bool check_campaigns(struct check *check, struct err *err);
bool check_attempts(struct check *check, struct err *err);

/* Of one campaign; `states` are its `count` states. */
bool check_groups(struct check *check, const struct campaign *campaign,
                  const struct plan_state *states, uint32_t count, struct err *err);

#endif
