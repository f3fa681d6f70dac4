/* again.h - when a pilot that got nothing asks again.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All idle pilots together ask AGAIN_CALLS times a second at most, so work that turns up
 * is taken within some milliseconds whatever their number, and the tail of a campaign on
 * a large cluster costs the coordinator a few per cent of a core.
 */
#ifndef SPILLWAY_COORDINATOR_AGAIN_H
#define SPILLWAY_COORDINATOR_AGAIN_H

#include <stdint.h>

#define AGAIN_CALLS 500u
#define AGAIN_LEAST 100u /* ms, of one pilot */

/* In ms, for one of so many pilots; a quarter more or less by its number, so that they do
 * not keep step. Not longer than a quarter of the term of a lease. */
uint32_t again_ms(uint32_t pilots, uint64_t pilot, int64_t lease_ns);

#endif
