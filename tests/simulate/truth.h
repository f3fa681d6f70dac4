/* truth.h - truth.txt: what really happened, one line an event.
 * SPDX-License-Identifier: Apache-2.0
 *
 * run spill event type kind trigger phase_ns ecal0 ecal1 hcal0 hcal1 hcal2 hcal3 veto0
 * veto1 veto2 srd0 srd1 srd2 pileup_ns bad: ECAL and HCAL in GeV, VETO and SRD in MeV;
 * pileup_ns "-" without a second particle; bad 1 when the HCAL was not read out.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_TRUTH_H
#define SPILLWAY_TESTS_SIMULATE_TRUTH_H

#include "tests/simulate/event.h"
#include "tests/simulate/sink.h"

bool truth_head(struct sink *sink, struct err *err);

/* `type` is the DATE type. */
bool truth_add(struct sink *sink, const struct sim_event *event, uint32_t type, bool bad,
               struct err *err);

#endif
