/* key_diff_test.c - differences of key texts, line by line; causes with runs and spills.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/key_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "coordinator/why.h"

static const char *const cases[][3] = {
    {"a=1\nb=2\n", "a=1\nb=2\n", ""},
    {"a=1\nb=2\n", "a=1\nb=3\n", "-b=2\n+b=3\n"},
    {"a=1\nc=2\n", "a=1\nb=3\nc=2\n", "+b=3\n"},
    {"a=1\nb=3\nc=2\n", "a=1\nc=2\n", "-b=3\n"},
    {"", "a=1\n", "+a=1\n"},
    {"a=1\n", "", "-a=1\n"},
    {"a=1\nb=2\n", "b=2\na=1\n", "+b=2\n-b=2\n"},
    {"h\nreco=aa\nx=1\n", "h\nreco=bb\nx=2\n", "-x=1\n+x=2\n"},
    {"a", "a\n", "-a+a\n"},
};

static void bytes_of(struct bytes *bytes, const char *text)
{
    struct err err;
    bytes_init(bytes, 4096);
    assert_true(text_add(bytes, text, &err));
}

static void each_difference_is_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes a;
        struct bytes b;
        struct bytes out;
        struct err err;
        const char *text;
        bytes_of(&a, cases[i][0]);
        bytes_of(&b, cases[i][1]);
        bytes_init(&out, 4096);
        assert_true(key_diff(&a, &b, &out, &err));
        assert_true(text_terminate(&out, &text, &err));
        if (strcmp(text, cases[i][2]) != 0)
            fail_msg("case %zu gives \"%s\"", i, text);
        bytes_release(&a);
        bytes_release(&b);
        bytes_release(&out);
    }
}

static void equal_differences_stand_together(void **state)
{
    (void)state;
    struct key_diffs diffs;
    struct err err;
    struct bytes out;
    const char *text;
    static const char *const seconds[] = {"x=2\n", "x=3\n", "x=2\n"};
    key_diffs_init(&diffs);
    for (uint32_t i = 0; i < 3; i++) {
        struct plan_segment segment = {.id = {{5 + i, 1, 2}, i}};
        struct bytes texts[4];
        bytes_of(&texts[0], "x=1\n");
        bytes_of(&texts[1], "");
        bytes_of(&texts[2], seconds[i]);
        bytes_of(&texts[3], "");
        assert_true(key_diffs_add(&diffs, &segment, texts, &err));
        for (size_t t = 0; t < 4; t++)
            bytes_release(&texts[t]);
    }
    assert_int_equal(diffs.count, 2);
    bytes_init(&out, 4096);
    assert_true(key_diffs_text(&diffs, &out, &err));
    assert_true(text_terminate(&out, &text, &err));
    assert_string_equal(text, "2 segments, runs 5 to 7, the first is 5/1/2/0\n"
                              "-x=1\n+x=2\n"
                              "1 segments, runs 6 to 6, the first is 6/1/2/1\n"
                              "-x=1\n+x=3\n");
    bytes_release(&out);
    key_diffs_release(&diffs);
}

#define RUNS   6u
#define SPILLS 4u

/* Six runs of four spills with two segments each; `changed` says which get value 1. */
static void view_make(struct plan_view *view, struct plan_segment *segments,
                      bool (*changed)(uint32_t run, uint32_t spill))
{
    plan_view_init(view);
    view->count = 0;
    for (uint32_t run = 1; run <= RUNS; run++) {
        for (uint32_t spill = 1; spill <= SPILLS; spill++) {
            for (uint16_t builder = 1; builder <= 2; builder++) {
                struct plan_segment *segment = &segments[view->count++];
                *segment = (struct plan_segment){.id = {{run, builder, 1}, spill - 1},
                                                 .spill = spill};
                segment->reco_set = changed(run, spill) ? 1 : 0;
                segment->reco_key.bytes[0] = (uint8_t)segment->reco_set;
            }
        }
    }
    view->segments = segments;
    view->value_count = 2;
    view->values = mem_new(2, sizeof view->values[0]);
    for (uint8_t i = 0; i < 2; i++) {
        (void)snprintf(view->values[i].type, TYPE_NAME, "led");
        view->values[i].value.bytes[0] = i;
    }
    view->items = mem_new(2, sizeof view->items[0]);
    view->items[1] = 1;
    view->item_count = 2;
    view->sets = mem_new(2, sizeof view->sets[0]);
    view->sets[0] = (struct value_span){0, 1};
    view->sets[1] = (struct value_span){1, 1};
    view->set_count = 2;
}

static bool none_changed(uint32_t run, uint32_t spill)
{
    (void)run;
    (void)spill;
    return false;
}

static bool some_changed(uint32_t run, uint32_t spill)
{
    return run == 2 || run == 3 || (run == 5 && spill != 2);
}

static void causes_tell_whole_runs_and_single_spills(void **state)
{
    (void)state;
    static struct plan_segment segments[2][RUNS * SPILLS * 2];
    struct plan_view a;
    struct plan_view b;
    struct why why;
    struct bytes out;
    struct err err;
    const char *text;
    view_make(&a, segments[0], none_changed);
    view_make(&b, segments[1], some_changed);
    a.count -= 2; /* the last spill of run 6 is only in b */
    why_init(&why);
    why_compare(&why, &a, &b);
    assert_int_equal(why.segments, 46);
    assert_int_equal(why.only_b, 2);
    assert_int_equal(why.only_a, 0);
    assert_int_equal(why.different, 22);
    assert_int_equal(why.select_only, 0);
    bytes_init(&out, 4096);
    assert_true(why_text(&why, &out, &err));
    assert_true(text_terminate(&out, &text, &err));
    assert_string_equal(text, "  led: 22 segments, runs 2-3, run 5 spill 1 3-4\n");
    bytes_release(&out);
    why_release(&why);
    plan_view_release(&a);
    plan_view_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_difference_is_as_written),
        cmocka_unit_test(equal_differences_stand_together),
        cmocka_unit_test(causes_tell_whole_runs_and_single_spills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
