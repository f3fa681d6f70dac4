/* sinica_test.c - Sinica converters: words, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sinica.h"
#include "tests/unit/raw/chip_made.h"

struct fixture {
    struct sinica_digits digits;
    struct chip_listing listing;
    struct bytes words;
};

/* Two front-ends with two and one hits: words 0 to 3 and 4 to 6. */
static void fixture_make(struct fixture *fixture)
{
    sinica_digits_init(&fixture->digits);
    chip_listing_init(&fixture->listing);
    bytes_init(&fixture->words, 1 << 20);
    uint32_t event = (CHIP_EVENT & 63) << 24;
    chip_word_add(&fixture->words, 3u | 5u << 4 | 17u << 8 | 1234u << 13 | event);
    chip_word_add(&fixture->words, 1u | 9u << 4 | 40000u << 8 | 1u << 31);
    chip_word_add(&fixture->words, 1u | 2u << 4 | 3u << 8 | 1u << 31);
    chip_word_add(&fixture->words, 12u | 10u << 4 | 50000u << 8);
    chip_word_add(&fixture->words, 0u | 5u << 4 | 31u << 8 | event);
    chip_word_add(&fixture->words, 15u | 15u << 4 | 65535u << 8 | 1u << 31);
    chip_word_add(&fixture->words, 0u | 10u << 4);
}

static void fixture_free(struct fixture *fixture)
{
    sinica_digits_release(&fixture->digits);
    bytes_release(&fixture->words);
}

static bool decode(struct fixture *fixture)
{
    struct slink_block block = chip_block(&fixture->words, SINICA_FORMAT);
    return sinica_decode(&block, &fixture->digits, &fixture->listing.faults);
}

static void hits_have_the_numbers_of_their_frontend(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    assert_true(decode(&fixture));
    const struct sinica_digits *digits = &fixture.digits;
    assert_int_equal(digits->count, 3);
    assert_int_equal(digits->source[0], CHIP_SOURCE);
    assert_int_equal(digits->port[0], 17);
    assert_int_equal(digits->channel[0], 9);
    assert_int_equal(digits->mode[0], 1);
    assert_int_equal(digits->time[0], 40000);
    assert_int_equal(digits->trigger[1], 50000);
    assert_int_equal(digits->coarse[1], 1234);
    assert_int_equal(digits->temperature[1], 3 * 16 + 12);
    assert_int_equal(digits->port[2], 31);
    assert_int_equal(digits->time[2], 65535);
    fixture_free(&fixture);
}

static void damage_costs_one_frontend(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {0, 1u << 4, DAMAGE_CHIP_ORDER, 0, 4, 1},  /* header with other marks */
        {0, 1u << 31, DAMAGE_CHIP_ORDER, 0, 4, 1}, /* header that looks like data */
        {3, 1u << 4, DAMAGE_CHIP_ORDER, 0, 3, 1},  /* trailer with other marks */
        {6, 1u << 31, DAMAGE_CHIP_ORDER, 4, 3, 2}, /* trailer that looks like data */
        {0, 1u << 24, DAMAGE_CHIP_EVENT, 0, 0, 3},
        {4, 1u << 30, DAMAGE_CHIP_OVERFLOW, 4, 0, 3},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        bool good = decode(&fixture);
        assert_int_equal(fixture.digits.count, cases[i].left);
        if (cases[i].word != 3) /* then the trailer alone is a second piece */
            chip_check_fault(&cases[i], &fixture.listing.faults, fixture.words.data,
                             good);
        else
            assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_CHIP_ORDER], 2);
        fixture_free(&fixture);
    }
}

static void more_than_32_hits_are_no_frontend(void **state)
{
    (void)state;
    for (uint32_t hits = 32; hits < 34; hits++) {
        struct fixture fixture;
        struct err err;
        fixture_make(&fixture);
        uint32_t header = le32_load(fixture.words.data);
        uint32_t trailer = le32_load(fixture.words.data + 12);
        bytes_clear(&fixture.words);
        chip_word_add(&fixture.words, header);
        for (uint32_t i = 0; i < hits; i++)
            chip_word_add(&fixture.words, i << 8 | 1u << 31);
        chip_word_add(&fixture.words, trailer);
        assert_int_equal(decode(&fixture), hits == 32);
        assert_int_equal(fixture.digits.count, hits == 32 ? 32 : 0);
        bytes_clear(&fixture.words);
        assert_true(sinica_encode(&fixture.digits, 0, fixture.digits.count, CHIP_EVENT,
                                  &fixture.words, &err));
        assert_int_equal(fixture.words.size, hits == 32 ? 4 * 34 : 0);
        fixture_free(&fixture);
    }
}

static void full_buffers_are_damage_not_a_crash(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    for (uint32_t i = 0; i < SINICA_MAX_DIGITS / 3; i++)
        assert_true(decode(&fixture));
    assert_false(decode(&fixture));
    assert_int_equal(fixture.digits.count, SINICA_MAX_DIGITS);
    assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_DIGITS_FULL], 1);
    sinica_digits_clear(&fixture.digits);
    assert_true(decode(&fixture));
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_have_the_numbers_of_their_frontend),
        cmocka_unit_test(damage_costs_one_frontend),
        cmocka_unit_test(more_than_32_hits_are_no_frontend),
        cmocka_unit_test(full_buffers_are_damage_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
