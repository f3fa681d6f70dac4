/* sample_test.c - reference files: every digit as in their truth lists.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The large sample was read identically by the collaboration's parent decoder; it lies
 * outside the repository and is skipped visibly where it is absent. The small golden
 * files always count. Truth lines: "SADC run spill event source port channel sum
 * samples...", channel = 16 * adc + channel of the ADC; "APV run spill event source adc
 * chip channel samples..."; "F1 run spill event source id channel time".
 */
#include "raw/decode.h"
#include "tests/unit/raw/made.h"

#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/disk.h"
#include "base/text.h"

#define FILE_LIMIT ((size_t)64 << 20)

/* Which chip a source is: a matter of the map; here of the files. */
struct source_rule {
    uint16_t source;
    struct chip_rule rule;
};

static const struct source_rule rules[] = {
    {616, {.chip = CHIP_SADC}}, {619, {.chip = CHIP_SADC}}, {623, {.chip = CHIP_SADC}},
    {380, {.chip = CHIP_APV}},  {2, {.chip = CHIP_F1}},     {3, {.chip = CHIP_SCALER}},
};

/* The small files have an MSADC only, and other sources with words of no chip. */
#define RULES_SMALL 3
#define RULES_LARGE (sizeof rules / sizeof *rules)

static void sadc_print(const char *where, const struct sadc_digits *digits,
                       struct bytes *out)
{
    struct err err;
    for (uint32_t i = 0; i < digits->count; i++) {
        assert_true(text_addf(out, &err, "SADC %s %u %u %u %u", where, digits->source[i],
                              digits->port[i], digits->adc[i] * 16u + digits->channel[i],
                              digits->sum[i]));
        for (uint32_t s = 0; s < digits->sample_count[i]; s++)
            assert_true(
                text_addf(out, &err, " %u", digits->samples[digits->first[i] + s]));
        assert_true(text_add(out, "\n", &err));
    }
}

static void digits_print(const struct date_header *header, const struct digits *digits,
                         struct bytes *out)
{
    const struct apv_digits *apv = &digits->apv;
    const struct f1_digits *f1 = &digits->f1;
    struct err err;
    char where[64];
    (void)snprintf(where, sizeof where, "%u %u %u", header->run, header->spill,
                   header->event);
    sadc_print(where, &digits->sadc, out);
    for (uint32_t i = 0; i < apv->count; i++)
        assert_true(text_addf(out, &err, "APV %s %u %u %u %u %u %u %u\n", where,
                              apv->source[i], apv->adc[i], apv->chip[i], apv->channel[i],
                              apv->sample[0][i], apv->sample[1][i], apv->sample[2][i]));
    for (uint32_t i = 0; i < f1->count; i++)
        assert_true(text_addf(out, &err, "F1 %s %u %u %u %u\n", where, f1->source[i],
                              f1->geo[i], f1->channel[i], f1->time[i]));
}

static const struct chip_rule *rule_of(uint32_t source, size_t rule_count)
{
    static const struct chip_rule nobody = {.chip = CHIP_OPAQUE};
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].source == source)
            return &rules[i].rule;
    return &nobody;
}

static void event_take(const struct date_event *event, size_t rule_count,
                       struct digits *digits)
{
    struct faults faults = {.sum_differs = 0};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    digits_clear(digits);
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) == LOOKUP_FOUND) {
        assert_true(block.spill_good);
        assert_false(slink_block_flagged(&block));
        assert_true(
            digits_take(&block, rule_of(block.source, rule_count), digits, &faults));
    }
    assert_int_equal(found, LOOKUP_ABSENT);
    assert_int_equal(damage_counts_total(&faults.log.counts), 0);
}

static void block_write(struct raw_writer *writer, uint16_t source, uint8_t format,
                        struct bytes *packed)
{
    struct err err;
    const struct raw_block_spec spec = {
        .source = source, .format = format, .packed = packed};
    assert_true(raw_block(writer, &spec, &err));
    bytes_clear(packed);
}

/* The rows of an event are one source after the other. */
static uint32_t source_end(const uint16_t *source, uint32_t count, uint32_t row)
{
    uint32_t end = row;
    while (end < count && source[end] == source[row])
        end++;
    return end;
}

static void event_encode(const struct date_header *header, const struct digits *digits,
                         struct raw_writer *writer)
{
    const struct sadc_digits *sadc = &digits->sadc;
    struct raw_event_spec spec = {.header = *header};
    struct bytes packed;
    struct err err;
    bytes_init(&packed, FILE_LIMIT);
    assert_true(raw_event_begin(writer, &spec, &err));
    assert_true(raw_subevent_begin(writer, 1, &err));
    for (uint32_t row = 0, end; row < sadc->count; row = end) {
        end = source_end(sadc->source, sadc->count, row);
        assert_true(sadc_encode(sadc, row, end, header->event, &packed, &err));
        block_write(writer, sadc->source[row], 0, &packed);
    }
    assert_true(apv_encode(&digits->apv, 0, digits->apv.chip_count, header->event,
                           &packed, &err));
    block_write(writer, digits->apv.chip_source[0], 0, &packed);
    assert_true(
        f1_encode(&digits->f1, 0, digits->f1.count, header->event, &packed, &err));
    block_write(writer, digits->f1.source[0], digits->f1.format[0], &packed);
    assert_true(scaler_encode(&digits->scaler, 0, digits->scaler.count, header->event,
                              &packed, &err));
    block_write(writer, digits->scaler.source[0], SCALER_SLINK_FORMAT, &packed);
    raw_subevent_end(writer);
    raw_event_end(writer);
    bytes_release(&packed);
}

/* All digits of a file as truth lines; `again` gets its events encoded again. */
static void file_print(const struct bytes *file, size_t rule_count, struct bytes *out,
                       struct raw_writer *again)
{
    struct walk_result result;
    struct err err;
    struct digits digits;
    digits_init(&digits);
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
            event_take(&event, rule_count, &digits);
            digits_print(&event.header, &digits, out);
            if (again != NULL)
                event_encode(&event.header, &digits, again);
        }
        assert_int_equal(gap.length, 0);
        assert_true(event_digest_equal(&digest, &segment->digest));
    }
    walk_result_release(&result);
    digits_release(&digits);
}

/* Both in the order of the file. */
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
    file_print(&file, RULES_SMALL, &found, NULL);
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

/* The lines of a gzip file. */
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
        assert_true(text_add(truth, line, &err));
    free(line);
    assert_int_equal(fclose(stream), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (size_t i = 0; i < 3; i++)
        free(arguments[i]);
}

static bool large_sample(struct bytes *file, struct bytes *truth)
{
    const char *root = getenv("SPILLWAY_TEST_DATA");
    char path[512];
    struct err err;
    root = root == NULL ? "../shared/data" : root;
    (void)snprintf(path, sizeof path, "%s/raw/sample-009000.dat", root);
    if (!disk_exists(path)) {
        print_message("%s is absent\n", path);
        return false;
    }
    bytes_init(file, FILE_LIMIT);
    bytes_init(truth, FILE_LIMIT);
    assert_true(disk_read_file(path, file, &err));
    (void)snprintf(path, sizeof path, "%s/raw/truth.txt.gz", root);
    truth_read(path, truth);
    return true;
}

/* 10240 of MSADC, 5376 of APV, 640 of F1. */
static void every_digit_of_the_large_sample_is_right(void **state)
{
    (void)state;
    struct bytes file, truth, found;
    if (!large_sample(&file, &truth))
        skip();
    bytes_init(&found, FILE_LIMIT);
    file_print(&file, RULES_LARGE, &found, NULL);
    assert_int_equal(lines_compare(&truth, &found), 16256);
    bytes_release(&file);
    bytes_release(&truth);
    bytes_release(&found);
}

static void its_digits_are_the_same_after_encoding_again(void **state)
{
    (void)state;
    struct bytes file, truth, found;
    struct raw_writer writer;
    if (!large_sample(&file, &truth))
        skip();
    bytes_init(&found, FILE_LIMIT);
    raw_writer_init(&writer, FILE_LIMIT);
    file_print(&file, RULES_LARGE, &found, &writer);
    bytes_clear(&found);
    file_print(&writer.out, RULES_LARGE, &found, NULL);
    assert_int_equal(lines_compare(&truth, &found), 16256);
    raw_writer_release(&writer);
    bytes_release(&file);
    bytes_release(&truth);
    bytes_release(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_have_their_digits),
        cmocka_unit_test(every_digit_of_the_large_sample_is_right),
        cmocka_unit_test(its_digits_are_the_same_after_encoding_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
