/* conditions_library.h - what the conditions service keeps: a store, or a folder of tags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A folder with `tags/` in it is a library of files (lib/conditions/README.md has their
 * form): it is only read, and read again when a file changes. Any other folder is, or
 * becomes, a store:
 *
 *     DIR/data.mdb             records and log (catalog/ledger.h)
 *     DIR/blobs/<2 hex>/<sha256>   payloads and snapshots, each under its own hash
 *     DIR/token                names and secrets of those who may write, mode 0600
 *
 * Any number of threads read at a time; one changes. Always true: what a reader sees was
 * committed, whole, and stands still until it says that it is done.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_LIBRARY_H
#define SPILLWAY_COORDINATOR_CONDITIONS_LIBRARY_H

#include "coordinator/conditions_index.h"

struct library;

/* Fresh stores get the statuses unlocked, locked and frozen. */
bool library_open(const char *folder, struct library **library, struct err *err);
void library_close(struct library *library);

bool library_is_folder(const struct library *library);
const char *library_folder(const struct library *library);

/* Reading, until library_done. Nothing else of the library may be called in between by
 * the same thread. */
const struct index *library_read(struct library *library);
void library_done(struct library *library);

/* Changing, until library_change_end: nobody else changes it meanwhile, others go on
 * reading. Stores only. */
const struct index *library_change(struct library *library);
void library_change_end(struct library *library);
uint64_t library_next_id(struct library *library, enum ledger_kind kind);

/* Durable first, then visible; see ledger_commit. The changes must fit the index. */
bool library_commit(struct library *library, const struct ledger_change *changes,
                    size_t count, struct ledger_entry *entry, struct err *err);

/* See ledger_log; waits for a change that is under way. */
bool library_log(struct library *library, uint64_t from, uint64_t limit,
                 ledger_entry_seen seen, void *user, struct err *err);

#endif
