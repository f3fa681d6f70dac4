/* root_stream_test.c - streamed bytes are those of files that two readers accepted.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "output/root_file.h"
#include "output/root_stream.h"

/* The stream so far as hexadecimal text; empties it. */
static void expect(struct root_stream *stream, const char *hex)
{
    struct err err;
    struct bytes text;
    const char *found;
    assert_true(root_stream_check(stream, &err));
    bytes_init(&text, 1 << 16);
    assert_true(text_add_hex(&text, stream->bytes.data, stream->bytes.size, &err));
    assert_true(text_terminate(&text, &found, &err));
    assert_string_equal(found, hex);
    bytes_release(&text);
    bytes_clear(&stream->bytes);
}

static void attributes_have_the_bytes_of_the_golden_file(void **state)
{
    (void)state;
    struct root_stream stream;
    root_stream_init(&stream, 0);
    root_put_line(&stream);
    expect(&stream, "400000080002025a00010001");
    root_put_fill(&stream);
    expect(&stream, "400000060002000003e9");
    root_put_marker(&stream);
    expect(&stream, "4000000a0002000100013f800000");
    root_put_f32(&stream, 0.03F);
    expect(&stream, "3cf5c28f");
    root_put_f64(&stream, -1111.0);
    expect(&stream, "c0915c0000000000");
    root_put_named(&stream, "h", "t");
    expect(&stream, "40000010000100010000000003000000"
                    "01680174");
    root_stream_release(&stream);
}

static void tags_and_references_count_from_the_start_of_the_key(void **state)
{
    (void)state;
    struct root_stream stream;
    root_stream_init(&stream, 35);
    root_put_u32(&stream, 0);
    size_t first = root_object_open(&stream, "TLeafI");
    root_put_u8(&stream, 7);
    root_close(&stream, first);
    size_t second = root_object_open(&stream, "TLeafI");
    root_close(&stream, second);
    root_put_reference(&stream, first);
    /* the tag of the first is at 35 + 4 + 4, the pointer itself at 35 + 4; both + 2 */
    expect(&stream, "00000000"
                    "4000000c"
                    "ffffffff544c6561664900"
                    "07"
                    "40000004"
                    "8000002d"
                    "00000029");
    root_stream_release(&stream);
}

static void long_text_has_a_long_count(void **state)
{
    (void)state;
    struct root_stream stream;
    char text[256];
    memset(text, 'a', 255);
    text[255] = 0;
    root_stream_init(&stream, 0);
    root_put_text(&stream, text + 1);
    assert_int_equal(stream.bytes.size, 255);
    assert_int_equal(root_text_size(text + 1), 255);
    bytes_clear(&stream.bytes);
    root_put_text(&stream, text);
    assert_int_equal(stream.bytes.size, 260);
    assert_int_equal(root_text_size(text), 260);
    assert_int_equal(be32_load(stream.bytes.data + 1), 255);
    assert_int_equal(root_key_length("TList", "StreamerInfo", "Doubly linked list"), 72);
    root_stream_release(&stream);
}

static void first_failure_sticks(void **state)
{
    (void)state;
    struct err err;
    struct root_stream stream;
    root_stream_init(&stream, 0);
    stream.bytes.limit = 8;
    size_t start = root_open(&stream, 1);
    root_put_u64(&stream, 1);
    root_put_u8(&stream, 1);
    root_close(&stream, start);
    assert_false(root_stream_check(&stream, &err));
    assert_int_equal(err.code, E_LIMIT);
    assert_int_equal(stream.bytes.size, 6);
    root_stream_release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_have_the_bytes_of_the_golden_file),
        cmocka_unit_test(tags_and_references_count_from_the_start_of_the_key),
        cmocka_unit_test(long_text_has_a_long_count),
        cmocka_unit_test(first_failure_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
