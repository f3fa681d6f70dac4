/* catalog.h - the one place of truth: runs, segments, campaigns, attempts, products.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An LMDB environment in one folder, default durable mode, one owner. Always true:
 * - A writer holds an OFD lock on FOLDER/owner.lock (pid and URL inside). A second writer
 *   gets E_CATALOG_OWNED with both in the text. Readers need no lock.
 * - Every change is inside a transaction; after catalog_commit it survives kill -9 and
 *   power loss; before, it leaves no trace. A full disk fails the transaction, nothing
 * else.
 * - No pointer into the map leaves this room: results are copied to the caller's struct
 * or arena. One transaction at a time per catalog handle; short ones: a read transaction
 *   that stays open keeps old pages alive.
 * - The map grows by itself (MDB_MAP_FULL: the transaction fails with E_CATALOG_GROW, the
 *   caller aborts and runs it again; the map is larger then).
 * `_next_` functions find the first record at or after the given key: call them again
 * with the key behind the one found. They return LOOKUP_ABSENT at the end.
 */
#ifndef SPILLWAY_CATALOG_CATALOG_H
#define SPILLWAY_CATALOG_CATALOG_H

#include "proto/wire.h"

struct catalog;
struct catalog_txn;

enum catalog_mode { CATALOG_READ, CATALOG_WRITE };

/* WRITE creates the folder and environment when absent. READ of an absent one fails. */
bool catalog_open(const char *folder, enum catalog_mode mode, struct catalog **catalog,
                  struct err *err);
void catalog_close(struct catalog *catalog);

/* Owner only: puts the URL of the running service into owner.lock; "" takes it out. */
bool catalog_set_owner_url(struct catalog *catalog, const char *url, struct err *err);

/* Who owns this folder: pid 0 when nobody. url is "" when the owner does not serve. */
bool catalog_owner(const char *folder, long *pid, char url[256], struct err *err);

bool catalog_begin(struct catalog *catalog, struct catalog_txn **txn, struct err *err);
bool catalog_commit(struct catalog_txn *txn, struct err *err); /* ends it either way */
void catalog_abort(struct catalog_txn *txn);                   /* NULL is fine */

/* Run catalogue. */
bool catalog_put_run(struct catalog_txn *txn, const struct run *run, struct err *err);
enum lookup catalog_get_run(struct catalog_txn *txn, uint32_t number, struct run *run,
                            struct err *err);
enum lookup catalog_next_run(struct catalog_txn *txn, uint32_t from, struct run *run,
                             struct err *err);
bool catalog_put_chunk(struct catalog_txn *txn, const struct chunk *chunk,
                       struct err *err);
enum lookup catalog_get_chunk(struct catalog_txn *txn, const struct chunk_id *id,
                              struct chunk *chunk, struct err *err);
enum lookup catalog_next_chunk(struct catalog_txn *txn, const struct chunk_id *from,
                               struct chunk *chunk, struct err *err);

/* Replaces all segments of the chunk. */
bool catalog_put_segments(struct catalog_txn *txn, const struct chunk_id *id,
                          const struct segment *segments, size_t count, struct err *err);
enum lookup catalog_get_segment(struct catalog_txn *txn, const struct segment_id *id,
                                struct segment *segment, struct err *err);
enum lookup catalog_next_segment(struct catalog_txn *txn, const struct segment_id *from,
                                 struct segment *segment, struct err *err);
bool catalog_put_spill(struct catalog_txn *txn, const struct spill *spill,
                       struct err *err);
enum lookup catalog_next_spill(struct catalog_txn *txn, uint32_t run, uint32_t from,
                               struct spill *spill, struct err *err); /* of that run */

/* Named texts: set-up descriptions with their EOT definition, manifests by hash, event
 * numbers of chunks. */
bool catalog_put_text(struct catalog_txn *txn, const char *name, const void *data,
                      size_t size, struct err *err);
enum lookup catalog_get_text(struct catalog_txn *txn, const char *name, struct bytes *out,
                             struct err *err);

/* Campaigns. put gives a new id when campaign->id is 0. */
bool catalog_put_campaign(struct catalog_txn *txn, struct campaign *campaign,
                          struct err *err);
enum lookup catalog_get_campaign(struct catalog_txn *txn, const char *name,
                                 struct campaign *campaign, struct err *err);
enum lookup catalog_next_campaign(struct catalog_txn *txn, uint32_t from,
                                  struct campaign *campaign, struct err *err);

/* The plan of a campaign: segments, value table, value sets (lists of value numbers
 * sorted by type), states. All appended once, in order, at planning; only states change.
 */
bool catalog_put_plan_segment(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                              const struct plan_segment *segment, struct err *err);
enum lookup catalog_get_plan_segment(struct catalog_txn *txn, uint32_t campaign,
                                     uint32_t number, struct plan_segment *segment,
                                     struct err *err);
bool catalog_put_value(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                       const struct task_value *value, struct err *err);
enum lookup catalog_get_value(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                              struct arena *arena, struct task_value *value,
                              struct err *err);
bool catalog_put_set(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                     const uint32_t *values, uint32_t count, struct err *err);
enum lookup catalog_get_set(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                            struct arena *arena, const uint32_t **values, uint32_t *count,
                            struct err *err);
bool catalog_put_state(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                       const struct plan_state *state, struct err *err);

/* States first .. first + count - 1 into the caller's array; all must exist. */
bool catalog_get_states(struct catalog_txn *txn, uint32_t campaign, uint32_t first,
                        uint32_t count, struct plan_state *states, struct err *err);

bool catalog_put_group(struct catalog_txn *txn, uint32_t campaign,
                       const struct merge_group *group, struct err *err);
enum lookup catalog_get_group(struct catalog_txn *txn, uint32_t campaign, uint32_t number,
                              struct merge_group *group, struct err *err);

/* Attempts. Writes the record of that number, new or known; numbers only grow. A LEASED
 * attempt is a lease. */
bool catalog_put_attempt(struct catalog_txn *txn, const struct attempt *attempt,
                         struct err *err);

/* The largest number so far, 0 when there is none. */
bool catalog_last_attempt(struct catalog_txn *txn, uint64_t *number, struct err *err);
enum lookup catalog_get_attempt(struct catalog_txn *txn, uint64_t number,
                                struct arena *arena, struct attempt *attempt,
                                struct err *err);
enum lookup catalog_next_attempt(struct catalog_txn *txn, uint64_t from,
                                 struct arena *arena, struct attempt *attempt,
                                 struct err *err);

/* The first LEASED attempt with a number >= from (a small index of its own). */
enum lookup catalog_next_lease(struct catalog_txn *txn, uint64_t from,
                               struct arena *arena, struct attempt *attempt,
                               struct err *err);

/* Products. Numbers are sequential from 1. Files count their live products: put adds, a
 * move takes from the old file and adds to the new one, delete takes. */
bool catalog_put_products(struct catalog_txn *txn, const struct product_set *set,
                          uint32_t *number, struct err *err);

/* The same of many sets, numbered from *first on. A file is written once for neighbouring
 * products that lie in it. */
bool catalog_put_product_sets(struct catalog_txn *txn, const struct product_set *sets,
                              uint32_t count, uint32_t *first, struct err *err);
enum lookup catalog_get_products(struct catalog_txn *txn, uint32_t number,
                                 struct arena *arena, struct product_set *set,
                                 struct err *err);
enum lookup catalog_next_products(struct catalog_txn *txn, uint32_t from,
                                  struct arena *arena, struct product_set *set,
                                  uint32_t *number, struct err *err);
bool catalog_move_product(struct catalog_txn *txn, uint32_t number, const char *stream,
                          const struct place *to, struct err *err);
bool catalog_delete_products(struct catalog_txn *txn, uint32_t number, struct err *err);

/* Files below the store of a campaign. put keeps the live count of an existing record;
 * that of a new one is 0. */
bool catalog_put_file(struct catalog_txn *txn, const struct file_record *file,
                      struct err *err);
enum lookup catalog_get_file(struct catalog_txn *txn, const char *name,
                             struct file_record *file, struct err *err);

/* In the order of the names; from "" on. */
enum lookup catalog_next_file(struct catalog_txn *txn, const char *from,
                              struct file_record *file, struct err *err);
bool catalog_delete_file(struct catalog_txn *txn, const char *name, struct err *err);

/* Reads everything and checks every invariant (links, counts, states against products,
 * live counts, one product per key, spills of segments); appends a line a fault to
 * `report` and counts them. */
bool catalog_check(struct catalog_txn *txn, struct bytes *report, uint64_t *faults,
                   struct err *err);

/* A consistent copy while others read and write: FOLDER/data.mdb of a new folder. */
bool catalog_copy(struct catalog *catalog, const char *folder, struct err *err);

#endif
