/* gandalf_test.c - GANDALF pulses and frames: words, damage and its price.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/gandalf.h"
#include "tests/unit/raw/chip_made.h"

struct fixture {
    struct gandalf_digits digits;
    struct chip_listing listing;
    struct bytes words;
};

#define DATA (1u << 31)

static void fixture_make(struct fixture *fixture)
{
    gandalf_digits_init(&fixture->digits);
    chip_listing_init(&fixture->listing);
    bytes_init(&fixture->words, 1 << 20);
}

static void fixture_free(struct fixture *fixture)
{
    gandalf_digits_release(&fixture->digits);
    bytes_release(&fixture->words);
}

static bool decode(struct fixture *fixture, uint8_t format)
{
    struct slink_block block = chip_block(&fixture->words, format);
    return gandalf_decode(&block, &fixture->digits, &fixture->listing.faults);
}

static void pulse_add(struct fixture *fixture, uint32_t channel, uint32_t amplitude)
{
    chip_word_add(&fixture->words, 60000u | 2000u << 16 | channel << 27 | DATA);
    chip_word_add(&fixture->words, amplitude | 100000u << 14 | DATA);
    chip_word_add(&fixture->words, 1000u | 2000000u << 10 | DATA);
}

static void processed_pulses_are_three_words(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    pulse_add(&fixture, 15, 16383);
    pulse_add(&fixture, 3, 11);
    assert_true(decode(&fixture, GANDALF_PROCESSED | GANDALF_INTERLEAVED));
    const struct gandalf_digits *digits = &fixture.digits;
    assert_int_equal(digits->count, 2);
    assert_int_equal(digits->source[0], CHIP_SOURCE);
    assert_int_equal(digits->channel[0], 15);
    assert_int_equal(digits->integral[0], 60000);
    assert_int_equal(digits->baseline[0], 2000);
    assert_int_equal(digits->amplitude[0], 16383);
    assert_true(digits->coarse[0] == ((uint64_t)100000 << 21) + 2000000);
    assert_int_equal(digits->fine[0], 1000);
    assert_int_equal(digits->frame[0], GANDALF_NO_FRAME);
    assert_int_equal(digits->format[1], GANDALF_PROCESSED | GANDALF_INTERLEAVED);
    assert_int_equal(digits->channel[1], 3);
    fixture_free(&fixture);
}

static void small_pulses_are_dropped_and_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    pulse_add(&fixture, 0, GANDALF_AMPLITUDE_DROPPED);
    pulse_add(&fixture, 0, GANDALF_AMPLITUDE_DROPPED + 1);
    assert_true(decode(&fixture, GANDALF_PROCESSED));
    assert_int_equal(fixture.digits.count, 1);
    assert_true(fixture.digits.dropped == 1);
    fixture_free(&fixture);
}

static void damage_of_processed_data_costs_a_pulse(void **state)
{
    (void)state;
    for (size_t word = 0; word < 3; word++) {
        struct fixture fixture;
        fixture_make(&fixture);
        pulse_add(&fixture, 0, 100);
        pulse_add(&fixture, 1, 100);
        chip_flip(&fixture.words, word, DATA);
        bool good = decode(&fixture, GANDALF_PROCESSED);
        const struct chip_case expected = {.damage = DAMAGE_CHIP_MARK, .words = 3};
        chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
        assert_int_equal(fixture.digits.count, 1);
        assert_int_equal(fixture.digits.channel[0], 1);
        fixture_free(&fixture);
    }
}

static void a_block_that_ends_in_a_pulse_keeps_the_others(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture);
    pulse_add(&fixture, 0, 100);
    pulse_add(&fixture, 1, 100);
    fixture.words.size -= 4;
    bool good = decode(&fixture, GANDALF_PROCESSED);
    const struct chip_case expected = {.damage = DAMAGE_CHIP_SIZE, .at = 3, .words = 2};
    chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
    fixture_free(&fixture);
}

/* Channel 6 with a window of two words and a pulse (words 0 to 7), channel 7 with an
 * empty window and no pulse (words 8 and 9). */
static void debug_make(struct fixture *fixture)
{
    uint32_t event = (CHIP_EVENT & 63) << 24;
    uint32_t header = 5u | 2u << 4 | 9u << 15 | 6u << 20 | event;
    fixture_make(fixture);
    chip_word_add(&fixture->words, header);
    chip_word_add(&fixture->words, 11u | 10u << 16 | DATA);
    chip_word_add(&fixture->words, 16383u | 12u << 16 | DATA);
    pulse_add(fixture, 6, 500);
    chip_word_add(&fixture->words, 4095u | 31u << 12 | 63u << 17 | 255u << 23 | DATA);
    chip_word_add(&fixture->words, header | 1u << 30);
    chip_word_add(&fixture->words, 7u << 20 | event);
    chip_word_add(&fixture->words, 7u << 20 | event | 1u << 30);
}

static void debug_data_have_frames_and_pulses(void **state)
{
    (void)state;
    struct fixture fixture;
    debug_make(&fixture);
    assert_true(decode(&fixture, GANDALF_DEBUG));
    const struct gandalf_digits *digits = &fixture.digits;
    assert_int_equal(digits->frame_count, 2);
    assert_int_equal(digits->frame_channel[0], 6);
    assert_int_equal(digits->frame_monitor[0], 9);
    assert_int_equal(digits->frame_mode[0], 5);
    assert_int_equal(digits->sample_count[0], 4);
    assert_memory_equal(digits->samples, ((const uint16_t[]){10, 11, 12, 16383}), 8);
    assert_int_equal(digits->sample_count[1], 0);
    assert_int_equal(digits->count, 1);
    assert_int_equal(digits->frame[0], 0);
    assert_int_equal(digits->settings[0], 0x7FFFFFFF);
    fixture_free(&fixture);
}

static void damage_of_debug_data_costs_a_channel(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {0, 1u << 20, DAMAGE_CHIP_ORDER, 0, 8, 0}, /* header and trailer differ */
        {0, DATA, DAMAGE_CHIP_ORDER, 0, 8, 0},     /* header that looks like data */
        {7, DATA, DAMAGE_CHIP_ORDER, 0, 8, 0},     /* trailer that looks like data */
        {9, 1u << 30, DAMAGE_CHIP_ORDER, 8, 1, 1}, /* trailer that is a header */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        debug_make(&fixture);
        chip_flip(&fixture.words, cases[i].word, cases[i].bits);
        bool good = decode(&fixture, GANDALF_DEBUG);
        assert_false(good);
        assert_int_equal(fixture.digits.count, cases[i].left);
        const struct damage_place *place = fixture.listing.places;
        assert_int_equal(place->damage, cases[i].damage);
        assert_int_equal(place->at - fixture.words.data, 4 * cases[i].at);
        assert_int_equal(place->loss, 4 * cases[i].words);
        fixture_free(&fixture);
    }
}

static void a_window_that_does_not_fit_costs_its_channel(void **state)
{
    (void)state;
    struct fixture fixture;
    debug_make(&fixture);
    chip_flip(&fixture.words, 0, 1u << 4);
    chip_flip(&fixture.words, 7, 1u << 4);
    bool good = decode(&fixture, GANDALF_DEBUG);
    const struct chip_case expected = {.damage = DAMAGE_CHIP_SIZE, .words = 8};
    chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
    assert_int_equal(fixture.digits.frame_count, 1);
    fixture_free(&fixture);
}

static void other_modes_are_lost_by_name(void **state)
{
    (void)state;
    static const uint8_t formats[] = {0x00, 0x01, 0x12, 0x16, 0x20, 0x11};
    for (size_t i = 0; i < sizeof formats; i++) {
        struct fixture fixture;
        fixture_make(&fixture);
        pulse_add(&fixture, 0, 100);
        bool good = decode(&fixture, formats[i]);
        const struct chip_case expected = {.damage = DAMAGE_CHIP_MODE, .words = 3};
        chip_check_fault(&expected, &fixture.listing.faults, fixture.words.data, good);
        fixture_free(&fixture);
    }
}

static void first_events_of_runs_and_spills_carry_no_pulses(void **state)
{
    (void)state;
    static const uint8_t types[] = {0x1C, 0x1E};
    for (size_t i = 0; i < sizeof types; i++) {
        struct fixture fixture;
        fixture_make(&fixture);
        pulse_add(&fixture, 0, 100);
        struct slink_block block = chip_block(&fixture.words, GANDALF_PROCESSED);
        block.event_type = types[i];
        assert_true(gandalf_decode(&block, &fixture.digits, &fixture.listing.faults));
        assert_int_equal(fixture.digits.count, 0);
        fixture_free(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processed_pulses_are_three_words),
        cmocka_unit_test(small_pulses_are_dropped_and_counted),
        cmocka_unit_test(damage_of_processed_data_costs_a_pulse),
        cmocka_unit_test(a_block_that_ends_in_a_pulse_keeps_the_others),
        cmocka_unit_test(debug_data_have_frames_and_pulses),
        cmocka_unit_test(damage_of_debug_data_costs_a_channel),
        cmocka_unit_test(a_window_that_does_not_fit_costs_its_channel),
        cmocka_unit_test(other_modes_are_lost_by_name),
        cmocka_unit_test(first_events_of_runs_and_spills_carry_no_pulses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
