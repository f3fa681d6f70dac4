/* pulse_hist_test.c - pedestals and spreads fall into the bins that the axes say.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pedestals have 256 bins from 0 to 512 counts, spreads one for each number from 0 to
 * 127; in both bin 0 is below and the last one above. Cells of ECAL are 72, counters 5.
 */
#include "tests/unit/reco/made.h"

#include "reco/pulse_hist.h"

#define ABOVE_PEDESTALS 257
#define ABOVE_SPREADS   129

static const struct bin_case {
    enum setup_part part;
    uint8_t cell;
    int32_t even, odd; /* sums of half the window */
    int32_t spread;
    uint32_t pedestal_bin, spread_bin;
} cases[] = {
    {PART_ECAL, 45, 4 * 200, 4 * 204, 4, 102, 5},       /* 202 counts */
    {PART_ECAL, 0, 0, 0, 0, 1, 1},                      /* the least there is */
    {PART_ECAL, 71, 15, 0, 127, 1, 128},                /* 1.875 counts */
    {PART_ECAL, 71, 8, 8, 128, 2, ABOVE_SPREADS},       /* 2 counts: the next bin */
    {PART_HCAL, 35, 4 * 512, 4 * 512 - 1, 20, 256, 21}, /* 511.875 */
    {PART_VETO, 5, 4 * 512, 4 * 512, 1, ABOVE_PEDESTALS, 2},
    {PART_SRD, 2, 4 * 4095, 4 * 4095, 4095, ABOVE_PEDESTALS, ABOVE_SPREADS},
    {PART_COUNTER, 4, 4 * 100, 4 * 104, 3, 52, 4},
};

#define CASES (sizeof cases / sizeof *cases)

static uint64_t entries(const struct hist *hists, const struct bin_case *one,
                        enum hist_pulse which, uint32_t bin)
{
    const struct hist *hist = &hists[(size_t)one->part * HIST_PULSES + which];
    return hist->cells[one->cell + 1 + (hist->form.x.bins + 2) * bin];
}

/* Every case once, each in its two bins and nothing elsewhere; sums are `times` those
 * above. */
static void bins_are_right(const struct waveform_rules *rules, int32_t times)
{
    struct hist_set set;
    struct layout_cell cells[CASES];
    struct waveform pulses[CASES];
    struct err err;
    uint64_t all = 0;
    hist_set_init(&set);
    assert_true(hist_table_make(&set, &err));
    struct hist *hists = hist_table_pulses(&set);
    memset(pulses, 0, sizeof pulses);
    for (uint32_t i = 0; i < CASES; i++) {
        cells[i] =
            (struct layout_cell){.part = (uint8_t)cases[i].part, .cell = cases[i].cell};
        pulses[i].base.pedestal[0] = cases[i].even * times;
        pulses[i].base.pedestal[1] = cases[i].odd * times;
        pulses[i].base.spread = cases[i].spread;
    }
    pulse_hist_add(hists, cells, pulses, CASES, rules);
    for (uint32_t i = 0; i < CASES; i++) {
        assert_int_equal(entries(hists, &cases[i], HIST_PEDESTAL, cases[i].pedestal_bin),
                         1);
        assert_int_equal(entries(hists, &cases[i], HIST_SPREAD, cases[i].spread_bin), 1);
    }
    for (uint32_t part = 0; part < SETUP_PARTS; part++)
        for (uint32_t which = 0; which < HIST_PULSES; which++) {
            uint64_t found = hist_entries(&hists[part * HIST_PULSES + which]);
            assert_true(found == 0 || which == HIST_PEDESTAL || which == HIST_SPREAD);
            all += found;
        }
    assert_int_equal(all, 2 * CASES);
    hist_set_release(&set);
}

/* Windows of 8 and 16 samples, whose bins are found by a shift. */
static void windows_of_a_power_of_two(void **state)
{
    (void)state;
    struct made made;
    struct err err;
    made_init(&made);
    assert_true(made_calibrate(&made, &err));
    struct waveform_rules rules = made.calibration.rules;
    assert_int_equal(rules.pedestal_samples, 8);
    bins_are_right(&rules, 1);
    rules.pedestal_samples = 16;
    rules.search_first = 16;
    assert_true(waveform_rules_set(&rules, &err));
    bins_are_right(&rules, 2);
    made_release(&made);
}

/* A window of 24 samples has no such shift: its sums are three times those of 8. */
static void another_window_gives_the_same_bins(void **state)
{
    (void)state;
    struct made made;
    struct err err;
    made_init(&made);
    assert_true(made_calibrate(&made, &err));
    struct waveform_rules rules = made.calibration.rules;
    rules.pedestal_samples = 24;
    rules.search_first = 24;
    assert_true(waveform_rules_set(&rules, &err));
    bins_are_right(&rules, 3);
    made_release(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_of_a_power_of_two),
        cmocka_unit_test(another_window_gives_the_same_bins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
