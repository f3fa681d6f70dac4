/* segment_test.c - the life of a segment has no dead end, and the README draws it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/segment.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"

static void assert_drawn(const char *fence, bool (*draw)(struct bytes *, struct err *))
{
    struct err err = {0};
    struct bytes life;
    struct bytes readme;
    const char *picture = NULL;
    const char *page = NULL;
    bytes_init(&life, 10000);
    bytes_init(&readme, 100000);
    assert_true(draw(&life, &err) && text_terminate(&life, &picture, &err));
    if (!disk_read_file("lib/model/README.md", &readme, &err) ||
        !text_terminate(&readme, &page, &err))
        fail_msg("%s", err.text);
    const char *start = strstr(page, fence);
    assert_non_null(start);
    start += strlen(fence);
    const char *end = strstr(start, "```\n");
    assert_non_null(end);
    if ((size_t)(end - start) != life.size || memcmp(start, picture, life.size) != 0)
        fail_msg("lib/model/README.md must draw:\n%s", picture);
    bytes_release(&life);
    bytes_release(&readme);
}

static void the_pictures_in_the_readme_are_the_table(void **state)
{
    (void)state;
    assert_drawn("```life\n", segment_life_text);
    assert_drawn("```duties\n", segment_duties_text);
}

static void whatever_is_not_final_has_an_owner_a_deadline_and_a_reason(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SEGMENT_STATES; i++) {
        enum segment_state life = (enum segment_state)i;
        bool final = segment_state_is_final(life);
        assert_int_equal(strcmp(segment_state_owner(life), "-") == 0, final);
        assert_int_equal(strcmp(segment_state_deadline(life), "-") == 0, final);
        assert_int_equal(strcmp(segment_state_reason(life), "-") == 0, final);
    }
}

static void from_every_state_a_final_one_can_be_reached(void **state)
{
    (void)state;
    bool reaches[SEGMENT_STATES];
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        reaches[i] = segment_state_is_final((enum segment_state)i);
    for (unsigned round = 0; round < SEGMENT_STATES; round++)
        for (unsigned from = 0; from < SEGMENT_STATES; from++)
            for (unsigned to = 0; to < SEGMENT_STATES; to++)
                if (reaches[to] &&
                    segment_may_move((enum segment_state)from, (enum segment_state)to))
                    reaches[from] = true;
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        assert_true(reaches[i]);
}

static void whoever_is_not_final_has_an_owner_and_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SEGMENT_STATES; i++) {
        enum segment_state one = (enum segment_state)i;
        assert_true(strlen(segment_state_name(one)) > 0);
        assert_int_equal(strcmp(segment_state_owner(one), "-") == 0,
                         segment_state_is_final(one));
        assert_false(segment_may_move(one, one));
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(segment_state_name((enum segment_state)k),
                                    segment_state_name(one));
    }
}

static void only_a_lease_or_a_product_found_leads_to_committed(void **state)
{
    (void)state;
    for (unsigned from = 0; from < SEGMENT_STATES; from++)
        assert_int_equal(segment_may_move((enum segment_state)from, SEGMENT_COMMITTED),
                         from == SEGMENT_LEASED || from == SEGMENT_PLANNED ||
                             from == SEGMENT_READY);
    for (unsigned to = 0; to < SEGMENT_STATES; to++) {
        assert_int_equal(segment_may_move(SEGMENT_COMMITTED, (enum segment_state)to),
                         to == SEGMENT_READY);
        assert_int_equal(segment_may_move(SEGMENT_LOST, (enum segment_state)to),
                         to == SEGMENT_READY);
    }
    assert_false(segment_may_move(SEGMENT_LEASED, SEGMENT_LOST)); /* a person decides */
}

static void segments_are_ordered_by_run_builder_chunk_and_ordinal(void **state)
{
    (void)state;
    static const struct segment_id sorted[] = {{{1, 1, 1}, 0}, {{1, 1, 1}, 1},
                                               {{1, 1, 2}, 0}, {{1, 2, 1}, 0},
                                               {{2, 1, 1}, 0}, {{UINT32_MAX, 0, 0}, 0}};
    for (size_t a = 0; a < sizeof sorted / sizeof sorted[0]; a++) {
        for (size_t b = 0; b < sizeof sorted / sizeof sorted[0]; b++) {
            int order = segment_id_compare(&sorted[a], &sorted[b]);
            assert_int_equal(order < 0, a < b);
            assert_int_equal(order > 0, a > b);
        }
    }
}

static void only_physics_and_calibration_are_selected_as_events(void **state)
{
    (void)state;
    for (uint32_t type = 0; type < 2 * EVENT_TYPES; type++)
        assert_int_equal(event_type_is_event(type), type == 7 || type == 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pictures_in_the_readme_are_the_table),
        cmocka_unit_test(whatever_is_not_final_has_an_owner_a_deadline_and_a_reason),
        cmocka_unit_test(from_every_state_a_final_one_can_be_reached),
        cmocka_unit_test(whoever_is_not_final_has_an_owner_and_a_name),
        cmocka_unit_test(only_a_lease_or_a_product_found_leads_to_committed),
        cmocka_unit_test(segments_are_ordered_by_run_builder_chunk_and_ordinal),
        cmocka_unit_test(only_physics_and_calibration_are_selected_as_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
