/* chunk_test.c - raw file names as the DAQ writes them, and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void names_go_both_ways(void **state)
{
    (void)state;

    static const struct {
        struct chunk_id id;
        const char *name;
    } rows[] = {{{3661, 1, 1}, "cdr01001-003661.dat"},
                {{8459, 2, 133}, "cdr02133-008459.dat"},
                {{999999, 99, 999}, "cdr99999-999999.dat"},
                {{0, 0, 0}, "cdr00000-000000.dat"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[CHUNK_NAME];
        struct chunk_id id = {1, 2, 3};
        chunk_name(&rows[i].id, name);
        assert_string_equal(name, rows[i].name);
        assert_true(chunk_name_parse(name, &id));
        assert_int_equal(chunk_id_compare(&id, &rows[i].id), 0);
    }
}

static void a_path_or_url_in_front_does_not_matter(void **state)
{
    (void)state;
    struct chunk_id id;
    assert_true(chunk_name_parse("root://eos.example//na64/cdr01017-003661.dat", &id));
    assert_int_equal(id.run, 3661);
    assert_int_equal(id.builder, 1);
    assert_int_equal(id.number, 17);
}

static void other_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "cdr01001-003661",
        "cdr01001-003661.raw",
        "cdr01001-003661.dat.gz",
        "cdr01001_003661.dat",
        "CDR01001-003661.dat",
        "cdr0100x-003661.dat",
        "cdr01001-00366 .dat",
        "cdr01001--03661.dat",
        "cdr01001-0003661.dat",
        "xcdr01001-003661.dat",
        "cdr01001-003661.dat/",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct chunk_id id = {1, 2, 3};
        assert_false(chunk_name_parse(names[i], &id));
        assert_int_equal(id.run, 1);
    }
}

static void the_longest_numbers_fit_the_name(void **state)
{
    (void)state;
    char name[CHUNK_NAME];
    struct chunk_id id = {UINT32_MAX, UINT16_MAX, UINT16_MAX};
    chunk_name(&id, name);
    assert_true(strlen(name) < CHUNK_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(a_path_or_url_in_front_does_not_matter),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(the_longest_numbers_fit_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
