/* manifest_test.c - the canonical text of a manifest, and reports of gaps.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conditions/coverage.h"

#define H1   "1111111111111111111111111111111111111111111111111111111111111111"
#define H2   "2222222222222222222222222222222222222222222222222222222222222222"
#define HEAD "spillway-manifest 1\nruns 3500 3599\n"

static struct manifest parsed(const char *text)
{
    struct manifest manifest;
    struct err err = {0};
    if (!manifest_parse(text, strlen(text), "m", &manifest, &err))
        fail_msg("%s", err.text);
    return manifest;
}

static void refused(const char *text, const char *part)
{
    struct manifest manifest;
    struct err err = {0};
    if (manifest_parse(text, strlen(text), "m", &manifest, &err))
        fail_msg("accepted: %s", text);
    assert_int_equal(err.code, E_MANIFEST);
    if (!strstr(err.text, part))
        fail_msg("'%s' does not say '%s'", err.text, part);
}

static void the_text_and_its_hash_are_fixed(void **state)
{
    (void)state;
    /* Golden: this identity is stored in campaigns. printf of the text | sha256sum */
    const char *text = HEAD "calo_gain 3500 0 3550 7 " H1 " 1234\n"
                            "calo_gain 3550 7 3600 0 gap\n"
                            "sampling 3500 0 3600 0 " H2 " 5\nend\n";
    struct manifest manifest = parsed(text);
    struct sha256 hash;
    struct err err = {0};
    char hex[SHA256_HEX];
    assert_true(manifest_hash(&manifest, &hash, &err));
    sha256_to_hex(&hash, hex);
    assert_string_equal(
        hex, "c509d2a48ae914df5fe15eb335c2d39a155b6a84735eb45276fe6cf20b082b1f");
    assert_int_equal(manifest_at(&manifest, "calo_gain", 3550, 6)->size, 1234);
    assert_true(manifest_at(&manifest, "calo_gain", 3550, 7)->gap);
    assert_null(manifest_at(&manifest, "calo_gain", 3600, 0));
    assert_null(manifest_at(&manifest, "calo_gain", 3499, 9));
    assert_null(manifest_at(&manifest, "led_spill", 3500, 0));
    manifest_release(&manifest);
}

static void any_other_text_is_refused(void **state)
{
    (void)state;
    refused("", "line 1");
    refused("spillway-manifest 2\n", "line 1: expected 'spillway-manifest 1'");
    refused("spillway-manifest 1\nruns 9 8\n", "line 2");
    refused(HEAD, "stops before 'end'");
    refused(HEAD "end", "stops before 'end'");
    refused(HEAD "end\nend\n", "not the canonical text");
    refused(HEAD "calo_gain 3500 0 3600 0 " H1 "\nend\n", "line 3: neither");
    refused(HEAD "calo_gain 3500 0 3600 0 " H1 " 1 \nend\n", "line 3: no entry");
    refused(HEAD "calo_gain 3500 0 3600 0 " H1 " 01\nend\n", "not the canonical text");
    refused(HEAD "calo_gain 3500 0 3590 0 " H1 " 1\nend\n", "stops before the last run");
    refused(HEAD "calo_gain 3501 0 3600 0 " H1 " 1\nend\n", "does not follow");
    refused(HEAD "calo_gain 3500 0 3601 0 " H1 " 1\nend\n", "does not follow");
    refused(HEAD "calo_gain 3500 0 3500 0 " H1 " 1\nend\n", "does not follow");
    refused(HEAD "b 3500 0 3600 0 " H1 " 1\na 3500 0 3600 0 " H1 " 1\nend\n",
            "a from 3500.0 does not follow");
    refused(HEAD "a 3500 0 3550 0 " H1 " 1\na 3551 0 3600 0 " H2 " 1\nend\n",
            "a from 3551.0 does not follow");
    refused(HEAD "a 3500 0 3550 0 " H1 " 1\na 3550 0 3600 0 " H1 " 1\nend\n",
            "not the canonical text");
    refused(HEAD "a 3500 0 3550 0 " H1 " 1\nb 3500 0 3600 0 " H1 " 1\nend\n",
            "b from 3500.0 does not follow");
}

static void gaps_are_listed_by_type_and_run_range(void **state)
{
    (void)state;
    struct manifest manifest =
        parsed(HEAD "calo_gain 3500 0 3510 0 gap\ncalo_gain 3510 0 3520 12 " H1 " 1\n"
                    "calo_gain 3520 12 3521 0 gap\ncalo_gain 3521 0 3600 0 " H1 " 1\n"
                    "led_spill 3500 0 3530 3 " H1 " 1\nled_spill 3530 3 3530 5 gap\n"
                    "led_spill 3530 5 3600 0 " H2 " 1\nend\n");
    static const char *const types[] = {"calo_gain", "led_spill", "sampling"};
    static const struct coverage_run runs[] = {
        {3500, 0, UINT32_MAX}, {3504, 0, UINT32_MAX}, {3509, 1, 40},
        {3515, 0, UINT32_MAX}, {3520, 1, 60},         {3530, 1, 60}};
    struct coverage wanted = {types, 3, runs, 6};
    struct bytes report;
    struct err err = {0};
    size_t gaps = 0;
    bytes_init(&report, 4096);
    assert_true(coverage_report(&manifest, &wanted, &report, &gaps, &err));
    const char *expected = "calo_gain: runs 3500 - 3509\n"
                           "calo_gain: run 3520 from spill 12\n"
                           "led_spill: run 3530 within spills 3 - 4\n"
                           "sampling: runs 3500 - 3530\n";
    assert_int_equal(report.size, strlen(expected));
    assert_memory_equal(report.data, expected, report.size);
    assert_int_equal(gaps, 4);
    bytes_release(&report);
    manifest_release(&manifest);
}

static void a_spill_after_the_last_of_a_run_need_not_be_covered(void **state)
{
    (void)state;
    struct manifest manifest =
        parsed(HEAD "a 3500 0 3520 12 " H1 " 1\na 3520 12 3600 0 gap\nend\n");
    const char *type = "a";
    struct coverage_run run = {3520, 1, 11};
    struct coverage wanted = {&type, 1, &run, 1};
    struct bytes report;
    struct err err = {0};
    size_t gaps = 9;
    bytes_init(&report, 4096);
    assert_true(coverage_report(&manifest, &wanted, &report, &gaps, &err));
    assert_int_equal(gaps, 0);
    bytes_release(&report);
    manifest_release(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_and_its_hash_are_fixed),
        cmocka_unit_test(any_other_text_is_refused),
        cmocka_unit_test(gaps_are_listed_by_type_and_run_range),
        cmocka_unit_test(a_spill_after_the_last_of_a_run_need_not_be_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
