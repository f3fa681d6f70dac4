/* hist_fuzz.c - any bytes as histograms: refused, or the same bytes come back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "output/hist_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    struct hist_set set;
    struct bytes out;
    hist_set_init(&set);
    bytes_init(&out, HIST_BYTES_LIMIT);
    if (hist_read(data, size, "fuzz", &set, &err)) {
        if (!hist_write(&set, &out, &err) || out.size != size ||
            memcmp(out.data, data, size) != 0)
            abort();
    }
    bytes_release(&out);
    hist_set_release(&set);
    return 0;
}
