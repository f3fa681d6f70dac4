/* pack_fuzz.c - any bytes as a pack: refused or read, never believed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "output/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    char path[64];
    int fd = memfd_create("pack", MFD_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0 || !disk_write(fd, path, data, size, &err))
        return 0;
    struct pack_reader reader;
    if (pack_reader_open(&reader, path, &err)) {
        struct pack_entry entry;
        pack_entry_init(&entry);
        for (uint64_t i = 0; i < reader.records; i++) {
            if (!pack_read(&reader, i, &entry, &err))
                continue;
            bug_if(entry.item.key_size > size || entry.place.length > size);
        }
        pack_entry_release(&entry);
        pack_reader_close(&reader);
    }
    struct pack_report report;
    if (pack_verify(path, &report, &err))
        bug_if(report.payload_bytes > size);
    (void)close(fd);
    return 0;
}
