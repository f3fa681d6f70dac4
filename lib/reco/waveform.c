/* waveform.c - samples of one ADC channel -> pedestals, maxima, amplitudes, times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/waveform.h"

#include <math.h>

#include "base/fmath.h"

/* Levels in units of 1/scale count, made where one is asked for: most samples are below
 * any threshold. */
struct levels {
    const uint16_t *samples;
    uint32_t count;
    int32_t scale;
    int32_t pedestal[2];
};

static int32_t level_at(const struct levels *levels, uint32_t sample)
{
    int32_t level =
        levels->samples[sample] * levels->scale - levels->pedestal[sample & 1];
    return level > 0 ? level : 0;
}

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
    return true;
}

/* The samples of one parity in the pedestal window. */
struct window {
    int32_t sum, least, most;
};

static void window_add(struct window *window, int32_t value)
{
    window->sum += value;
    window->least = value < window->least ? value : window->least;
    window->most = value > window->most ? value : window->most;
}

/* Sums of the pedestals in units of 1/scale count; true when the spread rule applies. */
static bool pedestals_find(const uint16_t *samples, const struct waveform_rules *rules,
                           int32_t pedestal[2])
{
    const uint16_t *first = samples + rules->pedestal_first;
    struct window a = {0, UINT16_MAX, 0}, b = a;
    for (uint32_t i = 0; i < rules->pedestal_samples; i += 2) {
        window_add(&a, first[i]);
        window_add(&b, first[i + 1]);
    }
    int32_t scale = (int32_t)(rules->pedestal_samples / 2);
    int32_t spread = (int32_t)rules->spread;
    bool pileup = a.most - a.least > spread || b.most - b.least > spread;
    uint32_t parity = rules->pedestal_first & 1;
    pedestal[parity] = pileup ? a.least * scale : a.sum;
    pedestal[!parity] = pileup ? b.least * scale : b.sum;
    return pileup;
}

#define LANES 8u /* even, so that a lane has one parity */

static void largest_take(const uint16_t *samples, uint16_t most[LANES])
{
    for (uint32_t lane = 0; lane < LANES; lane++)
        most[lane] = samples[lane] > most[lane] ? samples[lane] : most[lane];
}

/* Largest sample of each parity, eight at a time; the last eight overlap others. */
static void largest_find(const uint16_t *samples, uint32_t count, int32_t largest[2])
{
    uint16_t most[LANES] = {0};
    uint32_t even = count & ~1u;
    for (uint32_t i = 0; i + LANES <= even; i += LANES)
        largest_take(samples + i, most);
    if (even >= LANES)
        largest_take(samples + even - LANES, most);
    for (uint32_t i = even >= LANES ? even : 0; i < count; i++)
        most[i & 1] = samples[i] > most[i & 1] ? samples[i] : most[i & 1];
    for (uint32_t half = LANES / 2; half > 1; half /= 2)
        for (uint32_t lane = 0; lane < half; lane++)
            most[lane] = most[lane + half] > most[lane] ? most[lane + half] : most[lane];
    largest[0] = most[0];
    largest[1] = most[1];
}

/* Half height on the rising edge before sample `top`. */
static bool edge_time(const struct levels *levels, uint32_t top, int32_t tolerance,
                      double *samples)
{
    int32_t height = level_at(levels, top);
    int32_t above = height;
    for (uint32_t i = top; i > 0; i--) {
        int32_t below = level_at(levels, i - 1);
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

/* A maximum of at least `least` at *sample or later: rises to it and then falls, or ends
 * the samples; *sample is its first sample. */
static bool maximum_next(const struct levels *levels, int32_t least, uint32_t *sample)
{
    for (uint32_t i = *sample; i < levels->count; i++) {
        int32_t level = level_at(levels, i);
        if (level < least || (i > 0 && level <= level_at(levels, i - 1)))
            continue;
        uint32_t next = i + 1;
        while (next < levels->count && level_at(levels, next) == level)
            next++;
        if (next == levels->count || level_at(levels, next) < level) {
            *sample = i;
            return true;
        }
    }
    return false;
}

static void maxima_find(const struct levels *levels, const struct waveform_rules *rules,
                        struct waveform *out)
{
    int32_t threshold = (int32_t)rules->threshold * levels->scale;
    int32_t tolerance = (int32_t)rules->noise * levels->scale;
    int32_t least = threshold > 0 ? threshold : 1; /* no level is no maximum */
    for (uint32_t i = 0; maximum_next(levels, least, &i); i++) {
        struct waveform_maximum maximum = {
            .sample = i, .amplitude = (double)level_at(levels, i) / levels->scale};
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
    int32_t pedestal[2];
    int32_t sample[2];
    largest_find(samples, rules->samples, sample);
    out->flags = pedestals_find(samples, rules, pedestal) ? WAVEFORM_PILEUP : 0;
    if (sample[0] >= WAVEFORM_OVERFLOW || sample[1] >= WAVEFORM_OVERFLOW)
        out->flags |= WAVEFORM_OVER;
    out->count = 0;
    out->pedestal[0] = (double)pedestal[0] / scale;
    out->pedestal[1] = (double)pedestal[1] / scale;
    out->largest = 0;
    out->early = (struct waveform_maximum){0};
    int32_t even = sample[0] * scale - pedestal[0];
    int32_t odd = sample[1] * scale - pedestal[1];
    int32_t largest = even > odd ? even : odd;
    if (largest <= 0 || largest < (int32_t)rules->threshold * scale)
        return true;
    out->largest = (double)largest / scale;
    const struct levels levels = {.samples = samples,
                                  .count = rules->samples,
                                  .scale = scale,
                                  .pedestal = {pedestal[0], pedestal[1]}};
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
