/* check_test.c - each kind of damage is found where it was planted, and costs just that.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/raw/checked.h"
#include "tests/unit/raw/plant.h"

static void check_bytes(const struct checked *checked, size_t size)
{
    const struct check *check = &checked->check;
    assert_int_equal(check->disagreements, 0);
    assert_int_equal(check->good_bytes + checked->walk.chunk.damaged_bytes, size);
}

static void good_files_have_no_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_SHAPES; i++) {
        struct raw_writer writer;
        struct checked checked;
        struct err err;
        raw_writer_init(&writer, MADE_LIMIT);
        made_file(&writer, 3, 8, &made_shapes[i]);
        assert_true(checked_make(&checked, writer.out.data, writer.out.size, &err));
        check_bytes(&checked, writer.out.size);
        assert_int_equal(checked.check.total, 0);
        assert_int_equal(checked.check.good_bytes, writer.out.size);
        assert_int_equal(checked.check.numbers.step, 1);
        checked_release(&checked);
        raw_writer_release(&writer);
    }
}

static void expect(const struct plant *plant, const struct check_place *place)
{
    assert_int_equal(place->damage, plant->damage);
    assert_int_equal(place->source, plant->source);
    assert_int_equal(place->offset, plant->offset);
    assert_int_equal(place->length, plant->length);
    assert_int_equal(place->loss, plant->loss);
    assert_int_equal(place->missing, plant->missing);
}

static void planted_damage_is_found_at_its_place_with_its_loss(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLANT_KINDS; i++) {
        struct raw_writer writer;
        struct checked checked;
        struct err err;
        plant_file(&writer, &plant_kinds[i]);
        struct plant plant = plant_damage(&writer.out, &plant_kinds[i], PLANT_EVENT);
        print_message("%s\n", plant_kinds[i].name);
        assert_true(checked_make(&checked, writer.out.data, writer.out.size, &err));
        check_bytes(&checked, writer.out.size);
        const struct check *check = &checked.check;
        for (size_t k = 0; k < check->listed && check->listed != 1; k++)
            print_message("  %s at %llu\n", damage_word(check->places[k].damage),
                          (unsigned long long)check->places[k].offset);
        assert_int_equal(check->total, 1);
        assert_int_equal(check->listed, 1);
        expect(&plant, &check->places[0]);
        assert_int_equal(check->sums[plant.damage][plant.source].places, 1);
        assert_int_equal(check->sums[plant.damage][plant.source].loss, plant.loss);
        assert_int_equal(check->missing, plant.missing);
        assert_int_equal(check->lost_inside + checked.walk.chunk.damaged_bytes,
                         plant.loss);
        checked_release(&checked);
        raw_writer_release(&writer);
    }
}

/* Most classes of chips are planted in the tests of the chips. */
static void every_class_of_the_container_is_planted(void **state)
{
    (void)state;
    for (uint32_t damage = 0; damage < DAMAGE_CLASS_COUNT; damage++) {
        bool chip = (damage >= DAMAGE_ADC_EVENT && damage <= DAMAGE_DIGITS_FULL) ||
                    damage >= DAMAGE_ADC_ERROR;
        bool planted = chip;
        for (size_t i = 0; i < PLANT_KINDS; i++)
            planted = planted || plant_kinds[i].damage == damage;
        if (!planted)
            fail_msg("%s is not planted", damage_word(damage));
    }
}

/* An event that says less than it is: its last sub-event, and the bytes behind. */
static void event_that_ends_early_loses_its_end(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct checked checked;
    struct err err;
    plant_file(&writer, &plant_kinds[0]);
    size_t at = plant_event_at(&writer.out, PLANT_EVENT);
    size_t size = le32_load(writer.out.data + at);
    size_t first = le32_load(writer.out.data + at + DATE_HEAD);
    le32_store(writer.out.data + at, (uint32_t)size - 40);
    assert_true(checked_make(&checked, writer.out.data, writer.out.size, &err));
    check_bytes(&checked, writer.out.size);
    const struct check *check = &checked.check;
    assert_int_equal(check->listed, 2);
    assert_int_equal(check->places[0].damage, DAMAGE_SUBEVENT_SIZE);
    assert_int_equal(check->places[0].offset, at + DATE_HEAD + first);
    assert_int_equal(check->places[0].length, size - 40 - DATE_HEAD - first);
    assert_int_equal(check->places[1].damage, DAMAGE_FOREIGN);
    assert_int_equal(check->places[1].offset, at + size - 40);
    assert_int_equal(check->places[1].loss, 40);
    checked_release(&checked);
    raw_writer_release(&writer);
}

/* Events of one file when `builders` take turns and this is number `turn`. */
static void turns_write(struct raw_writer *writer, uint32_t builders, uint32_t turn)
{
    made_event(writer, &(struct made_event){1, 0, EVENT_START_OF_BURST}, &made_super);
    for (uint32_t n = turn; n <= 60; n += builders)
        made_event(writer, &(struct made_event){1, n, EVENT_PHYSICS}, &made_super);
    made_event(writer, &(struct made_event){1, 60, EVENT_END_OF_BURST}, &made_super);
}

static void builders_that_take_turns_miss_nothing(void **state)
{
    (void)state;
    for (uint32_t builders = 1; builders <= 4; builders++)
        for (uint32_t turn = 1; turn <= builders; turn++) {
            struct raw_writer writer;
            struct checked checked;
            struct err err;
            raw_writer_init(&writer, MADE_LIMIT);
            turns_write(&writer, builders, turn);
            assert_true(checked_make(&checked, writer.out.data, writer.out.size, &err));
            assert_int_equal(checked.check.numbers.step, builders);
            assert_int_equal(checked.check.total, 0);
            checked_release(&checked);
            raw_writer_release(&writer);
        }
}

static void builders_that_take_what_comes_are_not_blamed(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct checked checked;
    struct err err;
    struct random random = {7};
    raw_writer_init(&writer, MADE_LIMIT);
    for (uint32_t n = 1; n <= 200; n += 1 + (uint32_t)random_below(&random, 4))
        made_event(&writer, &(struct made_event){1, n, EVENT_PHYSICS}, &made_super);
    made_event(&writer, &(struct made_event){1, 200, EVENT_END_OF_BURST}, &made_super);
    assert_true(checked_make(&checked, writer.out.data, writer.out.size, &err));
    assert_int_equal(checked.check.numbers.step, 0);
    assert_int_equal(checked.check.total, 0);
    checked_release(&checked);
    raw_writer_release(&writer);
}

static void spills_that_go_back_are_told(void **state)
{
    (void)state;
    const uint32_t spills[] = {4094, 4095, 0, 1, 3, 2};
    struct raw_writer writer;
    struct checked checked;
    struct err err;
    raw_writer_init(&writer, MADE_LIMIT);
    for (size_t i = 0; i < 6; i++)
        made_event(&writer, &(struct made_event){spills[i], 1, EVENT_PHYSICS},
                   &made_super);
    size_t last = plant_event_at(&writer.out, 5);
    assert_true(checked_make(&checked, writer.out.data, writer.out.size, &err));
    assert_int_equal(checked.check.listed, 1);
    assert_int_equal(checked.check.places[0].damage, DAMAGE_EVENT_ORDER);
    assert_int_equal(checked.check.places[0].offset, last);
    assert_int_equal(checked.check.places[0].before.spill, 3);
    checked_release(&checked);
    raw_writer_release(&writer);
}

static void first_of_run_blocks_are_no_data_and_no_damage(void **state)
{
    (void)state;
    static const uint32_t words[20] = {1};
    const struct raw_event_spec spec = {
        .header = {.type = EVENT_PHYSICS, .run = MADE_RUN, .event = 1, .spill = 1}};
    struct raw_writer writer;
    struct checked checked;
    struct err err;
    raw_writer_init(&writer, MADE_LIMIT);
    assert_true(raw_event_begin(&writer, &spec, &err));
    assert_true(raw_subevent_begin(&writer, 1, &err));
    assert_true(raw_block(
        &writer,
        &(struct raw_block_spec){
            .source = 2, .format = 3 | SLINK_FIRST_OF_RUN, .words = words, .count = 20},
        &err));
    raw_subevent_end(&writer);
    raw_event_end(&writer);
    assert_true(checked_make(&checked, writer.out.data, writer.out.size, &err));
    assert_int_equal(checked.check.first_of_run, 1);
    assert_int_equal(checked.check.total, 0);
    checked_release(&checked);
    raw_writer_release(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_have_no_damage),
        cmocka_unit_test(planted_damage_is_found_at_its_place_with_its_loss),
        cmocka_unit_test(every_class_of_the_container_is_planted),
        cmocka_unit_test(event_that_ends_early_loses_its_end),
        cmocka_unit_test(builders_that_take_turns_miss_nothing),
        cmocka_unit_test(builders_that_take_what_comes_are_not_blamed),
        cmocka_unit_test(spills_that_go_back_are_told),
        cmocka_unit_test(first_of_run_blocks_are_no_data_and_no_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
