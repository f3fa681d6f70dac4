/* check.c - reads the whole catalog and tells every broken invariant.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "catalog/check_internal.h"

#define LINE_LIMIT 1024

void check_fault(struct check *check, const char *format, ...)
{
    char line[LINE_LIMIT];
    struct err err;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(line, sizeof line, format, list);
    va_end(list);
    check->faults++;
    (void)text_addf(check->report, &err, "%s\n", line); /* counted in any case */
}

enum lookup walk_step(struct check *check, struct walk *walk, struct err *err)
{
    static const uint8_t first = 0;
    struct slice start = {&first, 1};
    if (walk->from.size > 0)
        start = key_slice(&walk->from);
    enum lookup lookup = walk->begun ? store_next(check->txn->store, walk->table,
                                                  &walk->key, &walk->value, err)
                                     : store_seek(check->txn->store, walk->table, start,
                                                  &walk->key, &walk->value, err);
    walk->begun = true;
    if (lookup != LOOKUP_FOUND)
        return lookup;
    bool inside = walk->key.size >= walk->from.size &&
                  memcmp(walk->key.data, walk->from.bytes, walk->from.size) == 0;
    return inside ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

bool check_has(struct check *check, enum table table, struct slice key, bool *has,
               struct err *err)
{
    struct slice value;
    enum lookup lookup = record_get(check->txn, table, key, &value, err);
    if (lookup == LOOKUP_FAILED)
        return false;
    *has = lookup == LOOKUP_FOUND;
    return true;
}

bool catalog_check(struct catalog_txn *txn, struct bytes *report, uint64_t *faults,
                   struct err *err)
{
    struct check check = {.txn = txn, .report = report};
    arena_init(&check.names, SIZE_MAX / 2); /* as many names as the catalog holds */
    bool done = check_runs(&check, err) && check_files(&check, err) &&
                check_products(&check, err) && check_campaigns(&check, err) &&
                check_attempts(&check, err);
    arena_release(&check.names);
    free(check.files);
    free(check.keys);
    if (done)
        *faults = check.faults;
    return done || err_wrap(err, "catalog check");
}
