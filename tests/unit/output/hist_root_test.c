/* hist_root_test.c - a histogram has the bytes of a file that two readers accepted.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The golden file has the layout with 32-bit places, which we never write; so the
 * container around our payloads is built here. Its sha256 covers the class list too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/text.h"
#include "output/hist_root.h"
#include "output/root_classes.h"

#define FILE_NAME "g.root"
#define SMALL     8u /* bytes that a key with 32-bit places has less */

static struct hist *golden_hist(struct hist_set *set)
{
    struct err err;
    struct hist_form form = {.directory = "",
                             .name = "h",
                             .title = "t",
                             .x = {.title = "x", .bins = 4, .low = 0, .high = 4}};
    hist_set_init(set);
    struct hist *hist = hist_set_add(set, &form, &err);
    assert_non_null(hist);
    static const double values[] = {0.5, 1.25, 1.5, 1.75, 1.0, 2.0, 2.5, 3.0, 3.0, 3.0};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        hist_fill(hist, values[i], 0, 1);
    /* the moments of the golden file are free numbers */
    hist->sums.x = (hist_sum)(19.5 * hist->scale_x);
    hist->sums.xx = (hist_sum)(50.25 * hist->scale_x) * (hist_sum)hist->scale_x;
    return hist;
}

struct small_key {
    const char *class_name, *name, *title;
    uint32_t parent;
};

/* Puts a record with 32-bit places; gives where it starts. */
static uint32_t record_put(struct root_stream *file, const struct small_key *key,
                           const struct bytes *payload)
{
    uint32_t seek = (uint32_t)file->bytes.size;
    uint32_t length = root_key_length(key->class_name, key->name, key->title) - SMALL;
    root_put_u32(file, length + (uint32_t)payload->size);
    root_put_u16(file, 4);
    root_put_u32(file, (uint32_t)payload->size);
    root_put_u32(file, ROOT_DATE);
    root_put_u16(file, (uint16_t)length);
    root_put_u16(file, 1);
    root_put_u32(file, seek);
    root_put_u32(file, key->parent);
    root_put_text(file, key->class_name);
    root_put_text(file, key->name);
    root_put_text(file, key->title);
    root_put_bytes(file, payload->data, payload->size);
    return seek;
}

static void uuid_put(struct root_stream *stream)
{
    root_put_u16(stream, 1);
    for (uint8_t i = 0; i < 16; i++)
        root_put_u8(stream, i);
}

static void header_put(struct root_stream *file, const uint32_t numbers[11])
{
    root_put_bytes(file, "root", 4);
    for (int i = 0; i < 7; i++)
        root_put_u32(file, numbers[i]);
    root_put_u8(file, 4);
    for (int i = 7; i < 10; i++)
        root_put_u32(file, numbers[i]);
    uuid_put(file);
    while (file->bytes.size < 100)
        root_put_u8(file, 0);
}

static void top_put(struct root_stream *file, uint32_t list, uint32_t list_size)
{
    struct root_stream top;
    root_stream_init(&top, 0);
    root_put_text(&top, FILE_NAME);
    root_put_text(&top, "");
    root_put_u16(&top, 5);
    root_put_u32(&top, ROOT_DATE);
    root_put_u32(&top, ROOT_DATE);
    root_put_u32(&top, list_size);
    root_put_u32(&top, 48);
    root_put_u32(&top, 100);
    root_put_u32(&top, 0);
    root_put_u32(&top, list);
    uuid_put(&top);
    for (int i = 0; i < 12; i++)
        root_put_u8(&top, 0);
    struct small_key key = {"TFile", FILE_NAME, "", 0};
    record_put(file, &key, &top.bytes);
    root_stream_release(&top);
}

/* The golden file around one histogram. */
static void small_file(struct root_stream *file, const struct root_stream *object,
                       const struct root_stream *classes)
{
    uint32_t places[4] = {208, 208 + 35 + (uint32_t)object->bytes.size};
    places[2] = places[1] + 40 + 4 + 35;
    places[3] = places[2] + 64 + (uint32_t)classes->bytes.size;
    uint32_t end = places[3] + 50;
    const uint32_t numbers[11] = {63600, 100, end, places[3], 50,
                                  1,     48,  0,   places[2], places[3] - places[2]};
    root_stream_init(file, 0);
    header_put(file, numbers);
    top_put(file, places[1], 79);
    struct small_key key = {"TH1D", "h", "t", 100};
    assert_int_equal(record_put(file, &key, &object->bytes), places[0]);
    struct root_stream list;
    root_stream_init(&list, 0);
    root_put_u32(&list, 1);
    root_put_bytes(&list, file->bytes.data + places[0], 35);
    struct small_key top = {"TFile", FILE_NAME, "", 100};
    assert_int_equal(record_put(file, &top, &list.bytes), places[1]);
    struct small_key info = {"TList", "StreamerInfo", "Doubly linked list", 100};
    assert_int_equal(record_put(file, &info, &classes->bytes), places[2]);
    bytes_clear(&list.bytes);
    root_put_u16(&list, 1);
    root_put_u32(&list, end);
    root_put_u32(&list, 2000000000);
    assert_int_equal(record_put(file, &top, &list.bytes), places[3]);
    root_stream_release(&list);
}

static void histogram_and_class_list_make_the_golden_file(void **state)
{
    (void)state;
    struct hist_set set;
    struct root_stream object;
    struct root_stream classes;
    struct root_stream file;
    char hex[SHA256_HEX];
    const struct hist *hist = golden_hist(&set);
    root_stream_init(&object, root_key_length("TH1D", "h", "t") - SMALL);
    hist_root_put(&object, hist);
    root_stream_init(
        &classes, root_key_length("TList", "StreamerInfo", "Doubly linked list") - SMALL);
    root_classes_put(&classes, ROOT_SET_TH1);
    small_file(&file, &object, &classes);
    struct sha256 hash = sha256_of(file.bytes.data, file.bytes.size);
    sha256_to_hex(&hash, hex);
    assert_int_equal(file.bytes.size, 8748);
    assert_string_equal(
        hex, "c8b5d5089c50ee112149d0588f2ece158c181b9bf9274dbae1503ac55369d335");
    root_stream_release(&object);
    root_stream_release(&classes);
    root_stream_release(&file);
    hist_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_and_class_list_make_the_golden_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
