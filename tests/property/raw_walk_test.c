/* raw_walk_test.c - whatever happens to a file, no byte is lost.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The walker accounts for each, and sees the same events as the reader of the decoders.
 */
#include "raw/once.h"
#include "tests/unit/raw/made.h"

#define ROUNDS 400

static uint64_t seed(void)
{
    const char *text = getenv("PROPERTY_SEED");
    return text == NULL ? 20220817 : strtoull(text, NULL, 10);
}

/* The two independent paths must agree on the events of each segment. The walker knows
 * the whole file and the reader one segment: whether pieces of super-events are to be
 * told from events is not seen in a segment that has lost all its super-events. */
static void check_agreement(const struct walk_result *result, const uint8_t *data)
{
    static struct once once; /* for all files: its memory is dear */
    if (once.seen == NULL)
        once_init(&once);
    for (size_t i = 0; i < result->segment_count; i++) {
        const struct segment *segment = &result->segments[i];
        struct date_reader reader;
        struct date_event event;
        struct date_gap gap;
        struct event_digest digest = {0};
        uint64_t passed = 0;
        enum damage_class damage;
        enum lookup found;
        once_start(&once, NULL);
        date_reader_start(&reader, data + segment->offset, (size_t)segment->length,
                          result->chunk.id.run, segment->spill);
        do {
            found = date_reader_next(&reader, &event, &gap);
            passed += gap.length;
            if (found == LOOKUP_FOUND && !once_take(&once, &event, &damage))
                passed += event.header.size;
            else if (found == LOOKUP_FOUND)
                event_digest_add(&digest, event.header.run, event.header.spill,
                                 event.header.event, event.header.type);
        } while (found == LOOKUP_FOUND);
        if (segment->damaged_bytes > 0 && !reader.super)
            continue;
        assert_int_equal(passed, segment->damaged_bytes);
        assert_true(event_digest_equal(&digest, &segment->digest));
    }
}

static void check(const uint8_t *data, size_t size)
{
    struct walk_result result;
    struct err err;
    if (!made_walk_run(data, size, MADE_RUN, &result, &err)) {
        assert_true(err.code >= E_RAW_HEADER && err.code <= E_RAW_SEGMENTS);
        return;
    }
    made_check_account(&result, data, size);
    check_agreement(&result, data);
    walk_result_release(&result);
}

static void damage_one(struct random *random, struct bytes *file)
{
    size_t at = (size_t)random_below(random, file->size);
    size_t run = 1 + (size_t)random_below(random, 600);
    if (run > file->size - at)
        run = file->size - at;
    switch (random_below(random, 5)) {
    case 0: /* one bit */
        file->data[at] ^= (uint8_t)(1u << random_below(random, 8));
        break;
    case 1: /* one word of a header, more often hit than by chance */
        at -= at % 4;
        if (at + 4 <= file->size)
            le32_store(file->data + at, (uint32_t)random_next(random));
        break;
    case 2: /* foreign bytes */
        for (size_t i = 0; i < run; i++)
            file->data[at + i] = (uint8_t)random_next(random);
        break;
    case 3: /* bytes missing, by words so that the rest stays aligned */
        run = run / 4 * 4;
        memmove(file->data + at, file->data + at + run, file->size - at - run);
        file->size -= run;
        break;
    case 4: /* a piece of the file again: copied headers */
        if (at + 2 * run <= file->size)
            memmove(file->data + at, file->data + at + run / 4 * 4, run);
        break;
    }
}

static void random_damage_never_loses_a_byte(void **state)
{
    (void)state;
    const uint64_t start = seed();
    print_message("PROPERTY_SEED=%llu\n", (unsigned long long)start);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct random random = {start + round * 7919};
        struct raw_writer writer;
        raw_writer_init(&writer, MADE_LIMIT);
        made_file(&writer, 3, 4, &made_shapes[round % MADE_SHAPES]);
        uint64_t places = 1 + random_below(&random, 6);
        for (uint64_t i = 0; i < places; i++)
            damage_one(&random, &writer.out);
        check(writer.out.data, writer.out.size);
        raw_writer_release(&writer);
    }
}

/* A header word of one event changed: at most that event and one neighbour are lost, even
 * when nobody says which run the file should be of. */
static void one_bad_header_word_costs_little(void **state)
{
    (void)state;
    struct random random = {seed()};
    for (size_t shape = 0; shape < MADE_SHAPES; shape++) {
        struct raw_writer writer;
        raw_writer_init(&writer, MADE_LIMIT);
        made_file(&writer, 2, 8, &made_shapes[shape]);
        for (uint32_t round = 0; round < 200; round++) {
            size_t event = (size_t)random_below(&random, 20), at = 0;
            for (size_t i = 0; i < event; i++)
                at += le32_load(writer.out.data + at);
            uint8_t *word = writer.out.data + at + 4 * (size_t)random_below(&random, 20);
            uint32_t kept = le32_load(word), bit = 1u << random_below(&random, 32);
            bool flip = round % 2 == 0;
            le32_store(word,
                       flip ? kept ^ bit : (uint32_t)random_next(&random) & 0xFFFFF);
            struct walk_result result;
            struct err err;
            assert_true(made_walk_run(writer.out.data, writer.out.size,
                                      round % 4 < 2 ? 0 : MADE_RUN, &result, &err));
            made_check_account(&result, writer.out.data, writer.out.size);
            check_agreement(&result, writer.out.data);
            assert_int_equal(result.chunk.id.run, MADE_RUN);
            assert_true(result.digest.count >= 18);
            walk_result_release(&result);
            le32_store(word, kept);
        }
        raw_writer_release(&writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_damage_never_loses_a_byte),
        cmocka_unit_test(one_bad_header_word_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
