/* tag_fuzz.c - an answer of a conditions service: refused, or rows that can be cut.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/tag.h"

static void cut(const struct tag *tag, struct arena *arena)
{
    for (size_t first = 0; first < tag->count;) {
        size_t count = 0;
        while (first + count < tag->count &&
               strcmp(tag->rows[first].type, tag->rows[first + count].type) == 0)
            count++;
        struct interval *intervals = arena_try(arena, count, sizeof *intervals);
        struct interval_piece *pieces = arena_try(arena, 2 * count + 1, sizeof *pieces);
        if (!intervals || !pieces)
            return;
        for (size_t i = 0; i < count; i++)
            intervals[i] = tag->rows[first + i].interval;
        size_t made = interval_cut(interval_of_runs(0, 10000), intervals, count, pieces);
        bug_if(made == 0 || made > 2 * count + 1);
        for (size_t i = 1; i < made; i++)
            bug_if(moment_compare(pieces[i - 1].interval.end, pieces[i].interval.start) !=
                   0);
        first += count;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const readers[])(const struct json *, const char *, struct arena *,
                                   struct tag *, struct err *) = {
        tag_read_dump, tag_read_folder, tag_read_point};
    struct json *document = NULL;
    struct err err = {0};
    if (!json_parse(data, size, "fuzz", &document, &err))
        return 0;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        struct arena arena;
        struct tag tag;
        arena_init(&arena, (size_t)64 << 20);
        if (readers[i](document, "fuzz", &arena, &tag, &err) &&
            tag_check(&tag, "fuzz", &err)) {
            bug_if(!tag_equal(&tag, &tag));
            cut(&tag, &arena);
        }
        arena_release(&arena);
    }
    json_free(document);
    return 0;
}
