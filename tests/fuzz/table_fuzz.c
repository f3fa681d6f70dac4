/* table_fuzz.c - a table of no known type: refused, or canonical after one rewriting.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/table.h"

#define LIMIT ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct table table, again;
    struct bytes once, twice;
    struct err err = {0};
    arena_init(&arena, LIMIT);
    bytes_init(&once, LIMIT);
    bytes_init(&twice, LIMIT);
    if (table_parse(data, size, "fuzz", &arena, &table, &err)) {
        size_t keys = 0;
        while (keys < table.column_count && table.columns[keys].kind != COLUMN_REAL)
            keys++;
        (void)table_sort(&table, keys, "fuzz", &err);
        bug_if(!table_write(&table, &once, &err));
        bug_if(!table_parse(once.data, once.size, "once", &arena, &again, &err));
        bug_if(again.schema != table.schema || again.rows != table.rows);
        bug_if(!table_write(&again, &twice, &err));
        bug_if(once.size != twice.size || memcmp(once.data, twice.data, once.size) != 0);
    }
    bytes_release(&twice);
    bytes_release(&once);
    arena_release(&arena);
    return 0;
}
