/* deflate.h - bytes in the form that HTTP calls gzip.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_BASE_DEFLATE_H
#define SPILLWAY_BASE_DEFLATE_H

#include "base/bytes.h"

/* Replaces the content of `out`. Beyond its limit: E_LIMIT. */
bool deflate_gzip(const void *data, size_t size, struct bytes *out, struct err *err);

#endif
