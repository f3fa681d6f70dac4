/* root_fuzz.c - any bytes as a ROOT file, or as a piece of one: refused or read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte says what the rest is. Pieces behind a checksum are given to their own
 * readers, which a changed file would not reach.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "coordinator/event_file.h"
#include "coordinator/plot_text.h"
#include "output/compress_read.h"
#include "output/rntuple_read_schema.h"
#include "output/root_check.h"
#include "output/root_read_histogram.h"

#define PATH     64
#define UNPACKED ((size_t)1 << 20)
#define TEXT     ((size_t)64 << 20)

enum piece { PIECE_FILE, PIECE_TH1, PIECE_TH2, PIECE_SCHEMA, PIECE_PACKED };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_make(const uint8_t *data, size_t size, char path[PATH])
{
    struct err err;
    int fd = memfd_create("root", MFD_CLOEXEC);
    (void)snprintf(path, PATH, "/proc/self/fd/%d", fd);
    if (fd < 0 || !disk_write(fd, path, data, size, &err))
        abort();
    return fd;
}

static void whole_file(const uint8_t *data, size_t size)
{
    struct err err;
    struct bytes lines;
    struct root_check check;
    struct event_file file;
    char path[PATH];
    int fd = file_make(data, size, path);
    bytes_init(&lines, (size_t)1 << 20);
    if (root_check_file(path, &check, &lines, &err))
        bug_if(check.keys > size || check.bytes != size);
    if (event_file_open(&file, path, &err)) {
        struct plot_range *ranges = mem_new(file.column_count + 1u, sizeof *ranges);
        (void)plot_ranges(&file, ranges, &err);
        free(ranges);
        event_file_close(&file);
    }
    bytes_release(&lines);
    (void)close(fd);
}

/* The payload of a key, as if it were all of the file. */
static void histogram(const uint8_t *data, size_t size, const char *class_name)
{
    struct err err;
    struct histogram_read read;
    char path[PATH];
    int fd = file_make(data, size, path);
    struct root_read file = {.fd = fd, .path = path, .size = size};
    struct root_read_key *key = mem_new(1, sizeof *key);
    key->size = key->object_size = (uint32_t)size;
    (void)snprintf(key->class_name, sizeof key->class_name, "%s", class_name);
    /* Its own name, behind the heads of its classes. */
    size_t at = class_name[2] == '1' ? 28 : 34;
    if (size > at && size - at > data[at])
        memcpy(key->name, data + at + 1, data[at]);
    if (histogram_read_key(&read, &file, key, &err)) {
        struct plot plot;
        struct bytes out;
        bytes_init(&out, TEXT);
        plot_of_histogram(&plot, &read);
        (void)plot_text(&plot, &out, &err);
        (void)plot_svg(&plot, &out, &err);
        plot_release(&plot);
        histogram_read_release(&read);
        bytes_release(&out);
    }
    free(key);
    (void)close(fd);
}

static void schema(const uint8_t *data, size_t size)
{
    struct err err;
    struct rntuple_schema read;
    if (!rntuple_schema_read(&read, cursor_over(data, size), "input", &err))
        return;
    for (uint32_t c = 0; c < read.column_count; c++)
        bug_if(read.columns[c].field >= read.field_count || read.columns[c].width == 0);
    rntuple_schema_release(&read);
}

static void packed(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    if (size < 4)
        return;
    size_t unpacked = le32_load(data) % UNPACKED;
    uint8_t *out = mem_new(unpacked + 1, 1);
    bool sizes = compress_sizes(data + 4, size - 4, unpacked, &why);
    bug_if(compress_unpack(data + 4, size - 4, out, unpacked, &why) && !sizes);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch ((enum piece)(data[0] % 5)) {
    case PIECE_FILE:
        whole_file(data + 1, size - 1);
        break;
    case PIECE_TH1:
        histogram(data + 1, size - 1, "TH1D");
        break;
    case PIECE_TH2:
        histogram(data + 1, size - 1, "TH2D");
        break;
    case PIECE_SCHEMA:
        schema(data + 1, size - 1);
        break;
    case PIECE_PACKED:
        packed(data + 1, size - 1);
        break;
    }
    return 0;
}
