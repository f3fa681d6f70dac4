/* waveform.c - samples of one ADC channel -> pedestals, maxima, amplitudes, times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/waveform.h"

#include <math.h>

#include "base/fmath.h"

/* Levels in units of 1/scale count. */
struct levels {
    int32_t scale;
    uint32_t count;
    int32_t at[WAVEFORM_SAMPLES];
};

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

/* Sum of the window's samples from `first` in steps of two; *pileup is set by the spread
 * rule and never cleared. */
static int32_t parity_sum(const uint16_t *samples, uint32_t first,
                          const struct waveform_rules *rules, int32_t *minimum,
                          bool *pileup)
{
    int32_t sum = 0;
    int32_t least = samples[first];
    int32_t most = least;
    for (uint32_t i = first; i < first + rules->pedestal_samples - 1; i += 2) {
        int32_t value = samples[i];
        sum += value;
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    *minimum = least;
    if (most - least > (int32_t)rules->spread)
        *pileup = true;
    return sum;
}

/* Sums of the pedestals in units of 1/scale count; true when the spread rule applies. */
static bool pedestals_find(const uint16_t *samples, const struct waveform_rules *rules,
                           int32_t pedestal[2])
{
    int32_t scale = (int32_t)(rules->pedestal_samples / 2);
    uint32_t first = rules->pedestal_first;
    uint32_t parity = first & 1;
    int32_t minimum[2];
    bool pileup = false;
    pedestal[parity] = parity_sum(samples, first, rules, &minimum[parity], &pileup);
    parity = !parity;
    pedestal[parity] = parity_sum(samples, first + 1, rules, &minimum[parity], &pileup);
    if (pileup) {
        pedestal[0] = minimum[0] * scale;
        pedestal[1] = minimum[1] * scale;
    }
    return pileup;
}

/* Largest sample of each parity. */
static void largest_find(const uint16_t *samples, uint32_t count, int32_t largest[2])
{
    int32_t even = samples[0];
    int32_t odd = samples[1];
    for (uint32_t i = 2; i + 1 < count; i += 2) {
        even = samples[i] > even ? samples[i] : even;
        odd = samples[i + 1] > odd ? samples[i + 1] : odd;
    }
    if (count % 2 != 0 && samples[count - 1] > even)
        even = samples[count - 1];
    largest[0] = even;
    largest[1] = odd;
}

static void levels_make(const uint16_t *samples, const struct waveform_rules *rules,
                        const int32_t pedestal[2], struct levels *levels)
{
    levels->scale = (int32_t)(rules->pedestal_samples / 2);
    levels->count = rules->samples;
    for (uint32_t i = 0; i < rules->samples; i++) {
        int32_t level = samples[i] * levels->scale - pedestal[i & 1];
        levels->at[i] = level > 0 ? level : 0;
    }
}

/* Half height on the rising edge before sample `top`. */
static bool edge_time(const struct levels *levels, uint32_t top, int32_t tolerance,
                      double *samples)
{
    int32_t height = levels->at[top];
    for (uint32_t i = top; i > 0; i--) {
        int32_t below = levels->at[i - 1];
        int32_t above = levels->at[i];
        if (below > above + tolerance)
            return false;
        if (2 * below < height && 2 * above >= height) {
            *samples = (double)(i - 1) +
                       (double)(height - 2 * below) / (double)(2 * (above - below));
            return true;
        }
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

/* A maximum at *sample or later: rises to it and then falls, or ends the
 * samples; *sample is its first sample. */
static bool maximum_next(const struct levels *levels, uint32_t *sample)
{
    uint32_t i = *sample;
    while (i < levels->count) {
        int32_t level = levels->at[i];
        bool rises = i == 0 || level > levels->at[i - 1];
        uint32_t next = i + 1;
        while (next < levels->count && levels->at[next] == level)
            next++;
        /* NOLINTNEXTLINE(clang-analyzer-core.*): levels_make filled `count` of them */
        bool falls = next == levels->count || levels->at[next] < level;
        if (rises && falls && level > 0) {
            *sample = i;
            return true;
        }
        i = next;
    }
    return false;
}

static void maxima_find(const struct levels *levels, const struct waveform_rules *rules,
                        struct waveform *out)
{
    int32_t threshold = (int32_t)rules->threshold * levels->scale;
    int32_t tolerance = (int32_t)rules->noise * levels->scale;
    for (uint32_t i = 0; maximum_next(levels, &i); i++) {
        if (levels->at[i] < threshold)
            continue;
        struct waveform_maximum maximum = {
            .sample = i, .amplitude = (double)levels->at[i] / levels->scale};
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
    struct levels levels;
    levels_make(samples, rules, pedestal, &levels);
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
