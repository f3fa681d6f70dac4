/* parts_test.c - options, pulses, drift and kinds of the simulator.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "tests/simulate/event.h"
#include "tests/simulate/options.h"
#include "tests/simulate/pulse.h"
#include "tests/simulate/spill.h"

#define WORDS 14

static bool read_options(const char *const words[], struct sim_options *options,
                         struct err *err)
{
    char *arguments[WORDS] = {mem_text("spillway-simulate")};
    int count = 1;
    for (; words[count - 1] != NULL; count++)
        arguments[count] = mem_text(words[count - 1]);
    bool done = sim_options_read(count, arguments, options, err);
    if (done && !options->help)
        options->out = NULL;
    for (int i = 0; i < count; i++)
        free(arguments[i]);
    return done;
}

static void options_are_read(void **state)
{
    (void)state;
    struct sim_options options;
    struct err err;
    const char *const good[] = {"--out",    "x", "--runs", "5-7", "--spills", "3",
                                "--events", "9", "--seed", "44",  NULL};
    assert_true(read_options(good, &options, &err));
    assert_int_equal(options.first_run, 5);
    assert_int_equal(options.last_run, 7);
    assert_int_equal(options.spills, 3);
    assert_int_equal(options.events, 9);
    assert_int_equal(options.led_events, 10);
    assert_int_equal(options.seed, 44);
    const char *const help[] = {"--spills", "--help", NULL};
    assert_true(read_options(help, &options, &err));
    assert_true(options.help);
}

static void bad_options_are_named(void **state)
{
    (void)state;

    static const struct {
        const char *words[WORDS];
        const char *text;
    } cases[] = {
        {{"--out", "x", "--spills", "1", "--events", "1", NULL}, "--runs is missing"},
        {{"--runs", "1", "--spills", "1", "--events", "1", NULL}, "--out"},
        {{"--runs", "7-5", "--out", "x", NULL}, "--runs 7-5"},
        {{"--runs", "0", NULL}, "--runs 0"},
        {{"--runs", "1-9999999", NULL}, "--runs"},
        {{"--spills", "5000", NULL}, "--spills"},
        {{"--signal-fraction", "1.5", NULL}, "--signal-fraction"},
        {{"--what", NULL}, "unknown option --what"},
        {{"--seed", NULL}, "--seed needs a value"},
        {{"--out", "x", "--runs", "1", "--spills", "1", "--events", "1", "--setup", "y",
          NULL},
         "--setup y"},
        {{"--out", "x", "--runs", "1", "--sadc-format", "4", NULL}, "--sadc-format 4"},
        {{"--out", "x", "--runs", "1", "--date-header", "80", NULL}, "--date-header 80"},
        {{"--out", "x", "--runs", "1", "--adc-bits", "11", NULL}, "--adc-bits 11"},
        {{"--runs", "1", "--sadc-format", "1", "--adc-bits", "12", NULL},
         "format 1 holds 10"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_options options;
        struct err err;
        assert_false(read_options(cases[i].words, &options, &err));
        assert_int_equal(err.kind, ERR_USAGE);
        assert_non_null(strstr(err.text, cases[i].text));
    }
}

static void forms_have_bits_and_addresses(void **state)
{
    (void)state;
    static struct layout_channel plain[LAYOUT_CHANNELS], old[LAYOUT_CHANNELS];
    struct sim_options options;
    struct err err;
    const char *const words[] = {
        "--runs",        "1",  "--spills",      "1", "--events", "1", "--out", "x",
        "--date-header", "72", "--sadc-format", "2", NULL};
    assert_true(read_options(words, &options, &err));
    assert_int_equal(options.form.sadc, FORM_SADC_2);
    assert_int_equal(options.form.head_bytes, DATE_HEAD_3_11);
    assert_true(options.form.ten_bits);
    layout_make(7, plain);
    layout_make(7, old);
    form_channels(&options.form, old, LAYOUT_CHANNELS);
    /* Channel 17 of port 1 of source 616, cell 17 of ECAL1. */
    assert_int_equal(plain[47].port, 1);
    assert_int_equal(plain[47].adc, 1);
    assert_int_equal(old[47].port, 0);
    assert_int_equal(old[47].adc, 5);
    assert_int_equal(old[47].full, 1023);
    assert_true(old[47].pedestal[0] * 4 == plain[47].pedestal[0]);
    assert_true(old[47].gain_gev == plain[47].gain_gev * 4);
}

static void pulse_has_its_height_and_time(void **state)
{
    (void)state;
    struct pulse pulse;
    pulse_make(&pulse);
    assert_true(pulse.mean_peak > 0.98 && pulse.mean_peak < 1);
    for (int phase = 0; phase < 50; phase++) {
        double levels[LAYOUT_SAMPLES] = {0}, most = 0;
        double time = 110 + 0.25 * phase;
        pulse_add(&pulse, 1000, time, levels);
        int i = 0;
        while (levels[i + 1] < 500)
            i++;
        double found =
            LAYOUT_PERIOD * (i + (500 - levels[i]) / (levels[i + 1] - levels[i]));
        assert_true(fabs(found - time) < 0.5);
        for (i = 0; i < LAYOUT_SAMPLES; i++)
            most = fmax(most, levels[i]);
        assert_true(most > 960 && most <= 1000.001);
        for (i = 0; i < 7; i++) /* the pedestal window of 8 but its last sample */
            assert_true(levels[i] == 0);
    }
}

static void samples_are_cut_to_twelve_bits(void **state)
{
    (void)state;
    struct layout_channel channels[LAYOUT_CHANNELS];
    double levels[LAYOUT_SAMPLES] = {0};
    uint16_t samples[LAYOUT_SAMPLES];
    struct random random = {3};
    layout_make(7, channels);
    levels[4] = 1e6;
    levels[5] = -1e6;
    uint16_t sum = pulse_sample(&channels[0], levels, &random, samples);
    assert_int_equal(samples[4], 4095);
    assert_int_equal(samples[5], 0);
    uint32_t total = 0;
    for (int i = 0; i < LAYOUT_SAMPLES; i++)
        total += samples[i];
    assert_int_equal(sum, total & 0xFFFF);
    assert_true(fabs(samples[0] - channels[0].pedestal[0]) <= 3);
    assert_true(fabs(samples[1] - channels[0].pedestal[1]) <= 3);
}

static void drift_is_small_and_differs_between_spills(void **state)
{
    (void)state;
    struct layout_channel channels[LAYOUT_CHANNELS];
    layout_make(7, channels);
    double last = 0;
    for (uint32_t spill = 1; spill < 40; spill++) {
        double drift = spill_drift(7, 100, spill, &channels[5]);
        assert_true(drift > 0.94 && drift < 1.06 && drift != last);
        last = drift;
    }
    assert_true(spill_drift(7, 100, 1, &channels[LAYOUT_CHANNELS - 1]) == 1);
}

static void signal_leaves_nothing_behind_the_calorimeter(void **state)
{
    (void)state;
    const struct sim_mixture mixture = {.signal_fraction = 0.05};
    uint32_t kinds[SIM_KINDS] = {0};
    for (uint32_t i = 1; i <= 5000; i++) {
        const struct sim_numbers numbers = {1, 2, 3, i};
        struct sim_event event;
        sim_event_make(&numbers, false, &mixture, &event);
        kinds[event.kind]++;
        double ecal =
            shower_ecal_sum(&event.deposit, 0) + shower_ecal_sum(&event.deposit, 1);
        double hcal = shower_hcal_sum(&event.deposit, 0);
        if (event.kind == SIM_SIGNAL) {
            assert_true(ecal > 3 && ecal < 50 && hcal == 0);
            assert_true(event.deposit.veto[0] == 0 && event.deposit.srd[0] > 0);
        }
        if (event.kind == SIM_ELECTRON)
            assert_true(ecal > 85 && ecal < 115);
        if (event.kind == SIM_DIMUON)
            assert_true(ecal < 62 && hcal > 2);
        assert_true(event.phase_ns >= 110 && event.phase_ns < 138);
    }
    for (int kind = 0; kind < SIM_LED; kind++)
        assert_true(kinds[kind] > 50);
}

static void a_prescale_leaves_few_beam_triggers(void **state)
{
    (void)state;
    const struct sim_mixture mixture = {.signal_fraction = 0.01, .beam_prescale = 100};
    uint32_t beam = 0, events = 2000;
    for (uint32_t i = 1; i <= events; i++) {
        const struct sim_numbers numbers = {1, 2, 3, i};
        struct sim_event event;
        sim_event_make(&numbers, false, &mixture, &event);
        beam += event.trigger == SIM_TRIGGER_BEAM;
    }
    assert_true(beam > 0 && beam < events / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(bad_options_are_named),
        cmocka_unit_test(forms_have_bits_and_addresses),
        cmocka_unit_test(pulse_has_its_height_and_time),
        cmocka_unit_test(samples_are_cut_to_twelve_bits),
        cmocka_unit_test(drift_is_small_and_differs_between_spills),
        cmocka_unit_test(signal_leaves_nothing_behind_the_calorimeter),
        cmocka_unit_test(a_prescale_leaves_few_beam_triggers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
