/* compress_read.c - undoes ROOT's compression blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/compress_read.h"

#include <stdint.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/bytes.h"

#define BLOCK_HEAD 9u

struct block {
    size_t packed, unpacked;
};

static uint32_t le24_load(const uint8_t *place)
{
    return (uint32_t)place[0] | (uint32_t)place[1] << 8 | (uint32_t)place[2] << 16;
}

/* The head at `stored`, whose block fits into what is left on both sides. */
static bool block_head(const uint8_t *stored, size_t stored_size, size_t size,
                       struct block *block, const char **why)
{
    *why = "a compression block is cut off";
    if (stored_size < BLOCK_HEAD)
        return false;
    *why = "compressed by a method that is not read here (zstd is)";
    if (stored[0] != 'Z' || stored[1] != 'S' || stored[2] != 1)
        return false;
    block->packed = le24_load(stored + 3);
    block->unpacked = le24_load(stored + 6);
    *why = "sizes of the compression blocks do not add up";
    return block->packed <= stored_size - BLOCK_HEAD && block->unpacked <= size &&
           block->unpacked > 0;
}

/* Over all blocks; unpacks when `out` is given. */
static bool blocks_walk(const uint8_t *stored, size_t stored_size, uint8_t *out,
                        size_t size, const char **why)
{
    while (size > 0) {
        struct block block;
        if (!block_head(stored, stored_size, size, &block, why))
            return false;
        if (out != NULL) {
            size_t got =
                ZSTD_decompress(out, block.unpacked, stored + BLOCK_HEAD, block.packed);
            if (ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation)
                mem_exhausted("zstd"); /* which says nothing of the block */
            *why = "a compression block is damaged";
            if (ZSTD_isError(got) != 0 || got != block.unpacked)
                return false;
            out += block.unpacked;
        }
        stored += BLOCK_HEAD + block.packed;
        stored_size -= BLOCK_HEAD + block.packed;
        size -= block.unpacked;
    }
    *why = "bytes behind the last compression block";
    return stored_size == 0;
}

bool compress_unpack(const void *stored, size_t stored_size, void *out, size_t size,
                     const char **why)
{
    return blocks_walk(stored, stored_size, out, size, why);
}

bool compress_sizes(const void *stored, size_t stored_size, size_t size, const char **why)
{
    return blocks_walk(stored, stored_size, NULL, size, why);
}
