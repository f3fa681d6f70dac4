/* sha256_nested.h - sha256 of a file and of the parts that it is made of, in one go.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the CPU has instructions for it both take turns on the same bytes, which costs
 * little more than one of them. The same numbers as sha256_of().
 */
#ifndef SPILLWAY_BASE_SHA256_NESTED_H
#define SPILLWAY_BASE_SHA256_NESTED_H

#include "base/digest.h"

/* Opaque. */
struct sha256_nested;

/* `vector` as cpu_has_sha(): the results are the same. */
struct sha256_nested *sha256_nested_new(bool vector);
void sha256_nested_free(struct sha256_nested *nested);

/* Bytes of the whole, and of the part that is open. */
void sha256_nested_add(struct sha256_nested *nested, const uint8_t *data, size_t size);

/* Of the open part, which ends here: the next one begins. */
struct sha256 sha256_nested_part(struct sha256_nested *nested);

/* Of all parts behind one another; the last call before the release. */
struct sha256 sha256_nested_whole(struct sha256_nested *nested);

#endif
