/* raw_mutation_test.c - 10 000 random and 2 000 aimed corruptions of good files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever happens to a file: every byte is in a good event or in a listed gap, walker
 * and decoder see the same events and the same pieces, and each place lies in the file.
 */
#include "tests/unit/raw/checked.h"
#include "tests/unit/raw/plant.h"

#define RANDOM_ROUNDS 10000u
#define AIMED_ROUNDS  2000u

static uint64_t seed(void)
{
    const char *text = getenv("PROPERTY_SEED");
    uint64_t start = text == NULL ? 20221107 : strtoull(text, NULL, 10);
    print_message("PROPERTY_SEED=%llu\n", (unsigned long long)start);
    return start;
}

/* The reader of the decoders finds the events that the walker indexed. */
static void check_events(const struct walk_result *walk, const uint8_t *data)
{
    struct once *once = checked_once();
    for (size_t i = 0; i < walk->segment_count; i++) {
        const struct segment *segment = &walk->segments[i];
        struct date_reader reader = checked_reader(walk, i, data);
        struct date_event event;
        struct date_gap gap;
        struct event_digest digest = {0};
        uint64_t passed = 0;
        enum damage_class damage;
        enum lookup found;
        once_start(once, NULL);
        do {
            found = date_reader_next(&reader, &event, &gap);
            passed += gap.length;
            if (found == LOOKUP_FOUND && !once_take(once, &event, &damage))
                passed += event.header.size;
            else if (found == LOOKUP_FOUND)
                event_digest_add(&digest, event.header.run, event.header.spill,
                                 event.header.event, event.header.type);
        } while (found == LOOKUP_FOUND);
        assert_int_equal(passed, segment->damaged_bytes);
        assert_true(event_digest_equal(&digest, &segment->digest));
    }
}

static void check_places(const struct checked *checked, size_t size)
{
    const struct check *check = &checked->check;
    uint64_t gaps = 0, inside = 0;
    assert_int_equal(check->disagreements, 0);
    assert_int_equal(check->good_bytes + checked->walk.chunk.damaged_bytes, size);
    assert_int_equal(check->total, check->listed);
    for (size_t i = 0; i < check->listed; i++) {
        const struct check_place *place = &check->places[i];
        assert_true(place->offset <= size && place->length <= size - place->offset);
        assert_true(place->loss <= place->length);
        assert_true(i == 0 || check->places[i - 1].offset <= place->offset);
        bool gap = place->damage <= DAMAGE_REPEATED ||
                   place->damage == DAMAGE_EVENT_HEADER ||
                   place->damage == DAMAGE_CONFLICT;
        *(gap ? &gaps : &inside) += place->loss;
    }
    assert_int_equal(gaps, checked->walk.chunk.damaged_bytes);
    assert_int_equal(inside, check->lost_inside);
    assert_true(inside <= check->good_bytes);
}

/* One after another by the same check: nothing of a file is left in it for the next. */
static struct checked checked;

static int checked_begin(void **state)
{
    (void)state;
    check_init(&checked.check, NULL);
    return 0;
}

static int checked_end(void **state)
{
    (void)state;
    check_release(&checked.check);
    return 0;
}

static void check_file(const struct bytes *file)
{
    struct err err;
    if (!checked_look(&checked, file->data, file->size, &err)) {
        assert_true(err.code >= E_RAW_HEADER && err.code <= E_RAW_SEGMENTS);
        return;
    }
    made_check_account(&checked.walk, file->data, file->size);
    check_events(&checked.walk, file->data);
    check_places(&checked, file->size);
    walk_result_release(&checked.walk);
}

static void copy_within(struct bytes *file, size_t to, size_t from, size_t size)
{
    if (to + size <= file->size && from + size <= file->size)
        memmove(file->data + to, file->data + from, size);
}

static void damage_random(struct random *random, struct bytes *file)
{
    size_t at = (size_t)random_below(random, file->size);
    size_t run = 1 + (size_t)random_below(random, 600);
    if (run > file->size - at)
        run = file->size - at;
    switch (random_below(random, 6)) {
    case 0: /* one bit */
        file->data[at] ^= (uint8_t)(1u << random_below(random, 8));
        break;
    case 1: /* one word */
        if (at / 4 * 4 + 4 <= file->size)
            le32_store(file->data + at / 4 * 4, (uint32_t)random_next(random));
        break;
    case 2: /* foreign bytes */
        for (size_t i = 0; i < run; i++)
            file->data[at + i] = (uint8_t)random_next(random);
        break;
    case 3: /* bytes missing; by words, so that the rest stays aligned, or not */
        run = random_below(random, 4) == 0 ? run : run / 4 * 4;
        memmove(file->data + at, file->data + at + run, file->size - at - run);
        file->size -= run;
        break;
    case 4: /* a piece of the file again: copied headers */
        copy_within(file, at, at + run / 4 * 4, run);
        break;
    case 5: /* zeros, as after a crash of a disk */
        memset(file->data + at, 0, run);
        break;
    }
}

static void random_corruptions_lose_no_byte(void **state)
{
    (void)state;
    const uint64_t start = seed();
    struct raw_writer writers[MADE_SHAPES];
    struct bytes file;
    struct err err;
    bytes_init(&file, MADE_LIMIT);
    for (size_t i = 0; i < MADE_SHAPES; i++) {
        raw_writer_init(&writers[i], MADE_LIMIT);
        made_file(&writers[i], 2, 3, &made_shapes[i]);
    }
    for (uint64_t round = 0; round < RANDOM_ROUNDS; round++) {
        struct random random = {start + round * 7919};
        const struct bytes *good = &writers[round % MADE_SHAPES].out;
        bytes_clear(&file);
        assert_true(bytes_append(&file, good->data, good->size, &err));
        for (uint64_t i = 1 + random_below(&random, 6); i > 0 && file.size > 0; i--)
            damage_random(&random, &file);
        check_file(&file);
    }
    for (size_t i = 0; i < MADE_SHAPES; i++)
        raw_writer_release(&writers[i]);
    bytes_release(&file);
}

/* A word that an attacker or a bad chip would choose. */
static uint32_t word_of_note(struct random *random, uint32_t word, size_t file_size)
{
    const uint32_t choice[] = {0,
                               1,
                               3,
                               68,
                               80,
                               0xFFFF,
                               0x30006,
                               0x3000E,
                               0x10000,
                               0x7FFFFFFF,
                               0xFFFFFFFF,
                               DATE_MAGIC,
                               DATE_MAGIC_SWAPPED,
                               DATE_MAX_EVENT,
                               DATE_MAX_EVENT + 4,
                               word + 4,
                               word - 4,
                               word ^ 1,
                               word ^ 0x10,
                               word ^ 0x10000,
                               word ^ 0x100000,
                               ~word,
                               word << 16 | word >> 16,
                               (uint32_t)file_size,
                               (uint32_t)random_below(random, file_size)};
    return choice[random_below(random, sizeof choice / sizeof *choice)];
}

/* Offset of a word that says something about structure: of a header of event or
 * sub-event, or of an equipment and the S-Link header in it. */
static size_t word_of_structure(struct random *random, const struct bytes *file)
{
    size_t heads[256], count = 0;
    for (size_t at = 0; at + 8 <= file->size && count < 256; at += 4)
        if (le32_load(file->data + at + 4) == DATE_MAGIC)
            heads[count++] = at;
    if (count == 0)
        return 0;
    size_t at = heads[random_below(random, count)];
    size_t reach = random_below(random, 2) == 0 ? 20 : 34; /* words */
    return at + 4 * (size_t)random_below(random, reach);
}

static void damage_aimed(struct random *random, struct bytes *file)
{
    size_t at = word_of_structure(random, file);
    size_t other = word_of_structure(random, file) / 4 * 4;
    if (at + 4 > file->size || other + 4 > file->size)
        return;
    uint32_t word = le32_load(file->data + at);
    switch (random_below(random, 5)) {
    case 0:
    case 1:
        le32_store(file->data + at, word_of_note(random, word, file->size));
        break;
    case 2: /* the word of another header */
        le32_store(file->data + at, le32_load(file->data + other));
        break;
    case 3: /* a whole header elsewhere */
        copy_within(file, at / 4 * 4, other, 68 + 4 * (size_t)random_below(random, 16));
        break;
    case 4: /* the end, in the middle of a structure */
        file->size = at + (size_t)random_below(random, 5);
        break;
    }
}

static void aimed_corruptions_lose_no_byte(void **state)
{
    (void)state;
    const uint64_t start = seed();
    struct bytes file;
    struct err err;
    bytes_init(&file, MADE_LIMIT);
    for (size_t shape = 0; shape < MADE_SHAPES; shape++) {
        struct raw_writer writer;
        raw_writer_init(&writer, MADE_LIMIT);
        made_file(&writer, 2, 3, &made_shapes[shape]);
        for (uint64_t round = 0; round < AIMED_ROUNDS / MADE_SHAPES; round++) {
            struct random random = {start + round * 104729 + shape};
            bytes_clear(&file);
            assert_true(bytes_append(&file, writer.out.data, writer.out.size, &err));
            for (uint64_t i = 1 + random_below(&random, 4); i > 0 && file.size > 0; i--)
                damage_aimed(&random, &file);
            check_file(&file);
        }
        raw_writer_release(&writer);
    }
    bytes_release(&file);
}

/* What is left of a file that ends anywhere: all events that are whole, and the rest in
 * one place of its own. */
static void check_end(const struct bytes *good, size_t size)
{
    struct err err;
    size_t at = 0, events = 0;
    while (at + 4 <= size && le32_load(good->data + at) <= size - at) {
        at += le32_load(good->data + at);
        events++;
    }
    if (!checked_look(&checked, good->data, size, &err)) {
        assert_int_equal(events, 0);
        return;
    }
    assert_int_equal(checked.walk.digest.count, events);
    check_places(&checked, size);
    assert_int_equal(checked.check.total, at < size);
    if (at < size) {
        assert_int_equal(checked.check.places[0].damage, DAMAGE_TRUNCATED);
        assert_int_equal(checked.check.places[0].offset, at);
        assert_int_equal(checked.check.places[0].loss, size - at);
    }
    walk_result_release(&checked.walk);
}

static void files_that_end_in_any_structure_lose_their_last_event(void **state)
{
    (void)state;
    for (size_t shape = 0; shape < MADE_SHAPES; shape++) {
        struct raw_writer writer;
        raw_writer_init(&writer, MADE_LIMIT);
        made_file(&writer, 1, 2, &made_shapes[shape]);
        for (size_t size = 0; size <= writer.out.size; size += shape == 0 ? 1 : 3)
            check_end(&writer.out, size);
        raw_writer_release(&writer);
    }
}

static size_t place_find(const struct check *check, const struct plant *plant)
{
    for (size_t i = 0; i < check->listed; i++) {
        const struct check_place *place = &check->places[i];
        if (place->damage == plant->damage && place->source == plant->source &&
            place->offset == plant->offset && place->length == plant->length &&
            place->loss == plant->loss && place->missing == plant->missing)
            return i;
    }
    return check->listed;
}

static bool elsewhere(const struct plant_kind *kind)
{
    return kind->damage == DAMAGE_TRUNCATED || kind->damage == DAMAGE_BURST_COUNT ||
           kind->damage == DAMAGE_EVENT_TYPE || kind->damage == DAMAGE_MULTIPLEXER;
}

static void two_fail(const struct check *check, const struct plant_kind *early,
                     const struct plant_kind *late)
{
    for (size_t i = 0; i < check->listed; i++) {
        const struct check_place *place = &check->places[i];
        print_message("%s source %u at %llu: %llu bytes, %llu lost, %llu missing\n",
                      damage_word(place->damage), place->source,
                      (unsigned long long)place->offset,
                      (unsigned long long)place->length, (unsigned long long)place->loss,
                      (unsigned long long)place->missing);
    }
    fail_msg("%s and %s", early->name, late->name);
}

/* One in event 5, one in event 2: neither hides the other or changes what it costs. */
static void two_faults_are_told_as_two(void **state)
{
    (void)state;
    for (size_t a = 0; a < PLANT_KINDS; a++)
        for (size_t b = 0; b < PLANT_KINDS; b++) {
            struct raw_writer writer;
            struct err err;
            if (elsewhere(&plant_kinds[b]) || plant_kinds[a].damage == DAMAGE_MULTIPLEXER)
                continue;
            plant_file(&writer, &plant_kinds[a]);
            struct plant late = plant_damage(&writer.out, &plant_kinds[a], PLANT_EVENT);
            size_t size = writer.out.size;
            struct plant early = plant_damage(&writer.out, &plant_kinds[b], 2);
            if (plant_kinds[a].damage != DAMAGE_EVENT_TYPE)
                late.offset += writer.out.size - size;
            assert_true(checked_look(&checked, writer.out.data, writer.out.size, &err));
            check_places(&checked, writer.out.size);
            if (checked.check.total != 2 ||
                place_find(&checked.check, &late) == checked.check.listed ||
                place_find(&checked.check, &early) == checked.check.listed)
                two_fail(&checked.check, &plant_kinds[b], &plant_kinds[a]);
            walk_result_release(&checked.walk);
            raw_writer_release(&writer);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_corruptions_lose_no_byte),
        cmocka_unit_test(aimed_corruptions_lose_no_byte),
        cmocka_unit_test(files_that_end_in_any_structure_lose_their_last_event),
        cmocka_unit_test(two_faults_are_told_as_two),
    };
    return cmocka_run_group_tests(tests, checked_begin, checked_end);
}
