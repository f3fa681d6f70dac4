/* waveform.c - samples of one ADC channel -> pedestals, maxima, amplitudes, times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/waveform.h"

#include <math.h>

#include "base/fmath.h"
#include "reco/pulse_scan.h"
#include "reco/waveform_wide.h"

_Static_assert(WAVEFORM_SAMPLES == PULSE_SAMPLES, "as many as the passes take");

bool waveform_rules_set(struct waveform_rules *rules, struct err *err)
{
    if (rules->samples < 2 || rules->samples > WAVEFORM_SAMPLES)
        return err_set(err, E_RECO_RULES, "%u samples a channel, 2 to %u are possible",
                       rules->samples, WAVEFORM_SAMPLES);
    if (!(rules->period_ns > 0) || !(rules->period_ns < 1e6))
        return err_set(err, E_RECO_RULES, "sampling period of %g ns", rules->period_ns);
    if (rules->pedestal_first >= rules->samples || rules->pedestal_samples < 2 ||
        rules->pedestal_samples % 2 != 0 ||
        rules->pedestal_samples > rules->samples - rules->pedestal_first)
        return err_set(err, E_RECO_RULES,
                       "pedestal window of %u samples from sample %u, of %u: an even "
                       "number inside is needed",
                       rules->pedestal_samples, rules->pedestal_first, rules->samples);
    if (rules->search_first >= rules->samples)
        return err_set(err, E_RECO_RULES, "maxima searched from sample %u of %u",
                       rules->search_first, rules->samples);
    if (rules->spread > WAVEFORM_OVERFLOW || rules->threshold > WAVEFORM_OVERFLOW ||
        rules->noise > WAVEFORM_OVERFLOW)
        return err_set(err, E_RECO_RULES,
                       "spread %u, threshold %u, noise %u: at most %u counts",
                       rules->spread, rules->threshold, rules->noise, WAVEFORM_OVERFLOW);
    if (!(rules->tail_ns >= 0) || !(rules->tail_ns < 1e9))
        return err_set(err, E_RECO_RULES, "decay time of %g ns", rules->tail_ns);
    for (uint32_t i = 0; i < WAVEFORM_SAMPLES; i++) {
        double steps = rules->tail_ns > 0 ? rules->period_ns / rules->tail_ns * i : 0.0;
        rules->decay[i] = rules->tail_ns > 0 ? fmath_exp(-steps) : 0.0;
    }
    uint32_t scale = rules->pedestal_samples / 2;
    rules->unit = (scale & (scale - 1)) == 0 ? 1.0 / scale : 0.0;
    rules->vectors = cpu_vectors();
    return true;
}

/* Half height on the rising edge before sample `top`: behind the last sample below half,
 * when none behind it falls. */
static bool edge_time(const struct pulse_levels *levels, const struct pulse_frame *frame,
                      uint32_t top, double *samples)
{
    int32_t height = levels->level[top];
    uint64_t low = pulse_below(levels, frame, top, (height + 1) / 2);
    uint32_t last = 63 - (uint32_t)__builtin_clzll(low | 1);
    uint64_t edge = (((uint64_t)2 << top) - 1) & ~(((uint64_t)2 << last) - 1);
    if (low == 0 || (levels->fallen & edge) != 0)
        return false;
    int32_t below = levels->level[last], above = levels->level[last + 1];
    *samples =
        (double)last + (double)(height - 2 * below) / (double)(2 * (above - below));
    return true;
}

/* Where the next maximum goes when there are as many as can be kept: to the end, after
 * the lowest has left, if it is itself above that one. */
static struct waveform_maximum *place_free(struct waveform *out, double amplitude)
{
    out->flags |= WAVEFORM_CROWDED;
    uint32_t lowest = 0;
    for (uint32_t i = 1; i < out->count; i++)
        if (out->maxima[i].amplitude < out->maxima[lowest].amplitude)
            lowest = i;
    if (out->maxima[lowest].amplitude >= amplitude)
        return NULL;
    for (uint32_t i = lowest; i + 1 < out->count; i++)
        out->maxima[i] = out->maxima[i + 1];
    return &out->maxima[out->count - 1];
}

/* Behind a sample that rises come equal levels: they then fall, or stay to the end. */
static bool plateau_falls(const struct pulse_levels *levels, uint32_t sample)
{
    uint64_t behind = ~(((uint64_t)2 << sample) - 1);
    uint64_t changes = (levels->up | levels->down) & behind;
    return changes == 0 || (levels->down & changes & -changes) != 0;
}

/* Samples that rise to a level that counts and are the first of a maximum. */
static uint64_t maxima_mark(const struct pulse_levels *levels)
{
    uint64_t rising = levels->reached & levels->up;
    uint64_t found = rising & levels->down >> 1;
    uint64_t plateaus = rising & ~((levels->up | levels->down) >> 1);
    for (; plateaus != 0; plateaus &= plateaus - 1)
        if (plateau_falls(levels, (uint32_t)__builtin_ctzll(plateaus)))
            found |= plateaus & -plateaus;
    return found;
}

/* A level in counts: for most scales a division would give the same. */
static double counts(const struct waveform_rules *rules, int32_t level)
{
    const uint32_t scale = rules->pedestal_samples / 2;
    return rules->unit > 0.0 ? level * rules->unit : (double)level / scale;
}

static void maxima_add(const struct pulse_levels *levels, uint64_t maxima,
                       const struct pulse_frame *frame,
                       const struct waveform_rules *rules, struct waveform *out)
{
    for (uint64_t left = maxima; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        double amplitude = counts(rules, levels->level[i]), samples = 0;
        bool early = i < rules->search_first;
        struct waveform_maximum *place = early ? &out->early
                                         : out->count < WAVEFORM_MAXIMA
                                             ? &out->maxima[out->count++]
                                             : place_free(out, amplitude);
        if (place == NULL)
            continue;
        place->sample = i;
        place->timed = !early && edge_time(levels, frame, i, &samples);
        place->amplitude = amplitude;
        place->time_ns = samples * rules->period_ns;
    }
}

static void base_store(const struct pulse_base *base, const struct waveform_rules *rules,
                       struct waveform *out)
{
    out->flags = (base->spread > (int32_t)rules->spread ? WAVEFORM_PILEUP : 0) |
                 (base->over ? WAVEFORM_OVER : 0);
    out->count = 0;
    out->base = *base;
    out->largest = 0;
    out->early = (struct waveform_maximum){0};
}

/* Step by step for all channels: what a step branches on is known since the one before.
 */
static void row_measure(const uint16_t *const *samples, uint32_t count,
                        const struct pulse_frame *frame,
                        const struct waveform_rules *rules, struct waveform *out)
{
    struct pulse_base bases[WAVEFORM_ROW];
    struct pulse_levels levels[WAVEFORM_ROW]; /* not all of its memory is needed */
    struct waveform *reached[WAVEFORM_ROW];
    uint64_t maxima[WAVEFORM_ROW];
    uint32_t high = 0;
    pulse_bases(samples, count, frame, bases);
    for (uint32_t i = 0; i < count; i++) {
        base_store(&bases[i], rules, &out[i]);
        levels[high].samples = samples[i];
        levels[high].base = bases[i];
        reached[high] = &out[i];
        high += bases[i].level >= frame->least;
    }
    pulse_levels(levels, high, frame);
    for (uint32_t i = 0; i < high; i++)
        maxima[i] = maxima_mark(&levels[i]);
    for (uint32_t i = 0; i < high; i++) {
        reached[i]->largest = counts(rules, levels[i].base.level);
        maxima_add(&levels[i], maxima[i], frame, rules, reached[i]);
    }
}

void waveform_measure(const uint16_t *const *samples, uint32_t count,
                      const struct waveform_rules *rules, struct waveform *out)
{
    const int32_t scale = (int32_t)(rules->pedestal_samples / 2);
    const int32_t threshold = (int32_t)rules->threshold * scale;
    const struct pulse_frame frame = {
        .samples = rules->samples,
        .pedestal_first = rules->pedestal_first,
        .pedestal_samples = rules->pedestal_samples,
        .spread = rules->spread,
        .over = WAVEFORM_OVERFLOW,
        .least = threshold > 0 ? threshold : 1, /* no level is no maximum */
        .tolerance = (int32_t)rules->noise * scale,
        .vectors = rules->vectors};
    bug_if(count > WAVEFORM_ROW);
    if (!waveform_wide_fits(&frame, count)) {
        row_measure(samples, count, &frame, rules, out);
        return;
    }
    uint32_t left = waveform_wide(samples, count, &frame, rules, out);
    for (; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        row_measure(samples + i, 1, &frame, rules, out + i);
    }
}

double waveform_pedestal(const struct waveform *waveform, int parity,
                         const struct waveform_rules *rules)
{
    return counts(rules, waveform->base.pedestal[parity]);
}

int waveform_nearest(const struct waveform *waveform, double expected_ns)
{
    int nearest = -1;
    double distance = 0;
    for (uint32_t i = 0; i < waveform->count; i++) {
        if (!waveform->maxima[i].timed)
            continue;
        double d = fabs(waveform->maxima[i].time_ns - expected_ns);
        if (nearest < 0 || d < distance) {
            nearest = (int)i;
            distance = d;
        }
    }
    return nearest;
}

double waveform_tail(const struct waveform *waveform, int index,
                     const struct waveform_rules *rules)
{
    const struct waveform_maximum *before =
        index > 0 ? &waveform->maxima[index - 1] : &waveform->early;
    uint32_t steps = waveform->maxima[index].sample - before->sample;
    return before->amplitude * rules->decay[steps];
}
