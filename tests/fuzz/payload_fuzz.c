/* payload_fuzz.c - a payload from anywhere: refused, or canonical after one rewriting.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload.h"

#define LIMIT ((size_t)16 << 20)

static void rewrite(const struct payload_type *type, const struct bytes *text)
{
    struct arena arena;
    struct table table;
    struct bytes once, twice;
    struct err err = {0};
    arena_init(&arena, LIMIT);
    bytes_init(&once, LIMIT);
    bytes_init(&twice, LIMIT);
    if (payload_parse(type, text, "fuzz", &arena, &table, &err)) {
        bug_if(!table_write(&table, &once, &err));
        bug_if(!payload_parse(type, &once, "once", &arena, &table, &err));
        bug_if(!table_write(&table, &twice, &err));
        bug_if(once.size != twice.size);
        bug_if(memcmp(once.data, twice.data, once.size) != 0);
    }
    bytes_release(&twice);
    bytes_release(&once);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text;
    struct payload_marks marks;
    struct err err = {0};
    bytes_init(&text, LIMIT);
    if (bytes_append(&text, data, size, &err)) {
        for (size_t i = 0; payload_type_at(i); i++) {
            const struct payload_type *type = payload_type_at(i);
            if (type->kind == PAYLOAD_BLOB)
                (void)payload_read_marks(type, &text, "fuzz", &marks, &err);
            else
                rewrite(type, &text);
        }
    }
    bytes_release(&text);
    return 0;
}
