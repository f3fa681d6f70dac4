/* event.c - kinds of events and their energies.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/event.h"

#include <math.h>
#include <string.h>

#include "base/fmath.h"
#include "tests/simulate/dice.h"

#define BEAM_GEV       100.0
#define BEAM_SPREAD    0.005
#define PHASE_FIRST_NS 110.0 /* S0 is flat over this range in data of 2022 */
#define PHASE_WIDTH_NS 28.0
#define PILEUP         0.06
#define PILEUP_FROM_NS (-70.0)
#define PILEUP_LONG_NS 200.0

/* Fractions of the beam events that are no signal; the rest are electrons. Ours: far more
 * of the rare kinds than in data, so that a small sample has some of each. */
static const struct {
    enum sim_kind kind;
    double fraction;
} shares[] = {
    {SIM_HADRON, 0.06}, {SIM_DIMUON, 0.06}, {SIM_NUCLEAR, 0.10}, {SIM_RANDOM, 0.03}};

const char *sim_kind_name(enum sim_kind kind)
{
    static const char *const names[SIM_KINDS] = {
        "electron", "hadron", "dimuon", "nuclear", "signal", "random", "led"};
    return names[kind];
}

static enum sim_kind kind_draw(double signal_fraction, struct random *random)
{
    if (random_unit(random) < signal_fraction)
        return SIM_SIGNAL;
    double left = random_unit(random);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        left -= shares[i].fraction;
        if (left < 0)
            return shares[i].kind;
    }
    return SIM_ELECTRON;
}

static void hadron_make(struct deposit *deposit, double beam, struct random *random)
{
    double early = random_unit(random) < 0.3 ? 0.1 + 0.5 * random_unit(random) : 0.01;
    shower_electron(deposit, beam * early, random);
    shower_hadron(deposit, beam * (1 - early), 0, random);
    if (random_unit(random) < 0.01) /* a knock-on electron */
        shower_radiation(deposit, random);
    for (int plate = 0; plate < SHOWER_PLATES; plate++)
        deposit->veto[plate] += 3.4e-3 - 2e-3 * fmath_log(1 - random_unit(random));
}

static void energies_make(struct sim_event *event, double beam, struct random *random)
{
    struct deposit *deposit = &event->deposit;
    double part;
    switch (event->kind) {
    case SIM_ELECTRON:
        shower_electron(deposit, beam, random);
        break;
    case SIM_HADRON:
        hadron_make(deposit, beam, random);
        break;
    case SIM_DIMUON:
        part = 5 + 53 * sqrt(random_unit(random));
        shower_electron(deposit, part, random);
        shower_muons(deposit, 2, random);
        break;
    case SIM_NUCLEAR:
        part = 5 * fmath_exp(random_unit(random) * 2.5); /* 5 to 61 GeV, as 1 / E */
        shower_electron(deposit, beam - part, random);
        shower_hadron(deposit, part, 0, random);
        break;
    case SIM_SIGNAL:
        shower_electron(deposit, 5 + 40 * random_unit(random), random);
        break;
    case SIM_RANDOM:
    case SIM_LED:
    case SIM_KINDS:
        break;
    }
}

static uint32_t trigger_of(const struct sim_event *event)
{
    if (event->kind == SIM_RANDOM)
        return SIM_TRIGGER_RANDOM;
    double early = shower_ecal_sum(&event->deposit, 0);
    double all = early + shower_ecal_sum(&event->deposit, 1);
    return early > 0.3 && all < 85 ? SIM_TRIGGER_PHYSICS | SIM_TRIGGER_BEAM
                                   : SIM_TRIGGER_BEAM;
}

static void second_make(struct sim_event *event)
{
    const struct sim_numbers *n = &event->numbers;
    struct random random =
        dice(n->seed, DICE_PILEUP, (const uint32_t[]){n->run, n->spill, n->event});
    event->pileup = random_unit(&random) < PILEUP;
    if (!event->pileup)
        return;
    event->pileup_ns = PILEUP_FROM_NS + PILEUP_LONG_NS * random_unit(&random);
    shower_electron(&event->second, BEAM_GEV, &random);
    shower_radiation(&event->second, &random);
    shower_counters(&event->second, &random);
}

static bool is_recorded(const struct sim_event *event, uint32_t beam_prescale,
                        struct random *random)
{
    return event->trigger != SIM_TRIGGER_BEAM || beam_prescale <= 1 ||
           random_below(random, beam_prescale) == 0;
}

/* One beam event, whether it is recorded or not. */
static void beam_draw(struct sim_event *event, double signal_fraction,
                      struct random *random)
{
    memset(&event->deposit, 0, sizeof event->deposit);
    event->kind = kind_draw(signal_fraction, random);
    event->phase_ns = PHASE_FIRST_NS + PHASE_WIDTH_NS * random_unit(random);
    double beam = BEAM_GEV * (1 + BEAM_SPREAD * fmath_gaussian(random));
    energies_make(event, beam, random);
    if (event->kind != SIM_RANDOM) {
        shower_counters(&event->deposit, random);
        if (event->kind != SIM_HADRON)
            shower_radiation(&event->deposit, random);
    }
    event->trigger = trigger_of(event);
}

void sim_event_make(const struct sim_numbers *numbers, bool led,
                    const struct sim_mixture *mixture, struct sim_event *event)
{
    struct random random =
        dice(numbers->seed, DICE_EVENT,
             (const uint32_t[]){numbers->run, numbers->spill, numbers->event});
    memset(event, 0, sizeof *event);
    event->numbers = *numbers;
    if (led) {
        event->kind = SIM_LED;
        event->phase_ns = PHASE_FIRST_NS + PHASE_WIDTH_NS * random_unit(&random);
        return;
    }
    do
        beam_draw(event, mixture->signal_fraction, &random);
    while (!is_recorded(event, mixture->beam_prescale, &random));
    second_make(event);
}
