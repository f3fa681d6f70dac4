/* pace.c - what events cost, as attempts in the catalog measured it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/pace.h"

#include <math.h>

#include "base/fmath.h"

#define ATTEMPT_ARENA ((size_t)1 << 20)

/* Sums while attempts are read. */
struct reading {
    struct catalog_txn *txn;
    const struct campaign *wanted;
    uint32_t steps;
    struct campaign other; /* the one of the last attempt; id 0: none was read */
    bool alike;            /* it is like the wanted one */
    struct pace *pace;

    struct sample {
        double events, wall_ns;
    } samples[PACE_ATTEMPTS]; /* one of each attempt */
};

bool pace_segment(struct catalog_txn *txn, const struct segment_id *id, uint32_t *events,
                  uint64_t *bytes, struct err *err)
{
    struct segment record;
    enum lookup found = catalog_get_segment(txn, id, &record, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED,
                       "a segment of run %u is in a plan, but not in the catalog",
                       id->chunk.run);
    if (found == LOOKUP_FAILED)
        return false;
    *events = record.events[EVENT_PHYSICS] + record.events[EVENT_CALIBRATION];
    *bytes = record.length;
    return true;
}

static bool alike(struct reading *reading, uint32_t campaign, bool *is, struct err *err)
{
    const struct recipe *recipe = &reading->wanted->recipe;
    if (reading->wanted->id != 0) {
        *is = campaign == reading->wanted->id;
        return true;
    }
    if (reading->other.id != campaign) {
        enum lookup found =
            catalog_next_campaign(reading->txn, campaign, &reading->other, err);
        if (found == LOOKUP_FAILED)
            return false;
        reading->alike = found == LOOKUP_FOUND && reading->other.id == campaign &&
                         reading->other.recipe.reconstruct == recipe->reconstruct &&
                         strcmp(reading->other.recipe.setup, recipe->setup) == 0;
    }
    *is = reading->alike;
    return true;
}

static bool whole(const struct attempt *attempt, uint32_t steps)
{
    return attempt->state == ATTEMPT_COMMITTED && attempt->wall_ns > 0 &&
           (attempt->kind == TASK_MERGE ||
            (attempt->steps == steps && attempt->committed == attempt->segment_count));
}

static bool add(struct reading *reading, const struct attempt *attempt, struct err *err)
{
    struct pace *pace = reading->pace;
    uint64_t events = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < attempt->segment_count; i++) {
        struct plan_segment plan;
        uint32_t own_events = 0;
        uint64_t own_bytes = 0;
        enum lookup found = catalog_get_plan_segment(reading->txn, attempt->campaign,
                                                     attempt->segments[i], &plan, err);
        if (found == LOOKUP_ABSENT)
            return err_set(err, E_CATALOG_DAMAGED, "plan segment %u is missing",
                           attempt->segments[i]);
        if (found == LOOKUP_FAILED ||
            !pace_segment(reading->txn, &plan.id, &own_events, &own_bytes, err))
            return false;
        events += own_events;
        bytes += own_bytes;
    }
    if (events == 0)
        return true;
    reading->samples[pace->attempts++] =
        (struct sample){.events = (double)events, .wall_ns = (double)attempt->wall_ns};
    pace->segments += attempt->segment_count;
    pace->events += events;
    pace->bytes += bytes;
    pace->wall_ns += attempt->wall_ns;
    pace->written += attempt->bytes_written;
    if (attempt->peak_memory_bytes > pace->memory_bytes)
        pace->memory_bytes = attempt->peak_memory_bytes;
    memory_line_task(&pace->memory, bytes, attempt->peak_memory_bytes);
    return true;
}

static bool consider(struct reading *reading, uint64_t number, struct arena *arena,
                     struct err *err)
{
    struct attempt attempt;
    bool fits = false;
    enum lookup found = catalog_get_attempt(reading->txn, number, arena, &attempt, err);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_ABSENT;
    if (!whole(&attempt, reading->steps))
        return true;
    if (!alike(reading, attempt.campaign, &fits, err))
        return false;
    if (!fits)
        return true;
    if (attempt.kind == TASK_MERGE) {
        reading->pace->merged += attempt.bytes_written;
        reading->pace->merge_ns += attempt.wall_ns;
        return true;
    }
    if (reading->pace->attempts == 0)
        memcpy(reading->pace->campaign,
               reading->wanted->id != 0 ? reading->wanted->name : reading->other.name,
               CAMPAIGN_NAME);
    return add(reading, &attempt, err);
}

/* Least squares. With tasks of one size the line goes through zero. */
static void fit(struct reading *reading)
{
    struct pace *pace = reading->pace;
    double count = pace->attempts;
    double mean_x = (double)pace->events / count;
    double mean_y = (double)pace->wall_ns / count;
    double xx = 0;
    double xy = 0;
    for (uint32_t i = 0; i < pace->attempts; i++) {
        double x = reading->samples[i].events - mean_x;
        xx += x * x;
        xy += x * (reading->samples[i].wall_ns - mean_y);
    }
    pace->event_ns = mean_y / mean_x;
    if (xx > count * mean_x * mean_x / 100 && xy > 0 && xy / xx < pace->event_ns)
        pace->event_ns = xy / xx;
    pace->task_ns = mean_y - pace->event_ns * mean_x;
    if (pace->task_ns < 0)
        pace->task_ns = 0;
}

/* Of one segment: that of the mean of several is smaller. A large task says more. */
static double spread_of(const struct reading *reading)
{
    const struct pace *pace = reading->pace;
    double sum = 0;
    double squares = 0;
    for (uint32_t i = 0; i < pace->attempts; i++) {
        const struct sample *sample = &reading->samples[i];
        double own = fmath_log(sample->wall_ns /
                               (pace->task_ns + pace->event_ns * sample->events));
        double weight = sample->events / (double)pace->events;
        sum += weight * own;
        squares += weight * own * own;
    }
    double variance = squares - sum * sum;
    double segments = (double)pace->segments / pace->attempts;
    return variance > 0 ? sqrt(variance * segments) : 0;
}

enum lookup pace_read(struct catalog_txn *txn, const struct campaign *campaign,
                      uint32_t steps, struct pace *pace, struct err *err)
{
    struct reading reading = {
        .txn = txn, .wanted = campaign, .steps = steps, .pace = pace};
    struct arena arena;
    uint64_t number;
    *pace = (struct pace){.attempts = 0};
    if (!catalog_last_attempt(txn, &number, err))
        return LOOKUP_FAILED;
    arena_init(&arena, ATTEMPT_ARENA);
    bool done = true;
    for (uint32_t looked = 0;
         done && number > 0 && looked < PACE_LOOKED && pace->attempts < PACE_ATTEMPTS;
         looked++, number--) {
        arena_reset(&arena);
        done = consider(&reading, number, &arena, err);
    }
    arena_release(&arena);
    if (done && pace->attempts > 0) {
        fit(&reading);
        pace->spread = spread_of(&reading);
    }
    if (!done)
        return LOOKUP_FAILED;
    return pace->attempts > 0 ? LOOKUP_FOUND : LOOKUP_ABSENT;
}
