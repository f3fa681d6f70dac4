/* plan_forecast.c - spillway plan --simulate: a planned campaign on a virtual cluster.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plan_forecast.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/eta.h"
#include "coordinator/plan_work.h"

#define CORES_MAXIMUM 10000000u
#define YEAR_S        ((uint64_t)365 * 86400)

/* Assumed where no attempt tells. */
#define EVENT_MS      1.0
#define SPREAD        0.2
#define EVENT_BYTES   1000.0
#define TASK_COST_S   0.2   /* opening a chunk, values, writing the parts */
#define HANDING_S     0.005 /* of a task from the lead to a rank and back */
#define MERGE_BYTES_S 200e6 /* read and written over a shared file system */
#define NODE_SPREAD   0.1

/* Usual failures, for --failures 1. */
#define CRASH   1e-4 /* a segment */
#define STORAGE 1e-3 /* a task */
#define PREEMPT 1e-2 /* an hour of an allocation */
#define LOST    1e-3 /* an hour of an allocation */

/* Campaigns of this many segments are simulated once each second or two. */
#define SEED_SEGMENTS 2000000u
#define SEEDS_MOST    21u
#define SEEDS_LEAST   3u

static const uint32_t task_sizes_s[] = {10, 30, 60, 120, 300, 900};

#define SIZES (sizeof task_sizes_s / sizeof task_sizes_s[0])

/* All of one kind of simulations. */
struct outcome {
    uint32_t seeds, complete;
    struct forecast_result *results; /* by their ends */
    const struct forecast_result *middle;
    double low_s, high_s; /* 5 % and 95 % of the ends */
};

struct study {
    const struct plan_work *work;
    struct pace pace;
    bool measured, assumed; /* seconds an event: by attempts; by nobody */
    struct forecast_cost cost;
    struct forecast_cluster cluster;
    uint64_t seed;
    uint32_t seeds;
    struct outcome outcome;      /* with the policy of the campaign */
    struct outcome sizes[SIZES]; /* with other target times */
    struct outcome sample;       /* before any gate is opened, when there are gates */
};

bool plan_cluster_check(const struct plan_cluster *cluster, struct err *err)
{
    if (cluster->cores == 0 || cluster->cores > CORES_MAXIMUM)
        return err_set(err, E_USAGE, "--simulate: 1 to %u cores", CORES_MAXIMUM);
    if (cluster->allocation == 0 || cluster->allocation > CORES_MAXIMUM)
        return err_set(err, E_USAGE, "--allocation: 1 to %u cores", CORES_MAXIMUM);
    if (cluster->walltime_s > YEAR_S || cluster->queue_s > YEAR_S)
        return err_set(err, E_USAGE, "--walltime and --queue are at most a year");
    if (!(cluster->failures >= 0 && cluster->failures <= 1000))
        return err_set(err, E_USAGE, "--failures: 0 to 1000 times the usual ones");
    if (!(cluster->event_ms >= 0 && cluster->event_ms <= 1e6))
        return err_set(err, E_USAGE, "--event-ms: above 0, at most 1000000");
    return true;
}

static bool study_costs(struct study *study, struct catalog_txn *txn,
                        const struct plan_cluster *options, struct err *err)
{
    const struct plan_work *work = study->work;
    struct campaign any = work->campaign;
    enum lookup found = LOOKUP_ABSENT;
    if (any.id != 0)
        found = pace_read(txn, &any, work->steps, &study->pace, err);
    any.id = 0;
    if (found == LOOKUP_ABSENT)
        found = pace_read(txn, &any, work->steps, &study->pace, err);
    if (found == LOOKUP_FAILED)
        return false;
    study->measured = found == LOOKUP_FOUND;
    study->assumed = !study->measured && !(options->event_ms > 0);
    double event_s = options->event_ms > 0 ? options->event_ms / 1e3 : EVENT_MS / 1e3;
    study->cost = (struct forecast_cost){.spread = SPREAD,
                                         .task_s = TASK_COST_S,
                                         .event_bytes = EVENT_BYTES,
                                         .merge_bytes_s = MERGE_BYTES_S};
    if (study->measured) {
        const struct pace *pace = &study->pace;
        if (!(options->event_ms > 0))
            event_s = pace->event_ns / 1e9;
        study->cost.task_s = pace->task_ns / 1e9 + HANDING_S;
        if (pace->merged > 0)
            study->cost.merge_bytes_s =
                (double)pace->merged / ((double)pace->merge_ns / 1e9);
        study->cost.event_bytes = (double)pace->written / (double)pace->events;
        study->cost.spread = fmin(pace->spread, 1);
    }
    for (uint32_t i = 0; i <= (STEP_RECO | STEP_SELECT); i++)
        study->cost.event_s[i] = event_s;
    return true;
}

static void study_cluster(struct study *study, const struct plan_cluster *options)
{
    study->cluster = (struct forecast_cluster){
        .cores = (uint32_t)options->cores,
        .allocation = (uint32_t)options->allocation,
        .walltime_s = (double)options->walltime_s,
        .queue_s = (double)options->queue_s,
        .node_spread = NODE_SPREAD,
        .crash = CRASH * options->failures,
        .storage = STORAGE * options->failures,
        .preempt_h = PREEMPT * options->failures,
        .lost_h = LOST * options->failures,
    };
    if (study->cluster.crash > 0.5)
        study->cluster.crash = 0.5;
    if (study->cluster.storage > 0.5)
        study->cluster.storage = 0.5;
    uint32_t seeds = SEED_SEGMENTS / (study->work->work.segment_count + 1);
    study->seeds = seeds < SEEDS_LEAST  ? SEEDS_LEAST
                   : seeds > SEEDS_MOST ? SEEDS_MOST
                                        : seeds;
    study->seed = options->seed;
}

static int by_end(const void *a, const void *b)
{
    const struct forecast_result *left = a;
    const struct forecast_result *right = b;
    return left->end_s < right->end_s ? -1 : left->end_s > right->end_s;
}

static void simulate(const struct study *study, const struct forecast_work *work,
                     struct outcome *outcome)
{
    outcome->seeds = study->seeds;
    outcome->results = mem_new(study->seeds, sizeof *outcome->results);
    for (uint32_t i = 0; i < study->seeds; i++) {
        forecast_run(work, &study->cost, &study->cluster, study->seed + i,
                     &outcome->results[i]);
        outcome->complete += outcome->results[i].complete ? 1 : 0;
    }
    qsort(outcome->results, study->seeds, sizeof *outcome->results, by_end);
    outcome->middle = &outcome->results[study->seeds / 2];
    outcome->low_s = outcome->results[study->seeds / 20].end_s;
    outcome->high_s = outcome->results[study->seeds - 1 - study->seeds / 20].end_s;
}

static void study_run(struct study *study)
{
    struct forecast_work work = study->work->work;
    simulate(study, &work, &study->outcome);
    study->seeds = SEEDS_LEAST;
    work.sample = true;
    if (study->work->planned > 0)
        simulate(study, &work, &study->sample);
    work.sample = false;
    for (uint32_t i = 0; i < SIZES; i++) {
        work.policy.task_ns = (int64_t)task_sizes_s[i] * 1000000000;
        simulate(study, &work, &study->sizes[i]);
    }
}

static void study_release(struct study *study)
{
    free(study->outcome.results);
    free(study->sample.results);
    for (uint32_t i = 0; i < SIZES; i++)
        free(study->sizes[i].results);
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* Of those that end within a hundredth of the earliest the one with the fewest tasks. */
static uint32_t best_size(const struct study *study)
{
    double least_s = INFINITY;
    uint32_t best = SIZES;
    for (uint32_t i = 0; i < SIZES; i++)
        least_s = fmin(least_s, study->sizes[i].middle->end_s);
    for (uint32_t i = 0; i < SIZES; i++) {
        const struct forecast_result *result = study->sizes[i].middle;
        if (result->end_s <= least_s * 1.01 &&
            (best == SIZES || result->tasks < study->sizes[best].middle->tasks))
            best = i;
    }
    return best;
}

static bool costs_text(const struct study *study, struct bytes *out, struct err *err)
{
    const struct pace *pace = &study->pace;
    double event_ms = study->cost.event_s[study->work->steps] * 1e3;
    if (study->measured &&
        !text_addf(
            out, err,
            "measured: %.3g ms an event, segments differ by %.0f %%, %.0f bytes an "
            "event written, at most %" PRIu64 " MiB of memory (%" PRIu32
            " attempts of %s)\n",
            (double)pace->wall_ns / 1e6 / (double)pace->events, 100 * pace->spread,
            study->cost.event_bytes, pace->memory_bytes >> 20, pace->attempts,
            pace->campaign))
        return false;
    return text_addf(out, err,
                     "%s: %.3g ms an event%s; %.3g s a task, nodes differ by %.0f %%, "
                     "merges at %.0f MB/s\n",
                     study->assumed ? "assumed, for no such attempt is in the catalog"
                                    : "taken",
                     event_ms, study->assumed ? " (--event-ms)" : "", study->cost.task_s,
                     100 * study->cluster.node_spread, study->cost.merge_bytes_s / 1e6);
}

static bool cluster_text(const struct study *study, struct bytes *out, struct err *err)
{
    const struct forecast_cluster *cluster = &study->cluster;
    char wall[32];
    return text_addf(
        out, err,
        "campaign %s, SYNTHETIC: %" PRIu32 " segments, %" PRIu64 " events on %" PRIu32
        " cores\n"
        "allocations of %" PRIu32 " cores for %s after %.0f s in the queue; crashes "
        "%.2g a segment, storage %.2g a task, preempted %.2g and lost %.2g an hour\n",
        study->work->campaign.name, study->work->open, study->work->open_events,
        cluster->cores, cluster->allocation,
        cluster->walltime_s > 0 ? eta_time(cluster->walltime_s, wall, sizeof wall)
                                : "ever",
        cluster->queue_s, cluster->crash, cluster->storage, cluster->preempt_h,
        cluster->lost_h);
}

static bool stages_text(const struct study *study, struct bytes *out, struct err *err)
{
    char end[32];
    const struct plan_work *work = study->work;
    if (work->planned == 0)
        return true;
    return text_addf(out, err,
                     "stages: the sample, %" PRIu32 " segments, in %s; then %" PRIu32
                     " wait behind gates, which are open from the start in all that "
                     "follows\n",
                     work->open - work->planned,
                     eta_time(study->sample.middle->end_s, end, sizeof end),
                     work->planned);
}

static bool tail_text(const struct forecast_result *result, struct bytes *out,
                      struct err *err)
{
    char tail[32];
    double tail_s = result->end_s - result->percent_s[90];
    if (!text_addf(out, err, "tail: %s for the last 10 %%, which wait for",
                   eta_time(tail_s, tail, sizeof tail)))
        return false;
    bool first = true;
    for (unsigned i = 0; i < FORECAST_WAITS; i++) {
        if (result->wait_s[i] < 0.5 && result->wait_s[i] < tail_s / 20)
            continue;
        if (!text_addf(out, err, "%s %s %s", first ? "" : ",",
                       forecast_wait_name((enum forecast_wait)i),
                       eta_time(result->wait_s[i], tail, sizeof tail)))
            return false;
        first = false;
    }
    return text_addf(out, err, "; clones of the last tasks would save at most %.1f %%\n",
                     100 * share(result->clones_s, result->end_s));
}

static bool load_text(const struct forecast_result *result, struct bytes *out,
                      struct err *err)
{
    double step_us = share((double)result->core_cpu_ns / 1e3, (double)result->steps);
    return text_addf(out, err,
                     "coordinator: %.1f calls/s, %" PRIu64
                     " in the busiest second, %.2f us of CPU each: %.2f %% of a core, "
                     "%.2f %% then\n",
                     share((double)result->steps, result->end_s), result->peak_steps,
                     step_us, share((double)result->core_cpu_ns / 1e7, result->end_s),
                     (double)result->peak_steps * step_us / 1e4);
}

static bool sizes_text(const struct study *study, struct bytes *out, struct err *err)
{
    char end[32];
    char tail[32];
    if (!text_addf(out, err, "%8s %10s %10s %9s %6s %9s\n", "task", "time", "last 10 %",
                   "tasks", "CPU", "calls/s"))
        return false;
    for (uint32_t i = 0; i < SIZES; i++) {
        const struct forecast_result *result = study->sizes[i].middle;
        if (!text_addf(out, err, "%6" PRIu32 " s %10s %10s %9" PRIu64 " %4.0f %% %9.1f\n",
                       task_sizes_s[i], eta_time(result->end_s, end, sizeof end),
                       eta_time(result->end_s - result->percent_s[90], tail, sizeof tail),
                       result->tasks, 100 * share(result->useful_s, result->core_s),
                       share((double)result->steps, result->end_s)))
            return false;
    }
    return text_addf(out, err,
                     "best: task: {seconds: %" PRIu32 "}, of those within 1 %% of the "
                     "shortest time the one with the fewest tasks\n",
                     task_sizes_s[best_size(study)]);
}

static bool study_text(const struct study *study, struct bytes *out, struct err *err)
{
    const struct outcome *outcome = &study->outcome;
    const struct forecast_result *middle = outcome->middle;
    char end[32];
    char low[32];
    char high[32];
    if (!cluster_text(study, out, err) || !costs_text(study, out, err) ||
        !stages_text(study, out, err))
        return false;
    if (outcome->complete < outcome->seeds &&
        !text_addf(out, err,
                   "%" PRIu32 " of %" PRIu32 " simulations do not complete: %" PRIu32
                   " segments are quarantined\n",
                   outcome->seeds - outcome->complete, outcome->seeds,
                   middle->quarantined))
        return false;
    return text_addf(out, err,
                     "time: %s, in 90 %% of %" PRIu32 " simulations %s to %s; %" PRIu64
                     " tasks, %" PRIu64 " failed, %" PRIu64 " taken back\n"
                     "efficiency: %.1f %% of the core time is work that counts\n",
                     eta_time(middle->end_s, end, sizeof end), outcome->seeds,
                     eta_time(outcome->low_s, low, sizeof low),
                     eta_time(outcome->high_s, high, sizeof high), middle->tasks,
                     middle->failed, middle->void_tasks,
                     100 * share(middle->useful_s, middle->core_s)) &&
           tail_text(middle, out, err) && load_text(middle, out, err) &&
           sizes_text(study, out, err);
}

static void result_json(struct json_writer *json, const struct forecast_result *result)
{
    json_put_real(json, "time_s", result->end_s);
    json_put_real(json, "ninety_s", result->percent_s[90]);
    json_put_u64(json, "tasks", result->tasks);
    json_put_real(json, "efficiency", share(result->useful_s, result->core_s));
    json_put_real(json, "calls_per_s", share((double)result->steps, result->end_s));
}

static bool study_json(const struct study *study, struct bytes *out, struct err *err)
{
    const struct outcome *outcome = &study->outcome;
    const struct forecast_result *middle = outcome->middle;
    struct json_writer json;
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_text(&json, "campaign", study->work->campaign.name);
    json_put_bool(&json, "synthetic", true);
    json_put_u64(&json, "segments", study->work->open);
    json_put_u64(&json, "events", study->work->open_events);
    json_put_u64(&json, "cores", study->cluster.cores);
    json_put_real(&json, "event_ms", study->cost.event_s[study->work->steps] * 1e3);
    json_put_u64(&json, "measured_attempts", study->pace.attempts);
    json_put_bool(&json, "assumed", study->assumed);
    json_put_u64(&json, "seeds", outcome->seeds);
    json_put_u64(&json, "complete", outcome->complete);
    json_put_u64(&json, "quarantined", middle->quarantined);
    if (study->work->planned > 0) {
        json_put_u64(&json, "behind_gates", study->work->planned);
        json_put_real(&json, "sample_s", study->sample.middle->end_s);
    }
    result_json(&json, middle);
    json_put_real(&json, "low_s", outcome->low_s);
    json_put_real(&json, "high_s", outcome->high_s);
    json_open_object(&json, "tail_s");
    for (unsigned i = 0; i < FORECAST_WAITS; i++)
        json_put_real(&json, forecast_wait_name((enum forecast_wait)i),
                      middle->wait_s[i]);
    json_close_object(&json);
    json_put_u64(&json, "busiest_second", middle->peak_steps);
    json_open_array(&json, "task_sizes");
    for (uint32_t i = 0; i < SIZES; i++) {
        json_open_object(&json, NULL);
        json_put_u64(&json, "seconds", task_sizes_s[i]);
        result_json(&json, study->sizes[i].middle);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_put_u64(&json, "best_seconds", task_sizes_s[best_size(study)]);
    json_close_object(&json);
    return json_end(&json, err);
}

bool plan_forecast(struct catalog *catalog, const struct plan *plan,
                   const struct plan_cluster *cluster, bool json, struct bytes *out,
                   struct err *err)
{
    struct catalog_txn *txn;
    struct plan_work work;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    bool done = plan_work_load(&work, txn, plan, err);
    if (!done) {
        catalog_abort(txn);
        return false;
    }
    struct study study = {.work = &work};
    done = study_costs(&study, txn, cluster, err);
    catalog_abort(txn);
    study_cluster(&study, cluster);
    if (done && work.open == 0)
        done = json ? text_addf(out, err, "{\"campaign\":\"%s\",\"segments\":0}\n",
                                work.campaign.name)
                    : text_addf(out, err, "campaign %s: nothing to run\n",
                                work.campaign.name);
    else if (done) {
        study_run(&study);
        done = json ? study_json(&study, out, err) : study_text(&study, out, err);
    }
    study_release(&study);
    plan_work_release(&work);
    return done;
}
