/* check_attempts.c - attempts, and the lease index that must equal their states.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalog/check_internal.h"

static bool attempt_judge(struct check *check, uint64_t number,
                          const struct attempt *attempt, struct err *err)
{
    struct key key = key_u64(number), campaign = key_u32(attempt->campaign);
    bool leased, has;
    if (!check_has(check, TABLE_LEASES, key_slice(&key), &leased, err) ||
        !check_has(check, TABLE_CAMPAIGNS, key_slice(&campaign), &has, err))
        return false;
    if (attempt->number != number)
        check_fault(check, "attempt %llu: stored under another number",
                    (unsigned long long)attempt->number);
    if (leased != (attempt->state == ATTEMPT_LEASED))
        check_fault(check, "attempt %llu: %s in the index of leases, against its state",
                    (unsigned long long)number, leased ? "is" : "is not");
    if (!has)
        check_fault(check, "attempt %llu: no campaign %u", (unsigned long long)number,
                    attempt->campaign);
    if (attempt->committed > attempt->segment_count)
        check_fault(check, "attempt %llu: %u of %u segments committed",
                    (unsigned long long)number, attempt->committed,
                    attempt->segment_count);
    return true;
}

static bool attempts_walk(struct check *check, struct err *err)
{
    struct walk walk = {.table = TABLE_ATTEMPTS};
    struct attempt attempt;
    struct err broken;
    enum lookup lookup;
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        uint64_t number = walk.key.size == 8 ? be64_load(walk.key.data) : 0;
        if (!wire_attempt_unpack(walk.value.data, walk.value.size,
                                 txn_scratch(check->txn), &attempt, &broken))
            check_fault(check, "attempt %llu: %s", (unsigned long long)number,
                        broken.text);
        else if (!attempt_judge(check, number, &attempt, err))
            return false;
    }
    return lookup == LOOKUP_ABSENT;
}

bool check_attempts(struct check *check, struct err *err)
{
    struct walk walk = {.table = TABLE_LEASES};
    enum lookup lookup;
    if (!attempts_walk(check, err))
        return false;
    while ((lookup = walk_step(check, &walk, err)) == LOOKUP_FOUND) {
        bool has;
        if (!check_has(check, TABLE_ATTEMPTS, walk.key, &has, err))
            return false;
        if (!has)
            check_fault(check, "a lease without attempt");
    }
    return lookup == LOOKUP_ABSENT;
}
