/* calibration_test.c - effective values become channels, or a named complaint.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/reco/made.h"

static const struct calibration_channel *channel_of(struct made *made,
                                                    const char *detector,
                                                    uint32_t channel)
{
    uint16_t samples[MADE_SAMPLES] = {0};
    sadc_digits_clear(&made->digits);
    made_digit(made, detector, channel, samples, MADE_SAMPLES);
    int found = calibration_find(&made->calibration, &made->digits, 0);
    return found < 0 ? NULL : &made->calibration.channels[found];
}

static void every_cell_of_the_set_up_becomes_a_channel(void **state)
{
    (void)state;
    struct made made;
    struct err err;
    made_init(&made);
    assert_true(made_calibrate(&made, &err));
    assert_int_equal(made.calibration.channel_count, 60 + 36 + 6 + 3 + 5);
    assert_int_equal(made.calibration.rules.samples, 32);
    const struct calibration_channel *cell = channel_of(&made, "ECAL1", 2 * 6 + 3);
    assert_non_null(cell);
    assert_int_equal(cell->part, PART_ECAL);
    assert_int_equal(cell->cell, 36 + 2 * 6 + 3);
    assert_true(cell->per_count == 0.05 * (1000.0 / 800.0));
    assert_true(cell->relative);
    assert_true(cell->expected_ns == 10.0 && cell->window_ns == 6.0);
    cell = channel_of(&made, "SRD", 1);
    assert_true(cell->per_count == 0.00005 * 1000.0);
    cell = channel_of(&made, "S0", 0);
    assert_false(cell->relative);
    assert_ptr_equal(cell, &made.calibration.channels[made.calibration.reference]);
    assert_null(channel_of(&made, "S0", 1));
    made_release(&made);
}

/* Replaces the first `from` in a text by `to`. */
static void text_edit(struct bytes *text, const char *from, const char *to)
{
    struct err err;
    struct bytes edited;
    const char *whole;
    bytes_init(&edited, text->limit);
    assert_true(text_terminate(text, &whole, &err));
    const char *at = strstr(whole, from);
    assert_non_null(at);
    assert_true(bytes_append(&edited, whole, (size_t)(at - whole), &err));
    assert_true(text_add(&edited, to, &err));
    assert_true(text_add(&edited, at + strlen(from), &err));
    bytes_release(text);
    *text = edited;
}

static void what_is_missing_or_wrong_is_named(void **state)
{
    (void)state;

    static const struct {
        int type;
        enum err_code code;
        const char *from, *to;
        const char *said;
    } rows[] = {
        {MADE_CALO_GAIN, E_RECO_MISSING, "ECAL0 1 2 0.05\n", "",
         "run 9000 spill 7, set-up 2022-electron-100: calo_gain has no value for ECAL0 "
         "(1, 2)"},
        {MADE_TIME_OFFSET, E_RECO_MISSING, "VETO 5 0 S0 10 2 3\n", "",
         "time_offset has no value for VETO (5, 0)"},
        {MADE_TIME_OFFSET, E_RECO_CHANNEL, "VETO 5 0 S0", "VETO 5 0 S1",
         "relative to S1"},
        {MADE_TIME_OFFSET, E_RECO_CHANNEL, "S0 0 0 absolute", "S0 0 0 S0",
         "relative to itself"},
        {MADE_LED_SPILL, E_RECO_MISSING, "HCAL2 1 1 1000\n", "",
         "led_spill has no value for HCAL2 (1, 1)"},
        {MADE_LED_REFERENCE, E_RECO_MISSING, "HCAL2 1 1 1000\n", "",
         "led_reference has no value for HCAL2 (1, 1)"},
        {MADE_LED_REFERENCE, E_RECO_MISSING, "id made", "id other", "other"},
        {MADE_CHANNEL_MAP, E_RECO_MISSING, "HCAL3 605 0 8 2 2\n", "",
         "channel_map has no HCAL3 (2, 2)"},
        {MADE_CHANNEL_MAP, E_RECO_CHANNEL, "HCAL3 605 0 8 2 2", "HCAL3 605 0 8 3 2",
         "HCAL3 (3, 2), set-up 2022-electron-100 has 3 x 3 cells"},
        {MADE_CHANNEL_MAP, E_RECO_CHANNEL, "HCAL3 605 0 8 2 2", "HCAL3 605 0 8 2 1",
         "HCAL3 (2, 1) twice"},
        {MADE_CHANNEL_MAP, E_MAP_LINE, "</ChipSADC>",
         "</ChipSADC><ChipSADC_HT>7 2\n</ChipSADC_HT>", "ChipSADC_HT"},
        {MADE_PEDESTAL, E_RECO_RULES, "0 8 20", "0 7 20", "7 samples"},
        {MADE_SAMPLING, E_RECO_RULES, "32 12.5", "4 12.5", "of 4"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made made;
        struct err err;
        made_init(&made);
        text_edit(&made.texts[rows[i].type], rows[i].from, rows[i].to);
        assert_false(made_calibrate(&made, &err));
        if (err.code != rows[i].code || strstr(err.text, rows[i].said) == NULL)
            fail_msg("row %zu: code %u: %s", i, err.code, err.text);
        made_release(&made);
    }
}

static void a_type_without_value_is_named(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MADE_TYPES; i++) {
        struct made made;
        struct err err;
        made_init(&made);
        const char *missing = made.values[i].type;
        made.values[i].type = "something_else";
        assert_false(made_calibrate(&made, &err));
        assert_int_equal(err.code, E_RECO_MISSING);
        assert_non_null(strstr(err.text, missing));
        made_release(&made);
    }
}

static void only_the_allowed_fallback_leaves_the_led_correction_out(void **state)
{
    (void)state;
    struct made made;
    struct err err;
    made_init(&made);
    made.values[MADE_LED_SPILL].level = FALLBACK_NONE;
    made.values[MADE_LED_SPILL].text = NULL;
    assert_true(made_calibrate(&made, &err));
    assert_true(channel_of(&made, "ECAL1", 15)->per_count == 0.05);
    made.values[MADE_LED_SPILL].level = FALLBACK_RUN_MEAN;
    assert_false(made_calibrate(&made, &err));
    assert_int_equal(err.code, E_RECO_MISSING);
    made_release(&made);
}

static void counters_that_are_not_there_are_no_error(void **state)
{
    (void)state;
    struct made made;
    struct err err;
    made_init(&made);
    text_edit(&made.texts[MADE_CHANNEL_MAP], "S4 612 0 0 0 0\n", "");
    assert_true(made_calibrate(&made, &err));
    assert_int_equal(made.calibration.channel_count, 60 + 36 + 6 + 3 + 4);
    made_release(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_the_set_up_becomes_a_channel),
        cmocka_unit_test(what_is_missing_or_wrong_is_named),
        cmocka_unit_test(a_type_without_value_is_named),
        cmocka_unit_test(only_the_allowed_fallback_leaves_the_led_correction_out),
        cmocka_unit_test(counters_that_are_not_there_are_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
