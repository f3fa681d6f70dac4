/* f1_test.c - F1 converters: words of every mode, error words, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/f1.h"
#include "tests/unit/raw/chip_made.h"

struct fixture {
    struct f1_digits digits;
    struct chip_listing listing;
    struct bytes words;
};

#define SPARSE  (F1_FORMAT | F1_SPARSIFIED)
#define DEBUG   F1_FORMAT
#define PLL     0xFu
#define EVENT_6 (CHIP_EVENT & 63)

static void fixture_make(struct fixture *fixture)
{
    f1_digits_init(&fixture->digits);
    chip_listing_init(&fixture->listing);
    bytes_init(&fixture->words, 1 << 20);
}

static void fixture_free(struct fixture *fixture)
{
    f1_digits_release(&fixture->digits);
    bytes_release(&fixture->words);
}

static bool decode(struct fixture *fixture, uint8_t format)
{
    struct slink_block block = chip_block(&fixture->words, format);
    return f1_decode(&block, &fixture->digits, &fixture->listing.faults);
}

static uint32_t mark_word(uint32_t port)
{
    return PLL | port << 4 | EVENT_6 << 24;
}

static uint32_t data_word(uint32_t port, uint32_t channel, uint32_t time)
{
    return PLL | port << 4 | time << 8 | channel << 24 | 1u << 31;
}

static void sparsified_words_are_hits(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    chip_word_add(&fixture.words, 0x40605009); /* id 0x101, channel 32, time 20489 */
    chip_word_add(&fixture.words, 0x0001FFFF);
    assert_true(decode(&fixture, SPARSE));
    assert_int_equal(fixture.digits.count, 2);
    assert_int_equal(fixture.digits.source[0], CHIP_SOURCE);
    assert_int_equal(fixture.digits.geo[0], 257);
    assert_int_equal(fixture.digits.channel[0], 32);
    assert_int_equal(fixture.digits.time[0], 20489);
    assert_int_equal(fixture.digits.geo[1], 0);
    assert_int_equal(fixture.digits.channel[1], 1);
    assert_int_equal(fixture.digits.time[1], 65535);
    assert_int_equal(fixture.digits.format[1], SPARSE);
    fixture_free(&fixture);
}

static void an_error_word_costs_the_word_behind_it(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    chip_word_add(&fixture.words, 0x40605009);
    chip_word_add(&fixture.words, 0xFFF10003);
    chip_word_add(&fixture.words, 0x4060500A);
    chip_word_add(&fixture.words, 0x4060500B);
    bool good = decode(&fixture, SPARSE);
    const struct chip_case expected = {.damage = DAMAGE_CHIP_ERROR, .at = 2, .words = 1};
    chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
    assert_int_equal(fixture.digits.count, 2);
    assert_int_equal(fixture.digits.time[1], 0x500B);
    fixture_free(&fixture);
}

static void an_error_word_at_the_end_costs_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    chip_word_add(&fixture.words, 0x40605009);
    chip_word_add(&fixture.words, 0xFFF10003);
    bool good = decode(&fixture, SPARSE);
    const struct chip_case expected = {.damage = DAMAGE_CHIP_ERROR, .at = 1};
    chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
    fixture_free(&fixture);
}

static void latch_mode_gives_a_row_for_each_wire(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    chip_word_add(&fixture.words, 0x4060500D); /* pattern 1101 */
    chip_word_add(&fixture.words, 0x40605000); /* no wire */
    assert_true(decode(&fixture, SPARSE | F1_LATCH));
    assert_int_equal(fixture.digits.count, 3);
    assert_int_equal(fixture.digits.hit[0], 0);
    assert_int_equal(fixture.digits.hit[1], 2);
    assert_int_equal(fixture.digits.hit[2], 3);
    assert_int_equal(fixture.digits.time[2], 0x5000);
    fixture_free(&fixture);
}

/* Two ports with two hits each: words 0 to 3 and 4 to 7. */
static void debug_make(struct fixture *fixture)
{
    fixture_make(fixture);
    for (uint32_t port = 3; port < 5; port++) {
        chip_word_add(&fixture->words, mark_word(port));
        chip_word_add(&fixture->words, data_word(port, 10, 1000));
        chip_word_add(&fixture->words, data_word(port, 63, 65535));
        chip_word_add(&fixture->words, mark_word(port));
    }
}

static void debug_data_stand_between_header_and_trailer(void **state)
{
    (void)state;
    struct fixture fixture;
    debug_make(&fixture);
    assert_true(decode(&fixture, DEBUG));
    assert_int_equal(damage_counts_total(&fixture.listing.faults.log.counts), 0);
    assert_int_equal(fixture.digits.count, 4);
    assert_int_equal(fixture.digits.geo[0], 3);
    assert_int_equal(fixture.digits.channel[0], 10);
    assert_int_equal(fixture.digits.time[0], 1000);
    assert_int_equal(fixture.digits.geo[3], 4);
    assert_int_equal(fixture.digits.channel[3], 63);
    assert_int_equal(fixture.digits.time[3], 65535);
    fixture_free(&fixture);
}

static void debug_damage_costs_a_port_or_a_word(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {0, 1u << 24, DAMAGE_CHIP_EVENT, 0, 4, 2}, /* header of another event */
        {1, 1u << 4, DAMAGE_CHIP_PORT, 1, 1, 3},   /* word of another port */
        {1, 1, DAMAGE_CHIP_MARK, 1, 0, 4},         /* a PLL bit */
        {0, 1u << 30, DAMAGE_CHIP_OVERFLOW, 0, 0, 4},
        {3, 1u << 4, DAMAGE_CHIP_ORDER, 3, 0, 4},  /* trailer of another port */
        {4, 1u << 31, DAMAGE_CHIP_ORDER, 4, 4, 2}, /* header that looks like data */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        debug_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        bool good = decode(&fixture, DEBUG);
        assert_int_equal(fixture.digits.count, cases[i].left);
        if (cases[i].damage != DAMAGE_CHIP_ORDER || cases[i].words != 0)
            chip_check_fault(&cases[i], &fixture.listing.faults, fixture.words.data,
                             good);
        assert_true(fixture.listing.faults.log.counts.of[cases[i].damage] >= 1);
        fixture_free(&fixture);
    }
}

static void a_missing_trailer_costs_nothing_of_the_next_port(void **state)
{
    (void)state;
    struct fixture fixture;
    debug_make(&fixture);
    memmove(fixture.words.data + 12, fixture.words.data + 16, 16);
    fixture.words.size -= 4;
    assert_true(decode(&fixture, DEBUG));
    assert_int_equal(fixture.digits.count, 4);
    assert_int_equal(fixture.digits.geo[2], 4);
    assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_CHIP_ORDER], 1);
    fixture_free(&fixture);
}

/* Most events leave headers out where there are no errors; event 1 of 128 does not. */
static void data_without_headers_are_hits_but_where_headers_must_be(void **state)
{
    (void)state;
    for (uint32_t event = 128; event < 130; event++) {
        struct fixture fixture;
        fixture_make(&fixture);
        chip_word_add(&fixture.words, data_word(3, 10, 1000));
        struct slink_block block = chip_block(&fixture.words, DEBUG);
        block.event = event;
        bool good = f1_decode(&block, &fixture.digits, &fixture.listing.faults);
        assert_int_equal(good, event == 128);
        assert_int_equal(fixture.digits.count, event == 128 ? 1 : 0);
        fixture_free(&fixture);
    }
}

static void error_codes_say_what_follows(void **state)
{
    (void)state;

    static const struct {
        uint32_t code;
        bool header; /* of another event, which then does not count */
        uint32_t left;
    } cases[] = {{1, true, 2}, {3, true, 2}, {7, true, 2}, {5, false, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_make(&fixture);
        chip_word_add(&fixture.words, 0xFFF00000 | cases[i].code);
        chip_word_add(&fixture.words, mark_word(3) ^ 1u << 24);
        if (!cases[i].header)
            chip_word_add(&fixture.words, mark_word(3));
        else
            for (uint32_t hit = 0; hit < 2; hit++)
                chip_word_add(&fixture.words, data_word(3, hit, 5));
        if (cases[i].header)
            chip_word_add(&fixture.words, mark_word(3));
        assert_true(decode(&fixture, DEBUG));
        assert_int_equal(fixture.digits.count, cases[i].left);
        assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_CHIP_ERROR], 1);
        assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_CHIP_EVENT], 0);
        fixture_free(&fixture);
    }
}

static void full_buffers_are_damage_not_a_crash(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    for (uint32_t i = 0; i < 1024; i++)
        chip_word_add(&fixture.words, 0x40605009);
    for (uint32_t i = 0; i < F1_MAX_DIGITS / 1024 - 1; i++)
        assert_true(decode(&fixture, SPARSE));
    assert_false(decode(&fixture, SPARSE));
    assert_true(fixture.digits.count <= F1_MAX_DIGITS);
    assert_true(fixture.listing.faults.log.counts.of[DAMAGE_DIGITS_FULL] > 0);
    fixture_free(&fixture);
}

static void a_hit_that_looks_like_an_error_word_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bytes words;
    struct err err;
    fixture_make(&fixture);
    bytes_init(&words, 1 << 16);
    chip_word_add(&fixture.words, 0xFFE00005);
    assert_true(decode(&fixture, SPARSE));
    assert_true(f1_encode(&fixture.digits, 0, 1, CHIP_EVENT, &words, &err));
    assert_int_equal(le32_load(words.data), 0xFFE00005);
    fixture.digits.channel[0] = 48;
    assert_false(f1_encode(&fixture.digits, 0, 1, CHIP_EVENT, &words, &err));
    assert_int_equal(err.code, E_LIMIT);
    bytes_release(&words);
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparsified_words_are_hits),
        cmocka_unit_test(an_error_word_costs_the_word_behind_it),
        cmocka_unit_test(an_error_word_at_the_end_costs_nothing),
        cmocka_unit_test(latch_mode_gives_a_row_for_each_wire),
        cmocka_unit_test(debug_data_stand_between_header_and_trailer),
        cmocka_unit_test(debug_damage_costs_a_port_or_a_word),
        cmocka_unit_test(a_missing_trailer_costs_nothing_of_the_next_port),
        cmocka_unit_test(data_without_headers_are_hits_but_where_headers_must_be),
        cmocka_unit_test(error_codes_say_what_follows),
        cmocka_unit_test(full_buffers_are_damage_not_a_crash),
        cmocka_unit_test(a_hit_that_looks_like_an_error_word_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
