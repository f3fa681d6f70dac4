/* event_test.c - one event: energies, times, sums, flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/reco/made.h"

#include <stdlib.h>

#include "reco/sums.h"

static const struct event_head head = {.run = MADE_RUN,
                                       .spill = MADE_SPILL,
                                       .event = 1234,
                                       .type = 7,
                                       .time_s = 1700000000,
                                       .trigger = 0x80000001,
                                       .trigger_valid = true};

static void start(struct made *made, struct reco_table *table)
{
    struct err err;
    made_init(made);
    assert_true(made_calibrate(made, &err));
    reco_table_init(table, 4);
    made_hit(made, "S0", 0, 150.0, 600.0);
}

static struct event_counts finish(struct made *made, struct reco_table *table)
{
    struct event_counts counts = {0};
    event_reconstruct(&made->calibration, &head, &made->digits, table, &counts);
    assert_int_equal(counts.events, 1);
    assert_int_equal(counts.numbers_nan, 0);
    return counts;
}

static void stop(struct made *made, struct reco_table *table)
{
    made_release(made);
    reco_table_release(table);
}

static void close_to(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-5 * fabs(expected) + 1e-9))
        fail_msg("%.9g is not %.9g", value, expected);
}

static void an_event_in_time_has_its_energies_and_sums(void **state)
{
    (void)state;
    struct made made;
    struct reco_table table;
    start(&made, &table);
    made_hit(&made, "ECAL0", 2 * 6 + 3, 162.5, 100.0);  /* 5 GeV, 2.5 ns late */
    made_hit(&made, "ECAL1", 2 * 6 + 3, 162.5, 1000.0); /* 62.5 GeV with LED */
    made_hit(&made, "ECAL1", 4 * 6 + 3, 162.5, 40.0);   /* 2 GeV, outside 3x3 */
    made_hit(&made, "HCAL1", 4, 162.5, 50.0);           /* 1.5 GeV */
    made_hit(&made, "HCAL3", 8, 162.5, 100.0);          /* 3 GeV, not in line */
    made_hit(&made, "VETO", 2, 162.5, 400.0);           /* 4 MeV */
    made_hit(&made, "VETO", 3, 162.5, 900.0);           /* 9 MeV */
    made_hit(&made, "SRD", 0, 162.5, 200.0);            /* 10 MeV */
    made_hit(&made, "SRD", 1, 162.5, 300.0);
    made_hit(&made, "SRD", 2, 162.5, 400.0);
    struct event_counts counts = finish(&made, &table);
    assert_int_equal(counts.no_master, 0);
    assert_int_equal(*reco_u32(&table, RECO_RUN, 0), MADE_RUN);
    assert_int_equal(*reco_u32(&table, RECO_EVENT, 0), 1234);
    assert_int_equal(*reco_u32(&table, RECO_TRIGGER, 0), 0x80000001);
    assert_int_equal(*reco_u8(&table, RECO_TYPE, 0), 7);
    assert_int_equal(*reco_u32(&table, RECO_FLAGS, 0),
                     RECO_HAS_TRIGGER | RECO_HAS_MASTER | RECO_HAS_HOTTEST);
    close_to((double)*reco_f32(&table, RECO_MASTER, 0), 150.0);
    uint32_t cell = 36 + 2 * 6 + 3;
    close_to((double)reco_f32(&table, RECO_ECAL_TIME, 0)[cell], 2.5);
    assert_int_equal(reco_u8(&table, RECO_ECAL_FLAGS, 0)[cell],
                     CELL_PRESENT | CELL_TIMED | CELL_IN_TIME);
    assert_int_equal(reco_u8(&table, RECO_ECAL_FLAGS, 0)[0], 0);
    for (int kind = 0; kind < RECO_SUMS; kind++) {
        close_to((double)reco_f32(&table, RECO_PRESHOWER, 0)[kind], 5.0);
        close_to((double)reco_f32(&table, RECO_ECAL_MAIN, 0)[kind], 64.5);
        close_to((double)reco_f32(&table, RECO_ECAL_TOTAL, 0)[kind], 69.5);
        close_to((double)reco_f32(&table, RECO_HCAL_TOTAL, 0)[kind], 1.5);
        close_to((double)reco_f32(&table, RECO_HCAL_MODULE, 0)[1 * 3 + kind], 1.5);
        close_to((double)reco_f32(&table, RECO_HCAL_MODULE, 0)[3 * 3 + kind], 3.0);
        close_to((double)reco_f32(&table, RECO_VETO_PLATE, 0)[1 * 3 + kind], 6.0);
        close_to((double)reco_f32(&table, RECO_SRD_SUM, 0)[kind], 45.0);
        close_to((double)reco_f32(&table, RECO_SRD_LEAST, 0)[kind], 10.0);
    }
    assert_int_equal(*reco_u8(&table, RECO_HOTTEST_X, 0), 2);
    assert_int_equal(*reco_u8(&table, RECO_HOTTEST_Y, 0), 3);
    close_to((double)*reco_f32(&table, RECO_OUTSIDE, 0), 2.0);
    stop(&made, &table);
}

static void a_veto_pulse_at_any_time_is_in_all_and_in_time_only_there(void **state)
{
    (void)state;
    for (int shift = -100; shift <= 200; shift += 5) {
        struct made made;
        struct reco_table table;
        start(&made, &table);
        double expected = 160.0;
        made_hit(&made, "VETO", 0, expected + shift, 1000.0);
        made_hit(&made, "VETO", 1, expected + shift, 1000.0);
        (void)finish(&made, &table);
        const float *plate = reco_f32(&table, RECO_VETO_PLATE, 0);
        assert_true(plate[RECO_ALL] > 7.0f && plate[RECO_ALL] < 10.1f);
        if (abs(shift) < 5)
            assert_true(plate[RECO_IN_TIME] > 7.0f);
        if (abs(shift) > 7)
            assert_true(plate[RECO_IN_TIME] == 0.0f);
        stop(&made, &table);
    }
}

static void without_master_time_energies_are_in_all_only(void **state)
{
    (void)state;
    struct made made;
    struct reco_table table;
    start(&made, &table);
    sadc_digits_clear(&made.digits);
    made_hit(&made, "S0", 0, 250.0, 600.0); /* 100 ns late: not in its window */
    made_hit(&made, "ECAL1", 15, 162.5, 1000.0);
    struct event_counts counts = finish(&made, &table);
    assert_int_equal(counts.no_master, 1);
    assert_int_equal(*reco_u32(&table, RECO_FLAGS, 0), RECO_HAS_TRIGGER);
    assert_int_equal(reco_u8(&table, RECO_ECAL_FLAGS, 0)[36 + 15], CELL_PRESENT);
    close_to((double)reco_f32(&table, RECO_ECAL_TOTAL, 0)[RECO_ALL], 62.5);
    assert_true(reco_f32(&table, RECO_ECAL_TOTAL, 0)[RECO_IN_TIME] == 0.0f);
    stop(&made, &table);
}

static void pileup_is_subtracted_from_the_pulse_in_time(void **state)
{
    (void)state;
    struct made made;
    struct reco_table table;
    start(&made, &table);
    uint16_t samples[MADE_SAMPLES];
    made_quiet(samples);
    made_pulse(samples, 112.5, 400.0); /* four samples before: 400 exp(-1) under it */
    made_pulse(samples, 162.5, 1000.0);
    made_digit(&made, "ECAL0", 0, samples, MADE_SAMPLES);
    (void)finish(&made, &table);
    double under = 400.0 * 0.36787944117144233;
    double in_time = reco_energy(&table, RECO_ECAL_ENE, 0, 0, RECO_IN_TIME);
    double rest = reco_energy(&table, RECO_ECAL_ENE, 0, 0, RECO_NO_PILEUP);
    assert_true(fabs(in_time - 0.05 * (1000.0 + under)) < 0.05);
    assert_true(fabs(rest - 0.05 * 1000.0) < 0.1);
    stop(&made, &table);
}

static void overflow_pileup_lost_and_foreign_channels_are_flagged(void **state)
{
    (void)state;
    struct made made;
    struct reco_table table;
    start(&made, &table);
    uint16_t samples[MADE_SAMPLES];
    made_quiet(samples);
    samples[3] = 300;
    made_digit(&made, "ECAL0", 7, samples, MADE_SAMPLES);
    made_hit(&made, "ECAL0", 8, 162.5, 9000.0);
    made_digit(&made, "ECAL0", 9, samples, MADE_SAMPLES - 1);
    made_digit(&made, "ECAL0", 40, samples, MADE_SAMPLES); /* no such cell */
    struct event_counts counts = finish(&made, &table);
    assert_int_equal(counts.lost_channels, 1);
    assert_int_equal(counts.foreign, 1);
    uint32_t flags = *reco_u32(&table, RECO_FLAGS, 0);
    assert_int_equal(flags & (RECO_OVERFLOW | RECO_PILEUP | RECO_LOST | RECO_DAMAGED),
                     RECO_OVERFLOW | RECO_PILEUP | RECO_LOST);
    const uint8_t *cells = reco_u8(&table, RECO_ECAL_FLAGS, 0);
    assert_int_equal(cells[7], CELL_PRESENT | CELL_PILEUP);
    assert_int_equal(cells[8] & CELL_OVER, CELL_OVER);
    assert_int_equal(cells[9], 0);
    stop(&made, &table);
}

static void a_channel_that_comes_twice_counts_once(void **state)
{
    (void)state;
    struct made made;
    struct reco_table table;
    start(&made, &table);
    made_hit(&made, "ECAL0", 7, 162.5, 100.0);
    made_hit(&made, "ECAL0", 7, 162.5, 900.0);
    (void)finish(&made, &table);
    close_to((double)reco_f32(&table, RECO_ECAL_TOTAL, 0)[RECO_ALL], 5.0);
    assert_true(*reco_u32(&table, RECO_FLAGS, 0) & RECO_DAMAGED);
    stop(&made, &table);
}

static void a_plate_uses_both_ends_unless_one_is_dead(void **state)
{
    (void)state;
    assert_true(sums_plate(4.0, 9.0, 0.3) == 6.0);
    assert_true(sums_plate(9.0, 4.0, 0.3) == 6.0);
    assert_true(sums_plate(2.0, 10.0, 0.3) == 10.0);
    assert_true(sums_plate(10.0, 0.0, 0.3) == 10.0);
    assert_true(sums_plate(0.0, 0.0, 0.3) == 0.0);
}

static void nan_is_counted_and_stored_as_one_pattern(void **state)
{
    (void)state;
    struct reco_table table;
    reco_table_init(&table, 1);
    uint32_t row = reco_table_add(&table);
    reco_f32(&table, RECO_ECAL_ENE, row)[5] = -NAN;
    reco_f32(&table, RECO_SRD_SUM, row)[2] = NAN;
    assert_int_equal(sums_nan(&table, row), 2);
    uint32_t bits;
    memcpy(&bits, &reco_f32(&table, RECO_ECAL_ENE, row)[5], sizeof bits);
    assert_int_equal(bits, 0x7fc00000u);
    reco_table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_in_time_has_its_energies_and_sums),
        cmocka_unit_test(a_veto_pulse_at_any_time_is_in_all_and_in_time_only_there),
        cmocka_unit_test(without_master_time_energies_are_in_all_only),
        cmocka_unit_test(pileup_is_subtracted_from_the_pulse_in_time),
        cmocka_unit_test(overflow_pileup_lost_and_foreign_channels_are_flagged),
        cmocka_unit_test(a_channel_that_comes_twice_counts_once),
        cmocka_unit_test(a_plate_uses_both_ends_unless_one_is_dead),
        cmocka_unit_test(nan_is_counted_and_stored_as_one_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
