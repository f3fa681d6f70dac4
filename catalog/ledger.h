/* ledger.h - a conditions store in one folder: records, and a log of every change.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An LMDB environment of its own. Always true:
 * - One process owns it (owner.lock); a second one is refused with E_CATALOG_OWNED.
 * - A commit is records and one entry of the log, whole or not at all; once it returned
 *   it survives kill -9 and power loss. A full disk fails it and changes nothing.
 * - Entries are only appended. Each holds the hash of the one before, so that a log that
 *   somebody kept elsewhere proves that none was changed; opening checks all of it.
 * - Numbers are never given twice, also when a record is gone.
 */
#ifndef SPILLWAY_CATALOG_LEDGER_H
#define SPILLWAY_CATALOG_LEDGER_H

#include "catalog/ledger_record.h"

struct ledger;

/* Makes folder and store when absent. E_CATALOG_DAMAGED when the log is not a chain. */
bool ledger_open(const char *folder, struct ledger **ledger, struct err *err);
void ledger_close(struct ledger *ledger);

/* true when the folder has a store. */
bool ledger_exists(const char *folder);

/* Every record of a kind in the order of numbers. Texts are the callee's for the call. */
typedef bool (*ledger_seen)(void *user, const struct ledger_record *record,
                            struct err *err);
bool ledger_each(struct ledger *ledger, enum ledger_kind kind, ledger_seen seen,
                 void *user, struct err *err);

/* Number of a new record; not for blobs. */
uint64_t ledger_next_id(struct ledger *ledger, enum ledger_kind kind);

struct ledger_change {
    struct ledger_record record; /* `gone`: only its number counts */
    bool gone;
};

/* One transaction. Of the entry the caller gives time, who, tag, sequence and what; the
 * rest is filled in. */
bool ledger_commit(struct ledger *ledger, const struct ledger_change *changes,
                   size_t count, struct ledger_entry *entry, struct err *err);

/* Entries from number `from` on, at most `limit`. */
typedef bool (*ledger_entry_seen)(void *user, const struct ledger_entry *entry,
                                  struct err *err);
bool ledger_log(struct ledger *ledger, uint64_t from, uint64_t limit,
                ledger_entry_seen seen, void *user, struct err *err);

/* A consistent copy of the records, also while a process owns the store: TO/data.mdb of a
 * new folder. */
bool ledger_copy(const char *folder, const char *to, struct err *err);

#endif
