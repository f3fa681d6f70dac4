/* eta.c - when work will be done, from how it went so far.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The last half of the history counts, for speed changes from period to period. It is cut
 * into blocks of equal time; their scatter says how well the mean speed is known, and how
 * much it will change until the end. That scatter is taken as normal; tests/sim compares
 * the interval with simulated campaigns.
 */
#include "coordinator/eta.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLOCKS      8u
#define BLOCKS_MIN  3u
#define HALVED      4u /* points of which the first half of the time is left out */
#define QUANTILE_95 1.645
#define SLOWEST     0.2 /* of the mean speed: an interval has an end */

void eta_add(struct eta_history *history, double at_s, double done)
{
    if (history->count > 0) {
        const struct eta_point *last = &history->points[history->count - 1];
        if (at_s < last->at_s || done < last->done)
            history->count = 0;
        else if (at_s == last->at_s)
            history->count--;
    }
    if (history->count == ETA_POINTS) {
        for (size_t i = 1; 2 * i < ETA_POINTS; i++)
            history->points[i] = history->points[2 * i];
        history->count = ETA_POINTS / 2;
    }
    history->points[history->count++] = (struct eta_point){at_s, done};
}

/* What was done by a time between the points. */
static double done_at(const struct eta_history *history, double at_s)
{
    uint32_t i = 1;
    while (i + 1 < history->count && history->points[i].at_s < at_s)
        i++;
    const struct eta_point *from = &history->points[i - 1];
    const struct eta_point *to = &history->points[i];
    double share = (at_s - from->at_s) / (to->at_s - from->at_s);
    return from->done + (to->done - from->done) * fmin(fmax(share, 0), 1);
}

/* Standard deviation of the speeds of the blocks, as a share of their mean. */
static double scatter(const struct eta_history *history, double from_s, double block_s,
                      double speed)
{
    double squares = 0;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        double own = (done_at(history, from_s + (i + 1) * block_s) -
                      done_at(history, from_s + i * block_s)) /
                     block_s;
        squares += (own - speed) * (own - speed);
    }
    return sqrt(squares / (BLOCKS - 1)) / speed;
}

bool eta_of(const struct eta_history *history, double left, double latency_s,
            struct eta *eta)
{
    if (history->count < 2 || !(left >= 0))
        return false;
    const struct eta_point *first = &history->points[0];
    const struct eta_point *last = &history->points[history->count - 1];
    double from_s = first->at_s;
    if (history->count > HALVED)
        from_s = (first->at_s + last->at_s) / 2;
    double made = last->done - done_at(history, from_s);
    double speed = made / (last->at_s - from_s);
    if (!(speed > 0) || !isfinite(speed))
        return false;
    double left_s = left / speed;
    *eta = (struct eta){.median_s = left_s};
    if (history->count <= BLOCKS || made < BLOCKS_MIN)
        return true;
    double block_s = (last->at_s - from_s) / BLOCKS;
    double relative = scatter(history, from_s, block_s, speed) *
                      sqrt(1.0 / BLOCKS + block_s / fmax(left_s, block_s));
    double error = QUANTILE_95 * fmax(relative, 1 / sqrt(made));
    eta->low_s = left_s / (1 + error);
    eta->high_s = left_s / fmax(1 - error, SLOWEST) + latency_s / 2;
    return true;
}

const char *eta_time(double seconds, char *out, size_t size)
{
    uint64_t whole = seconds < 1e15 ? (uint64_t)(seconds + 0.5) : 0;
    if (whole >= 3600)
        (void)snprintf(out, size, "%" PRIu64 "h%02um", whole / 3600,
                       (unsigned)(whole / 60 % 60));
    else
        (void)snprintf(out, size, "%um%02us", (unsigned)(whole / 60),
                       (unsigned)(whole % 60));
    return out;
}

const char *eta_text(const struct eta *eta, char *out, size_t size)
{
    char median[32];
    char low[32];
    char high[32];
    (void)eta_time(eta->median_s, median, sizeof median);
    if (eta->high_s > 0)
        (void)snprintf(out, size, "%s (90 %%: %s to %s)", median,
                       eta_time(eta->low_s, low, sizeof low),
                       eta_time(eta->high_s, high, sizeof high));
    else
        (void)snprintf(out, size, "%s", median);
    return out;
}
