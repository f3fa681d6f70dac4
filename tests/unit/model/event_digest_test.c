/* event_digest_test.c - which events: additive, order-free, and stored for ever.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/event_digest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_text(const struct event_digest *digest, const char *golden)
{
    char text[EVENT_DIGEST_TEXT];
    event_digest_text(digest, text);
    assert_string_equal(text, golden);
}

/* The golden values were computed outside of this program, from the definition. */
static void digests_have_the_golden_values(void **state)
{
    (void)state;
    struct event_digest digest = {0};
    assert_text(&digest, "0:00000000000000000000000000000000");
    event_digest_add(&digest, 3661, 7, 1, 7);
    assert_text(&digest, "1:069a82a5b6a6f15fc13bf1321ce4bf71");
    event_digest_add(&digest, 3661, 7, 2, 7);
    event_digest_add(&digest, 3661, 7, 0, 5);
    event_digest_add(&digest, UINT32_MAX, UINT32_MAX, UINT32_MAX, 8);
    assert_text(&digest, "4:d09ba113d93c44b382b37d4950a8e40e");
    digest = (struct event_digest){0};
    for (uint32_t i = 0; i < 1000; i++)
        event_digest_add(&digest, 8459, i / 300, i % 300, 7);
    assert_text(&digest, "1000:6075f32b02ca1745df31685aa05387b8");
}

static void the_digest_of_a_whole_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    struct event_digest whole = {0};
    struct event_digest parts[3] = {{0}, {0}, {0}};
    struct event_digest sum = {0};
    for (uint32_t i = 0; i < 500; i++)
        event_digest_add(&whole, 1, 2, i, 7);
    for (uint32_t i = 500; i-- > 0;)
        event_digest_add(&parts[i % 3], 1, 2, i, 7);
    for (size_t i = 3; i-- > 0;)
        event_digest_merge(&sum, &parts[i]);
    assert_true(event_digest_equal(&whole, &sum));
}

static void a_missing_doubled_or_changed_event_is_seen(void **state)
{
    (void)state;
    struct event_digest good = {0};
    for (uint32_t i = 0; i < 100; i++)
        event_digest_add(&good, 1, 2, i, 7);
    for (uint32_t fault = 0; fault < 4; fault++) {
        struct event_digest bad = {0};
        for (uint32_t i = 0; i < 100; i++) {
            if (fault == 0 && i == 50)
                continue;
            uint32_t event =
                fault == 1 && i == 50 ? 49 : i; /* twice one, none of other */
            uint32_t type = fault == 2 && i == 50 ? 8 : 7;
            event_digest_add(&bad, 1, fault == 3 && i == 50 ? 3 : 2, event, type);
        }
        assert_false(event_digest_equal(&good, &bad));
    }
}

static void the_low_word_carries_into_the_high_one(void **state)
{
    (void)state;
    struct event_digest sum = {.count = 1, .low = UINT64_MAX, .high = UINT64_MAX};
    struct event_digest one = {.count = 1, .low = 1, .high = 0};
    event_digest_merge(&sum, &one);
    assert_text(&sum, "2:00000000000000000000000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_have_the_golden_values),
        cmocka_unit_test(the_digest_of_a_whole_is_the_sum_of_its_parts),
        cmocka_unit_test(a_missing_doubled_or_changed_event_is_seen),
        cmocka_unit_test(the_low_word_carries_into_the_high_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
