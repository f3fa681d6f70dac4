/* compress_read.h - undoes ROOT's compression blocks; nothing in them is believed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A block: "ZS", method 1, packed size and unpacked size in three bytes each, little
 * endian, one zstd frame. Blocks follow one another until all is unpacked.
 */
#ifndef SPILLWAY_OUTPUT_COMPRESS_READ_H
#define SPILLWAY_OUTPUT_COMPRESS_READ_H

#include <stdbool.h>
#include <stddef.h>

/* Exactly `size` bytes out of exactly `stored_size`; false with the reason (static). */
bool compress_unpack(const void *stored, size_t stored_size, void *out, size_t size,
                     const char **why);

/* Do the heads of the blocks promise `size` bytes out of `stored_size`? Unpacks nothing.
 */
bool compress_sizes(const void *stored, size_t stored_size, size_t size,
                    const char **why);

#endif
