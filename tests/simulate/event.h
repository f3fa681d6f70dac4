/* event.h - one simulated event: what happened, before it is digitised.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_EVENT_H
#define SPILLWAY_TESTS_SIMULATE_EVENT_H

#include "tests/simulate/shower.h"

enum sim_kind {
    SIM_ELECTRON, /* a full shower */
    SIM_HADRON,   /* beam contamination: little radiation, shower mostly in HCAL */
    SIM_DIMUON,   /* gamma -> mu mu in ECAL: two muons behind it */
    SIM_NUCLEAR,  /* electron that gives a part to hadrons: ECAL + HCAL = beam */
    SIM_SIGNAL,   /* missing energy: 5 to 45 GeV in ECAL, nothing behind it */
    SIM_RANDOM,   /* random trigger: nothing but noise */
    SIM_LED,      /* calibration event */
    SIM_KINDS
};

/* Trigger bits. */
#define SIM_TRIGGER_PHYSICS 1u /* pre-shower above 0.3 GeV, ECAL below 85 GeV */
#define SIM_TRIGGER_BEAM    2u /* beam particle, prescaled */
#define SIM_TRIGGER_RANDOM  4u

struct sim_numbers {
    uint64_t seed;
    uint32_t run, spill, event;
};

struct sim_event {
    struct sim_numbers numbers;
    enum sim_kind kind;
    uint32_t trigger;
    double phase_ns; /* S0 at half height from the first sample: 110 to 138 */
    struct deposit deposit;
    bool pileup; /* a second electron, this much later */
    double pileup_ns;
    struct deposit second;
};

/* What is recorded; the kinds that are neither are event.c's table. */
struct sim_mixture {
    double signal_fraction;
    uint32_t beam_prescale; /* one in so many of the triggers that are SIM_TRIGGER_BEAM
                               alone is recorded, for others another event comes */
};

const char *sim_kind_name(enum sim_kind kind);

/* Event `numbers.event` of its spill; LED events are made for `led`. Every number of it
 * follows from the arguments. */
void sim_event_make(const struct sim_numbers *numbers, bool led,
                    const struct sim_mixture *mixture, struct sim_event *event);

#endif
