/* map_cover_test.c - which runs the maps cover.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/disk.h"
#include "raw/map_cover.h"

static void cover_text(const char *xml, uint32_t first, uint32_t last,
                       struct map_cover *cover)
{
    struct err err;
    const struct map_cover_request request = {.xml = xml,
                                              .size = strlen(xml),
                                              .name = "test.xml",
                                              .first = first,
                                              .last = last};
    if (!map_cover_read(&request, cover, &err))
        fail_msg("%s", err.text);
}

static void spans_tile_the_runs_and_name_what_is_missing(void **state)
{
    (void)state;
    static const char xml[] =
        "<Map><ChipSADC version=\"2\" runs=\"10-19 30\" options=\"xy\">A 1 0 0 0 0\n"
        "A 1 0 1 0 0\n</ChipSADC>"
        "<ChipSADC version=\"2\" runs=\"15-40\" options=\"xy\">B 1 0 2 0 0\n</ChipSADC>"
        "<ChipF1 version=\"4\" options=\"tdc\">T 2 0 1 0 1 8 0 7 1\n</ChipF1>"
        "<ChipNA64TDC runs=\"12\">S 1\nS 2\n</ChipNA64TDC></Map>";

    static const struct {
        uint32_t first, last, a, b, t;
    } spans[] = {{5, 9, 0, 0, 0},   {10, 11, 2, 0, 8}, {12, 12, 2, 0, 8},
                 {13, 14, 2, 0, 8}, {15, 19, 2, 1, 8}, {20, 29, 0, 1, 8},
                 {30, 30, 2, 1, 8}, {31, 40, 0, 1, 8}, {41, 50, 0, 0, 0}};

    const size_t count = sizeof spans / sizeof *spans;
    struct map_cover cover;
    cover_text(xml, 5, 50, &cover);
    assert_int_equal(cover.count, count);
    assert_int_equal(cover.share_count, 3);
    assert_int_equal(cover.opaque_count, 1);
    assert_int_equal(cover.opaque[0].lines, 2);
    assert_string_equal(cover.shares[0].detector, "A");
    assert_int_equal(cover.shares[0].channels, 2);
    assert_int_equal(cover.shares[2].chip, CHIP_F1);
    for (size_t i = 0; i < count; i++) {
        const struct map_span *span = &cover.spans[i];
        assert_int_equal(span->first, spans[i].first);
        assert_int_equal(span->last, spans[i].last);
        assert_int_equal(span->none, spans[i].a + spans[i].b == 0);
        assert_int_equal(map_span_channels(span, &cover.shares[0]), spans[i].a);
        assert_int_equal(map_span_channels(span, &cover.shares[1]), spans[i].b);
        assert_int_equal(map_span_channels(span, &cover.shares[2]), spans[i].t);
    }
    map_cover_release(&cover);
}

static void channels_mapped_twice_are_listed_by_their_runs(void **state)
{
    (void)state;
    static const char xml[] =
        "<Map><ChipSADC version=\"2\" options=\"xy\">A 1 0 0 0 0\n</ChipSADC>"
        "<ChipSADC version=\"2\" runs=\"7-8\" options=\"xy\">B 1 0 0 0 0\n</ChipSADC></Map>";
    struct map_cover cover;
    cover_text(xml, 1, 10, &cover);
    assert_int_equal(cover.count, 3);
    assert_int_equal(cover.spans[0].twice_count, 0);
    assert_int_equal(cover.spans[1].first, 7);
    assert_int_equal(cover.spans[1].twice_count, 1);
    assert_string_equal(cover.spans[1].twice[0].first, "A");
    assert_string_equal(cover.spans[1].twice[0].second, "B");
    assert_int_equal(cover.spans[2].twice_count, 0);
    map_cover_release(&cover);
}

static void the_last_run_of_all_ends_the_spans(void **state)
{
    (void)state;
    struct map_cover cover;
    cover_text("<Map/>", UINT32_MAX - 1, UINT32_MAX, &cover);
    assert_int_equal(cover.count, 1);
    assert_int_equal(cover.spans[0].last, UINT32_MAX);
    map_cover_release(&cover);
}

static void hodoscope_map_of_2018_loses_a_port(void **state)
{
    (void)state;
    char path[512];
    const char *root = getenv("SPILLWAY_TEST_DATA");
    (void)snprintf(path, sizeof path, "%s/maps/HODO_2018.xml",
                   root == NULL ? "../shared/data" : root);
    if (!disk_exists(path)) {
        print_message("%s is absent\n", path);
        skip();
    }
    struct map_cover cover;
    struct err err;
    const struct map_cover_request request = {.path = path, .first = 3600, .last = 4310};
    assert_true(map_cover_read(&request, &cover, &err));
    assert_int_equal(cover.count, 3);
    assert_true(cover.spans[0].none);
    assert_int_equal(cover.spans[0].last, 3609);
    assert_int_equal(cover.spans[1].last, 4223);
    assert_int_equal(map_span_channels(&cover.spans[1], &cover.shares[0]), 32);
    assert_int_equal(map_span_channels(&cover.spans[2], &cover.shares[0]), 16);
    map_cover_release(&cover);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_tile_the_runs_and_name_what_is_missing),
        cmocka_unit_test(channels_mapped_twice_are_listed_by_their_runs),
        cmocka_unit_test(the_last_run_of_all_ends_the_spans),
        cmocka_unit_test(hodoscope_map_of_2018_loses_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
