/* key_test.c - key texts are what the golden vectors say, byte for byte.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The vectors in tests/golden/keys are never edited: a key that changes makes all that
 * was ever computed unfindable. A new form gets a new header line and new vectors.
 */
#include "model/key.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/disk.h"
#include "model/recipe.h"

static struct sha256 hash_of(const char *text)
{
    return sha256_of(text, strlen(text));
}

static void golden_read(const char *name, const char *ending, struct bytes *out)
{
    char path[128];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "tests/golden/keys/%s.%s", name, ending);
    if (!disk_read_file(path, out, &err))
        fail_msg("%s", err.text);
}

/* The text that was built is the golden one, and so is its hash. */
static void assert_golden(const struct bytes *built, const char *name)
{
    struct bytes golden;
    bytes_init(&golden, KEY_TEXT_LIMIT);
    golden_read(name, "txt", &golden);
    if (built->size != golden.size || memcmp(built->data, golden.data, golden.size) != 0)
        fail_msg("%s.txt differs, built was:\n%.*s", name, (int)built->size,
                 (const char *)built->data);
    bytes_clear(&golden);
    golden_read(name, "sha256", &golden);
    char hex[SHA256_HEX];
    struct sha256 key = key_of(built);
    sha256_to_hex(&key, hex);
    assert_int_equal(golden.size, SHA256_HEX);
    assert_memory_equal(hex, golden.data, SHA256_HEX - 1);
    bytes_release(&golden);
}

static struct recipe electron_recipe(void)
{
    struct recipe recipe = {
        .release = hash_of("release"),
        .reconstruct = true,
        .setup = "electron 100 GeV, 2016",
        .skim_count = 2,
        .skims = {
            {.name = "candidate",
             .kind = SKIM_CUTS,
             .event_types = 1u << EVENT_PHYSICS,
             .cut_count = 2,
             .cuts = {{"ecal_energy", -HUGE_VAL, 50.0}, {"hcal_energy", -0.0, 0.1}}},
            {.name = "scan",
             .kind = SKIM_RANDOM,
             .fraction = 0.001,
             .event_types = 1u << EVENT_PHYSICS | 1u << EVENT_CALIBRATION}}};
    return recipe;
}

static void reco_text_build(struct bytes *text)
{
    struct err err;
    struct recipe recipe = electron_recipe();
    struct chunk chunk = {.id = {.run = 3661, .builder = 1, .number = 17},
                          .url = "/nowhere/in/a/key.dat",
                          .size = 1073741824,
                          .adler32 = 0x00abcdef};
    struct segment segment = {
        .id = {.chunk = chunk.id, .ordinal = 2},
        .spill = 7,
        .offset = 4096,
        .length = UINT64_MAX,
        .adler32 = 0xdeadbeef,
        .digest = {.count = 4, .high = 0xd09ba113d93c44b3u, .low = 0x82b37d4950a8e40eu}};
    struct effective values[] = {
        {"calorimeter_gain", hash_of("gain"), FALLBACK_EXACT},
        {"led_spill", hash_of("led"), FALLBACK_EARLIER_2},
    };
    bytes_init(text, KEY_TEXT_LIMIT);
    assert_true(key_reco_text(text, &chunk, &segment, &recipe, values, 2, &err));
}

static void a_reco_key_is_the_golden_one(void **state)
{
    (void)state;
    struct bytes text;
    reco_text_build(&text);
    assert_golden(&text, "reco");
    bytes_release(&text);
}

static void extreme_numbers_have_a_golden_key(void **state)
{
    (void)state;
    struct err err;
    struct bytes text;
    struct recipe recipe = {.skim_count = 0};
    struct chunk chunk = {.id = {UINT32_MAX, UINT16_MAX, UINT16_MAX}, .adler32 = 1};
    struct segment segment = {.id = {.chunk = chunk.id, .ordinal = UINT32_MAX}};
    bytes_init(&text, KEY_TEXT_LIMIT);
    assert_true(key_reco_text(&text, &chunk, &segment, &recipe, NULL, 0, &err));
    assert_golden(&text, "empty");
    bytes_release(&text);
}

static void a_select_key_is_the_golden_one(void **state)
{
    (void)state;
    struct err err;
    struct bytes text;
    reco_text_build(&text);
    struct sha256 reco_key = key_of(&text);
    struct recipe recipe = electron_recipe();
    struct effective value = {"bad_spills", hash_of("bad"), FALLBACK_NONE};
    bytes_clear(&text);
    assert_true(key_select_text(&text, &reco_key, &recipe, &value, 1, &err));
    assert_golden(&text, "select");
    struct sha256 select_key = key_of(&text);

    struct merge_class merge_class = {.stream = "skim.candidate",
                                      .period = "2016B",
                                      .setup = "electron 100 GeV",
                                      .beam = "e- 100",
                                      .origin = "mc",
                                      .synthetic = true,
                                      .run = 3661,
                                      .sequence = 3,
                                      .target_bytes = 4000000000};
    struct sha256 inputs[] = {select_key, hash_of("other")};
    bytes_clear(&text);
    assert_true(key_merge_text(&text, &merge_class, inputs, 2, &err));
    assert_golden(&text, "merge");
    bytes_release(&text);
}

static void a_text_beyond_its_limit_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct bytes text;
    struct sha256 reco_key = hash_of("reco");
    struct recipe recipe = electron_recipe();
    bytes_init(&text, 200);
    assert_false(key_select_text(&text, &reco_key, &recipe, NULL, 0, &err));
    assert_int_equal(err.code, E_LIMIT);
    bytes_release(&text);
}

static void levels_have_the_names_of_the_texts(void **state)
{
    (void)state;
    static const char *const names[FALLBACK_LEVELS] = {
        "exact",    "earlier_1",   "earlier_2", "earlier_3",
        "run_mean", "nearest_run", "none"};
    for (unsigned i = 0; i < FALLBACK_LEVELS; i++)
        assert_string_equal(fallback_name((enum fallback)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reco_key_is_the_golden_one),
        cmocka_unit_test(extreme_numbers_have_a_golden_key),
        cmocka_unit_test(a_select_key_is_the_golden_one),
        cmocka_unit_test(a_text_beyond_its_limit_is_refused),
        cmocka_unit_test(levels_have_the_names_of_the_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
