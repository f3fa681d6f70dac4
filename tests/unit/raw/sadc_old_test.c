/* sadc_old_test.c - MSADC formats 1, 2 and compressed: words, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/sadc_old.h"
#include "tests/unit/raw/chip_made.h"

struct fixture {
    struct sadc_digits digits;
    struct chip_listing listing;
    struct bytes words;
    struct huffman huffman;
    bool old2; /* the source is of format 2 */
};

#define KEY_LATCH    (2u << 30)
#define KEY_SPARSE   (2u << 30 | 1u << 24)
#define KEY_EXTENDED (3u << 30 | 1u << 24)
#define KEY_PACKED   (1u << 30)

static void fixture_make(struct fixture *fixture)
{
    static const char table[] = "0 0\n1 10\n4095 110\n200 1110\n";
    struct err err;
    sadc_digits_init(&fixture->digits);
    chip_listing_init(&fixture->listing);
    bytes_init(&fixture->words, 1 << 20);
    fixture->old2 = false;
    assert_true(huffman_read(table, sizeof table - 1, &fixture->huffman, &err));
}

static void fixture_free(struct fixture *fixture)
{
    sadc_digits_release(&fixture->digits);
    bytes_release(&fixture->words);
    huffman_release(&fixture->huffman);
}

static bool decode(struct fixture *fixture)
{
    const struct chip_rule rule = {.chip = CHIP_SADC,
                                   .sadc_format =
                                       fixture->old2 ? SADC_FORMAT_2 : SADC_FORMAT_1,
                                   .huffman = &fixture->huffman};
    struct slink_block block = chip_block(&fixture->words, 0);
    return sadc_old_decode(&block, &rule, &fixture->digits, &fixture->listing.faults);
}

static void head_add(struct fixture *fixture, uint32_t key, uint32_t words, uint32_t chip)
{
    uint32_t event = CHIP_EVENT & (key == KEY_PACKED ? 0xFF : 0xFFF);
    chip_word_add(&fixture->words, event | words << 12 | chip << 26 | key);
}

static void samples_add(struct fixture *fixture, uint32_t mark, uint32_t first,
                        uint32_t second, uint32_t third)
{
    chip_word_add(&fixture->words, first | second << 10 | third << 20 | mark << 30);
}

static void integrals_add(struct fixture *fixture, uint32_t channel)
{
    for (uint32_t i = 0; i < 3; i++)
        chip_word_add(&fixture->words, (1000 + i) | channel << 26 | 2u << 30);
}

/* Chip 9 with channels 2 and 5 of four samples each (words 0 to 10), chip 10 with
 * channel 0 (words 11 to 16). */
static void latch_make(struct fixture *fixture)
{
    fixture_make(fixture);
    head_add(fixture, KEY_LATCH, 11, 9);
    for (uint32_t channel = 2; channel < 6; channel += 3) {
        samples_add(fixture, 1, 10, 1023, 30);
        samples_add(fixture, 2, 40, 0, 0);
        integrals_add(fixture, channel);
    }
    head_add(fixture, KEY_EXTENDED | 1u << 25, 6, 10);
    samples_add(fixture, 1, 1, 2, 3);
    samples_add(fixture, 2, 4, 5, 6);
    integrals_add(fixture, 0);
}

static void latch_data_are_samples_and_integrals(void **state)
{
    (void)state;
    struct fixture fixture;
    latch_make(&fixture);
    assert_true(decode(&fixture));
    const struct sadc_digits *digits = &fixture.digits;
    assert_int_equal(damage_counts_total(&fixture.listing.faults.log.counts), 0);
    assert_int_equal(digits->count, 3);
    assert_int_equal(digits->source[0], CHIP_SOURCE);
    assert_int_equal(digits->port[0], 0);
    assert_int_equal(digits->adc[0], 9);
    assert_int_equal(digits->channel[0], 2);
    assert_int_equal(digits->channel[1], 5);
    assert_int_equal(digits->sample_count[1], 4); /* without the padding */
    assert_memory_equal(digits->samples, ((const uint16_t[]){10, 1023, 30, 40}), 8);
    assert_int_equal(digits->sum[0], 1000);
    assert_int_equal(digits->integrals[0][0], 1001);
    assert_int_equal(digits->integrals[1][0], 1002);
    assert_int_equal(digits->flags[0], SADC_TEN_BITS);
    assert_int_equal(digits->sample_count[2], 6);
    assert_int_equal(digits->flags[2], SADC_OVERFLOW | SADC_TEN_BITS);
    fixture_free(&fixture);
}

static void sparse_data_are_integrals_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    head_add(&fixture, KEY_SPARSE, 7, 3);
    integrals_add(&fixture, 1);
    integrals_add(&fixture, 15);
    for (size_t word = 4; word < 7; word++)
        chip_flip(&fixture.words, word, 1u << 23);
    assert_true(decode(&fixture));
    assert_int_equal(fixture.digits.count, 2);
    assert_int_equal(fixture.digits.sample_count[1], 0);
    assert_int_equal(fixture.digits.channel[1], 15);
    assert_int_equal(fixture.digits.integrals[1][1], 1002);
    assert_int_equal(fixture.digits.flags[0], SADC_TEN_BITS);
    assert_int_equal(fixture.digits.flags[1], SADC_SUPPRESSED | SADC_TEN_BITS);
    fixture_free(&fixture);
}

static void damage_of_latch_data_costs_a_channel_or_a_block(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {0, 1, DAMAGE_ADC_EVENT, 0, 11, 1},
        {0, 1u << 31, DAMAGE_ADC_KEY, 0, 11, 1}, /* key 0 */
        {0, 1u << 23, DAMAGE_ADC_SIZE, 0, 17, 0},
        {11, 1u << 24, DAMAGE_ADC_KEY, 11, 6, 2}, /* key 3 without sparse data */
        {3, 1u << 16, DAMAGE_INTEGRAL_WORD, 1, 5, 2},
        {4, 1u << 26, DAMAGE_INTEGRAL_WORD, 1, 5, 2}, /* another channel */
        {5, 1u << 23, DAMAGE_INTEGRAL_WORD, 1, 5, 2}, /* another suppression */
        {12, 3u << 30, DAMAGE_SAMPLE_WORD, 12, 5, 2},
        {13, 3u << 30, DAMAGE_SAMPLE_WORD, 12, 5, 2},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        latch_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        bool good = decode(&fixture);
        chip_check_fault(&cases[i], &fixture.listing.faults, fixture.words.data, good);
        assert_int_equal(fixture.digits.count, cases[i].left);
        fixture_free(&fixture);
    }
}

static void channels_twice_and_out_of_order(void **state)
{
    (void)state;
    for (uint32_t channel = 0; channel < 3; channel++) {
        struct fixture fixture;
        latch_make(&fixture);
        for (size_t word = 8; word < 11; word++)
            chip_flip(&fixture.words, word, (5 ^ channel) << 26);
        bool good = decode(&fixture);
        const struct chip_case twice = {
            .damage = DAMAGE_CHANNEL_TWICE, .at = 6, .words = 5};
        const struct chip_case order = {.damage = DAMAGE_CHANNEL_ORDER, .at = 6};
        chip_check_fault(channel == 2 ? &twice : &order, &fixture.listing.faults,
                         fixture.words.data, good);
        assert_int_equal(fixture.digits.count, channel == 2 ? 2 : 3);
        fixture_free(&fixture);
    }
}

/* The number of words of a channel is kept for the whole S-Link block. */
static void a_block_that_does_not_fit_the_others_is_lost(void **state)
{
    (void)state;
    struct fixture fixture;
    latch_make(&fixture);
    head_add(&fixture, KEY_LATCH, 5, 11);
    samples_add(&fixture, 1, 1, 2, 3);
    integrals_add(&fixture, 0);
    bool good = decode(&fixture);
    const struct chip_case expected = {
        .damage = DAMAGE_SAMPLE_COUNT, .at = 17, .words = 5};
    chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
    assert_int_equal(fixture.digits.count, 3);
    fixture_free(&fixture);
}

/* Chip 1 with channels 3 (4 samples, words 1 to 3) and 4 (3 samples, words 4 and 5). */
static void inverted_make(struct fixture *fixture)
{
    fixture_make(fixture);
    fixture->old2 = true;
    head_add(fixture, KEY_LATCH, 6, 1);
    chip_word_add(&fixture->words, 500u | 4u << 16 | 3u << 26 | 1u << 30);
    samples_add(fixture, 2, 0, 1, 1023);
    samples_add(fixture, 2, 23, 0, 0);
    chip_word_add(&fixture->words, 501u | 3u << 16 | 4u << 26 | 1u << 30);
    samples_add(fixture, 2, 3, 2, 0);
}

static void format_2_inverts_samples(void **state)
{
    (void)state;
    struct fixture fixture;
    inverted_make(&fixture);
    assert_true(decode(&fixture));
    const struct sadc_digits *digits = &fixture.digits;
    assert_int_equal(digits->count, 2);
    assert_memory_equal(digits->samples,
                        ((const uint16_t[]){1023, 1022, 0, 1000, 1020, 1021, 1023}), 14);
    assert_int_equal(digits->sum[0], 500);
    assert_int_equal(digits->channel[0], 3);
    assert_int_equal(digits->adc[1], 1);
    assert_int_equal(digits->first[1], 4);
    fixture_free(&fixture);
}

static void damage_of_format_2_costs_a_channel(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {1, 3u << 30, DAMAGE_CHANNEL_HEADER, 1, 3, 1},
        {1, 3u << 16, DAMAGE_SAMPLE_COUNT, 1, 3, 1},  /* 7 samples */
        {1, 4u << 16, DAMAGE_SAMPLE_COUNT, 1, 3, 1},  /* none */
        {3, 1u << 20, DAMAGE_SAMPLE_COUNT, 1, 3, 1},  /* no padding behind the fourth */
        {4, 7u << 26, DAMAGE_CHANNEL_TWICE, 4, 2, 1}, /* channel 3 */
        {0, 1u << 1, DAMAGE_ADC_EVENT, 0, 6, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        inverted_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        bool good = decode(&fixture);
        chip_check_fault(&cases[i], &fixture.listing.faults, fixture.words.data, good);
        assert_int_equal(fixture.digits.count, cases[i].left);
        fixture_free(&fixture);
    }
}

/* Chip 2: 18 samples in channels 63 (200, then all 1 more) and 7 (200, 199, 199...). */
static void packed_make(struct fixture *fixture)
{
    struct err err;
    fixture_make(fixture);
    bytes_clear(&fixture->words);
    head_add(fixture, KEY_PACKED, 0, 2);
    struct bit_writer writer = {.words = &fixture->words};
    assert_true(bits_put(&writer, 17, 9, &err));
    for (uint32_t channel = 0; channel < 2; channel++) {
        assert_true(bits_put(&writer, channel == 0 ? 63 : 7, 6, &err));
        assert_true(bits_put(&writer, 7, 4, &err)); /* 1110 */
        for (uint32_t i = 1; i < 18; i++) {
            uint32_t less = channel == 1 && i == 1;
            uint32_t bits = channel == 0 ? 2 : less ? 3 : 1;
            assert_true(bits_put(&writer, channel == 0 ? 1 : less ? 3 : 0, bits, &err));
        }
    }
    assert_true(bits_end(&writer, &err));
    chip_flip(&fixture->words, 0, (uint32_t)fixture->words.size / 4 << 12);
}

static void compressed_samples_are_sums_of_differences(void **state)
{
    (void)state;
    struct fixture fixture;
    packed_make(&fixture);
    assert_true(decode(&fixture));
    const struct sadc_digits *digits = &fixture.digits;
    assert_int_equal(digits->count, 2);
    assert_int_equal(digits->channel[0], 63);
    assert_int_equal(digits->channel[1], 7);
    assert_int_equal(digits->sample_count[0], 18);
    for (uint32_t i = 0; i < 18; i++) {
        assert_int_equal(digits->samples[i], 200 + i);
        assert_int_equal(digits->samples[18 + i], i == 0 ? 200 : 199);
    }
    assert_int_equal(digits->sum[0], 0);
    fixture_free(&fixture);
}

static void damage_of_compressed_data_costs_the_block(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {0, 1, DAMAGE_ADC_EVENT, 0, 4, 0},
        {3, 1u << 31, DAMAGE_HUFFMAN, 0, 4, 0}, /* rest of the last word */
        {1, 1u << 8, DAMAGE_HUFFMAN, 0, 4, 0},  /* number of samples */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        packed_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        assert_false(decode(&fixture));
        assert_int_equal(fixture.listing.faults.log.counts.of[cases[i].damage], 1);
        assert_int_equal(
            fixture.listing.places[fixture.listing.faults.log.listed - 1].loss,
            4 * cases[i].words);
        assert_int_equal(fixture.digits.count, 0);
        assert_int_equal(fixture.digits.sample_total, 0);
        fixture_free(&fixture);
    }
}

static void without_a_table_compressed_blocks_are_lost(void **state)
{
    (void)state;
    static const struct chip_rule rule = {.chip = CHIP_SADC,
                                          .sadc_format = SADC_FORMAT_1};
    struct fixture fixture;
    packed_make(&fixture);
    struct slink_block block = chip_block(&fixture.words, 0);
    bool good = sadc_old_decode(&block, &rule, &fixture.digits, &fixture.listing.faults);
    const struct chip_case expected = {.damage = DAMAGE_HUFFMAN, .words = 4};
    chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
    fixture_free(&fixture);
}

static void what_a_format_cannot_hold_is_refused(void **state)
{
    (void)state;

    static const enum sadc_mode sampled[] = {SADC_LATCH, SADC_INVERTED};
    struct fixture fixture;
    struct err err;
    latch_make(&fixture);
    assert_true(decode(&fixture));
    struct sadc_digits *digits = &fixture.digits;
    struct sadc_old_spec spec = {.huffman = &fixture.huffman};
    digits->samples[1] = 1024;
    for (size_t i = 0; i < 2; i++) {
        spec.mode = sampled[i];
        assert_false(sadc_old_encode(digits, 0, 3, &spec, &fixture.words, &err));
        assert_int_equal(err.code, E_LIMIT);
    }
    digits->samples[1] = 5;
    digits->samples[3] = 0;
    spec.mode = SADC_LATCH;
    assert_true(sadc_old_encode(digits, 0, 1, &spec, &fixture.words, &err));
    digits->sample_count[0] = 3;
    digits->samples[2] = 0; /* the last of a full word */
    assert_false(sadc_old_encode(digits, 0, 1, &spec, &fixture.words, &err));
    assert_non_null(strstr(err.text, "padding"));
    digits->sample_count[0] = 1;
    assert_false(sadc_old_encode(digits, 0, 2, &spec, &fixture.words, &err));
    assert_non_null(strstr(err.text, "samples in one block"));
    spec.mode = SADC_COMPRESSED;
    assert_false(sadc_old_encode(digits, 0, 1, &spec, &fixture.words, &err));
    assert_non_null(strstr(err.text, "no code for 10"));
    digits->samples[0] = 200;
    digits->samples[4] = 200;
    digits->sample_count[1] = 1;
    assert_false(sadc_old_encode(digits, 0, 2, &spec, &fixture.words, &err));
    assert_non_null(strstr(err.text, "last word"));
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latch_data_are_samples_and_integrals),
        cmocka_unit_test(sparse_data_are_integrals_alone),
        cmocka_unit_test(damage_of_latch_data_costs_a_channel_or_a_block),
        cmocka_unit_test(channels_twice_and_out_of_order),
        cmocka_unit_test(a_block_that_does_not_fit_the_others_is_lost),
        cmocka_unit_test(format_2_inverts_samples),
        cmocka_unit_test(damage_of_format_2_costs_a_channel),
        cmocka_unit_test(compressed_samples_are_sums_of_differences),
        cmocka_unit_test(damage_of_compressed_data_costs_the_block),
        cmocka_unit_test(without_a_table_compressed_blocks_are_lost),
        cmocka_unit_test(what_a_format_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
