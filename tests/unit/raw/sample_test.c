/* sample_test.c - reference files: every digit as in their truth lists.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The large sample was read identically by the collaboration's parent decoder; it lies
 * outside the repository and is skipped visibly where it is absent. The small golden
 * files always count. Truth lines: "SADC run spill event source port channel sum
 * samples...", channel = 16 * adc + channel of the ADC.
 */
#include "tests/unit/raw/made.h"

#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/disk.h"
#include "base/text.h"

#define FILE_LIMIT ((size_t)64 << 20)

/* Which sources are MSADC with format 3 is a matter of the map; here of the files. */
static bool source_is_sadc(uint32_t source)
{
    return source == 616 || source == 619 || source == 623;
}

static void digits_print(const struct date_header *header,
                         const struct sadc_digits *digits, struct bytes *out)
{
    struct err err;
    for (uint32_t i = 0; i < digits->count; i++) {
        assert_true(text_addf(out, &err, "SADC %u %u %u %u %u %u %u", header->run,
                              header->spill, header->event, digits->source[i],
                              digits->port[i], digits->adc[i] * 16u + digits->channel[i],
                              digits->sum[i]));
        for (uint32_t s = 0; s < digits->sample_count[i]; s++)
            assert_true(
                text_addf(out, &err, " %u", digits->samples[digits->first[i] + s]));
        assert_true(text_add(out, "\n", &err));
    }
}

static void event_print(const struct date_event *event, struct sadc_digits *digits,
                        struct bytes *out)
{
    struct faults faults = {.sum_differs = 0};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    sadc_digits_clear(digits);
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) == LOOKUP_FOUND) {
        assert_true(block.spill_good);
        assert_false(slink_block_flagged(&block));
        if (source_is_sadc(block.source))
            assert_true(sadc_decode(&block, digits, &faults));
    }
    assert_int_equal(found, LOOKUP_ABSENT);
    digits_print(&event->header, digits, out);
}

/* All SADC digits of a file as truth lines. */
static void file_print(const struct bytes *file, struct bytes *out)
{
    struct walk_result result;
    struct err err;
    struct sadc_digits digits;
    sadc_digits_init(&digits);
    assert_true(made_walk_run(file->data, file->size, 0, &result, &err));
    made_check_account(&result, file->data, file->size);
    assert_int_equal(result.chunk.damage_count, 0);
    for (size_t i = 0; i < result.segment_count; i++) {
        const struct segment *segment = &result.segments[i];
        struct date_reader reader;
        struct date_event event;
        struct date_gap gap;
        struct event_digest digest = {0};
        date_reader_start(&reader, file->data + segment->offset, (size_t)segment->length,
                          result.chunk.id.run, segment->spill);
        while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND) {
            event_digest_add(&digest, event.header.run, event.header.spill,
                             event.header.event, event.header.type);
            event_print(&event, &digits, out);
        }
        assert_int_equal(gap.length, 0);
        assert_true(event_digest_equal(&digest, &segment->digest));
    }
    walk_result_release(&result);
    sadc_digits_release(&digits);
}

/* Both have only lines that begin with SADC, in the order of the file. */
static size_t lines_compare(const struct bytes *expected, const struct bytes *found)
{
    size_t lines = 0;
    if (expected->size != found->size ||
        memcmp(expected->data, found->data, found->size) != 0) {
        size_t at = 0, start = 0;
        while (at < expected->size && at < found->size &&
               expected->data[at] == found->data[at])
            if (expected->data[at++] == '\n')
                start = at;
        fail_msg("digits differ:\nexpected %.120s\nfound    %.120s",
                 (const char *)expected->data + start, (const char *)found->data + start);
    }
    for (size_t i = 0; i < found->size; i++)
        lines += found->data[i] == '\n';
    return lines;
}

static void golden_file_is_read(const char *name, size_t digits)
{
    struct bytes file, truth, found;
    struct err err;
    char path[256];
    bytes_init(&file, FILE_LIMIT);
    bytes_init(&truth, FILE_LIMIT);
    bytes_init(&found, FILE_LIMIT);
    (void)snprintf(path, sizeof path, "tests/golden/raw/1/%s.dat", name);
    assert_true(disk_read_file(path, &file, &err));
    (void)snprintf(path, sizeof path, "tests/golden/raw/1/%s.digits", name);
    assert_true(disk_read_file(path, &truth, &err));
    file_print(&file, &found);
    assert_int_equal(lines_compare(&truth, &found), digits);
    bytes_release(&file);
    bytes_release(&truth);
    bytes_release(&found);
}

static void golden_files_have_their_digits(void **state)
{
    (void)state;
    golden_file_is_read("super", 24);
    golden_file_is_read("flat", 24);
    golden_file_is_read("multiplexer", 24);
    golden_file_is_read("head72", 24);
}

/* The lines of a gzip file that begin with SADC. */
static void truth_read(const char *path, struct bytes *truth)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
    assert_int_equal(posix_spawn_file_actions_addclose(&actions, ends[0]), 0);
    assert_int_equal(posix_spawn_file_actions_addclose(&actions, ends[1]), 0);
    char *arguments[] = {mem_text("gzip"), mem_text("-dc"), mem_text(path), NULL};
    pid_t child;
    assert_int_equal(posix_spawnp(&child, "gzip", &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    FILE *stream = fdopen(ends[0], "r");
    assert_non_null(stream);
    char *line = NULL;
    size_t room = 0;
    struct err err;
    while (getline(&line, &room, stream) > 0)
        if (strncmp(line, "SADC ", 5) == 0)
            assert_true(text_add(truth, line, &err));
    free(line);
    assert_int_equal(fclose(stream), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (size_t i = 0; i < 3; i++)
        free(arguments[i]);
}

static void every_digit_of_the_large_sample_is_right(void **state)
{
    (void)state;
    const char *root = getenv("SPILLWAY_TEST_DATA");
    char path[512];
    struct bytes file, truth, found;
    struct err err;
    root = root == NULL ? "../shared/data" : root;
    (void)snprintf(path, sizeof path, "%s/raw/sample-009000.dat", root);
    if (!disk_exists(path)) {
        print_message("%s is absent\n", path);
        skip();
    }
    bytes_init(&file, FILE_LIMIT);
    bytes_init(&truth, FILE_LIMIT);
    bytes_init(&found, FILE_LIMIT);
    assert_true(disk_read_file(path, &file, &err));
    (void)snprintf(path, sizeof path, "%s/raw/truth.txt.gz", root);
    truth_read(path, &truth);
    file_print(&file, &found);
    assert_int_equal(lines_compare(&truth, &found), 10240);
    bytes_release(&file);
    bytes_release(&truth);
    bytes_release(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_have_their_digits),
        cmocka_unit_test(every_digit_of_the_large_sample_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
