/* merge_test.c - merged files hold their inputs in order, byte for byte, or are not made.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/disk.h"
#include "output/columns.h"
#include "output/merge.h"
#include "output/reco_file.h"
#include "raw/writer.h"

#define INPUTS 4

static char store[] = "/tmp/spillway-merge-XXXXXX";

static const char *store_path(const char *name)
{
    static char paths[2][128];
    static int turn;
    turn = !turn;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", store, name);
    return paths[turn];
}

static int store_make(void **state)
{
    (void)state;
    return mkdtemp(store) == NULL;
}

static int store_remove(void **state)
{
    (void)state;
    (void)unlink(store_path("part-0"));
    (void)unlink(store_path("part-1"));
    (void)unlink(store_path("merged"));
    return rmdir(store);
}

static struct pack_item item_make(const char *stream, uint32_t i, char key[32])
{
    (void)snprintf(key, 32, "spillway-reco-1\nn=%u\n", i);
    struct pack_item item = {.key = sha256_of(key, strlen(key)),
                             .run = 9000,
                             .spill = i + 1,
                             .entries = i,
                             .key_text = (const uint8_t *)key,
                             .key_size = strlen(key)};
    (void)snprintf(item.stream, sizeof item.stream, "%s", stream);
    for (uint32_t e = 0; e < i; e++)
        event_digest_add(&item.events, 9000, i + 1, e, 7);
    return item;
}

/* Two parts with two records of one stream each. */
static void parts_make(const char *stream, const struct bytes payloads[INPUTS],
                       struct merge_input inputs[INPUTS])
{
    struct err err;
    for (uint32_t part = 0; part < 2; part++) {
        char name[16];
        int fd;
        uint64_t size;
        (void)snprintf(name, sizeof name, "part-%u", part);
        (void)unlink(store_path(name));
        assert_true(disk_create(store_path(name), &fd, &err));
        struct pack_writer writer;
        assert_true(pack_writer_start(&writer, fd, name, &err));
        for (uint32_t i = 2 * part; i < 2 * part + 2; i++) {
            char key[32];
            struct pack_item item = item_make(stream, i, key);
            inputs[i] = (struct merge_input){.run = 9000, .spill = i + 1};
            pack_begin(&writer);
            assert_true(pack_add(&writer, payloads[i].data, payloads[i].size, &err));
            assert_true(pack_end(&writer, &item, &inputs[i].product, &err));
            memcpy(inputs[i].product.place.file, name, sizeof name);
        }
        assert_true(pack_finish(&writer, &size, &err));
        pack_writer_release(&writer);
        assert_true(disk_close(fd, name, &err));
    }
}

static struct merge_request request_make(const char *stream,
                                         const struct merge_input *inputs)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/merged", store);
    (void)unlink(path);
    return (struct merge_request){.store = store,
                                  .stream = stream,
                                  .key = sha256_of(stream, strlen(stream)),
                                  .inputs = inputs,
                                  .input_count = INPUTS,
                                  .path = path};
}

static void texts_make(struct bytes payloads[INPUTS])
{
    static const char *const texts[INPUTS] = {"{\"a\":1}\n", "", "{\"b\":2}\n",
                                              "{\"c\":3}\n"};
    struct err err;
    for (int i = 0; i < INPUTS; i++) {
        bytes_init(&payloads[i], 1 << 22);
        assert_true(bytes_append(&payloads[i], texts[i], strlen(texts[i]), &err));
    }
}

static void payloads_release(struct bytes payloads[INPUTS])
{
    for (int i = 0; i < INPUTS; i++)
        bytes_release(&payloads[i]);
}

/* The merged file holds payload i at offset i, and has the hash that was told. */
static void merged_check(const struct merge_request *request,
                         const struct merge_result *result,
                         const struct bytes payloads[INPUTS])
{
    struct err err;
    struct bytes file;
    bytes_init(&file, 1 << 24);
    assert_true(disk_read_file(request->path, &file, &err));
    assert_int_equal(file.size, result->merged.place.length);
    struct sha256 hash = sha256_of(file.data, file.size);
    assert_true(sha256_equal(&hash, &result->merged.bytes_hash));
    struct event_digest sum = {0};
    for (int i = 0; i < INPUTS; i++) {
        assert_true(result->offsets[i] + payloads[i].size <= file.size);
        if (payloads[i].size > 0)
            assert_memory_equal(file.data + result->offsets[i], payloads[i].data,
                                payloads[i].size);
        event_digest_merge(&sum, &request->inputs[i].product.events);
    }
    assert_true(event_digest_equal(&sum, &result->merged.events));
    assert_int_equal(result->merged.entries, 0 + 1 + 2 + 3);
    assert_int_equal(result->blamed, UINT32_MAX);
    bytes_release(&file);
}

/* Sealed columns of i events, as payload i. */
static void columns_make(struct bytes payloads[INPUTS])
{
    struct err err;
    struct reco_table table;
    struct columns_writer columns;
    reco_table_init(&table, RECO_CLUSTER);
    columns_writer_init(&columns);
    for (uint32_t i = 0; i < INPUTS; i++) {
        char key[32];
        struct pack_item item = item_make("reco", i, key);
        struct pack_writer pack;
        struct product product;
        int fd;
        (void)unlink(store_path("part-0"));
        assert_true(disk_create(store_path("part-0"), &fd, &err));
        assert_true(pack_writer_start(&pack, fd, "part", &err));
        pack_begin(&pack);
        columns_start(&columns, &pack);
        table.rows = 0;
        for (uint32_t e = 0; e < i; e++) {
            uint32_t row = reco_table_add(&table);
            *reco_u32(&table, RECO_SPILL, row) = i + 1;
            *reco_u32(&table, RECO_EVENT, row) = e;
            reco_f32(&table, RECO_ECAL_ENE, row)[71] = (float)e;
        }
        struct bytes account = {.data = (uint8_t *)key, .size = 4};
        uint64_t size;
        assert_true(columns_put(&columns, &table, &err));
        assert_true(columns_end(&columns, &item.key, &account, &err));
        assert_true(pack_end(&pack, &item, &product, &err));
        assert_true(pack_finish(&pack, &size, &err));
        pack_writer_release(&pack);
        assert_true(disk_close(fd, "part", &err));
        bytes_init(&payloads[i], 1 << 22);
        struct bytes file;
        bytes_init(&file, 1 << 22);
        assert_true(disk_read_file(store_path("part-0"), &file, &err));
        assert_true(bytes_append(&payloads[i], file.data + product.place.offset,
                                 product.place.length, &err));
        bytes_release(&file);
    }
    columns_writer_release(&columns);
    reco_table_release(&table);
}

static void reco_records_keep_their_key_and_meta_texts(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    columns_make(payloads);
    parts_make("reco", payloads, inputs);
    struct merge_request request = request_make("reco", inputs);
    struct merge_result result = {.offsets = offsets};
    assert_true(merge_write(&request, &result, &err));
    merged_check(&request, &result, payloads);
    struct reco_file file;
    struct pack_entry entry;
    struct columns_reader reader;
    struct reco_table table;
    pack_entry_init(&entry);
    columns_reader_init(&reader);
    reco_table_init(&table, RECO_CLUSTER);
    assert_true(reco_file_open(&file, request.path, &err));
    for (uint32_t i = 0; i < INPUTS; i++) {
        assert_int_equal(reco_file_next(&file, &entry, &err), LOOKUP_FOUND);
        assert_true(sha256_equal(&entry.item.key, &inputs[i].product.key));
        assert_int_equal(entry.item.spill, i + 1);
        assert_int_equal(entry.place.offset, offsets[i]);
        assert_true(columns_open(&reader, file.fd, request.path, &entry.place,
                                 &entry.item.key, &err));
        assert_true(columns_next(&reader, reco_set(RECO_EVENT), &table, &err));
        assert_int_equal(table.rows, i);
        for (uint32_t e = 0; e < i; e++)
            assert_int_equal(*reco_u32(&table, RECO_EVENT, e), e);
    }
    assert_int_equal(reco_file_next(&file, &entry, &err), LOOKUP_ABSENT);
    reco_file_close(&file);
    reco_table_release(&table);
    columns_reader_release(&reader);
    pack_entry_release(&entry);
    payloads_release(payloads);
}

static void a_merged_file_is_verified_record_by_record(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    struct event_digest events;
    columns_make(payloads);
    parts_make("reco", payloads, inputs);
    struct merge_request request = request_make("reco", inputs);
    struct merge_result result = {.offsets = offsets};
    assert_true(merge_write(&request, &result, &err));
    assert_true(reco_file_verify(request.path, &events, &err));
    assert_true(event_digest_equal(&events, &result.merged.events));
    struct bytes file;
    bytes_init(&file, 1 << 24);
    assert_true(disk_read_file(request.path, &file, &err));
    file.data[offsets[2] + 40] ^= 1;
    assert_true(disk_write_durable(request.path, file.data, file.size, 0644, &err));
    assert_false(reco_file_verify(request.path, &events, &err));
    assert_non_null(strstr(err.text, "record of run 9000 spill 3"));
    bytes_release(&file);
    payloads_release(payloads);
}

static void merged_records_can_be_merged_again(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    columns_make(payloads);
    parts_make("reco", payloads, inputs);
    struct merge_request request = request_make("reco", inputs);
    struct merge_result first = {.offsets = offsets};
    assert_true(merge_write(&request, &first, &err));
    assert_int_equal(rename(request.path, store_path("part-0")), 0);
    for (int i = 0; i < INPUTS; i++) {
        memcpy(inputs[i].product.place.file, "part-0", 7);
        inputs[i].product.place.offset = offsets[i];
    }
    struct merge_result second = {.offsets = offsets};
    assert_true(merge_write(&request, &second, &err));
    assert_true(sha256_equal(&first.merged.bytes_hash, &second.merged.bytes_hash));
    payloads_release(payloads);
}

static void no_rows_and_no_inputs_make_a_file_too(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    columns_make(payloads);
    parts_make("reco", payloads, inputs);
    for (uint32_t count = 0; count < 2; count++) {
        struct merge_request request = request_make("reco", inputs);
        request.input_count = count; /* the first one has no rows */
        struct merge_result result = {.offsets = offsets};
        struct reco_file file;
        assert_true(merge_write(&request, &result, &err));
        assert_int_equal(result.merged.entries, 0);
        assert_true(reco_file_open(&file, request.path, &err));
        reco_file_close(&file);
    }
    payloads_release(payloads);
}

static void rows_that_are_not_the_events_of_the_record_are_refused(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    columns_make(payloads);
    struct bytes swapped = payloads[2];
    payloads[2] = payloads[3];
    payloads[3] = swapped;
    parts_make("reco", payloads, inputs);
    struct merge_request request = request_make("reco", inputs);
    struct merge_result result = {.offsets = offsets};
    assert_false(merge_write(&request, &result, &err));
    assert_int_equal(err.code, E_COLUMNS_FORMAT);
    assert_int_equal(result.blamed, 2);
    assert_non_null(strstr(err.text, "spill 3, part-1"));
    payloads_release(payloads);
}

static void a_damaged_page_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    columns_make(payloads);
    payloads[3].data[20] ^= 1;
    parts_make("reco", payloads, inputs);
    struct merge_request request = request_make("reco", inputs);
    struct merge_result result = {.offsets = offsets};
    assert_false(merge_write(&request, &result, &err));
    assert_int_equal(err.code, E_COLUMNS_FORMAT);
    assert_int_equal(result.blamed, 3);
    assert_false(disk_exists(request.path));
    payloads_release(payloads);
}

/* Merging fails, blames the first input of a wrong part and leaves nothing behind. */
static void part_is_refused(const struct merge_input *inputs, const char *stream,
                            uint32_t blamed, const char *name)
{
    struct err err;
    uint64_t offsets[INPUTS];
    struct merge_request request = request_make(stream, inputs);
    struct merge_result result = {.offsets = offsets};
    assert_false(merge_write(&request, &result, &err));
    assert_int_equal(result.blamed, blamed);
    if (strstr(err.text, name) == NULL)
        fail_msg("%s: no %s in it", err.text, name);
    assert_false(disk_exists(request.path));
}

static void a_truncated_or_swapped_part_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const streams[] = {"reco", "summary"};
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        struct bytes payloads[INPUTS];
        struct merge_input inputs[INPUTS];
        if (i == 0)
            columns_make(payloads);
        else
            texts_make(payloads);
        parts_make(streams[i], payloads, inputs);
        const struct place *last = &inputs[INPUTS - 1].product.place;
        assert_int_equal(
            truncate(store_path("part-1"), (off_t)(last->offset + last->length) - 1), 0);
        part_is_refused(inputs, streams[i], INPUTS - 1, "spill 4, part-1");
        parts_make(streams[i], payloads, inputs);
        assert_int_equal(rename(store_path("part-0"), store_path("swap")), 0);
        assert_int_equal(rename(store_path("part-1"), store_path("part-0")), 0);
        assert_int_equal(rename(store_path("swap"), store_path("part-1")), 0);
        part_is_refused(inputs, streams[i], 0, "spill 1, part-0");
        payloads_release(payloads);
    }
}

static void summaries_are_concatenated(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    texts_make(payloads);
    parts_make("summary", payloads, inputs);
    struct merge_request request = request_make("summary", inputs);
    struct merge_result result = {.offsets = offsets};
    assert_true(merge_write(&request, &result, &err));
    merged_check(&request, &result, payloads);
    static const char all[] = "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n";
    struct sha256 hash = sha256_of(all, sizeof all - 1);
    assert_true(sha256_equal(&hash, &result.merged.bytes_hash));
    payloads_release(payloads);
}

static void event_add(struct raw_writer *writer, uint32_t type, uint32_t event)
{
    struct err err;
    struct raw_event_spec spec = {
        .header = {.type = type, .run = 9000, .spill = 1, .event = event}, .flat = true};
    assert_true(raw_event_begin(writer, &spec, &err));
    uint32_t word = event;
    struct raw_block_spec block = {.source = 616, .words = &word, .count = 1};
    assert_true(raw_block(writer, &block, &err));
    raw_event_end(writer);
}

/* Types of the events of each payload; the digits of a number read from the left. */
static void events_make(struct bytes payloads[INPUTS], const char *const types[INPUTS])
{
    struct err err;
    for (int i = 0; i < INPUTS; i++) {
        struct raw_writer writer;
        raw_writer_init(&writer, 1 << 20);
        for (const char *c = types[i]; *c != 0; c++)
            event_add(&writer, (uint32_t)(*c - '0'), (uint32_t)(c - types[i]) + 1);
        bytes_init(&payloads[i], 1 << 22);
        assert_true(bytes_append(&payloads[i], writer.out.data, writer.out.size, &err));
        raw_writer_release(&writer);
    }
}

/* The types of the events of the merged file, as digits. */
static void types_read(const char *path, char *types)
{
    struct err err;
    struct bytes file;
    bytes_init(&file, 1 << 22);
    assert_true(disk_read_file(path, &file, &err));
    size_t at = 0;
    while (at < file.size) {
        struct date_header header;
        assert_true(date_header_read(file.data + at, file.size - at, &header, &err));
        *types++ = (char)('0' + header.type);
        at += header.size;
    }
    *types = 0;
    assert_int_equal(at, file.size);
    bytes_release(&file);
}

static void raw_skims_start_with_the_start_records_of_the_run(void **state)
{
    (void)state;

    static const struct {
        const char *types[INPUTS];
        uint32_t first; /* inputs before it are the prologue only */
        const char *merged;
    } rows[] = {
        {{"135776", "", "577", "5"}, 2, "135775"}, /* the first one has none */
        {{"135776", "", "577", "5"}, 0, "1357765775"},
        {{"135776", "", "577", "5"}, 1, "135775"}, /* first with bytes counts */
        {{"577", "", "577", "5"}, 2, "5775"},      /* no start records anywhere */
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct err err;
        struct bytes payloads[INPUTS];
        struct merge_input inputs[INPUTS];
        uint64_t offsets[INPUTS];
        char types[64];
        events_make(payloads, rows[r].types);
        parts_make("skim.random", payloads, inputs);
        struct merge_request request = request_make("skim.random", inputs);
        request.inputs = inputs + rows[r].first;
        request.input_count = INPUTS - rows[r].first;
        request.prologue = inputs;
        request.prologue_count = 1;
        struct merge_result result = {.offsets = offsets};
        assert_true(merge_write(&request, &result, &err));
        types_read(request.path, types);
        assert_string_equal(types, rows[r].merged);
        payloads_release(payloads);
    }
}

static void a_wrong_input_is_named_and_nothing_is_left_behind(void **state)
{
    (void)state;
    for (int fault = 0; fault < 7; fault++) {
        struct err err;
        struct bytes payloads[INPUTS];
        struct merge_input inputs[INPUTS];
        uint64_t offsets[INPUTS];
        columns_make(payloads);
        parts_make("reco", payloads, inputs);
        struct product *bad = &inputs[2].product;
        if (fault == 0)
            bad->bytes_hash.bytes[0] ^= 1;
        else if (fault == 1)
            bad->key.bytes[0] ^= 1;
        else if (fault == 2)
            (void)snprintf(bad->place.file, sizeof bad->place.file, "absent");
        else if (fault == 3)
            (void)snprintf(bad->place.file, sizeof bad->place.file, "a/../../part-1");
        else if (fault == 4)
            (void)snprintf(bad->stream, sizeof bad->stream, "summary");
        else if (fault == 5)
            bad->place.length++;
        else
            bad->events.low ^= 1;
        struct merge_request request = request_make("reco", inputs);
        struct merge_result result = {.offsets = offsets};
        assert_false(merge_write(&request, &result, &err));
        assert_int_equal(result.blamed, 2);
        if (strstr(err.text, "input 2 ") == NULL)
            fail_msg("fault %d: %s", fault, err.text);
        assert_false(disk_exists(request.path));
        payloads_release(payloads);
    }
}

static void disk_errors_leave_no_file_and_blame_nobody(void **state)
{
    (void)state;
    struct err err;
    struct bytes payloads[INPUTS];
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    columns_make(payloads);
    parts_make("reco", payloads, inputs);
    struct merge_request request = request_make("reco", inputs);
    struct merge_result result = {.offsets = offsets};
    long step = 1;
    for (;; step++) {
        disk_fail_after(step, 28);
        bool done = merge_write(&request, &result, &err);
        disk_fail_after(0, 0);
        if (done)
            break;
        assert_int_equal(err.code, E_DISK_FULL);
        assert_int_equal(result.blamed, UINT32_MAX);
        assert_false(disk_exists(request.path));
    }
    assert_true(step > 4); /* create, write, sync, sync of the folder */
    payloads_release(payloads);
}

static void an_unknown_stream_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct merge_request request = request_make("page", NULL);
    request.input_count = 0;
    struct merge_result result = {0};
    assert_false(merge_write(&request, &result, &err));
    assert_int_equal(err.code, E_MERGE_INPUT);
    assert_false(disk_exists(request.path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reco_records_keep_their_key_and_meta_texts),
        cmocka_unit_test(a_merged_file_is_verified_record_by_record),
        cmocka_unit_test(merged_records_can_be_merged_again),
        cmocka_unit_test(no_rows_and_no_inputs_make_a_file_too),
        cmocka_unit_test(rows_that_are_not_the_events_of_the_record_are_refused),
        cmocka_unit_test(a_damaged_page_is_refused),
        cmocka_unit_test(a_truncated_or_swapped_part_is_refused_by_name),
        cmocka_unit_test(summaries_are_concatenated),
        cmocka_unit_test(raw_skims_start_with_the_start_records_of_the_run),
        cmocka_unit_test(a_wrong_input_is_named_and_nothing_is_left_behind),
        cmocka_unit_test(disk_errors_leave_no_file_and_blame_nobody),
        cmocka_unit_test(an_unknown_stream_is_refused),
    };
    return cmocka_run_group_tests(tests, store_make, store_remove);
}
