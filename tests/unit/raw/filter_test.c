/* filter_test.c - records of an online filter: content, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/filter.h"
#include "tests/unit/raw/chip_made.h"

struct fixture {
    struct filter_digits digits;
    struct chip_listing listing;
    struct bytes words;
};

/* Decisions (words 0 to 2), a version of 3 bytes with its NUL (3 and 4), missing events
 * (5 to 11), statistics of one filter and two triggers (12 to 37). */
static void fixture_make(struct fixture *fixture)
{
    filter_digits_init(&fixture->digits);
    chip_listing_init(&fixture->listing);
    bytes_init(&fixture->words, 1 << 20);
    chip_word_add(&fixture->words, 12u | FILTER_DECISIONS << 16 | 1u << 30);
    chip_word_add(&fixture->words, 4u | 100u << 16 | 1u << 30);
    chip_word_add(&fixture->words, 5u | 0x3FFFu << 16 | 1u << 30 | 1u << 31);
    chip_word_add(&fixture->words, 8u | FILTER_VERSION << 16 | 1u << 31);
    chip_word_add(&fixture->words, 0x00332E31); /* "1.3" */
    chip_word_add(&fixture->words, 28u | FILTER_MISSING << 16);
    for (uint32_t i = 0; i < 6; i++)
        chip_word_add(&fixture->words, 10 + i);
    chip_word_add(&fixture->words, (4u + 20u + 80u) | FILTER_STATISTICS << 16);
    for (uint32_t i = 0; i < 5; i++)
        chip_word_add(&fixture->words, i == 3 ? 1 : i == 4 ? 2 : i);
    for (uint32_t i = 0; i < 20; i++)
        chip_word_add(&fixture->words, i);
}

static void fixture_free(struct fixture *fixture)
{
    filter_digits_release(&fixture->digits);
    bytes_release(&fixture->words);
}

static bool decode(struct fixture *fixture)
{
    struct slink_block block = chip_block(&fixture->words, 0);
    return filter_decode(&block, &fixture->digits, &fixture->listing.faults);
}

static void records_are_kept_with_type_and_verdict(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    assert_true(decode(&fixture));
    const struct filter_digits *digits = &fixture.digits;
    assert_int_equal(digits->count, 4);
    assert_int_equal(digits->type[0], FILTER_DECISIONS);
    assert_int_equal(digits->flags[0], FILTER_ACCEPTED);
    assert_int_equal(digits->size[0], 8);
    assert_int_equal(digits->flags[1], FILTER_MONITORING);
    assert_string_equal((const char *)digits->bytes + digits->first[1], "1.3");
    assert_int_equal(le32_load(digits->bytes + digits->first[2] + 20), 15);
    assert_int_equal(digits->size[3], 100);
    fixture_free(&fixture);
}

static void decisions_have_filter_verdict_and_time(void **state)
{
    (void)state;
    struct filter_decision one = filter_decision(4u | 100u << 16 | 1u << 30);
    assert_int_equal(one.filter, 4);
    assert_true(one.decided);
    assert_false(one.accepted);
    assert_int_equal(one.time, 800);
    assert_true(filter_decision(1u << 31).accepted);
}

static void damage_costs_a_record_or_the_rest(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {0, 1, DAMAGE_FILTER_RECORD, 0, 3, 0},          /* 13 bytes of decisions */
        {4, 0x01000000, DAMAGE_FILTER_RECORD, 3, 2, 3}, /* no NUL at the end */
        {16, 1u << 4, DAMAGE_FILTER_RECORD, 12, 26, 3}, /* number of filters */
        {17, 1, DAMAGE_FILTER_RECORD, 12, 26, 3},       /* number of triggers */
        {5, 28, DAMAGE_CHIP_SIZE, 5, 33, 2},            /* no size */
        {12, 1u << 14, DAMAGE_CHIP_SIZE, 12, 26, 3},    /* beyond the block */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        bool good = decode(&fixture);
        const struct damage_place *place = fixture.listing.places;
        assert_false(good);
        assert_int_equal(place->damage, cases[i].damage);
        assert_int_equal(place->at - fixture.words.data, 4 * cases[i].at);
        assert_int_equal(place->loss, 4 * cases[i].words);
        if (cases[i].left > 0)
            assert_int_equal(fixture.digits.count, cases[i].left);
        fixture_free(&fixture);
    }
}

static void records_come_back_as_they_were(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bytes words;
    struct err err;
    fixture_make(&fixture);
    bytes_init(&words, 1 << 16);
    assert_true(decode(&fixture));
    assert_true(filter_encode(&fixture.digits, 0, 4, &words, &err));
    assert_int_equal(words.size, fixture.words.size);
    assert_memory_equal(words.data, fixture.words.data, words.size);
    bytes_release(&words);
    fixture_free(&fixture);
}

/* Sizes are in bytes: a text need not fill its words. */
static void a_record_may_end_inside_a_word(void **state)
{
    (void)state;
    struct fixture fixture;
    struct err err;
    fixture_make(&fixture);
    bytes_clear(&fixture.words);
    chip_word_add(&fixture.words, 6u | FILTER_VERSION << 16);
    chip_word_add(&fixture.words, 'a');
    assert_true(decode(&fixture));
    assert_int_equal(fixture.digits.count, 1);
    assert_int_equal(fixture.digits.size[0], 2);
    bytes_clear(&fixture.words);
    assert_true(filter_encode(&fixture.digits, 0, 1, &fixture.words, &err));
    assert_int_equal(fixture.words.size, 8);
    fixture_free(&fixture);
}

static void full_buffers_are_damage_not_a_crash(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    for (uint32_t i = 0; i < FILTER_MAX_RECORDS / 4; i++)
        assert_true(decode(&fixture));
    assert_false(decode(&fixture));
    assert_int_equal(fixture.digits.count, FILTER_MAX_RECORDS);
    assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_DIGITS_FULL], 4);
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_kept_with_type_and_verdict),
        cmocka_unit_test(decisions_have_filter_verdict_and_time),
        cmocka_unit_test(damage_costs_a_record_or_the_rest),
        cmocka_unit_test(records_come_back_as_they_were),
        cmocka_unit_test(a_record_may_end_inside_a_word),
        cmocka_unit_test(full_buffers_are_damage_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
