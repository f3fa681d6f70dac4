/* columns_fuzz.c - any bytes as sealed columns: refused or read, never believed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The checksum at the end is made right first, so that what lies behind it is reached.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "output/columns_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Table and tail get their checksum; a page keeps what it has. */
static void seal(uint8_t *data, size_t size)
{
    if (size < COLUMNS_TAIL)
        return;
    const uint8_t *tail = data + size - COLUMNS_TAIL;
    uint64_t table = (uint64_t)le32_load(tail + 8) * COLUMNS_CLUSTER +
                     le32_load(tail + 24) + COLUMNS_TAIL;
    if (table <= size)
        le64_store(data + size - 8, xxh3_of(data + size - table, (size_t)table - 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reco_table table;
    static struct columns_reader reader;
    struct err err;
    if (table.capacity == 0) {
        reco_table_init(&table, RECO_CLUSTER);
        columns_reader_init(&reader);
    }
    uint8_t *copy = mem_new(size + 1, 1);
    struct sha256 key = {{0}};
    if (size > 0)
        memcpy(copy, data, size);
    seal(copy, size);
    if (size >= COLUMNS_TAIL)
        memcpy(key.bytes, copy + size - COLUMNS_TAIL + COLUMNS_KEY, SHA256_SIZE);
    int fd = memfd_create("columns", MFD_CLOEXEC);
    struct place place = {.length = size};
    bool good = fd >= 0 && disk_write(fd, "fuzz", copy, size, &err) &&
                columns_open(&reader, fd, "fuzz", &place, &key, &err);
    uint64_t rows = 0;
    do {
        good = good && columns_next(&reader, RECO_ALL_COLUMNS, &table, &err);
        rows += good ? table.rows : 0;
    } while (good && table.rows > 0);
    bug_if(good && rows != reader.rows);
    if (fd >= 0)
        (void)close(fd);
    free(copy);
    return 0;
}
