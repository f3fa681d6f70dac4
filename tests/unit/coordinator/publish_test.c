/* publish_test.c - a merged file gets its name once, whatever happens on the way.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/json.h"
#include "coordinator/publish.h"
#include "tests/unit/coordinator/service_pilot.h"

static struct merge_group group_of_tests(void)
{
    struct merge_group group = {
        .merge_class = {.stream = "reco", .run = 7, .synthetic = true},
        .part = "parts/aa/merged",
        .published = "published/reco/000007/reco_000007_000_x.root",
        .size = 5,
        .events = {.count = 42}};
    group.hash.bytes[0] = 0xab;
    return group;
}

static void a_part_is_moved_and_a_second_call_finds_it_done(void **state)
{
    (void)state;
    struct world world;
    struct merge_group group = group_of_tests();
    struct err err;
    world_open(&world, 1, 1);
    const struct campaign *campaign = &world.book.campaign;
    assert_int_equal(publish_file(campaign, &group, &err), LOOKUP_ABSENT);
    file_write(world_path(&world, group.part), "bytes", 5);
    assert_int_equal(publish_file(campaign, &group, &err), LOOKUP_FOUND);
    assert_int_equal(publish_file(campaign, &group, &err), LOOKUP_FOUND);
    assert_int_equal(world_files(&world, "parts", ""), 0);
    assert_int_equal(world_files(&world, "published", ".root"), 1);
    /* Made once more: the same bytes take its place. */
    file_write(world_path(&world, group.part), "bytes", 5);
    assert_int_equal(publish_file(campaign, &group, &err), LOOKUP_FOUND);
    assert_int_equal(world_files(&world, "", ""), 1);
    world_close(&world);
}

static void a_name_that_is_taken_by_a_file_is_an_error_with_the_path(void **state)
{
    (void)state;
    struct world world;
    struct merge_group group = group_of_tests();
    struct err err;
    world_open(&world, 1, 1);
    file_write(world_path(&world, group.part), "bytes", 5);
    file_write(world_path(&world, "published/reco"), "in the way", 10);
    assert_int_equal(publish_file(&world.book.campaign, &group, &err), LOOKUP_FAILED);
    assert_non_null(strstr(err.text, "published/reco"));
    assert_int_equal(world_files(&world, "parts", ""), 1);
    world_close(&world);
}

static void the_sidecar_says_what_the_bytes_cannot(void **state)
{
    (void)state;
    static const char *const words[] = {
        "\"campaign\":\"c1\"",       "\"tag\":\"tag\"",
        "\"stream\":\"reco\"",       "\"run\":7",
        "\"synthetic\":true",        "\"size\":5",
        "\"published_unix_s\":1234", "\"event_digest\":\"42:",
        "\"sha256\":\"ab00",         "\"skipped_events\":[]"};
    struct world world;
    struct merge_group group = group_of_tests();
    struct bytes text;
    const char *json;
    struct err err;
    world_open(&world, 1, 1);
    for (int i = 0; i < 2; i++) /* a second one replaces it */
        must(publish_sidecar(world.catalog, &world.book.campaign, &group, 1234, &err),
             &err);
    assert_int_equal(world_files(&world, "published", ""), 1);
    bytes_init(&text, 65536);
    must(disk_read_file(
             world_path(&world, "published/reco/000007/reco_000007_000_x.root.prov.json"),
             &text, &err),
         &err);
    must(text_terminate(&text, &json, &err), &err);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(json, words[i]) == NULL)
            fail_msg("no %s in %s", words[i], json);
    bytes_release(&text);
    world_close(&world);
}

/* The system ends who writes more than it may, in the middle of the text. */
static void a_sidecar_that_a_killed_one_began_is_written_over(void **state)
{
    (void)state;
    const struct rlimit none = {0, 0}, few = {10, 10};
    struct world world;
    struct merge_group group = group_of_tests();
    struct err err;
    int status = 0;
    world_open(&world, 1, 1);
    pid_t child = fork();
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)setrlimit(RLIMIT_FSIZE, &few);
        (void)publish_sidecar(world.catalog, &world.book.campaign, &group, 1234, &err);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(world_files(&world, "published", ""), 1);
    must(publish_sidecar(world.catalog, &world.book.campaign, &group, 1234, &err), &err);
    assert_int_equal(world_files(&world, "published", ""), 1);
    assert_int_equal(world_files(&world, "published", ".prov.json"), 1);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_moved_and_a_second_call_finds_it_done),
        cmocka_unit_test(a_name_that_is_taken_by_a_file_is_an_error_with_the_path),
        cmocka_unit_test(the_sidecar_says_what_the_bytes_cannot),
        cmocka_unit_test(a_sidecar_that_a_killed_one_began_is_written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
