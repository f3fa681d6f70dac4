/* hist_bytes_test.c - histograms come back from their bytes; damage is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/text.h"
#include "output/hist_bytes.h"

static void set_make(struct hist_set *set, const char *title)
{
    static const char *const labels[] = {"a", "b"};
    struct err err;
    struct hist_form flat = {"d", "h", title, {"x", 2, -1, 1, labels}, {.bins = 0}};
    struct hist_form wide = {"d", "w", title, {"x", 2, 0, 2, NULL}, {"y", 1, 0, 4, NULL}};
    hist_set_init(set);
    assert_non_null(hist_set_add(set, &flat, &err));
    assert_non_null(hist_set_add(set, &wide, &err));
}

static void payload_make(struct bytes *payload)
{
    struct err err;
    struct hist_set set;
    set_make(&set, "t");
    hist_fill(&set.list[0], -0.5, 0, 300);
    hist_fill(&set.list[0], 5, 0, 1);
    bytes_init(payload, 4096);
    assert_true(hist_write(&set, payload, &err));
    hist_set_release(&set);
}

/* One form for one value: the bytes are part of every published file. */
static void bytes_of_a_small_set_are_these(void **state)
{
    (void)state;
    struct err err;
    struct bytes payload;
    struct bytes hex;
    const char *text;
    payload_make(&payload);
    bytes_init(&hex, 4096);
    assert_true(text_add_hex(&hex, payload.data, payload.size, &err));
    assert_true(text_terminate(&hex, &text, &err));
    assert_string_equal(text, "5350575948495331" /* magic */
                              "68000000"         /* description */
                              "02000000"         /* histograms */
                              "010064"
                              "010068"
                              "010074" /* d, h, t */
                              "02000000"
                              "010078"
                              "000000000000f0bf"
                              "000000000000f03f"
                              "01"
                              "010061"
                              "010062"   /* labels */
                              "00000000" /* no y axis */
                              "010064"
                              "010077"
                              "010074" /* d, w, t */
                              "02000000"
                              "010078"
                              "0000000000000000"
                              "0000000000000040"
                              "00"
                              "01000000"
                              "010079"
                              "0000000000000000"
                              "0000000000001040"
                              "00"
                              "ad02"
                              "02"
                              "02"
                              "ac02"
                              "02"
                              "01"                               /* entries, cells */
                              "00000000006affffffffffffffffffff" /* -150 x 2^40 */
                              "0000000000000000"
                              "00004b0000000000"   /* 75 x 2^80 */
                              "00"                 /* w is empty */
                              "28d7313ecb076572"); /* XXH3 */
    bytes_release(&hex);
    bytes_release(&payload);
}

static void what_was_written_adds_up_when_read(void **state)
{
    (void)state;
    struct err err;
    struct bytes payload;
    struct hist_set set;
    payload_make(&payload);
    hist_set_init(&set);
    assert_true(hist_read(payload.data, payload.size, "p", &set, &err));
    assert_true(hist_read(payload.data, payload.size, "p", &set, &err));
    assert_int_equal(set.count, 2);
    assert_int_equal(hist_entries(&set.list[0]), 602);
    assert_int_equal(set.list[0].cells[1], 600);
    assert_int_equal(set.list[0].cells[3], 2);
    assert_true(hist_moments(&set.list[0]).x == -300.0);
    assert_string_equal(set.list[0].form.x.labels[1], "b");
    hist_set_release(&set);
    bytes_release(&payload);
}

static void a_cell_ends_at_its_limit_and_says_so(void **state)
{
    (void)state;
    struct err err;
    struct bytes payload;
    struct hist_set set;
    bytes_init(&payload, HIST_BYTES_LIMIT);
    set_make(&set, "t");
    hist_fill(&set.list[0], -0.5, 0, UINT32_MAX - 300);
    assert_true(hist_write(&set, &payload, &err));
    hist_fill(&set.list[0], -0.5, 0, 1);
    assert_false(hist_read(payload.data, payload.size, "p", &set, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_non_null(strstr(err.text, "p: with these a cell of "));
    hist_set_release(&set);
    bytes_release(&payload);
}

static void histograms_of_another_description_are_refused(void **state)
{
    (void)state;
    struct err err;
    struct bytes payload;
    struct hist_set set;
    payload_make(&payload);
    set_make(&set, "another title");
    assert_false(hist_read(payload.data, payload.size, "p", &set, &err));
    assert_int_equal(err.code, E_HIST_FORMAT);
    hist_set_release(&set);
    bytes_release(&payload);
}

static void any_shorter_or_longer_payload_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct bytes payload;
    payload_make(&payload);
    assert_true(bytes_append(&payload, "", 1, &err));
    for (size_t size = 0; size <= payload.size; size++) {
        struct hist_set set;
        uint8_t *exact = malloc(size + 1);
        assert_non_null(exact);
        memcpy(exact, payload.data, size);
        hist_set_init(&set);
        bool read = hist_read(exact, size, "p", &set, &err);
        assert_int_equal(read, size + 1 == payload.size);
        if (!read)
            assert_int_equal(err.code, E_HIST_FORMAT);
        hist_set_release(&set);
        free(exact);
    }
    bytes_release(&payload);
}

static void contents_that_disagree_are_refused(void **state)
{
    (void)state;

    /* from the start of the contents: the byte that is changed, and to what */
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 0xac}, {2, 3}, {3, 0}, {3, 9}, {4, 0xab}, {5, 0}, {6, 4}, {7, 0}};
    struct err err;
    struct bytes payload;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct hist_set set;
        payload_make(&payload);
        size_t contents = 12 + le32_load(payload.data + 8);
        payload.data[contents + changes[i].at] = changes[i].value;
        le64_store(payload.data + payload.size - 8,
                   xxh3_of(payload.data, payload.size - 8));
        hist_set_init(&set);
        assert_false(hist_read(payload.data, payload.size, "p", &set, &err));
        assert_int_equal(err.code, E_HIST_FORMAT);
        assert_non_null(strstr(err.text, "d/h"));
        hist_set_release(&set);
        bytes_release(&payload);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_a_small_set_are_these),
        cmocka_unit_test(what_was_written_adds_up_when_read),
        cmocka_unit_test(a_cell_ends_at_its_limit_and_says_so),
        cmocka_unit_test(histograms_of_another_description_are_refused),
        cmocka_unit_test(any_shorter_or_longer_payload_is_refused),
        cmocka_unit_test(contents_that_disagree_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
