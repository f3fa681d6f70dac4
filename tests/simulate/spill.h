/* spill.h - what belongs to a spill: beam count, LED drift, what goes wrong in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_SPILL_H
#define SPILLWAY_TESTS_SIMULATE_SPILL_H

#include "tests/simulate/layout.h"

/* Electrons on target: between 4.5 and 6.5 million. */
uint32_t spill_beam_count(uint64_t seed, uint32_t run, uint32_t spill);

/* Height of all pulses of a channel in this spill relative to the time when the gains
 * were made; 1 for detectors without LED. Drifts over some ten spills by a few percent.
 */
double spill_drift(uint64_t seed, uint32_t run, uint32_t spill,
                   const struct layout_channel *channel);

/* First event of the spill from which on the HCAL gives nothing; UINT32_MAX: all is
 * well. In every fourth run it is spill 2, from the middle of its events on. */
uint32_t spill_bad_from(uint32_t run, uint32_t spill, uint32_t events);

#endif
