/* waveform.c - samples of one ADC channel -> pedestals, maxima, amplitudes, times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/waveform.h"

#include <math.h>

#include "base/cpu.h"
#include "base/fmath.h"
#include "reco/pulse_scan.h"

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
    rules->vector = cpu_has_avx2();
    return true;
}

/* Half height on the rising edge before sample `top`. */
static bool edge_time(const struct pulse_levels *levels, uint32_t top, int32_t tolerance,
                      double *samples)
{
    int32_t height = levels->level[top];
    int32_t above = height;
    for (uint32_t i = top; i > 0; i--) {
        int32_t below = levels->level[i - 1];
        if (below > above + tolerance)
            return false;
        if (2 * below < height && 2 * above >= height) {
            *samples = (double)(i - 1) +
                       (double)(height - 2 * below) / (double)(2 * (above - below));
            return true;
        }
        above = below;
    }
    return false;
}

static void maximum_add(struct waveform *out, const struct waveform_maximum *maximum)
{
    if (out->count < WAVEFORM_MAXIMA) {
        out->maxima[out->count++] = *maximum;
        return;
    }
    out->flags |= WAVEFORM_CROWDED;
    uint32_t lowest = 0;
    for (uint32_t i = 1; i < out->count; i++)
        if (out->maxima[i].amplitude < out->maxima[lowest].amplitude)
            lowest = i;
    if (out->maxima[lowest].amplitude >= maximum->amplitude)
        return;
    for (uint32_t i = lowest; i + 1 < out->count; i++)
        out->maxima[i] = out->maxima[i + 1];
    out->maxima[out->count - 1] = *maximum;
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

static void maxima_find(const struct pulse_levels *levels,
                        const struct waveform_rules *rules, struct waveform *out)
{
    int32_t tolerance = (int32_t)rules->noise * levels->scale;
    uint64_t left = maxima_mark(levels);
    for (; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        struct waveform_maximum maximum = {
            .sample = i, .amplitude = (double)levels->level[i] / levels->scale};
        if (i < rules->search_first) {
            out->early = maximum;
            continue;
        }
        double samples = 0;
        maximum.timed = edge_time(levels, i, tolerance, &samples);
        maximum.time_ns = maximum.timed ? samples * rules->period_ns : 0.0;
        maximum_add(out, &maximum);
    }
}

bool waveform_measure(const uint16_t *samples, size_t count,
                      const struct waveform_rules *rules, struct waveform *out)
{
    if (count != rules->samples)
        return false;
    int32_t scale = (int32_t)(rules->pedestal_samples / 2);
    int32_t threshold = (int32_t)rules->threshold * scale;
    const struct pulse_frame frame = {rules->samples, rules->pedestal_first,
                                      rules->pedestal_samples, rules->spread,
                                      rules->vector};
    struct pulse_base base;
    pulse_base(samples, &frame, &base);
    out->flags = (base.spread > (int32_t)rules->spread ? WAVEFORM_PILEUP : 0) |
                 (base.largest >= WAVEFORM_OVERFLOW ? WAVEFORM_OVER : 0);
    out->count = 0;
    out->pedestal[0] = (double)base.pedestal[0] / scale;
    out->pedestal[1] = (double)base.pedestal[1] / scale;
    out->spread = (uint32_t)base.spread;
    out->largest = 0;
    out->early = (struct waveform_maximum){0};
    if (base.level <= 0 || base.level < threshold)
        return true;
    out->largest = (double)base.level / scale;
    struct pulse_levels levels; /* not all of its memory is needed */
    levels.pedestal[0] = base.pedestal[0];
    levels.pedestal[1] = base.pedestal[1];
    levels.scale = scale;
    levels.least = threshold > 0 ? threshold : 1; /* no level is no maximum */
    pulse_levels(samples, &frame, &levels);
    maxima_find(&levels, rules, out);
    return true;
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
