/* encode_test.c - simulated events have blocks of every chip that their decoders read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/segment.h"
#include "raw/decode.h"
#include "tests/simulate/encode.h"

static const struct form form = {.sadc = FORM_SADC_3};

static const struct encode_head head = {.run = 7000,
                                        .spill = 3,
                                        .event = 70001,
                                        .event_in_run = 90000,
                                        .type = EVENT_PHYSICS,
                                        .time_s = 1500000000};

/* All blocks by their S-Link format; 616 is an MSADC. */
static void decode(const struct bytes *out, struct digits *digits, struct faults *faults)
{
    struct date_event event = {.data = out->data};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    struct err err;
    enum lookup found;
    assert_true(date_header_read(event.data, out->size, &event.header, &err));
    digits_clear(digits);
    event_blocks_start(&blocks, &event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) == LOOKUP_FOUND) {
        struct chip_rule rule = {.chip = chip_of_format(block.format)};
        if (block.source >= 616)
            rule.chip = CHIP_SADC;
        (void)digits_take(&block, &rule, digits, faults);
    }
    assert_int_equal(found, LOOKUP_ABSENT);
}

static void events_have_calorimeters_and_trackers(void **state)
{
    (void)state;
    struct encode encode;
    struct sim_event event = {.numbers = {5, head.run, head.spill, head.event}};
    struct sadc_digits sadc;
    struct digits digits;
    struct faults faults = {.sum_differs = 0};
    struct err err;
    assert_true(encode_init(&encode, &form, &err));
    digits_init(&digits);
    sadc_digits_init(&sadc);
    for (uint32_t row = 0; row < 3; row++) {
        sadc.source[row] = (uint16_t)(616 + row);
        sadc.port[row] = 0;
        sadc.adc[row] = 0;
        sadc.channel[row] = (uint8_t)row;
        sadc.sum[row] = 100;
        sadc.sample_count[row] = 1;
        sadc.first[row] = row;
        sadc.samples[row] = 100;
        sadc.count++;
        sadc.sample_total++;
    }
    assert_true(encode_event(&encode, &head, &event, &sadc, &err));
    decode(&encode.writer.out, &digits, &faults);
    assert_int_equal(damage_counts_total(&faults.log.counts), 0);
    assert_int_equal(digits.sadc.count, 3);
    assert_int_equal(digits.apv.chip_count, ENCODE_APV_CHIPS);
    assert_int_equal(digits.apv.count, ENCODE_APV_CHIPS * ENCODE_APV_HITS);
    assert_memory_equal(digits.apv.sample[2], encode.apv.sample[2], 2 * digits.apv.count);
    assert_int_equal(digits.apv.source[0], ENCODE_APV_SOURCE);
    assert_int_equal(digits.f1.count, ENCODE_F1_HITS);
    assert_memory_equal(digits.f1.time, encode.f1.time, 2 * ENCODE_F1_HITS);
    assert_int_equal(digits.opaque.count, 0);
    sadc_digits_release(&sadc);
    digits_release(&digits);
    encode_release(&encode);
}

static void ends_of_bursts_have_a_scaler(void **state)
{
    (void)state;
    struct encode_head end = head;
    struct encode encode;
    struct digits digits;
    struct faults faults = {.sum_differs = 0};
    struct err err;
    end.type = EVENT_END_OF_BURST;
    assert_true(encode_init(&encode, &form, &err));
    digits_init(&digits);
    assert_true(encode_record(&encode, &end, 123456, &err));
    decode(&encode.writer.out, &digits, &faults);
    assert_int_equal(damage_counts_total(&faults.log.counts), 0);
    assert_int_equal(digits.scaler.count, SCALER_WORDS);
    assert_int_equal(digits.scaler.value[ENCODE_SCALER_WORD], 123456);
    digits_release(&digits);
    encode_release(&encode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_have_calorimeters_and_trackers),
        cmocka_unit_test(ends_of_bursts_have_a_scaler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
