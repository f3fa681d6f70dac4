/* sadc_test.c - MSADC format 3: fields, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/raw/made.h"

struct fixture {
    struct sadc_digits digits, back;
    struct faults faults;
    struct bytes words;
    struct slink_block block;
};

/* Two ADCs, two channels each, five samples: 1 + 2 * (1 + 3) words an ADC block. */
#define ADC_WORDS 9

static struct fixture fixture_new(void)
{
    struct fixture fixture = {.block = {.source = MADE_SADC, .event = 4097}};
    struct err err;
    sadc_digits_init(&fixture.digits);
    sadc_digits_init(&fixture.back);
    bytes_init(&fixture.words, 1 << 20);
    made_digits(&fixture.digits, &(struct made_event){1, 4097, EVENT_PHYSICS});
    assert_true(sadc_encode(&fixture.digits, 0, 4, 4097, &fixture.words, &err));
    fixture.block.words = fixture.words.data;
    fixture.block.count = (uint32_t)(fixture.words.size / 4);
    assert_int_equal(fixture.block.count, 2 * ADC_WORDS);
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    sadc_digits_release(&fixture->digits);
    sadc_digits_release(&fixture->back);
    bytes_release(&fixture->words);
}

static void flip(struct fixture *fixture, size_t word, uint32_t bits)
{
    uint8_t *place = fixture->words.data + 4 * word;
    le32_store(place, le32_load(place) ^ bits);
}

static void words_are_those_of_the_format(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    const uint16_t *s = fixture.digits.samples;
    uint32_t header = le32_load(fixture.words.data);
    assert_int_equal(header, 1u | ADC_WORDS << 12 | 0u << 25 | 1u << 27 | 3u << 30);
    uint32_t channel = le32_load(fixture.words.data + 20);
    assert_int_equal(channel, fixture.digits.sum[1] | 5u << 16 | 3u << 26 | 1u << 30);
    assert_int_equal(le32_load(fixture.words.data + 8),
                     s[0] | (uint32_t)s[1] << 12 | 1u << 30);
    assert_int_equal(le32_load(fixture.words.data + 12),
                     s[2] | (uint32_t)s[3] << 12 | 2u << 30);
    assert_int_equal(le32_load(fixture.words.data + 16), s[4] | 2u << 30);
    fixture_free(&fixture);
}

static void channels_come_back_as_they_were(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    assert_true(sadc_decode(&fixture.block, &fixture.back, &fixture.faults));
    assert_int_equal(fixture.back.count, 4);
    assert_memory_equal(fixture.back.samples, fixture.digits.samples, 40);
    assert_memory_equal(fixture.back.sum, fixture.digits.sum, 8);
    assert_memory_equal(fixture.back.channel, fixture.digits.channel, 4);
    assert_memory_equal(fixture.back.adc, fixture.digits.adc, 4);
    assert_memory_equal(fixture.back.first, fixture.digits.first, 16);
    assert_int_equal(fixture.back.source[3], MADE_SADC);
    assert_int_equal(fixture.back.port[3], 1);
    assert_int_equal(fixture.faults.sum_differs, 0);
    fixture_free(&fixture);
}

static void damage_costs_the_smallest_believable_piece(void **state)
{
    (void)state;

    static const struct {
        size_t word;
        uint32_t bits;
        enum damage_class damage;
        uint32_t left;
    } cases[] = {
        {0, 1, DAMAGE_ADC_EVENT, 2},       /* block event number */
        {0, 1u << 31, DAMAGE_ADC_KEY, 2},  /* key 1 */
        {0, 1u << 23, DAMAGE_ADC_SIZE, 0}, /* size beyond the S-Link block */
        {0, ADC_WORDS << 12, DAMAGE_ADC_SIZE, 0},
        {1, 1u << 30, DAMAGE_CHANNEL_HEADER, 2},
        {1, 5u << 16, DAMAGE_CHANNEL_HEADER, 2}, /* no samples */
        {1, 1u << 24, DAMAGE_CHANNEL_HEADER, 2}, /* more than the block has */
        {2, 3u << 30, DAMAGE_SAMPLE_WORD, 3},
        {4, 1u << 30, DAMAGE_SAMPLE_WORD, 3},
        {5, 3u << 26, DAMAGE_CHANNEL_TWICE, 3},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture = fixture_new();
        flip(&fixture, cases[i].word, cases[i].bits);
        assert_false(sadc_decode(&fixture.block, &fixture.back, &fixture.faults));
        assert_int_equal(fixture.back.count, cases[i].left);
        assert_int_equal(fixture.faults.log.counts.of[cases[i].damage], 1);
        assert_int_equal(damage_counts_total(&fixture.faults.log.counts), 1);
        fixture_free(&fixture);
    }
}

static void absent_module_is_counted_and_passed(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    uint8_t absent[4];
    struct err err;
    le32_store(absent, (4097 & 0xFFF) | 1u << 12);
    assert_true(bytes_append(&fixture.words, absent, 4, &err));
    fixture.block.words = fixture.words.data;
    fixture.block.count++;
    assert_false(sadc_decode(&fixture.block, &fixture.back, &fixture.faults));
    assert_int_equal(fixture.back.count, 4);
    assert_int_equal(fixture.faults.log.counts.of[DAMAGE_ADC_MISSING], 1);
    fixture_free(&fixture);
}

static void error_bit_is_marked_and_the_channels_are_kept(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    flip(&fixture, 0, 1u << 24);
    assert_true(sadc_decode(&fixture.block, &fixture.back, &fixture.faults));
    assert_int_equal(fixture.back.count, 4);
    assert_int_equal(fixture.faults.log.counts.of[DAMAGE_ADC_ERROR], 1);
    fixture_free(&fixture);
}

static void sum_that_differs_is_counted_and_kept(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    flip(&fixture, 1, 1);
    assert_true(sadc_decode(&fixture.block, &fixture.back, &fixture.faults));
    assert_int_equal(fixture.back.count, 4);
    assert_int_equal(fixture.faults.sum_differs, 1);
    fixture_free(&fixture);
}

static void full_buffers_are_damage_not_a_crash(void **state)
{
    (void)state;
    struct fixture fixture = fixture_new();
    for (uint32_t i = 0; i < SADC_MAX_CHANNELS / 4; i++)
        assert_true(sadc_decode(&fixture.block, &fixture.back, &fixture.faults));
    assert_int_equal(fixture.back.count, SADC_MAX_CHANNELS);
    assert_false(sadc_decode(&fixture.block, &fixture.back, &fixture.faults));
    assert_int_equal(fixture.back.count, SADC_MAX_CHANNELS);
    assert_int_equal(fixture.faults.log.counts.of[DAMAGE_DIGITS_FULL], 4);
    fixture_free(&fixture);
}

static void classes_have_words(void **state)
{
    (void)state;
    assert_string_equal(damage_word(DAMAGE_FOREIGN), "foreign-bytes");
    assert_string_equal(damage_word(DAMAGE_DIGITS_FULL), "digits-full");
    assert_string_equal(damage_word(DAMAGE_CLASS_COUNT), "unknown");
    assert_string_equal(damage_text(DAMAGE_TRUNCATED), "the file ends inside an event");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_format),
        cmocka_unit_test(channels_come_back_as_they_were),
        cmocka_unit_test(damage_costs_the_smallest_believable_piece),
        cmocka_unit_test(absent_module_is_counted_and_passed),
        cmocka_unit_test(error_bit_is_marked_and_the_channels_are_kept),
        cmocka_unit_test(sum_that_differs_is_counted_and_kept),
        cmocka_unit_test(full_buffers_are_damage_not_a_crash),
        cmocka_unit_test(classes_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
