/* text_test.c - canonical texts: exact numbers, bounded copies, safe names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_built(const struct bytes *bytes, const char *text)
{
    assert_int_equal(bytes->size, strlen(text));
    assert_memory_equal(bytes->data, text, strlen(text));
}

static double real_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void whole_numbers_are_read_exactly_or_refused(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        uint64_t maximum;
        bool good;
        uint64_t value;
    } rows[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"18446744073709551615", UINT64_MAX - 1, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"007", 7, true, 7},
        {"", 9, false, 0},
        {"-0", 9, false, 0},
        {"+1", 9, false, 0},
        {" 1", 9, false, 0},
        {"1 ", 9, false, 0},
        {"1.", 9, false, 0},
        {"0x1", 9, false, 0},
        {"\xd9\xa1", 9, false, 0}, /* a digit, but no ASCII one */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value = 42;
        struct err err;
        assert_int_equal(text_to_u64(rows[i].text, rows[i].maximum, &value, &err),
                         rows[i].good);
        assert_true(value == (rows[i].good ? rows[i].value : 42));
        if (!rows[i].good)
            assert_int_equal(err.code, E_NUMBER);
    }
}

static void signed_numbers_are_read_exactly_or_refused(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } rows[] = {
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775809", false, 0},
        {"9223372036854775808", false, 0},
        {"-1", true, -1},
        {"-0", true, 0},
        {"--1", false, 0},
        {"+1", false, 0},
        {"-", false, 0},
        {"", false, 0},
        {" 1", false, 0},
        {"1\n", false, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 42;
        struct err err;
        assert_int_equal(text_to_i64(rows[i].text, INT64_MIN, INT64_MAX, &value, &err),
                         rows[i].good);
        assert_true(value == (rows[i].good ? rows[i].value : 42));
    }
    int64_t value = 42;
    struct err err;
    assert_false(text_to_i64("-4", -3, 3, &value, &err));
    assert_false(text_to_i64("4", -3, 3, &value, &err));
    assert_true(text_to_i64("-3", -3, 3, &value, &err));
    assert_int_equal(value, -3);
}

static void reals_are_read_exactly_or_refused(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        bool good;
        double value;
    } rows[] = {
        {"0.1", true, 0.1},
        {".5", true, 0.5},
        {"-1e-3", true, -0.001},
        {"4.9406564584124654e-324", true, DBL_TRUE_MIN},
        {"2.2250738585072011e-308", true, 0x0.fffffffffffffp-1022},
        {"1.7976931348623157e308", true, DBL_MAX},
        {"0x1.8p+1", true, 3.0},
        {"1e309", false, 0},
        {"inf", false, 0},
        {"-inf", false, 0},
        {"nan", false, 0},
        {"-nan", false, 0},
        {"1,5", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {".", false, 0},
        {"", false, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        double value = 42;
        struct err err;
        assert_int_equal(text_to_real(rows[i].text, &value, &err), rows[i].good);
        assert_true(value == (rows[i].good ? rows[i].value : 42));
    }
}

static void the_bits_of_a_double_are_its_canonical_text(void **state)
{
    (void)state;

    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0.0, "0000000000000000"},           {-0.0, "0000000000000000"},
        {1.0, "3ff0000000000000"},           {-2.0, "c000000000000000"},
        {0.1, "3fb999999999999a"},           {DBL_TRUE_MIN, "0000000000000001"},
        {-DBL_TRUE_MIN, "8000000000000001"}, {DBL_MAX, "7fefffffffffffff"},
        {HUGE_VAL, "7ff0000000000000"},      {-HUGE_VAL, "fff0000000000000"},
    };
    struct err err;
    struct bytes out;
    bytes_init(&out, 100);
    for (size_t i = 0; i < COUNT(rows); i++) {
        bytes_clear(&out);
        assert_true(text_add_bits(&out, rows[i].value, &err));
        assert_built(&out, rows[i].text);
    }
    bytes_clear(&out);
    assert_false(text_add_bits(&out, NAN, &err));
    assert_int_equal(err.code, E_NUMBER);
    assert_int_equal(out.size, 0);
    bytes_release(&out);
}

static void a_double_for_people_is_short_and_reads_back_the_same(void **state)
{
    (void)state;

    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.1, "0.1"},       {1e300, "1e+300"},
                {12.5, "12.5"},     {-0.0, "-0"},
                {3661.0, "3661"},   {0.30000000000000004, "0.30000000000000004"},
                {100000, "100000"}, {DBL_TRUE_MIN, "5e-324"},
                {HUGE_VAL, "inf"}};
    struct err err;
    struct bytes out;
    bytes_init(&out, 100);
    for (size_t i = 0; i < COUNT(rows); i++) {
        bytes_clear(&out);
        assert_true(text_add_real(&out, rows[i].value, &err));
        assert_built(&out, rows[i].text);
    }
    struct random random = {.state = 1};
    for (unsigned i = 0; i < 20000; i++) {
        double value = real_of_bits(random_next(&random));
        if (!isfinite(value))
            continue;
        const char *text = NULL;
        double again = 0;
        bytes_clear(&out);
        assert_true(text_add_real(&out, value, &err) &&
                    text_terminate(&out, &text, &err));
        assert_true(text_to_real(text, &again, &err));
        assert_memory_equal(&value, &again, sizeof value);
    }
    bytes_release(&out);
}

/* The definition: digits are added until the number reads back. */
static void real_by_trying(double value, char *buffer, size_t size)
{
    int digits = 1;
    do {
        (void)snprintf(buffer, size, "%.*g", digits, value);
    } while (strtod(buffer, NULL) != value && ++digits <= 17);
    const char *exponent = strstr(buffer, "e+");
    if (exponent != NULL && exponent[2] == '0' && fabs(value) < 1e10)
        (void)snprintf(buffer, size, "%.*g", 1 + exponent[3] - '0', value);
}

static void a_double_for_people_has_no_digit_too_many(void **state)
{
    (void)state;
    struct random random = {.state = 2};
    struct err err;
    struct bytes out;
    char tried[100];
    bytes_init(&out, 100);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t bits = random_next(&random);
        int digits = (int)(bits % 18);
        double value = real_of_bits(random_next(&random));
        if (i % 4 == 0) /* powers of two: the step below is half of the one above */
            value = ldexp(1.0, (int)(i / 4 % 2150) - 1075);
        if (i % 4 == 1) /* numbers without exponent */
            value = ldexp(random_unit(&random), (int)(bits / 18 % 48) - 13);
        if (i % 4 > 0 && digits > 0) { /* short ones too */
            (void)snprintf(tried, sizeof tried, "%.*g", digits, value);
            value = strtod(tried, NULL);
        }
        bytes_clear(&out);
        assert_true(text_add_real(&out, value, &err));
        real_by_trying(value, tried, sizeof tried);
        assert_built(&out, tried);
    }
    bytes_release(&out);
}

static void what_the_environment_calls_a_comma_changes_nothing(void **state)
{
    (void)state;
    assert_string_equal(setlocale(LC_NUMERIC, NULL), "C");
    struct err err;
    struct bytes out;
    bytes_init(&out, 100);
    assert_true(text_addf(&out, &err, "%.1f", 1.5));
    assert_built(&out, "1.5");
    bytes_release(&out);
}

static void texts_are_percent_encoded_byte_by_byte(void **state)
{
    (void)state;
    struct err err;
    struct bytes out;
    bytes_init(&out, 100);
    assert_true(text_add_percent(&out, "az-AZ_09.~/:+", &err));
    assert_built(&out, "az-AZ_09.~/:+");
    bytes_clear(&out);
    assert_true(text_add_percent(&out, "a b=c\n%,\xc3\xa9", &err));
    assert_built(&out, "a%20b%3Dc%0A%25%2C%C3%A9");
    bytes_release(&out);
}

static void hexadecimal_goes_both_ways_and_only_in_lower_case(void **state)
{
    (void)state;
    static const uint8_t raw[3] = {0x00, 0x9a, 0xff};
    uint8_t back[3] = {1, 1, 1};
    struct err err;
    struct bytes out;
    bytes_init(&out, 100);
    assert_true(text_add_hex(&out, raw, sizeof raw, &err));
    assert_built(&out, "009aff");
    bytes_release(&out);
    assert_true(text_from_hex("009aff", back, sizeof back, &err));
    assert_memory_equal(back, raw, sizeof raw);
    static const char *const bad[] = {"009afF", "009af", "009aff0",
                                      "009ag0", "",      "0x9aff"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_from_hex(bad[i], back, sizeof back, &err));
    assert_memory_equal(back, raw, sizeof raw);
}

static void a_copy_fits_whole_or_is_refused(void **state)
{
    (void)state;
    char out[4] = "old";
    struct err err;
    assert_true(text_copy(out, sizeof out, "new", &err));
    assert_string_equal(out, "new");
    assert_false(text_copy(out, sizeof out, "four", &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_string_equal(out, "new");
    assert_true(text_copy(out, sizeof out, "", &err));
    assert_string_equal(out, "");
}

static void a_name_is_safe_as_a_file_name(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "2016B", "e-100_GeV.v2", "A.b-c_d"};
    static const char *const bad[] = {"",    ".",   "..",  ".a",  "-a",   "a/b",
                                      "a b", "a:b", "a+b", "a~b", "a\nb", "\xc3\xa9"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_name(good[i], 12));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_name(bad[i], 12));
    assert_true(text_is_name("abc", 3));
    assert_false(text_is_name("abcd", 3));
}

static void a_text_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct bytes out;
    bytes_init(&out, 8);
    assert_true(text_add(&out, "1234", &err));
    assert_false(text_addf(&out, &err, "%s", "56789"));
    assert_int_equal(err.code, E_LIMIT);
    assert_false(text_add_hex(&out, out.data, 3, &err));
    assert_false(text_add_percent(&out, "\n\n", &err));
    bytes_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_read_exactly_or_refused),
        cmocka_unit_test(signed_numbers_are_read_exactly_or_refused),
        cmocka_unit_test(reals_are_read_exactly_or_refused),
        cmocka_unit_test(the_bits_of_a_double_are_its_canonical_text),
        cmocka_unit_test(a_double_for_people_is_short_and_reads_back_the_same),
        cmocka_unit_test(a_double_for_people_has_no_digit_too_many),
        cmocka_unit_test(what_the_environment_calls_a_comma_changes_nothing),
        cmocka_unit_test(texts_are_percent_encoded_byte_by_byte),
        cmocka_unit_test(hexadecimal_goes_both_ways_and_only_in_lower_case),
        cmocka_unit_test(a_copy_fits_whole_or_is_refused),
        cmocka_unit_test(a_name_is_safe_as_a_file_name),
        cmocka_unit_test(a_text_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
