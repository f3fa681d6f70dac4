/* apv_test.c - APV chips: words of every mode, order of channels, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/apv.h"
#include "tests/unit/raw/chip_made.h"

struct fixture {
    struct apv_digits digits;
    struct chip_listing listing;
    struct bytes words;
};

#define SPARSE_V2 (APV_THREE_SAMPLES | APV_SPARSE | APV_STANDARD_SPARSE)

static void fixture_make(struct fixture *fixture)
{
    apv_digits_init(&fixture->digits);
    chip_listing_init(&fixture->listing);
    bytes_init(&fixture->words, 1 << 20);
}

static void fixture_free(struct fixture *fixture)
{
    apv_digits_release(&fixture->digits);
    bytes_release(&fixture->words);
}

static bool decode(struct fixture *fixture, bool common_mode)
{
    struct slink_block block = chip_block(&fixture->words, 0);
    apv_digits_clear(&fixture->digits);
    return apv_decode(&block, common_mode, &fixture->digits, &fixture->listing.faults);
}

/* Adds the two words of an ADC and those of a chip. */
static void adc_add(struct fixture *fixture, uint32_t words, uint32_t id, uint32_t format)
{
    chip_word_add(&fixture->words, words | id << 16);
    chip_word_add(&fixture->words, 1000 | format << 24);
}

static void chip_add(struct fixture *fixture, uint32_t words, uint32_t id)
{
    chip_word_add(&fixture->words, words | (CHIP_EVENT & 0xFFF) << 16 | id << 28);
    chip_word_add(&fixture->words,
                  1u | 0x30u << 1 | 1u << 9 | 0x31u << 10 | 1u << 18 | 0x00u << 19);
}

static void check_digit(const struct apv_digits *digits, uint32_t row, uint32_t channel,
                        const uint16_t samples[3])
{
    assert_true(row < digits->count);
    assert_int_equal(digits->channel[row], channel);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(digits->sample[i][row], samples[i]);
}

/* Two ADCs; the first has two chips of two hits, the second one chip of one hit. */
static void sparse_make(struct fixture *fixture)
{
    fixture_make(fixture);
    adc_add(fixture, 10, 5, SPARSE_V2);
    chip_add(fixture, 4, 2);
    chip_word_add(&fixture->words, 55u | 81u << 8 | 195u << 16 | 26u << 25);
    chip_word_add(&fixture->words, 255u | 255u << 8 | 511u << 16 | 127u << 25);
    chip_add(fixture, 4, 3);
    chip_word_add(&fixture->words, 1u << 25);
    chip_word_add(&fixture->words, 4u << 25);
    adc_add(fixture, 5, 6, SPARSE_V2);
    chip_add(fixture, 3, 0);
    chip_word_add(&fixture->words, 7u << 25);
}

static void sparse_words_are_shifted_and_their_channels_ordered(void **state)
{
    (void)state;
    struct fixture fixture;
    sparse_make(&fixture);
    assert_true(decode(&fixture, false));
    const struct apv_digits *digits = &fixture.digits;
    assert_int_equal(digits->count, 5);
    check_digit(digits, 0, 81, (const uint16_t[]){110, 162, 390}); /* 32*2 + 8*6 - 31 */
    check_digit(digits, 1, 127, (const uint16_t[]){510, 510, 1022});
    check_digit(digits, 2, 32, (const uint16_t[]){0, 0, 0});
    check_digit(digits, 3, 8, (const uint16_t[]){0, 0, 0});
    assert_int_equal(digits->source[4], CHIP_SOURCE);
    assert_int_equal(digits->adc[1], 5);
    assert_int_equal(digits->adc[4], 6);
    assert_int_equal(digits->chip[3], 3);
    assert_int_equal(digits->chip_count, 3);
    assert_int_equal(digits->first[1], 2);
    assert_int_equal(digits->digit_count[1], 2);
    assert_int_equal(digits->time_tag[2], 1000);
    fixture_free(&fixture);
}

static void gray_columns_become_addresses(void **state)
{
    (void)state;
    struct fixture fixture;
    sparse_make(&fixture);
    assert_true(decode(&fixture, false));
    assert_int_equal(fixture.digits.address[0][0], 0); /* Gray(32) = 48 */
    assert_int_equal(fixture.digits.address[1][0], 1); /* Gray(33) = 49 */
    assert_int_equal(fixture.digits.address[2][0], APV_NO_ADDRESS);
    fixture_free(&fixture);
}

static void old_sparse_data_are_shifted_by_two(void **state)
{
    (void)state;
    struct fixture fixture;
    uint16_t samples[APV_FRAMES];
    fixture_make(&fixture);
    adc_add(&fixture, 5, 0, APV_THREE_SAMPLES | APV_SPARSE);
    chip_add(&fixture, 3, 0);
    chip_word_add(&fixture.words, 200u | 100u << 8 | 300u << 16);
    assert_true(decode(&fixture, false));
    check_digit(&fixture.digits, 0, 0, (const uint16_t[]){800, 400, 600});
    apv_rich_samples(&fixture.digits, 0, 0, samples);
    assert_int_equal(samples[0], 256 + 2 * (400 - 256));
    assert_int_equal(samples[1], 200);
    assert_int_equal(samples[2], 256 + 2 * (300 - 256));
    fixture_free(&fixture);
}

static void latch_words_are_the_channels_in_turn(void **state)
{
    (void)state;
    struct fixture fixture;
    uint16_t samples[APV_FRAMES];
    fixture_make(&fixture);
    adc_add(&fixture, 2 + 2 + APV_CHANNELS, 0, APV_THREE_SAMPLES);
    chip_add(&fixture, 2 + APV_CHANNELS, 9);
    for (uint32_t i = 0; i < APV_CHANNELS; i++)
        chip_word_add(&fixture.words,
                      i | (512 + i) << 10 | (1023 - i) << 20 | i % 4 << 30);
    assert_true(decode(&fixture, false));
    assert_int_equal(fixture.digits.count, APV_CHANNELS);
    uint64_t seen[2] = {0};
    for (uint32_t i = 0; i < APV_CHANNELS; i++) {
        uint32_t ordered = 32 * (i % 4) + 8 * (i / 4) - 31 * (i / 16);
        check_digit(
            &fixture.digits, i, ordered,
            (const uint16_t[]){(uint16_t)i, (uint16_t)(512 + i), (uint16_t)(1023 - i)});
        seen[ordered / 64] |= (uint64_t)1 << ordered % 64;
    }
    assert_true(seen[0] == UINT64_MAX && seen[1] == UINT64_MAX);
    apv_rich_samples(&fixture.digits, 0, 3, samples);
    assert_int_equal(samples[1], 515);
    chip_flip(&fixture.words, 10, 1u << 30);
    assert_true(decode(&fixture, false));
    assert_int_equal(fixture.digits.count, APV_CHANNELS);
    assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_CHIP_MARK], 1);
    fixture_free(&fixture);
}

/* By the format byte, or by the map although the format says nothing. */
static void common_mode_is_the_last_word(void **state)
{
    (void)state;
    for (uint32_t by_map = 0; by_map < 2; by_map++) {
        struct fixture fixture;
        fixture_make(&fixture);
        adc_add(&fixture, 6, 0, SPARSE_V2 | (by_map != 0 ? 0 : APV_COMMON_MODE));
        chip_add(&fixture, 4, 0);
        chip_word_add(&fixture.words, 5u << 25);
        chip_word_add(&fixture.words, 300u | 301u << 10 | 302u << 20 | 1u << 31);
        assert_true(decode(&fixture, by_map != 0));
        assert_int_equal(fixture.digits.count, 1);
        assert_int_equal(fixture.digits.common[0][0], 300);
        assert_int_equal(fixture.digits.common[2][0], 302);
        chip_flip(&fixture.words, 5, 1u << 30);
        assert_true(decode(&fixture, by_map != 0));
        assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_CHIP_MARK], 1);
        fixture_free(&fixture);
    }
}

static void damage_costs_the_smallest_believable_piece(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {2, 1u << 16, DAMAGE_CHIP_EVENT, 2, 4, 3},      /* chip of another event */
        {3, 1u << 9, DAMAGE_CHIP_FRAME, 2, 4, 3},       /* second frame not good */
        {2, 1u << 4, DAMAGE_CHIP_SIZE, 2, 8, 1},        /* chip beyond its ADC */
        {2, 5, DAMAGE_CHIP_SIZE, 2, 8, 1},              /* chip of one word */
        {0, 1u << 15, DAMAGE_ADC_SIZE, 0, 15, 0},       /* ADC beyond the block */
        {0, 11, DAMAGE_ADC_SIZE, 0, 15, 0},             /* ADC of one word */
        {1, 1u << 24, DAMAGE_CHIP_MODE, 0, 10, 1},      /* single samples */
        {5, 101u << 25, DAMAGE_CHANNEL_TWICE, 5, 1, 4}, /* channel 26 again */
        {11, 1, DAMAGE_TIME_TAG, 11, 0, 5},
        {1, 1u << 29, DAMAGE_ADC_SKIPPED, 0, 0, 5},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        sparse_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        bool good = decode(&fixture, false);
        chip_check_fault(&cases[i], &fixture.listing.faults, fixture.words.data, good);
        assert_int_equal(fixture.digits.count, cases[i].left);
        fixture_free(&fixture);
    }
}

static void a_latch_chip_of_too_many_words_is_lost(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    adc_add(&fixture, 2 + 2 + 129, 0, APV_THREE_SAMPLES);
    chip_add(&fixture, 2 + 129, 0);
    for (uint32_t i = 0; i < 129; i++)
        chip_word_add(&fixture.words, i % 4 << 30);
    assert_false(decode(&fixture, false));
    assert_int_equal(fixture.digits.count, 0);
    assert_int_equal(fixture.listing.faults.log.counts.of[DAMAGE_CHIP_SIZE], 1);
    fixture_free(&fixture);
}

static void full_buffers_are_damage_not_a_crash(void **state)
{
    (void)state;
    struct fixture fixture;
    sparse_make(&fixture);
    struct slink_block block = chip_block(&fixture.words, 0);
    struct faults *faults = &fixture.listing.faults;
    for (uint32_t i = 0; i < APV_MAX_CHIPS / 3; i++)
        assert_true(apv_decode(&block, false, &fixture.digits, faults));
    assert_false(apv_decode(&block, false, &fixture.digits, faults));
    assert_int_equal(fixture.digits.chip_count, APV_MAX_CHIPS);
    assert_int_equal(faults->log.counts.of[DAMAGE_DIGITS_FULL], 2);
    fixture_free(&fixture);
}

static void what_cannot_be_packed_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bytes words;
    struct err err;
    sparse_make(&fixture);
    bytes_init(&words, 1 << 16);
    assert_true(decode(&fixture, false));
    assert_true(apv_encode(&fixture.digits, 0, 3, CHIP_EVENT, &words, &err));
    fixture.digits.sample[0][1] = 111;
    assert_false(apv_encode(&fixture.digits, 0, 3, CHIP_EVENT, &words, &err));
    assert_int_equal(err.code, E_LIMIT);
    fixture.digits.sample[0][1] = 512;
    assert_false(apv_encode(&fixture.digits, 0, 3, CHIP_EVENT, &words, &err));
    fixture.digits.sample[0][1] = 110;
    fixture.digits.chip_format[0] = APV_THREE_SAMPLES;
    assert_false(apv_encode(&fixture.digits, 0, 3, CHIP_EVENT, &words, &err));
    assert_non_null(strstr(err.text, "latch-all"));
    bytes_release(&words);
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_words_are_shifted_and_their_channels_ordered),
        cmocka_unit_test(gray_columns_become_addresses),
        cmocka_unit_test(old_sparse_data_are_shifted_by_two),
        cmocka_unit_test(latch_words_are_the_channels_in_turn),
        cmocka_unit_test(common_mode_is_the_last_word),
        cmocka_unit_test(damage_costs_the_smallest_believable_piece),
        cmocka_unit_test(a_latch_chip_of_too_many_words_is_lost),
        cmocka_unit_test(full_buffers_are_damage_not_a_crash),
        cmocka_unit_test(what_cannot_be_packed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
