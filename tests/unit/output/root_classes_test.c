/* root_classes_test.c - the class list completes a file that two readers accepted.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The golden file was written by another program, in the layout with 32-bit places, and
 * leaves the class list out: its sha256 holds only if ours is the same.
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
#include "output/root_classes.h"

#define SMALL_HEAD 26u /* of a key before its texts */

/* Lines "offset hex" of a golden file into `data`. */
static void golden_read(const char *path, uint8_t *data, size_t size)
{
    struct err err;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char line[128];
    while (fgets(line, sizeof line, file) != NULL) {
        char *hex;
        size_t offset = strtoul(line, &hex, 10);
        hex += strspn(hex, " ");
        size_t length = strcspn(hex, "\n");
        hex[length] = 0;
        assert_true(offset + length / 2 <= size);
        assert_true(text_from_hex(hex, data + offset, length / 2, &err));
    }
    (void)fclose(file);
}

static void classes_record(struct root_stream *record, uint32_t seek, uint64_t set)
{
    struct err err;
    uint32_t length =
        SMALL_HEAD + (uint32_t)(root_text_size("TList") + root_text_size("StreamerInfo") +
                                root_text_size("Doubly linked list"));
    struct root_stream payload;
    root_stream_init(&payload, length);
    root_classes_put(&payload, set);
    assert_true(root_stream_check(&payload, &err));
    root_stream_init(record, 0);
    root_put_u32(record, length + (uint32_t)payload.bytes.size);
    root_put_u16(record, 4);
    root_put_u32(record, (uint32_t)payload.bytes.size);
    root_put_u32(record, 0x7D800000);
    root_put_u16(record, (uint16_t)length);
    root_put_u16(record, 1);
    root_put_u32(record, seek);
    root_put_u32(record, 100);
    root_put_text(record, "TList");
    root_put_text(record, "StreamerInfo");
    root_put_text(record, "Doubly linked list");
    root_put_bytes(record, payload.bytes.data, payload.bytes.size);
    assert_true(root_stream_check(record, &err));
    root_stream_release(&payload);
}

static void class_list_of_an_ntuple_completes_the_golden_file(void **state)
{
    (void)state;
    uint8_t data[3056] = {0};
    char hex[SHA256_HEX];
    struct root_stream record;
    golden_read("tests/golden/root/b1.txt", data, sizeof data);
    classes_record(&record, 1688, ROOT_SET_NTUPLE);
    assert_int_equal(record.bytes.size, 1318);
    memcpy(data + 1688, record.bytes.data, record.bytes.size);
    struct sha256 hash = sha256_of(data, sizeof data);
    sha256_to_hex(&hash, hex);
    assert_string_equal(
        hex, "927ba3faf11b94e29d9a04de54d596766da606c97d4ed205a5a411d56f6fa2cb");
    root_stream_release(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(class_list_of_an_ntuple_completes_the_golden_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
