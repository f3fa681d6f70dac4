/* columns_fuzz.c - any bytes as a block of columns: refused or read, never believed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "output/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reco_table table;
    struct err err;
    if (table.capacity == 0)
        reco_table_init(&table, RECO_CLUSTER);
    int fd = memfd_create("columns", MFD_CLOEXEC);
    if (fd < 0 || !disk_write(fd, "fuzz", data, size, &err))
        return 0;
    struct columns_reader reader;
    struct place place = {.length = size};
    bool good = columns_open(&reader, fd, "fuzz", &place, &err);
    uint64_t rows = 0;
    do {
        good = good && columns_next(&reader, &table, &err);
        rows += good ? table.rows : 0;
    } while (good && table.rows > 0);
    bug_if(rows > size);
    (void)close(fd);
    return 0;
}
