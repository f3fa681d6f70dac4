/* ahead_test.c - pieces of any size come as they are in the file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/random.h"
#include "output/ahead.h"

struct file {
    int fd;
    uint8_t *data;
    size_t size;
};

static struct file file_make(size_t size)
{
    struct random random = {.state = size};
    struct file file = {
        .fd = memfd_create("ahead", 0), .data = malloc(size), .size = size};
    assert_true(file.fd >= 0);
    for (size_t i = 0; i < size; i++)
        file.data[i] = (uint8_t)random_next(&random);
    assert_int_equal(write(file.fd, file.data, size), size);
    return file;
}

static void file_release(struct file *file)
{
    (void)close(file->fd);
    free(file->data);
}

/* Asks for pieces from the start to the end, one behind another, some left out, some
 * over the one before. */
static void pieces_come(const struct file *file, size_t most, uint64_t seed)
{
    struct random random = {.state = seed};
    struct ahead ahead;
    struct err err;
    ahead_init(&ahead, file->fd, "file", file->size);
    for (size_t at = 0; at < file->size;) {
        const uint8_t *data;
        size_t size = 1 + (size_t)random_below(&random, most);
        size = size < file->size - at ? size : file->size - at;
        assert_true(ahead_at(&ahead, at, size, &data, &err));
        assert_memory_equal(data, file->data + at, size);
        switch (random_below(&random, 8)) {
        case 0:
            at += size / 2;
            break;
        case 1:
            at += size + (size_t)random_below(&random, 3 * AHEAD_PIECE);
            break;
        default:
            at += size;
        }
        at += size == 1 ? 1 : 0;
    }
    ahead_release(&ahead);
}

static void any_pieces_come_as_they_are(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 4095, 4096, 4097, 600001, 9000007};
    const size_t most[] = {64, 5000, 300000, 3000000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct file file = file_make(sizes[s]);
        for (size_t m = sizes[s] > 1000000 ? 1 : 0; m < sizeof most / sizeof *most; m++)
            pieces_come(&file, most[m], 10 * s + m);
        file_release(&file);
    }
}

static void a_file_that_became_shorter_is_named(void **state)
{
    (void)state;
    struct file file = file_make(100000);
    struct ahead ahead;
    struct err err;
    const uint8_t *data;
    assert_int_equal(ftruncate(file.fd, 50000), 0);
    ahead_init(&ahead, file.fd, "some.root", file.size);
    assert_false(ahead_at(&ahead, 100, 10, &data, &err));
    assert_int_equal(err.code, E_DISK_READ);
    assert_non_null(strstr(err.text, "some.root"));
    assert_false(ahead_at(&ahead, 100, 10, &data, &err)); /* nothing is made up */
    ahead_release(&ahead);
    file_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_pieces_come_as_they_are),
        cmocka_unit_test(a_file_that_became_shorter_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
