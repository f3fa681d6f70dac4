/* sim.h - pilots, a lossy network and a mortal coordinator on virtual time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only core_step decides here, as in the service. The catalog is a plain copy of what the
 * commands of committed steps said, so a new core after a crash knows that and no more.
 * All chance comes from one seed: the same seed gives the same run.
 * The files form a tower: sim_queue, sim_gates, sim_catalog, sim_store, sim_pilot,
 * sim_service, sim_world.
 */
#ifndef SPILLWAY_TESTS_SIM_SIM_H
#define SPILLWAY_TESTS_SIM_SIM_H

#include "base/random.h"
#include "coordinator/core.h"
#include "coordinator/orders.h"
#include "coordinator/stages.h"
#include "coordinator/timeline.h"

#define SIM_SECOND        ((int64_t)1000000000)
#define SIM_TERM          (60 * SIM_SECOND)
#define SIM_DELAY         (5 * SIM_SECOND)
#define SIM_TASK_SEGMENTS 8u
#define SIM_EXECUTORS     4u  /* of a pilot, at most */
#define SIM_AHEAD         2u  /* tasks in its hand beside those at work */
#define SIM_HAND          8u  /* tasks in the hand of a pilot, at most */
#define SIM_OUTBOX        16u /* reports that were not answered */
#define SIM_STREAMS       2u
#define SIM_NODES         3u
#define SIM_PERIODS       2u
#define SIM_GROUP_SPAN    7u /* committed segments a group */

/* Chances in a million, drawn anew for each campaign. */
struct sim_rates {
    uint32_t lose;      /* a message */
    uint32_t duplicate; /* a message */
    uint32_t slow;      /* a message arrives after many others */
    uint32_t kill;      /* a pilot, per second of virtual time */
    uint32_t stop;      /* a pilot, for up to three terms */
    uint32_t preempt;   /* a pilot: prefix, rest back, end */
    uint32_t storage;   /* a task fails when its part is written */
    uint32_t vanish;    /* a part is gone before its report arrives */
    uint32_t outside;   /* an executor is killed from outside */
    uint32_t merge;     /* a merge fails */
    uint32_t crash;     /* the coordinator, per event that it handles */
    uint32_t restore;   /* an older backup, per start */
    uint32_t missing;   /* a committed part is lost, per second */
    uint32_t pause;     /* the manager pauses, or lets go on, per second */
    uint32_t flaky;     /* a segment is of each bad nature */
    uint32_t jump;      /* the clock of the coordinator, per second */
    uint32_t gate;      /* a word on a gate, per second */
    uint32_t recover;   /* accepted losses are opened again, per second */
    uint32_t cancel;    /* the manager cancels, per second */
};

enum sim_nature {
    SIM_GOOD,
    SIM_BAD_INPUT,
    SIM_CRASHER, /* always SIGSEGV */
    SIM_FLAKY,   /* sometimes SIGABRT */
    SIM_HOG,     /* E_LIMIT when more than two segments are in its task */
    SIM_KILLER,  /* its pilot vanishes */
    SIM_MENDED,  /* was one of these, is good now */
    SIM_NATURES
};

/* Durable: what the commands said. */
struct sim_attempt {
    uint64_t token;
    enum attempt_state state;
    enum task_kind kind;
    uint32_t group;
    uint32_t segments[SIM_TASK_SEGMENTS];
    uint32_t count;
    int64_t renewed_ns;  /* in this life of the coordinator */
    uint64_t ended_life; /* in which it ended */
};

struct sim_group {
    uint32_t unit, stream;
    uint32_t first, count;
    uint64_t key; /* of its stream and committed segments */
    enum group_state state;
    uint64_t token; /* of the merge, once committed */
    uint8_t deaths;
};

struct sim_catalog {
    struct plan_state *states;
    uint64_t *products; /* token of the part that holds the segment, 0 none */
    uint32_t segment_count;
    struct sim_attempt *attempts; /* number - 1 */
    uint32_t attempt_count, attempt_capacity;
    struct sim_group *groups;
    uint32_t group_count, group_capacity;
    uint64_t *published; /* keys of published files */
    uint32_t published_count, published_capacity;
    enum core_hold hold;
    struct gate_word words[SIM_PERIODS]; /* the last ones; of no sample: none */
    bool complete;
};

/* One file a token, in a store that outlives every catalog. */
enum sim_file { SIM_FILE_NONE, SIM_FILE_THERE, SIM_FILE_REMOVED };

struct sim_store {
    uint8_t *files;   /* enum sim_file by token */
    uint8_t *settled; /* a report of this token was answered, by token */
    uint64_t token_count, token_capacity;
};

struct sim_task {
    uint64_t attempt;
    uint64_t token;
    enum task_kind kind;
    uint32_t group;
    uint32_t segments[SIM_TASK_SEGMENTS];
    uint32_t count;
    uint32_t done;
    uint64_t work; /* serial of the event that goes on with it; 0: no executor has it */
};

enum sim_message_kind { SIM_HELLO, SIM_SYNC };

/* A request and, in the answer to it, what was decided. */
struct sim_message {
    enum sim_message_kind kind;
    uint32_t pilot;    /* index in the world */
    uint64_t sequence; /* of the pilot's requests */
    uint64_t number;   /* name of the pilot; given in the answer to a hello */
    uint32_t want;
    struct core_report reports[SIM_OUTBOX];
    enum verdict verdicts[SIM_OUTBOX];
    uint32_t report_count;
    uint64_t held[SIM_HAND];
    uint32_t held_count;
    struct sim_task tasks[SIM_HAND];
    uint32_t task_count;
    uint64_t lost[SIM_HAND];
    uint32_t lost_count;
    bool unknown;
    bool drain;
};

struct sim_pilot {
    bool alive;
    bool draining;
    bool preempted;
    uint64_t number; /* 0: must say hello */
    int64_t stopped_until_ns;
    uint32_t executors;
    struct sim_task hand[SIM_HAND]; /* in the order in which they came */
    uint32_t hand_count;
    uint64_t work;      /* the last serial of an event of work */
    uint64_t next_sync; /* the same: an event with an older one is void */
    struct core_report outbox[SIM_OUTBOX];
    uint32_t outbox_count;
    bool waiting; /* for the answer to `request` */
    uint64_t sequence;
    struct sim_message request;
};

enum sim_kind {
    AT_PILOT_SYNC,    /* a: pilot, b: serial of the sync */
    AT_PILOT_TIMEOUT, /* a: pilot, b: sequence */
    AT_WORK,          /* a: pilot, b: serial of the work */
    AT_REQUEST,       /* message */
    AT_ANSWER,        /* message */
    AT_TICK,          /* b: life of the coordinator */
    AT_CUT,           /* a: unit, b: life */
    AT_PUBLISH,       /* a: group, b: life */
    AT_MANAGER,       /* b: life */
    AT_BOOT,
    AT_SECOND /* kills, stops, backups, lost files, new pilots */
};

struct sim_event {
    enum sim_kind kind;
    uint32_t a;
    uint64_t b;
    struct sim_message *message; /* owned */
};

struct sim {
    struct random random;
    struct sim_rates rates;
    struct campaign_policy policy;
    int64_t now_ns;
    struct timeline queue;
    struct core_segment *segments;
    uint8_t *natures;
    uint32_t segment_count;
    struct core_unit *units;
    uint32_t unit_count;
    struct stages stages; /* without periods in every other campaign */
    struct sim_catalog catalog, backup;
    struct sim_store store;
    struct sim_pilot *pilots;
    uint32_t pilot_count, pilot_capacity, pilots_wanted;
    uint32_t executors_most; /* of a pilot */
    uint64_t pilot_number;
    struct core *core; /* NULL while the coordinator is dead */
    uint64_t life;
    int64_t skew_ns;  /* of the coordinator's clock */
    int64_t clock_ns; /* the latest time that the core of this life was told */
    int64_t tick_ns;  /* planned, INT64_MAX none */
    bool quiet;       /* no more faults: the campaign must end now */
    uint64_t steps, commands, crashes, restores, refused, voided, committed, missing,
        jumps, words, released, recovered, cancelled;
    uint64_t hash; /* of all commands, in order */
};

/* Stops the run with seed, time and the sentence. */
#define sim_check(sim, condition, sentence)                                              \
    ((condition) ? (void)0 : sim_broken(sim, __FILE__, __LINE__, sentence))

_Noreturn void sim_broken(const struct sim *sim, const char *file, int line,
                          const char *sentence);

/* Room for one more element. */
void *sim_room(void *list, uint32_t count, uint32_t *capacity, size_t size);
bool sim_chance(struct sim *sim, uint32_t per_million);

/* Uniform, low <= value <= high. */
int64_t sim_between(struct sim *sim, int64_t low, int64_t high);

/* sim_queue.c: the time of the core, which never goes back within a life. */
int64_t sim_clock(const struct sim *sim);

/* Events by time, then by order of arrival. */
void sim_at(struct sim *sim, int64_t at_ns, const struct sim_event *event);

/* The next one; it is its time now. */
struct sim_event sim_take(struct sim *sim);

/* A copy of the message travels: lost, doubled, late, or as it should. */
void sim_send(struct sim *sim, enum sim_kind kind, const struct sim_message *message);

/* sim_gates.c: draws stages, or none; what is behind gates is PLANNED. */
void sim_stages(struct sim *sim);

/* Whether a segment may be released now. */
bool sim_may_pass(const struct sim *sim, uint32_t segment);

/* A manager says something on a gate whose sample is done. */
void sim_gate_word(struct sim *sim);

/* Segments that wait although their gates are open; room for all of the plan. */
uint32_t sim_behind_open_gates(const struct sim *sim, uint32_t *numbers);

/* sim_catalog.c */
void sim_catalog_copy(struct sim_catalog *to, const struct sim_catalog *from);
void sim_catalog_release(struct sim_catalog *catalog);
bool sim_published(const struct sim_catalog *catalog, uint64_t key);
struct sim_attempt *sim_attempt_of(struct sim_catalog *catalog, uint64_t number,
                                   uint64_t token);

/* One command into the catalog, with all that must be true of it. */
void sim_apply(struct sim *sim, const struct core_event *event,
               const struct core_command *command);

/* sim_store.c */
void sim_file_remove(struct sim *sim, uint64_t token);

/* Removes every file whose token neither has committed nor may; with `settled_too` none
 * of them may be settled. */
void sim_sweep(struct sim *sim, bool settled_too);

/* Products whose files are gone are forgotten, with the groups of their units. */
void sim_repair(struct sim *sim);

/* Records the groups of a unit; their numbers start at the count before. */
void sim_record_groups(struct sim *sim, uint32_t unit);
void sim_record_published(struct sim *sim, uint32_t number);

/* A new token, for which nothing is stored. */
uint64_t sim_token(struct sim *sim);

/* Nothing more comes of it: it is complete, or was cancelled. */
bool sim_over(const struct sim *sim);

/* What must be true of a finished campaign. */
void sim_check_end(struct sim *sim);

/* sim_pilot.c */
void sim_pilot_join(struct sim *sim);
void sim_pilot_sync(struct sim *sim, uint32_t pilot, uint64_t serial);
void sim_pilot_timeout(struct sim *sim, uint32_t pilot, uint64_t sequence);
void sim_pilot_work(struct sim *sim, uint32_t pilot, uint64_t serial);
void sim_pilot_answer(struct sim *sim, const struct sim_message *answer);
void sim_pilot_preempt(struct sim *sim, uint32_t pilot);

/* sim_service.c */
void sim_boot(struct sim *sim);
void sim_request(struct sim *sim, const struct sim_message *request);
void sim_tick(struct sim *sim);
void sim_cut(struct sim *sim, uint32_t unit);
void sim_publish(struct sim *sim, uint32_t number);
void sim_manager(struct sim *sim);
void sim_lose_file(struct sim *sim);

/* Releases what is behind open gates, as the service does from time to time. */
void sim_open_gates(struct sim *sim);

/* A manager mends what caused the accepted losses, and opens exactly them again. */
void sim_recover(struct sim *sim);

/* Pauses a running campaign, lets a paused one go on; a cancelled one must not care. */
void sim_hold(struct sim *sim);

/* Cancels, whatever is at work; now and then the coordinator dies between the order and
 * its consequences. */
void sim_cancel(struct sim *sim);

/* sim_world.c: a campaign from its seed to its end; checks all on the way. Counters are
 * left in *sim for printing; then sim_release. */
void sim_run(struct sim *sim, uint64_t seed);
void sim_release(struct sim *sim);

#endif
