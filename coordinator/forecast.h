/* forecast.h - a campaign on a virtual cluster: how long, what its end waits for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pilots, allocations, failures and merges on virtual time drive core_step as the service
 * does; nothing runs and nothing is written. The same seed gives the same forecast, but
 * for `core_cpu_ns`, which is measured. Times are seconds from the start.
 *
 * What is drawn: of a segment, the seconds an event (log-normal, mean 1, its own in every
 * attempt); of an allocation, the speed of its node (log-normal), its wait in the batch
 * queue and the times to its end (exponential). What a failure takes with it is what it
 * takes in the real system: a crash the segment at work, a node all that it had in hand.
 */
#ifndef SPILLWAY_COORDINATOR_FORECAST_H
#define SPILLWAY_COORDINATOR_FORECAST_H

#include "coordinator/core.h"

/* What there is to do; borrowed. */
struct forecast_work {
    struct campaign_policy policy;
    const struct core_segment *segments;
    const uint32_t *events; /* of each segment */
    uint32_t segment_count;
    const struct core_unit *units; /* tile the segments */
    uint32_t unit_count;
    const struct merge_group *groups; /* that exist already, by number */
    uint32_t group_count;
    uint32_t streams; /* files of a run at least */
    bool sample; /* gates stay closed: it ends with what is not PLANNED; else all of them
                  * are open from the start */
};

struct forecast_cost {
    double event_s[(STEP_RECO | STEP_SELECT) + 1]; /* of one core, by missing steps */
    double spread;        /* standard deviation of the log of a segment's seconds */
    double task_s;        /* of a task beside its events */
    double event_bytes;   /* an event leaves behind, all streams together */
    double merge_bytes_s; /* speed of a merge */
};

struct forecast_cluster {
    uint32_t cores;
    uint32_t allocation; /* cores of one, a pilot each */
    double walltime_s; /* of an allocation, 0: it never ends; then another is asked for */
    double queue_s;    /* mean wait of an allocation for its cores */
    double node_spread; /* standard deviation of the log of a node's speed */
    double crash;       /* chance of an executor's crash, a segment */
    double storage;     /* chance of a part that cannot be written, a task */
    double preempt_h;   /* preemptions (SIGTERM) an hour of an allocation */
    double lost_h;      /* nodes that vanish an hour of an allocation */
};

/* What the campaign waits for, from 90 % of its segments on. */
enum forecast_wait {
    FORECAST_CORES,    /* segments are ready, every core is busy */
    FORECAST_QUEUE,    /* segments are ready, no allocation runs */
    FORECAST_SEGMENTS, /* nothing is ready, the last ones are at work */
    FORECAST_SILENT,   /* pilots that vanished hold the rest until their terms end */
    FORECAST_DELAY,    /* what failed waits for its retry */
    FORECAST_MERGES,   /* all segments are done, files are merged */
    FORECAST_WAITS
};

struct forecast_result {
    bool complete; /* false: stuck, or not at its end within ten years */
    double end_s;  /* of the campaign */
    double
        percent_s[101]; /* when so many per cent of the segments were done; NAN: never */
    double wait_s[FORECAST_WAITS]; /* between percent_s[90] and end_s */
    double core_s;                 /* that allocations had cores, summed over the cores */
    double useful_s;               /* of these, at work on what counts in the end */
    double clones_s;               /* that clones of the last tasks could save at best */
    uint64_t tasks, failed, void_tasks;
    uint32_t quarantined;
    uint64_t steps;       /* of the core */
    uint64_t peak_steps;  /* in the busiest second */
    uint64_t core_cpu_ns; /* measured, of all steps */
};

const char *forecast_wait_name(enum forecast_wait wait);

void forecast_run(const struct forecast_work *work, const struct forecast_cost *cost,
                  const struct forecast_cluster *cluster, uint64_t seed,
                  struct forecast_result *result);

#endif
