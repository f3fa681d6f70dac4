/* adler_wide.h - adler32 with AVX-512. For adler32_add() of digest.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_BASE_ADLER_WIDE_H
#define SPILLWAY_BASE_ADLER_WIDE_H

#include <stddef.h>
#include <stdint.h>

#define ADLER_BLOCK 256u

/* Adds `count` blocks to a checksum. Only where cpu_vectors() is CPU_VECTORS_AVX512. */
uint32_t adler_wide(uint32_t adler, const uint8_t *data, size_t count);

#endif
