/* compress.h - data as ROOT stores them: blocks of one zstd frame, or as they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Before each frame stand nine bytes: "ZS", 1, then its size and the size of its content
 * as 24-bit little-endian numbers; so large data become several blocks. Level 1,
 * fixed parameters and a pinned library: the bytes are a function of the data.
 */
#ifndef SPILLWAY_OUTPUT_COMPRESS_H
#define SPILLWAY_OUTPUT_COMPRESS_H

#include "base/err.h"

#define COMPRESS_SETTING 501u /* in ROOT's files: 100 x algorithm + level */

/* What zstd keeps between calls; one for both ways. Opaque. */
struct compressor;

struct compressor *compressor_new(void);
void compressor_free(struct compressor *compressor);

/* Room that compress_data() needs. */
size_t compress_bound(size_t size);

/* Writes the blocks to `out` and gives their size; data that would not become smaller are
 * copied as they are, so a result of `size` means that. */
size_t compress_data(struct compressor *compressor, const void *data, size_t size,
                     void *out);

/* The same for data of which most repeat the eight bytes before them, as columns of zeros
 * do: other matches are not looked for, which takes two thirds of the time. Without
 * `literals` what is between the runs stays as it is, which takes half of that. Read by
 * the same function. */
size_t compress_runs(struct compressor *compressor, const void *data, size_t size,
                     bool literals, void *out);

/* The reverse: exactly `size` bytes to `out`, from `stored_size` bytes that are not
 * believed. E_COMPRESS_FORMAT. */
bool decompress_data(struct compressor *compressor, const void *stored,
                     size_t stored_size, void *out, size_t size, struct err *err);

#endif
