/* forecast_internal.h - the virtual cluster, for its own files only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files form a tower: forecast_task, forecast_pilot, forecast_clones, forecast.
 */
#ifndef SPILLWAY_COORDINATOR_FORECAST_INTERNAL_H
#define SPILLWAY_COORDINATOR_FORECAST_INTERNAL_H

#include "base/random.h"
#include "coordinator/forecast.h"
#include "coordinator/timeline.h"

#define FORECAST_NONE   UINT32_MAX
#define FORECAST_SECOND ((int64_t)1000000000)

enum forecast_task_state { TASK_FREE, TASK_QUEUED, TASK_RUNNING, TASK_REPORTED };

/* What a pilot has of a lease. */
struct forecast_task {
    uint64_t attempt, token;
    enum task_kind kind;
    uint32_t group;     /* TASK_MERGE */
    uint32_t *segments; /* owned */
    uint32_t count;
    enum forecast_task_state state;
    uint32_t pilot;
    uint32_t place; /* in the pilot's list */
    uint32_t next;  /* in the pilot's queue, or of the free ones */
    int64_t start_ns, end_ns;
    uint32_t done;   /* segments of its report; 1: merged */
    double useful_s; /* that they took */
    uint16_t failure;
};

/* A place for an allocation: one after the other, each a new pilot. */
struct forecast_pilot {
    uint32_t life;   /* events of another life are void */
    bool live;       /* it has its cores */
    bool leaving;    /* it takes nothing more */
    uint64_t number; /* the core knows it by, 0: must say hello */
    uint32_t cores;
    uint32_t running;
    double slowness; /* 1: as the cost says */
    int64_t begin_ns;
    int64_t sync_ns; /* of the sync that is planned, INT64_MAX none */
    int64_t ask_ns;  /* not before */
    uint32_t *tasks; /* all in hand */
    uint32_t task_count, task_capacity;
    uint32_t queue_first, queue_last;
};

enum forecast_event {
    AT_BEGIN,   /* a: pilot, b: life; its cores are there */
    AT_SYNC,    /* a: pilot, b: life */
    AT_END,     /* a: task, b: token */
    AT_TERM,    /* a: pilot, b: life; walltime or preemption */
    AT_LOST,    /* a: pilot, b: life */
    AT_CUT,     /* a: unit */
    AT_PUBLISH, /* a: group */
    AT_TICK
};

struct forecast {
    const struct forecast_work *work;
    const struct forecast_cost *cost;
    const struct forecast_cluster *cluster;
    uint64_t seed;
    struct random random;
    int64_t now_ns;
    struct timeline timeline;
    struct core *core;
    struct forecast_pilot *pilots;
    uint32_t pilot_count;
    uint32_t live;    /* pilots */
    uint32_t running; /* tasks that run now */
    uint32_t queued;  /* that wait for a core of their pilot */
    struct forecast_task *tasks;
    uint32_t task_count, task_capacity;
    uint32_t task_free;
    double *group_s; /* of merging each group */
    uint32_t group_count, group_capacity;
    uint64_t token, pilot_number;
    int64_t tick_ns; /* planned, INT64_MAX none */
    int64_t second;  /* steps of which are counted */
    uint64_t second_steps;
    int64_t clock_ns; /* that asking for the CPU time costs */
    uint32_t percent; /* of the segments that is reached next */
    bool over;
    bool drained; /* nothing was left to hand out: clones were looked at */
    struct forecast_result *result;
};

void forecast_at(struct forecast *forecast, int64_t at_ns, enum forecast_event kind,
                 uint32_t a, uint64_t b);

/* One step of the core; its commands are carried out, tasks go to `pilot` (NONE: there
 * are none). */
void forecast_step(struct forecast *forecast, struct core_event *event, uint32_t pilot);

/* forecast_task.c. A task as the command has it, in the hand of the pilot. */
uint32_t forecast_task_new(struct forecast *forecast, const struct core_command *lease,
                           uint32_t pilot);
void forecast_task_free(struct forecast *forecast, uint32_t task);

/* Draws how long it takes and how it ends; it runs from now on. */
void forecast_task_begin(struct forecast *forecast, uint32_t task);

/* Cut short: `done` is what is finished by now, and the time of the rest is lost. */
void forecast_task_cut(struct forecast *forecast, uint32_t task);

/* forecast_pilot.c */
void forecast_pilot_submit(struct forecast *forecast, uint32_t pilot);
void forecast_pilot_begin(struct forecast *forecast, uint32_t pilot);
void forecast_pilot_sync(struct forecast *forecast, uint32_t pilot);
void forecast_pilot_end(struct forecast *forecast, uint32_t task);
void forecast_pilot_term(struct forecast *forecast, uint32_t pilot);
void forecast_pilot_lost(struct forecast *forecast, uint32_t pilot);
void forecast_pilot_take(struct forecast *forecast, uint32_t pilot,
                         const struct core_command *lease);
void forecast_pilot_drop(struct forecast *forecast, uint32_t pilot, uint64_t attempt);

/* Counts the time that it has had its cores. */
void forecast_pilot_account(struct forecast *forecast, struct forecast_pilot *pilot);

/* forecast_clones.c. Seconds that the last task would end earlier if each core that gets
 * idle from now on started the task that ends last once more; whoever is first counts. */
double forecast_clones(const struct forecast *forecast);

#endif
