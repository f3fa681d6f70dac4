/* scaler_test.c - scaler frames: counts, pseudo channels, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/chip.h"
#include "raw/scaler.h"
#include "tests/unit/raw/chip_made.h"

struct fixture {
    struct scaler_digits digits, back;
    struct faults faults;
    struct damage_place list[CHIP_LISTED];
    struct bytes words;
};

/* Three frames with random contents. */
static void fixture_make(struct fixture *fixture)
{
    struct random random = {31};
    struct err err;
    *fixture = (struct fixture){.faults = {.log = {.room = CHIP_LISTED}}};
    fixture->faults.log.places = fixture->list;
    scaler_digits_init(&fixture->digits);
    scaler_digits_init(&fixture->back);
    bytes_init(&fixture->words, 1 << 16);
    for (uint32_t i = 0; i < 3 * SCALER_WORDS; i++) {
        uint32_t channel = i % SCALER_WORDS;
        uint32_t bits = channel == 33 ? 0 : channel == 32 ? 2 : 1;
        fixture->digits.source[i] = CHIP_SOURCE;
        fixture->digits.frame[i] = (uint16_t)(i / SCALER_WORDS);
        fixture->digits.geo[i] = (uint16_t)(700 + i / SCALER_WORDS);
        fixture->digits.channel[i] = (uint8_t)channel;
        fixture->digits.value[i] = (uint32_t)random_next(&random) >> bits;
        fixture->digits.count++;
    }
    assert_true(scaler_encode(&fixture->digits, 0, fixture->digits.count, CHIP_EVENT,
                              &fixture->words, &err));
}

static void fixture_free(struct fixture *fixture)
{
    scaler_digits_release(&fixture->digits);
    scaler_digits_release(&fixture->back);
    bytes_release(&fixture->words);
}

static bool decode(struct fixture *fixture)
{
    struct slink_block block = chip_block(&fixture->words, SCALER_SLINK_FORMAT);
    return scaler_decode(&block, &fixture->back, &fixture->faults);
}

static void frames_come_back_as_they_were(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    assert_true(decode(&fixture));
    assert_int_equal(fixture.back.count, 3 * SCALER_WORDS);
    assert_memory_equal(fixture.back.value, fixture.digits.value, 4 * 3 * SCALER_WORDS);
    assert_memory_equal(fixture.back.frame, fixture.digits.frame, 2 * 3 * SCALER_WORDS);
    assert_memory_equal(fixture.back.geo, fixture.digits.geo, 2 * 3 * SCALER_WORDS);
    assert_memory_equal(fixture.back.channel, fixture.digits.channel, 3 * SCALER_WORDS);
    assert_int_equal(fixture.back.source[101], CHIP_SOURCE);
    assert_int_equal(damage_counts_total(&fixture.faults.log.counts), 0);
    fixture_free(&fixture);
}

static void pseudo_channels_are_made_of_both_last_words(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    le32_store(fixture.words.data + 4 * 33, 0x80000000u | 0x1234u << 16 | 0xABCD);
    le32_store(fixture.words.data + 4 * 34, 0x80000000u | 0x7001u << 16 | 0xFFFE);
    assert_true(decode(&fixture));
    assert_int_equal(fixture.back.value[32], 0x1234 + (0x7001u << 15));
    assert_int_equal(fixture.back.value[33], 0xFFFEABCDu);
    fixture_free(&fixture);
}

static void a_damaged_frame_costs_itself(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {36, 1, DAMAGE_CHIP_EVENT, 36, 36, 68},        /* event number of the header */
        {71, 1, DAMAGE_CHIP_ORDER, 36, 36, 68},        /* of the trailer */
        {71, 1u << 25, DAMAGE_CHIP_ORDER, 36, 36, 68}, /* geographic id */
        {40, 1u << 31, DAMAGE_CHIP_ORDER, 36, 36, 68}, /* a data word */
        {36, 1u << 30, DAMAGE_CHIP_ORDER, 36, 36, 68}, /* the header is a trailer */
        {71, 1u << 31, DAMAGE_CHIP_ORDER, 36, 36, 68}, /* the trailer is data */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        chip_check_fault(&cases[i], &fixture.faults, fixture.words.data,
                         decode(&fixture));
        assert_int_equal(fixture.back.count, cases[i].left);
        assert_int_equal(fixture.back.frame[67], 2);
        fixture_free(&fixture);
    }
}

static void a_block_that_ends_in_a_frame_keeps_the_others(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    fixture.words.size -= 4;
    const struct chip_case expected = {.damage = DAMAGE_CHIP_SIZE, .at = 72, .words = 35};
    chip_check_fault(&expected, &fixture.faults, fixture.words.data, decode(&fixture));
    assert_int_equal(fixture.back.count, 68);
    fixture_free(&fixture);
}

static void error_words_are_marked_and_passed(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    chip_word_add(&fixture.words, 0x7FF00005);
    const struct chip_case expected = {.damage = DAMAGE_CHIP_ERROR, .at = 108};
    chip_check_fault(&expected, &fixture.faults, fixture.words.data, decode(&fixture));
    assert_int_equal(fixture.back.count, 102);
    fixture_free(&fixture);
}

static void full_buffers_are_damage_not_a_crash(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    for (uint32_t i = 0; i < SCALER_MAX_FRAMES / 3; i++)
        assert_true(decode(&fixture));
    assert_false(decode(&fixture));
    assert_int_equal(fixture.back.count, SCALER_MAX_DIGITS);
    assert_int_equal(fixture.faults.log.counts.of[DAMAGE_DIGITS_FULL], 2);
    scaler_digits_clear(&fixture.back);
    assert_true(decode(&fixture));
    fixture_free(&fixture);
}

static void chips_have_names_and_formats(void **state)
{
    (void)state;
    assert_int_equal(chip_named("Scaler"), CHIP_SCALER);
    assert_int_equal(chip_named("ChipNA64TDC"), CHIP_OPAQUE);
    assert_int_equal(chip_named(""), CHIP_OPAQUE);
    assert_string_equal(chip_word(CHIP_GANDALF), "gandalf");
    assert_int_equal(chip_of_format(0x30), CHIP_SCALER);
    assert_int_equal(chip_of_format(0x00), CHIP_APV);
    assert_int_equal(chip_of_format(0x03), CHIP_F1);
    assert_int_equal(chip_of_format(0x02), CHIP_SINICA);
    assert_int_equal(chip_of_format(0x50), CHIP_OPAQUE);
    assert_int_equal(chip_of_format(0x83), CHIP_MODULE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_as_they_were),
        cmocka_unit_test(pseudo_channels_are_made_of_both_last_words),
        cmocka_unit_test(a_damaged_frame_costs_itself),
        cmocka_unit_test(a_block_that_ends_in_a_frame_keeps_the_others),
        cmocka_unit_test(error_words_are_marked_and_passed),
        cmocka_unit_test(full_buffers_are_damage_not_a_crash),
        cmocka_unit_test(chips_have_names_and_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
