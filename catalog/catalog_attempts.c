/* catalog_attempts.c - attempts, and the index of those that are leases.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalog/catalog_internal.h"

/* The index holds the numbers of all attempts in state LEASED and nothing else. */
static bool lease_note(struct catalog_txn *txn, const struct attempt *attempt,
                       struct err *err)
{
    struct key key = key_u64(attempt->number);
    if (attempt->state != ATTEMPT_LEASED)
        return store_delete(txn->store, TABLE_LEASES, key_slice(&key), err);
    (void)txn_packed(txn);
    return record_put(txn, TABLE_LEASES, key_slice(&key), err);
}

bool catalog_put_attempt(struct catalog_txn *txn, const struct attempt *attempt,
                         struct err *err)
{
    struct key key = key_u64(attempt->number);
    if (attempt->number == 0)
        return err_set(err, E_MODEL, "attempts are numbered from 1");
    return wire_attempt_pack(attempt, txn_packed(txn), err) &&
           record_put(txn, TABLE_ATTEMPTS, key_slice(&key), err) &&
           lease_note(txn, attempt, err);
}

bool catalog_last_attempt(struct catalog_txn *txn, uint64_t *number, struct err *err)
{
    return record_last(txn, TABLE_ATTEMPTS, 8, number, err);
}

enum lookup catalog_get_attempt(struct catalog_txn *txn, uint64_t number,
                                struct arena *arena, struct attempt *attempt,
                                struct err *err)
{
    struct key key = key_u64(number);
    struct slice value;
    enum lookup lookup = record_get(txn, TABLE_ATTEMPTS, key_slice(&key), &value, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return lookup_of(wire_attempt_unpack(value.data, value.size, arena, attempt, err));
}

enum lookup catalog_next_attempt(struct catalog_txn *txn, uint64_t from,
                                 struct arena *arena, struct attempt *attempt,
                                 struct err *err)
{
    struct key key = key_u64(from);
    struct slice value, found;
    enum lookup lookup =
        record_seek(txn, TABLE_ATTEMPTS, key_slice(&key), 0, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!wire_attempt_unpack(value.data, value.size, arena, attempt, err))
        return LOOKUP_FAILED;
    key = key_u64(attempt->number);
    return record_own(TABLE_ATTEMPTS, found, key_slice(&key), err);
}

enum lookup catalog_next_lease(struct catalog_txn *txn, uint64_t from,
                               struct arena *arena, struct attempt *attempt,
                               struct err *err)
{
    struct key key = key_u64(from);
    struct slice value, found;
    enum lookup lookup =
        record_seek(txn, TABLE_LEASES, key_slice(&key), 0, &value, &found, err);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    uint64_t number = found.size == 8 ? be64_load(found.data) : 0;
    lookup = catalog_get_attempt(txn, number, arena, attempt, err);
    if (lookup == LOOKUP_ABSENT) {
        (void)err_set(err, E_CATALOG_DAMAGED, "lease %llu has no attempt",
                      (unsigned long long)number);
        return LOOKUP_FAILED;
    }
    if (lookup != LOOKUP_FOUND)
        return lookup;
    key = key_u64(attempt->number);
    return record_own(TABLE_LEASES, found, key_slice(&key), err);
}
