/* digitise.c - energies to pulses to samples.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/digitise.h"

#include "base/fmath.h"
#include "tests/simulate/dice.h"

#define TIME_SIGMA_NS 0.8   /* of a pulse against S0; 0.9 to 1.0 ns in data of 2022 */
#define LIGHT_SPREAD  0.05  /* between the two ends of a VETO plate */
#define LED_NS        124.0 /* LED pulses have no phase */
#define LED_SPREAD    0.003

/* Energy that a channel sees of a deposit; VETO plate i is read by 2i and 2i + 1. */
static double channel_energy(const struct layout_channel *channel,
                             const struct deposit *deposit)
{
    switch (channel->detector) {
    case LAYOUT_ECAL0:
    case LAYOUT_ECAL1:
        return deposit->ecal[channel->detector - LAYOUT_ECAL0][channel->x][channel->y];
    case LAYOUT_HCAL0:
    case LAYOUT_HCAL1:
    case LAYOUT_HCAL2:
    case LAYOUT_HCAL3:
        return deposit->hcal[channel->detector - LAYOUT_HCAL0][channel->x][channel->y];
    case LAYOUT_VETO:
        return deposit->veto[channel->x / 2];
    case LAYOUT_SRD:
        return deposit->srd[channel->x];
    case LAYOUT_S0:
    case LAYOUT_S1:
    case LAYOUT_S2:
    case LAYOUT_V0:
        return deposit->counters[channel->detector - LAYOUT_S0];
    case LAYOUT_DETECTORS:
        break;
    }
    unreachable();
}

static bool is_hcal(const struct layout_channel *channel)
{
    return channel->detector >= LAYOUT_HCAL0 && channel->detector <= LAYOUT_HCAL3;
}

bool digitise_is_bad(const struct digitise *digitise, const struct sim_event *event)
{
    return event->numbers.event >= digitise->bad_from;
}

struct digitiser {
    const struct digitise *spill;
    const struct sim_event *event;
    struct random time, light;
};

static void deposit_add(struct digitiser *digitiser, uint32_t index, double delay_ns,
                        const struct deposit *deposit, double levels[LAYOUT_SAMPLES])
{
    const struct digitise *spill = digitiser->spill;
    const struct layout_channel *channel = &spill->channels[index];
    double energy = channel_energy(channel, deposit);
    if (!(energy > 0))
        return;
    if (channel->detector == LAYOUT_VETO)
        energy *= 1 + LIGHT_SPREAD * fmath_gaussian(&digitiser->light);
    double counts = energy / channel->gain_gev * spill->drift[index];
    double time = digitiser->event->phase_ns + channel->offset_ns + delay_ns;
    if (channel->detector != LAYOUT_S0)
        time += TIME_SIGMA_NS * fmath_gaussian(&digitiser->time);
    pulse_add(spill->pulse, counts, time, levels);
}

static void channel_levels(struct digitiser *digitiser, uint32_t index,
                           double levels[LAYOUT_SAMPLES])
{
    const struct digitise *spill = digitiser->spill;
    const struct sim_event *event = digitiser->event;
    const struct layout_channel *channel = &spill->channels[index];
    if (is_hcal(channel) && digitise_is_bad(spill, event))
        return;
    if (event->kind == SIM_LED && channel->led_counts > 0) {
        double spread = 1 + LED_SPREAD * fmath_gaussian(&digitiser->light);
        pulse_add(spill->pulse, channel->led_counts * spill->drift[index] * spread,
                  LED_NS, levels);
    }
    deposit_add(digitiser, index, 0, &event->deposit, levels);
    if (event->pileup)
        deposit_add(digitiser, index, event->pileup_ns, &event->second, levels);
}

void digitise_event(const struct digitise *digitise, const struct sim_event *event,
                    struct sadc_digits *digits)
{
    const struct sim_numbers *n = &event->numbers;
    const uint32_t ids[3] = {n->run, n->spill, n->event};
    struct digitiser digitiser = {.spill = digitise,
                                  .event = event,
                                  .time = dice(n->seed, DICE_TIME, ids),
                                  .light = dice(n->seed, DICE_LED, ids)};
    struct random noise = dice(n->seed, DICE_NOISE, ids);
    sadc_digits_clear(digits);
    for (uint32_t i = 0; i < LAYOUT_CHANNELS; i++) {
        const struct layout_channel *channel = &digitise->channels[i];
        const struct layout_detector *detector = &layout_detectors[channel->detector];
        double levels[LAYOUT_SAMPLES] = {0};
        channel_levels(&digitiser, i, levels);
        digits->source[i] = detector->source;
        digits->port[i] = channel->port;
        digits->adc[i] = channel->adc;
        digits->channel[i] = channel->channel & 15;
        digits->sample_count[i] = LAYOUT_SAMPLES;
        digits->first[i] = digits->sample_total;
        digits->sum[i] =
            pulse_sample(channel, levels, &noise, digits->samples + digits->sample_total);
        digits->sample_total += LAYOUT_SAMPLES;
    }
    digits->count = LAYOUT_CHANNELS;
}
