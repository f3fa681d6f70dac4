/* damage_test.c - words of the classes, and the log of the decoders.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/raw/made.h"

static void every_class_has_its_own_word(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < DAMAGE_CLASS_COUNT; i++) {
        assert_true(strlen(damage_text(i)) > 10);
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(damage_word(i), damage_word(k));
    }
    assert_string_equal(damage_word(DAMAGE_CLASS_COUNT), "unknown");
}

static void numbers_of_stored_classes_never_change(void **state)
{
    (void)state;
    assert_string_equal(damage_word(0), "foreign-bytes");
    assert_string_equal(damage_word(13), "adc-event");
    assert_string_equal(damage_word(20), "digits-full");
    assert_string_equal(damage_word(32), "adc-error");
}

static void full_log_goes_on_counting(void **state)
{
    (void)state;
    struct damage_place places[2];
    struct damage_log log = {.places = places, .room = 2};
    for (uint32_t i = 0; i < 5; i++)
        damage_note(&log, &(struct damage_place){.damage = DAMAGE_ADC_KEY, .length = i});
    assert_int_equal(log.listed, 2);
    assert_int_equal(places[1].length, 1);
    assert_int_equal(log.counts.of[DAMAGE_ADC_KEY], 5);
    assert_int_equal(damage_counts_total(&log.counts), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_has_its_own_word),
        cmocka_unit_test(numbers_of_stored_classes_never_change),
        cmocka_unit_test(full_log_goes_on_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
