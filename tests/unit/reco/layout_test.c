/* layout_test.c - which cells the channels of an event are.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/reco/made.h"

#include <stdlib.h>

#include "reco/layout.h"

/* Two cells, one of them twice, one with a sample too few, one that nobody uses. */
static void event_fill(struct made *made)
{
    uint16_t samples[MADE_SAMPLES];
    made_quiet(samples);
    sadc_digits_clear(&made->digits);
    made_digit(made, "HCAL1", 4, samples, MADE_SAMPLES);
    made_digit(made, "ECAL1", 9, samples, MADE_SAMPLES);
    made_digit(made, "S0", 0, samples, MADE_SAMPLES - 1);
    made_digit(made, "ECAL1", 9, samples, MADE_SAMPLES);
    made_digit(made, "ECAL1", 9, samples, MADE_SAMPLES);
    made->digits.source[4] = 1000;
    made_digit(made, "ECAL0", 29, samples, MADE_SAMPLES);
}

static struct layout *start(struct made *made)
{
    struct err err;
    made_init(made);
    assert_true(made_calibrate(made, &err));
    struct layout *layout = calloc(1, sizeof *layout);
    layout_clear(layout);
    event_fill(made);
    layout_update(layout, &made->calibration, &made->digits);
    return layout;
}

static void channels_are_cells_foreign_lost_or_twice(void **state)
{
    (void)state;
    struct made made;
    struct layout *layout = start(&made);
    assert_int_equal(layout->foreign, 1);
    assert_int_equal(layout->lost, 1);
    assert_int_equal(layout->twice, 1);
    assert_false(layout->ten_bits);
    /* The reference is told even where it cannot be measured. */
    assert_int_equal(layout->reference, 2);
    assert_int_equal(layout->count, 3);
    /* HCAL1 (1, 1) is 9 + 3 + 1, ECAL1 (1, 3) 36 + 6 + 3, ECAL0 (4, 5) 24 + 5. */
    static const struct layout_cell wanted[] = {
        {0, 0, PART_HCAL, 13}, {1, 0, PART_ECAL, 45}, {5, 0, PART_ECAL, 29}};
    for (uint32_t i = 0; i < 3; i++) {
        const struct layout_cell *cell = &layout->cells[i];
        const struct calibration_channel *channel =
            &made.calibration.channels[cell->channel];
        assert_int_equal(cell->digit, wanted[i].digit);
        assert_int_equal(cell->part, wanted[i].part);
        assert_int_equal(cell->cell, wanted[i].cell);
        assert_int_equal(channel->part, wanted[i].part);
        assert_int_equal(channel->cell, wanted[i].cell);
    }
    free(layout);
    made_release(&made);
}

/* What was kept is taken as long as nothing of the addresses changes, whatever the
 * samples are: a mark that is put into it stays. */
static void equal_channels_are_not_looked_up_again(void **state)
{
    (void)state;
    struct made made;
    struct layout *layout = start(&made);
    layout->foreign = 77;
    made.digits.samples[3] = 1234;
    made.digits.sum[1] = 5;
    layout_update(layout, &made.calibration, &made.digits);
    assert_int_equal(layout->foreign, 77);
    layout_clear(layout);
    layout_update(layout, &made.calibration, &made.digits);
    assert_int_equal(layout->foreign, 1);
    struct calibration other = made.calibration;
    layout->foreign = 77;
    layout_update(layout, &other, &made.digits);
    assert_int_equal(layout->foreign, 1);
    assert_ptr_equal(layout->calibration, &other);
    free(layout);
    made_release(&made);
}

enum change { SOURCE, PORT, ADC, CHANNEL, FLAGS, SAMPLES, ROWS, CHANGES };

static void change_make(struct sadc_digits *digits, enum change change)
{
    switch (change) {
    case SOURCE:
        digits->source[5] ^= 1;
        return;
    case PORT:
        digits->port[5] = 3;
        return;
    case ADC:
        digits->adc[5] = 2;
        return;
    case CHANNEL:
        digits->channel[5] = 1;
        return;
    case FLAGS:
        digits->flags[5] = SADC_TEN_BITS;
        return;
    case SAMPLES:
        digits->sample_count[5]--;
        return;
    case ROWS:
        digits->count--;
        return;
    case CHANGES:
        break;
    }
}

/* The last row of the event is another one: in any of what a layout is made of. */
static void every_change_of_an_address_is_seen(void **state)
{
    (void)state;
    for (int change = 0; change < CHANGES; change++) {
        struct made made;
        struct layout *layout = start(&made), *fresh = calloc(1, sizeof *fresh);
        change_make(&made.digits, (enum change)change);
        layout_clear(fresh);
        layout_update(fresh, &made.calibration, &made.digits);
        layout_update(layout, &made.calibration, &made.digits);
        assert_int_equal(layout->count, fresh->count);
        assert_memory_equal(layout->cells, fresh->cells,
                            fresh->count * sizeof *fresh->cells);
        assert_int_equal(layout->foreign, fresh->foreign);
        assert_int_equal(layout->lost, fresh->lost);
        assert_int_equal(layout->ten_bits, change == FLAGS);
        assert_int_equal(layout->lost, change == SAMPLES ? 2 : 1);
        made_release(&made);
        free(layout);
        free(fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_cells_foreign_lost_or_twice),
        cmocka_unit_test(equal_channels_are_not_looked_up_again),
        cmocka_unit_test(every_change_of_an_address_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
