/* reco_file_fuzz.c - any bytes as a merged reco file: refused or read, never believed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "output/columns.h"
#include "output/reco_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void records_read(const char *path)
{
    static struct columns_reader reader;
    static struct bytes pages;
    struct reco_file file;
    struct pack_entry entry;
    struct err err;
    if (reader.page.coded == NULL) {
        columns_reader_init(&reader);
        bytes_init(&pages, COLUMNS_PAGES);
    }
    if (!reco_file_open(&file, path, &err))
        return;
    pack_entry_init(&entry);
    while (reco_file_next(&file, &entry, &err) == LOOKUP_FOUND) {
        if (!columns_open(&reader, file.fd, path, &entry.place, &entry.item.key, &err))
            continue;
        while (columns_copy(&reader, &pages, &err) && pages.size > 0)
            ;
    }
    pack_entry_release(&entry);
    reco_file_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    char path[64];
    int fd = memfd_create("reco", MFD_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd >= 0 && disk_write(fd, "fuzz", data, size, &err))
        records_read(path);
    if (fd >= 0)
        (void)close(fd);
    return 0;
}
