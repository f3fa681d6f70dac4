/* deflate.c - the only door to libdeflate: gzip, and the adler32 of digest.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/deflate.h"

#include <libdeflate.h>

#include "base/adler_wide.h"
#include "base/cpu.h"
#include "base/digest.h"

/* Of 12: JSON of conditions becomes an eighteenth of its size; the next levels take twice
 * as long for a twentieth less. */
#define GZIP_LEVEL 6

bool deflate_gzip(const void *data, size_t size, struct bytes *out, struct err *err)
{
    uint8_t *place = NULL;
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
    if (compressor == NULL)
        mem_exhausted("a compressor");
    bytes_clear(out);
    size_t bound = libdeflate_gzip_compress_bound(compressor, size);
    bool done = bytes_reserve(out, bound, &place, err);
    if (done) {
        out->size = libdeflate_gzip_compress(compressor, data, size, place, bound);
        bug_if(out->size == 0); /* the bound is a promise */
    }
    libdeflate_free_compressor(compressor);
    return done;
}

uint32_t adler32_add(uint32_t adler, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    if (size >= ADLER_BLOCK && cpu_vectors() == CPU_VECTORS_AVX512) {
        const size_t count = size / ADLER_BLOCK;
        adler = adler_wide(adler, bytes, count);
        bytes += count * ADLER_BLOCK;
        size %= ADLER_BLOCK;
    }
    return libdeflate_adler32(adler, bytes, size);
}
