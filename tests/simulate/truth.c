/* truth.c - lines of truth.txt.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE 512

bool truth_head(struct sink *sink, struct err *err)
{
    static const char head[] =
        "# SYNTHETIC: made by spillway-simulate, no data of an experiment\n"
        "# run spill event type kind trigger phase_ns ecal0 ecal1 hcal0 hcal1 hcal2 "
        "hcal3 veto0 veto1 veto2 srd0 srd1 srd2 pileup_ns bad\n";
    return sink_add(sink, head, sizeof head - 1, err);
}

bool truth_add(struct sink *sink, const struct sim_event *event, uint32_t type, bool bad,
               struct err *err)
{
    const struct deposit *d = &event->deposit;
    const struct sim_numbers *n = &event->numbers;
    char line[LINE], delay[32] = "-";
    if (event->pileup)
        (void)snprintf(delay, sizeof delay, "%.2f", event->pileup_ns);
    int size = snprintf(
        line, sizeof line,
        "%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %s %" PRIu32
        " %.2f %.4f %.4f %.4f %.4f %.4f %.4f %.3f %.3f %.3f %.3f %.3f %.3f %s %d\n",
        n->run, n->spill, n->event, type, sim_kind_name(event->kind), event->trigger,
        event->phase_ns, shower_ecal_sum(d, 0), shower_ecal_sum(d, 1),
        shower_hcal_sum(d, 0), shower_hcal_sum(d, 1), shower_hcal_sum(d, 2),
        shower_hcal_sum(d, 3), 1e3 * d->veto[0], 1e3 * d->veto[1], 1e3 * d->veto[2],
        1e3 * d->srd[0], 1e3 * d->srd[1], 1e3 * d->srd[2], delay, bad);
    bug_if(size < 0 || (size_t)size >= sizeof line);
    return sink_add(sink, line, (size_t)size, err);
}
