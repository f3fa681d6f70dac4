/* segment_order.h - identities of segments in their order.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_SEGMENT_ORDER_H
#define SPILLWAY_COORDINATOR_SEGMENT_ORDER_H

#include "model/segment.h"

/* order[0 .. count - 1] becomes the numbers 0 .. count - 1 by (chunk, ordinal) of their
 * segments, equal ones by number. `ids` is the first of `count` identities that stand
 * `stride` bytes apart. In O(count) for those of one run; runs that ascend, as in a plan,
 * are ordered one by one, with 32 bytes of memory for each segment of the largest. */
void segment_order(const struct segment_id *ids, size_t stride, uint32_t count,
                   uint32_t *order);

#endif
