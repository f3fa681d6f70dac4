/* hist_bytes.h - the histograms of a segment as bytes: payload of "hist", "flow".
 * SPDX-License-Identifier: Apache-2.0
 *
 *   "SPWYHIS1", u32 size of the description, the description, the contents, u64 XXH3 of
 *       all before
 *   description: u32 histograms; per histogram directory, name, title, x axis, y axis;
 *       axis: u32 bins, and if not 0: title, f64 low, f64 high, u8 1 and the labels or u8
 *       0; text: u16 length, bytes
 *   contents, per histogram: n entries, and if not 0: n cells that are not 0; for each, n
 *       cells since the one before (from -1) and n entries; unless x is a place, the sums
 *       x, xx, with a y axis y, yy, xy: 16 bytes each
 *
 * Numbers are little endian; n is LEB128 in its shortest form. One form for one value:
 * equal histograms are equal bytes.
 */
#ifndef SPILLWAY_OUTPUT_HIST_BYTES_H
#define SPILLWAY_OUTPUT_HIST_BYTES_H

#include "base/bytes.h"
#include "model/hist.h"

/* Cells and descriptions of a set of HIST_MEMORY fit. */
#define HIST_BYTES_LIMIT ((size_t)64 << 20)

bool hist_write(const struct hist_set *set, struct bytes *out, struct err *err);

/* Adds the histograms of a payload to a set: an empty set takes the description, another
 * one must have the same. Nothing in the payload is believed; `what` names it in
 * messages. E_HIST_FORMAT, E_LIMIT: a cell has no room. After a failure the set is
 * worthless. */
bool hist_read(const void *data, size_t size, const char *what, struct hist_set *set,
               struct err *err);

#endif
