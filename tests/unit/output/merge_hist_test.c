/* merge_hist_test.c - a merged file holds the sum and each input; order does not matter.
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
#include "output/hist_bytes.h"
#include "output/merge.h"
#include "output/pack.h"
#include "output/root_read.h"

#define INPUTS 3

static char store[] = "/tmp/spillway-hist-XXXXXX";

static const char *store_path(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", store, name);
    return path;
}

static int store_make(void **state)
{
    (void)state;
    return mkdtemp(store) == NULL;
}

static int store_remove(void **state)
{
    (void)state;
    (void)unlink(store_path("part"));
    (void)unlink(store_path("merged"));
    return rmdir(store);
}

static void payload_make(uint32_t number, const char *title, struct bytes *payload)
{
    struct err err;
    struct hist_set set;
    struct hist_form form = {"d", "h", title, {"x", 10, 0, 10, NULL}, {.bins = 0}};
    hist_set_init(&set);
    struct hist *hist = hist_set_add(&set, &form, &err);
    assert_non_null(hist);
    hist_fill(hist, 0.1 * (number + 1), 0, number + 1);
    bytes_init(payload, 1 << 16);
    assert_true(hist_write(&set, payload, &err));
    hist_set_release(&set);
}

/* A part with a payload an input; the last one has another title if asked for. */
static void part_make(struct merge_input inputs[INPUTS], const char *last_title)
{
    struct err err;
    int fd;
    uint64_t size;
    (void)unlink(store_path("part"));
    assert_true(disk_create(store_path("part"), &fd, &err));
    struct pack_writer writer;
    assert_true(pack_writer_start(&writer, fd, "part", &err));
    for (uint32_t i = 0; i < INPUTS; i++) {
        struct bytes payload;
        char key[32];
        (void)snprintf(key, sizeof key, "spillway-select-1\nn=%u\n", i);
        struct pack_item item = {.key = sha256_of(key, strlen(key)),
                                 .stream = "hist",
                                 .run = 9000,
                                 .spill = i + 1,
                                 .key_text = (const uint8_t *)key,
                                 .key_size = strlen(key)};
        inputs[i] = (struct merge_input){.run = 9000, .spill = i + 1};
        payload_make(i, i + 1 == INPUTS ? last_title : "t", &payload);
        pack_begin(&writer);
        assert_true(pack_add(&writer, payload.data, payload.size, &err));
        assert_true(pack_end(&writer, &item, &inputs[i].product, &err));
        memcpy(inputs[i].product.place.file, "part", 5);
        bytes_release(&payload);
    }
    assert_true(pack_finish(&writer, &size, &err));
    pack_writer_release(&writer);
    assert_true(disk_close(fd, "part", &err));
}

static bool merge(const struct merge_input inputs[INPUTS], struct merge_result *result,
                  struct err *err)
{
    struct merge_request request = {.store = store,
                                    .stream = "hist",
                                    .key = sha256_of("m", 1),
                                    .inputs = inputs,
                                    .input_count = INPUTS,
                                    .path = store_path("merged")};
    (void)unlink(request.path);
    return merge_write(&request, result, err);
}

/* The merged file's bytes; checks size and hash that were told. */
static void merged_read(const struct merge_result *result, struct bytes *file)
{
    struct err err;
    bytes_init(file, 1 << 20);
    assert_true(disk_read_file(store_path("merged"), file, &err));
    struct sha256 hash = sha256_of(file->data, file->size);
    assert_int_equal(file->size, result->merged.place.length);
    assert_true(sha256_equal(&hash, &result->merged.bytes_hash));
}

/* The sum in the merged file, as an object. */
static void sum_read(struct bytes *object)
{
    struct err err;
    struct root_read file;
    static struct root_read_key key;
    bytes_init(object, 1 << 20);
    assert_true(root_read_open(&file, store_path("merged"), &err));
    assert_int_equal(root_read_find(&file, "TH1D", "h", &key, &err), LOOKUP_FOUND);
    assert_true(key.size - key.header_size < key.object_size); /* compressed */
    assert_true(root_read_object(&file, &key, object, &err));
    root_read_close(&file);
}

static void sum_stands_beside_each_input(void **state)
{
    (void)state;
    struct err err;
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    struct merge_result result = {.offsets = offsets};
    struct bytes file;
    part_make(inputs, "t");
    assert_true(merge(inputs, &result, &err));
    merged_read(&result, &file);
    for (uint32_t i = 0; i < INPUTS; i++) {
        struct sha256 hash =
            sha256_of(file.data + offsets[i], inputs[i].product.place.length);
        assert_true(sha256_equal(&hash, &inputs[i].product.bytes_hash));
    }
    assert_memory_equal(file.data, "root", 4);
    assert_non_null(memmem(file.data, file.size, "provenance", 10));
    bytes_release(&file);
}

static void order_of_the_inputs_does_not_change_the_sum(void **state)
{
    (void)state;
    struct err err;
    struct merge_input inputs[INPUTS];
    struct merge_input turned[INPUTS];
    uint64_t offsets[INPUTS];
    struct merge_result result = {.offsets = offsets};
    struct bytes sums[2];
    part_make(inputs, "t");
    for (uint32_t i = 0; i < INPUTS; i++)
        turned[i] = inputs[INPUTS - 1 - i];
    assert_true(merge(inputs, &result, &err));
    sum_read(&sums[0]);
    assert_true(merge(turned, &result, &err));
    sum_read(&sums[1]);
    assert_int_equal(sums[0].size, sums[1].size);
    assert_memory_equal(sums[0].data, sums[1].data, sums[0].size);
    bytes_release(&sums[0]);
    bytes_release(&sums[1]);
}

static void input_with_other_histograms_is_blamed(void **state)
{
    (void)state;
    struct err err;
    struct merge_input inputs[INPUTS];
    uint64_t offsets[INPUTS];
    struct merge_result result = {.offsets = offsets};
    part_make(inputs, "another title");
    assert_false(merge(inputs, &result, &err));
    assert_int_equal(err.code, E_HIST_FORMAT);
    assert_int_equal(result.blamed, INPUTS - 1);
    assert_false(disk_exists(store_path("merged")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sum_stands_beside_each_input),
        cmocka_unit_test(order_of_the_inputs_does_not_change_the_sum),
        cmocka_unit_test(input_with_other_histograms_is_blamed),
    };
    return cmocka_run_group_tests(tests, store_make, store_remove);
}
