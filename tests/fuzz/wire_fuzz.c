/* wire_fuzz.c - any bytes as any message: refused, or a value that packs again the same.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte picks the message.
 */
#include "proto/wire.h"

#define MEMORY ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Packing what was unpacked gives bytes that unpack and pack to themselves. */
#define NOUN(noun)                                                                       \
    static void noun##_try(const uint8_t *data, size_t size)                             \
    {                                                                                    \
        struct arena arena;                                                              \
        struct bytes first, again;                                                       \
        struct noun value;                                                               \
        struct err err = {0};                                                            \
        arena_init(&arena, MEMORY);                                                      \
        bytes_init(&first, MEMORY);                                                      \
        bytes_init(&again, MEMORY);                                                      \
        if (wire_##noun##_unpack(data, size, &arena, &value, &err)) {                    \
            bug_if(!wire_##noun##_pack(&value, &first, &err));                           \
            arena_reset(&arena);                                                         \
            bug_if(!wire_##noun##_unpack(first.data, first.size, &arena, &value, &err)); \
            bug_if(!wire_##noun##_pack(&value, &again, &err));                           \
            bug_if(first.size != again.size);                                            \
            bug_if(first.size > 0 && memcmp(first.data, again.data, first.size) != 0);   \
        } else {                                                                         \
            bug_if(err.code == E_NONE || err.text[0] == '\0');                           \
        }                                                                                \
        arena_release(&arena);                                                           \
        bytes_release(&first);                                                           \
        bytes_release(&again);                                                           \
    }

NOUN(task)
NOUN(report)
NOUN(hello)
NOUN(hello_answer)
NOUN(sync)
NOUN(sync_answer)
NOUN(run)
NOUN(chunk)
NOUN(segment)
NOUN(spill)
NOUN(campaign)
NOUN(plan_segment)
NOUN(task_value)
NOUN(merge_group)
NOUN(attempt)
NOUN(product_set)
NOUN(value_set)
NOUN(file_record)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(const uint8_t *, size_t) = {
        task_try,        report_try,       hello_try,       hello_answer_try, sync_try,
        sync_answer_try, run_try,          chunk_try,       segment_try,      spill_try,
        campaign_try,    plan_segment_try, task_value_try,  merge_group_try,  attempt_try,
        product_set_try, value_set_try,    file_record_try,
    };
    if (size > 0)
        tries[data[0] % (sizeof tries / sizeof tries[0])](data + 1, size - 1);
    return 0;
}
