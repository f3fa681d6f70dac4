/* again.c - when a pilot that got nothing asks again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/again.h"

uint32_t again_ms(uint32_t pilots, uint64_t pilot, int64_t lease_ns)
{
    uint64_t mean = (uint64_t)pilots * 1000 / AGAIN_CALLS;
    uint64_t most = lease_ns > 0 ? (uint64_t)lease_ns / 4000000 : 0;
    uint64_t part = (pilot * 0x9e3779b97f4a7c15u) >> 48; /* of 2^16 */
    uint64_t own = mean * 3 / 4 + mean * part / 2 / 65536;
    if (own > most)
        own = most;
    return own < AGAIN_LEAST ? AGAIN_LEAST : (uint32_t)own;
}
