/* core_internal.h - the parts of the deciding core, for its own files only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files form a tower, each uses those before it only: core_command, core_set,
 * core_wait, core_pilot, core_lease, core_group, core_segment, core_expire, core_size;
 * core_ready,
 * core_retry, core_report, core_look, core_settle, core_start, core_invariants; core.
 */
#ifndef SPILLWAY_COORDINATOR_CORE_INTERNAL_H
#define SPILLWAY_COORDINATOR_CORE_INTERNAL_H

#include "coordinator/core.h"

#define CORE_NONE UINT32_MAX

/* With this many unexplained deaths a segment runs alone in its task. */
#define CORE_DEATHS_ALONE 3

/* With this many it is set aside, so that nothing loops for ever: fifty preemptions of
 * which nobody was warned fail nothing. */
#define CORE_DEATHS_LIMIT 51

/* A growing delay ends at this many times the policy's delay. */
#define CORE_DELAY_FACTOR 60

/* Tasks whose measures are kept; older ones count half. */
#define CORE_PACE_TASKS 256u
#define CORE_SCOUTS     32u
#define CORE_STEPS      (STEP_RECO | STEP_SELECT)

/* A set of numbers below its capacity as a tree of bit masks: first, next, add and remove
 * in one step a level. 64^6 > 2^32. */
#define CORE_SET_LEVELS 6

struct core_set {
    uint64_t *words[CORE_SET_LEVELS]; /* [0] has a bit a number, [i] a bit a word below */
    uint32_t bits[CORE_SET_LEVELS];
    uint32_t levels;
    uint32_t capacity;
};

/* Grows only; members stay. */
void core_set_reserve(struct core_set *set, uint32_t capacity);
void core_set_release(struct core_set *set);
void core_set_add(struct core_set *set, uint32_t number);
void core_set_remove(struct core_set *set, uint32_t number);
bool core_set_has(const struct core_set *set, uint32_t number);

/* The smallest member >= from; CORE_NONE when there is none. */
uint32_t core_set_next(const struct core_set *set, uint32_t from);

/* What becomes ready at a time: a binary heap ordered by (due, kind, number). */
struct core_due {
    int64_t due_ns;
    bool group;
    uint32_t number;
};

struct core_wait {
    struct core_due *list;
    uint32_t count;
    uint32_t capacity;
};

void core_wait_add(struct core_wait *wait, const struct core_due *due);
struct core_due core_wait_take(struct core_wait *wait); /* the first; count > 0 */

struct core_row {
    struct segment_id id;
    uint32_t unit;
    uint64_t bytes;
    struct plan_state state;
    uint32_t place; /* in core->order */
    uint32_t lease; /* slot, CORE_NONE */
    uint32_t avoid; /* node that its next task should not run on, 0 none */
    uint16_t limit; /* segments of its next task at most, 0: as the policy says */
    uint8_t steps;  /* missing while it is not final */
};

/* A segment is final or open; a unit whose segments are all final is cut once. */
enum unit_phase {
    UNIT_OPEN,    /* not cut, or its cut is not valid any more */
    UNIT_CUTTING, /* COMMAND_CUT was given */
    UNIT_CUT      /* its groups are known */
};

struct core_unit_row {
    struct core_unit unit;
    uint32_t open; /* segments that are not final */
    enum unit_phase phase;
    uint32_t asked;      /* COMMAND_CUTs without an answer */
    uint32_t publishing; /* groups */
    uint32_t groups;     /* head of the list of its groups, CORE_NONE */
};

struct core_group_row {
    uint32_t unit;
    uint32_t next; /* of the same unit, CORE_NONE */
    uint32_t first;
    enum group_state state;
    uint32_t lease;
    int64_t due_ns; /* while waiting */
    uint16_t failure;
    uint8_t deaths;
    bool waiting; /* OPEN, but not before due_ns */
};

struct core_lease {
    uint64_t attempt;
    int64_t deadline_ns;
    enum task_kind kind;
    uint32_t prev, next; /* in the order of deadlines; next also in the free list */
    uint32_t *segments;  /* owned; NULL when the slot is free */
    uint32_t count;
};

/* Of this life, or loaded. Final ones stay, so that a repeated report is answered. */
struct core_attempt {
    uint64_t number;
    uint64_t token;
    uint32_t lease; /* slot while LEASED */
    enum attempt_state state;
};

struct core_pilot {
    uint64_t number;
    int64_t last_ns;
    int64_t wanted_ns; /* when it asked for work last */
    uint32_t node;     /* 0 unknown */
};

enum core_told { TOLD_NOTHING, TOLD_STUCK, TOLD_COMPLETE };

struct core {
    struct campaign_policy policy;
    int64_t now_ns;
    int64_t progress_ns; /* of the start, the last commit or published file */
    bool started;
    bool draining;
    enum core_hold hold;
    enum core_told told;
    struct core_counts counts;

    struct core_row *rows; /* by plan number */
    uint32_t row_count, row_capacity;
    uint32_t *order;                       /* plan numbers by (chunk, ordinal) */
    struct core_set ready;                 /* places of READY segments, no suspects */
    struct core_set suspects;              /* of READY ones that are */
    uint64_t ready_bytes;                  /* of both */
    struct core_pace pace[CORE_STEPS + 1]; /* by steps */
    uint32_t scouts;                       /* given in this life */
    struct core_wait wait;

    struct core_unit_row *units;
    uint32_t unit_count, unit_capacity;
    uint32_t *closing; /* units that became final in this step, perhaps twice */
    uint32_t closing_count, closing_capacity;
    uint32_t cutting; /* units in UNIT_CUTTING */

    struct core_group_row *groups; /* by number */
    uint32_t group_count, group_capacity;
    struct core_set open_groups;

    struct core_lease *leases; /* slots */
    uint32_t lease_count, lease_capacity;
    uint32_t lease_free;              /* first free slot */
    uint32_t lease_first, lease_last; /* by deadline */
    struct core_attempt *attempts;    /* by number */
    uint32_t attempt_count, attempt_capacity;
    uint64_t next_attempt;

    struct core_pilot *pilots; /* by number */
    uint32_t pilot_count, pilot_capacity;
    int64_t pilot_check_ns; /* nobody is forgotten before */

    struct core_command *commands;
    uint32_t command_count, command_capacity;
};

/* list with room for one more than `count`; *capacity is kept up. Aborts without memory.
 */
void *core_room(void *list, uint32_t count, uint32_t *capacity, size_t size);

/* A command with every number set to "none"; valid until the next one is added. */
struct core_command *core_command_add(struct core *core, enum command_kind kind);

/* core_wait.c: the policy's delay, doubled with each death after the first, at most
 * CORE_DELAY_FACTOR times. */
int64_t core_delay(const struct core *core, uint32_t deaths);

/* core_pilot.c. A pilot that was silent for two lease terms is forgotten. */
void core_pilot_hello(struct core *core, uint64_t number, uint32_t node);

/* Heard of now, wanting work or not; its node, 0 unknown. False: not known. */
bool core_pilot_heard(struct core *core, uint64_t number, bool wants, uint32_t *node);

/* A pilot on another node asked for work within two terms. O(pilots). */
bool core_pilot_elsewhere(const struct core *core, uint32_t node);

/* Any pilot did. O(pilots). */
bool core_pilot_asks(const struct core *core);
void core_pilot_forget(struct core *core);

/* core_lease.c: the table. `segments` is copied; a new lease has one full term. */
uint32_t core_lease_new(struct core *core, const struct core_attempt *attempt,
                        enum task_kind kind, const uint32_t *segments, uint32_t count);
struct core_attempt *core_attempt_find(const struct core *core, uint64_t number);
void core_lease_renew(struct core *core, uint32_t slot);

/* Makes the attempt final and frees the slot; what it held moves before or after. */
void core_lease_end(struct core *core, uint32_t slot, enum attempt_state state);

/* core_group.c */
void core_group_append(struct core *core, const struct merge_group *group);

/* The one way to change the state of a group: counts, sets, COMMAND_GROUP. */
void core_group_move(struct core *core, uint32_t number, enum group_state to);

/* Counts a death with this code; the group waits or, after too many, is given up. Its
 * lease is over. */
void core_group_death(struct core *core, uint32_t number, uint16_t failure);

/* A lost lease: a death too, but the term was delay enough. */
void core_group_lost(struct core *core, uint32_t number);

/* Handed back: the group may be leased again at once. */
void core_group_reopen(struct core *core, uint32_t number);
void core_groups_known(struct core *core, const struct core_event *event);
void core_groups_published(struct core *core, const struct core_event *event);

/* The cut of the unit is not valid any more: its groups are void but for those that are
 * PUBLISHING. */
void core_unit_reopen(struct core *core, uint32_t unit);

/* To be looked at in core_settle: all of it may be final now. */
void core_unit_closing(struct core *core, uint32_t unit);

/* core_segment.c: the one way to change the state of a segment. */
void core_segment_move(struct core *core, uint32_t number, enum segment_state to);
void core_segment_wait(struct core *core, uint32_t number, int64_t delay_ns);
void core_segment_death(struct core *core, uint32_t number, uint16_t failure);
bool core_segment_alone(const struct core_row *row);

/* It was there when several pilots were lost; their other executors held segments too, so
 * no two suspects are in the hand of one pilot. */
bool core_segment_suspect(const struct core_row *row);

/* Where it stands while it is READY. */
struct core_set *core_ready_set(struct core *core, const struct core_row *row);

/* Segments and groups whose time has come. */
void core_wake(struct core *core);

/* core_expire.c. Voids the lease whose deadline passed first; false when there is none.
 */
bool core_lease_expire(struct core *core);

/* Voids every lease; what they held may be leased again, nobody is blamed. */
void core_lease_void_all(struct core *core, const char *why);

/* core_size.c. What the report says of the pace of its task. */
void core_pace_report(struct core *core, const struct core_lease *lease,
                      const struct core_report *report);

/* Where to look for the next task: of a scout its place in the plan, else 0. */
uint32_t core_scout_place(struct core *core, uint32_t steps);

/* Less is ready than is in hand. */
bool core_near_end(const struct core *core);

/* A task that begins with this segment takes no more of them once it has so many bytes.
 */
uint64_t core_task_bytes(const struct core *core, const struct core_row *row);

/* core_retry.c. What becomes of the segments of a failed task that have no result. */
struct core_rest {
    const uint32_t *segments; /* not empty */
    uint32_t count;
    uint32_t task; /* segments of the whole task */
    uint32_t blamed;
    bool named;    /* by the report */
    uint32_t node; /* where it failed, 0 unknown */
};

void core_rest_ready(struct core *core, const struct core_rest *rest);
struct retry_decision core_retry(struct core *core, const struct core_rest *rest,
                                 const struct core_report *report);

/* core_ready.c, core_report.c, core_settle.c, core_start.c. `node` is the pilot's. */
void core_give(struct core *core, const struct core_event *event, uint32_t node);
void core_report_take(struct core *core, const struct core_report *report, uint32_t index,
                      uint32_t node);
void core_settle(struct core *core);
void core_start(struct core *core);

#endif
