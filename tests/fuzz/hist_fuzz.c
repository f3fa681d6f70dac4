/* hist_fuzz.c - any bytes as histograms: refused, or the same bytes come back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "output/hist_bytes.h"

/* The checksum is put behind the bytes, so that all else is tried. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    struct hist_set set;
    struct bytes in, out;
    uint8_t sum[8];
    hist_set_init(&set);
    bytes_init(&in, HIST_BYTES_LIMIT);
    bytes_init(&out, HIST_BYTES_LIMIT);
    le64_store(sum, xxh3_of(data, size));
    if (bytes_append(&in, data, size, &err) && bytes_append(&in, sum, 8, &err) &&
        hist_read(in.data, in.size, "fuzz", &set, &err))
        if (!hist_write(&set, &out, &err) || out.size != in.size ||
            memcmp(out.data, in.data, in.size) != 0)
            abort();
    bytes_release(&in);
    bytes_release(&out);
    hist_set_release(&set);
    return 0;
}
