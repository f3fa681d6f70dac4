/* sdc_test.c - overlays of SDC texts: the answer for every run, derived by hand.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/sdc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"

/* Answers hold for runs first to last (INT64_MAX: open). Rows stand in the order in which
 * their keys first appear; '-' is what no block said. */
struct answer {
    int64_t first, last;
    const char *rows;
};

struct want {
    const char *const *columns; /* NULL ends */
    const struct answer *answers;
    size_t count, seen;
};

static const char *data_folder(void)
{
    const char *folder = getenv("SPILLWAY_TEST_DATA");
    return folder ? folder : "../shared/data";
}

static bool file_add(struct sdc *sdc, const char *name)
{
    char path[512];
    struct bytes text;
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/sdc/%s", data_folder(), name);
    bytes_init(&text, 65536);
    bool there = disk_exists(path);
    if (there && (!disk_read_file(path, &text, &err) ||
                  !sdc_read(sdc, text.data, text.size, name, &err)))
        fail_msg("%s", err.text);
    if (!there)
        print_message("%s is absent: set SPILLWAY_TEST_DATA\n", path);
    bytes_release(&text);
    return there;
}

static const char *word_of(const struct sdc_piece *piece, size_t row, const char *column)
{
    for (size_t i = 0; i < piece->column_count; i++) {
        if (strcmp(piece->columns[i], column) == 0)
            return piece->words[row * piece->column_count + i]
                       ? piece->words[row * piece->column_count + i]
                       : "-";
    }
    return "-";
}

static void rows_text(const struct sdc_piece *piece, const char *const *columns,
                      struct bytes *text)
{
    struct err err;
    for (size_t row = 0; row < piece->row_count; row++) {
        for (size_t i = 0; columns[i]; i++)
            assert_true(text_addf(text, &err, "%s%s", i > 0 ? "|" : "",
                                  word_of(piece, row, columns[i])));
        assert_true(text_add(text, "\n", &err));
    }
}

/* Every run of the piece has the answer that was derived for it. */
static bool piece_seen(void *user, const struct sdc_piece *piece, struct err *err)
{
    struct want *want = user;
    struct bytes text;
    const char *got;
    bytes_init(&text, 65536);
    rows_text(piece, want->columns, &text);
    assert_true(text_terminate(&text, &got, err));
    int64_t last = piece->end == INT64_MAX ? piece->first + 1000 : piece->end - 1;
    for (int64_t run = piece->first; run <= last; run++) {
        size_t i = 0;
        while (i < want->count &&
               (run < want->answers[i].first || run > want->answers[i].last))
            i++;
        if (i == want->count)
            fail_msg("run %d has an answer, by hand it has none", (int)run);
        if (strcmp(got, want->answers[i].rows) != 0)
            fail_msg("run %d:\n%s, by hand:\n%s", (int)run, got, want->answers[i].rows);
    }
    want->seen += piece->end == INT64_MAX ? 0 : (size_t)(piece->end - piece->first);
    bytes_release(&text);
    return true;
}

#define TUTORIAL_2  "DET1-1|10|1.01|0.10\nDET1-2|20|0.85|0.09\nDET2-1|30|0.93|0.12\n"
#define TUTORIAL_11 "DET1-2|5|0.85|0.07\nDET2-2|10|1.01|0.10\n"

static void the_tutorial_gives_what_follows_by_hand(void **state)
{
    (void)state;
    static const char *const columns[] = {"label", "background", "scale", "covariance",
                                          NULL};
    static const struct answer answers[] = {
        {1, 1, "DET1-1|99|9.99|9.99\n"},
        {2, 2, TUTORIAL_2},
        {3, 3, "DET1-1|10|1.01|0.21\nDET1-2|20|0.85|0.17\nDET2-1|30|0.93|0.34\n"},
        {4, 6, TUTORIAL_2},
        {7, 10,
         "DET1-1|10|1.01|0.10\nDET1-2|5|0.85|0.07\nDET2-1|30|0.93|0.12\n"
         "DET2-2|10|1.01|0.10\n"},
        {11, 11, TUTORIAL_11},
        {12, 13, "DET1-2|50|0.85|1.2345e6\nDET2-2|63|1.01|2.3456e7\n"},
        {14, 15, TUTORIAL_11},
    };
    static const char *const keys[] = {"label"};
    const struct sdc_request request = {.type = "", .keys = keys, .key_count = 1};
    struct want want = {columns, answers, sizeof answers / sizeof *answers, 0};
    struct sdc sdc;
    struct err err = {0};
    sdc_init(&sdc);
    bool there = file_add(&sdc, "tutorial/main.txt") &&
                 file_add(&sdc, "tutorial/modifications/erratum.txt");
    if (there) {
        if (!sdc_flatten(&sdc, &request, piece_seen, &want, &err))
            fail_msg("%s", err.text);
        assert_int_equal(want.seen, 15);
    }
    sdc_release(&sdc);
    if (!there)
        skip();
}

/* Columns one, two, three, four, someFactor, someFormula. */
#define OVERLAY_1                                                                        \
    "uno|987|654|72|1|1 + 32\ndos|321|987|45|1|1 + 32\ntres|-|125|78|1|1 + 32\n"

static void overlays_give_what_follows_by_hand(void **state)
{
    (void)state;
    static const char *const columns[] = {"one",        "two",         "three", "four",
                                          "someFactor", "someFormula", NULL};
    static const struct answer answers[] = {
        {1, 1, OVERLAY_1},
        {2, 3,
         "uno|987|654|72|1|1 + 32\ndos|321|987|45|1|1 + 32\ntres|2|4|78|1|1 + 32\n"},
        {4, 5, OVERLAY_1},
        {6, 10,
         "uno|123|345|72|1|1 + 32\ndos|678|912|45|1|1 + 32\ntres|-|125|78|1|1 + 32\n"},
        {11, 63,
         "uno|-|456|72|1|1 + 32\ndos|-|123|45|1|1 + 32\ntres|-|125|78|1|1 + 32\n"},
        {64, 122,
         "uno|-|456|72|1|1 + 32\ndos|45.12|78|45|2|1 + 32\ntres|123.1|79|78|2|1 + 32\n"},
        {123, 235,
         "uno|-|456|72|1|1 + 32\ndos|45.12|78|45|2|1 + 32\ntres|101|10|78|3|1 - 32\n"
         "cinco|123|45|-|3|1 - 32\n"},
        {236, 242,
         "dos|45.12|78|-|2|1 + 32\ntres|101|10|-|3|1 - 32\ncinco|123|45|-|3|1 - 32\n"},
        {243, INT64_MAX, "tres|101|10|-|3|1 - 32\ncinco|123|45|-|3|1 - 32\n"},
    };
    const struct sdc_request request = {.type = "Foo"};
    struct want want = {columns, answers, sizeof answers / sizeof *answers, 0};
    struct sdc sdc;
    struct err err = {0};
    sdc_init(&sdc);
    bool there = file_add(&sdc, "overlay/one.txt") && file_add(&sdc, "overlay/two.txt");
    if (there) {
        if (!sdc_flatten(&sdc, &request, piece_seen, &want, &err))
            fail_msg("%s", err.text);
        assert_int_equal(want.seen, 242);
    }
    sdc_release(&sdc);
    if (!there)
        skip();
}

static void refused(const char *text, const char *part)
{
    struct sdc sdc;
    struct err err = {0};
    sdc_init(&sdc);
    if (sdc_read(&sdc, text, strlen(text), "f.txt", &err))
        fail_msg("accepted: %s", text);
    assert_int_equal(err.code, E_SDC);
    if (!strstr(err.text, part))
        fail_msg("'%s' does not say '%s'", err.text, part);
    sdc_release(&sdc);
}

static void what_is_no_sdc_is_refused_with_its_line(void **state)
{
    (void)state;
    refused("a b\n", "f.txt:1: a row before its 'runs = ...'");
    refused("runs=1\na b\n", "f.txt:2: a row before its 'columns = ...'");
    refused("runs=3-2\n", "f.txt:1: runs are no RUN");
    refused("runs=1-x\n", "'1-x'");
    refused("runs=...-4\n", "runs are no RUN");
    refused("runs=\n", "a key without a value: 'runs'");
    refused("columns=a,,b\n", "no name of a column");
    refused("columns=a,b,a\n", "column is there twice: 'a'");
    refused("runs=1\ncolumns=a,b\n\n1 # 2\n", "f.txt:4: fewer values than columns");
    refused("runs=1\ncolumns=a,b\n1 2 3\n", "f.txt:3: more values than columns");
    refused("runs=1\ncolumns=a,b\nb=3\n1 2\n", "a key and a column are called 'b'");
    struct sdc sdc;
    struct err err = {0};
    sdc_init(&sdc);
    assert_false(sdc_read(&sdc, "runs=1\0\n", 8, "f.txt", &err));
    sdc_release(&sdc);
}

static bool count_pieces(void *user, const struct sdc_piece *piece, struct err *err)
{
    size_t *count = user;
    (void)piece;
    (void)err;
    (*count)++;
    return true;
}

static void other_types_are_passed_over_and_keys_must_be_there(void **state)
{
    (void)state;
    static const char text[] = "runs=1-5\ntype=A\ncolumns=k,v\nx 1\ntype=B\n"
                               "runs=7-9\nx 2\n";
    static const char *const keys[] = {"j"};
    struct sdc sdc;
    struct err err = {0};
    size_t count = 0;
    sdc_init(&sdc);
    assert_true(sdc_read(&sdc, text, sizeof text - 1, "f.txt", &err));
    assert_true(sdc_flatten(&sdc, &(struct sdc_request){.type = "A"}, count_pieces,
                            &count, &err));
    assert_int_equal(count, 1);
    assert_true(sdc_flatten(&sdc, &(struct sdc_request){.type = "C"}, count_pieces,
                            &count, &err));
    assert_int_equal(count, 1);
    const struct sdc_request request = {.type = "B", .keys = keys, .key_count = 1};
    assert_false(sdc_flatten(&sdc, &request, count_pieces, &count, &err));
    assert_non_null(strstr(err.text, "f.txt:7: the row has no column 'j'"));
    sdc_release(&sdc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tutorial_gives_what_follows_by_hand),
        cmocka_unit_test(overlays_give_what_follows_by_hand),
        cmocka_unit_test(what_is_no_sdc_is_refused_with_its_line),
        cmocka_unit_test(other_types_are_passed_over_and_keys_must_be_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
