/* core.h - the deciding part of the coordinator: event in, commands out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: no clock, file, network, log or dice; time and random numbers are arguments. The
 * service, the simulator and the replay of a log drive this same function. One core
 * decides for one campaign. Always true, and checked by core_invariants():
 * - every segment is in exactly one state and only moves as segment_may_move() allows;
 * - a LEASED segment belongs to exactly one current lease, and the reverse;
 * - a committed segment is never leased again unless its product was reported missing;
 * - a merge group is leased only when all segments of its unit are final.
 * The commands of one step are to be carried out in order inside one catalog transaction
 * (answers, file moves and removals after its commit). When that transaction fails, the
 * process ends and a new core is loaded from the catalog: crash-only.
 *
 * A cut is valid for the committed segments that it was made from. When one of them opens
 * again all groups of its unit become VOID, and the unit is cut anew once it is final:
 * what is still right is found by its key and comes back PUBLISHED. Only a PUBLISHING
 * group is let finish before. FAILED is a group that was given up; a release of a segment
 * of its unit cuts anew. The groups of a new cut get new numbers.
 */
#ifndef SPILLWAY_COORDINATOR_CORE_H
#define SPILLWAY_COORDINATOR_CORE_H

#include "coordinator/memory_line.h"
#include "model/campaign.h"
#include "model/message.h"

struct core;

/* What a manager said about the whole campaign. Append only: stored in journals. */
enum core_hold {
    CORE_RUNNING,
    CORE_PAUSED,   /* nothing new is leased; what is leased finishes and counts */
    CORE_CANCELLED /* for good: nothing is leased, every lease is void */
};

/* A unit of merging: the plan segments of one run. Units tile the plan. */
struct core_unit {
    uint32_t first;
    uint32_t count;
};

/* What the core knows of a segment. Steps missing: STEP_RECO and/or STEP_SELECT. */
struct core_segment {
    struct segment_id id;
    uint32_t steps;
    uint64_t bytes;
    struct plan_state state;
};

/* Copies the policy. Segments and units are added in order, then existing groups and
 * leases by number, then a step of EVENT_START: it gives every loaded lease one full term
 * from `now_ns`, moves segments that the catalog shows LEASED without a lease to READY,
 * and gives the commands that a restart owes (groups to cut, to publish again). Groups
 * that are VOID count as absent; a lease on one ends VOID at the start. PLANNED segments
 * stay until they are released. */
struct core *core_new(const struct campaign_policy *policy, uint64_t next_attempt);
void core_free(struct core *core);

/* Room for so many segments at once; more may come. */
void core_expect(struct core *core, uint32_t segments);
void core_add_segment(struct core *core, const struct core_segment *segment);
void core_add_unit(struct core *core, const struct core_unit *unit);
void core_add_group(struct core *core, const struct merge_group *group);
void core_add_lease(struct core *core, const struct attempt *attempt);
void core_set_hold(struct core *core, enum core_hold hold);

/* What tasks took: input, wall time, output and memory of their executors. The size of
 * tasks follows from it; before EVENT_START it is what earlier lives measured. */
struct core_pace {
    uint32_t steps;
    uint32_t count; /* tasks */
    uint64_t bytes;
    uint64_t wall_ns;
    uint64_t written; /* bytes */
    struct memory_line memory;
};

void core_add_pace(struct core *core, const struct core_pace *pace);

enum event_kind {
    EVENT_START,     /* after loading */
    EVENT_TICK,      /* time passed */
    EVENT_HELLO,     /* a pilot registered under the number `pilot` */
    EVENT_SYNC,      /* reports, held leases, want */
    EVENT_GROUPS,    /* answer to COMMAND_CUT: the groups of a unit, recorded */
    EVENT_PUBLISHED, /* a group's file is in place and recorded */
    EVENT_MISSING,   /* products of these segments are gone: make them again */
    EVENT_RELEASE,   /* a manager opens planned, quarantined or lost segments; a merge
                      * that was given up is cut anew when one of its unit is named */
    EVENT_DRAIN,     /* hand out nothing more */
    EVENT_HOLD,      /* a manager pauses, resumes or cancels the campaign */
    EVENT_FOUND      /* another campaign made products of `steps` of these segments */
};

/* The deciding part of a report; products and figures stay with the service. */
struct core_report {
    uint64_t attempt;
    uint64_t token;
    enum report_status status;
    uint32_t segment_count;     /* results it brings, a prefix of the task */
    enum attempt_state already; /* what the catalog says of this attempt and token */
    uint32_t blamed;            /* plan number of the segment, UINT32_MAX none */
    int32_t signal;
    int64_t wall_ns;    /* of the executor, 0 unknown */
    uint64_t written;   /* bytes of its parts */
    uint64_t memory;    /* most bytes that it used at a time, 0 unknown */
    uint16_t failure;   /* error code, 0 none */
    const char *text;   /* of the failure, for the retry rules; NULL: none */
    bool parts_present; /* the service found the named parts with their sizes */
};

struct core_event {
    enum event_kind kind;
    int64_t now_ns;
    uint64_t pilot;
    uint32_t node; /* EVENT_HELLO: names the machine of the pilot, 0 unknown */
    uint32_t want;
    uint64_t attempt; /* EVENT_SYNC: no number below is free; 0: the core's own count */
    const struct core_report *reports;
    uint32_t report_count;
    const uint64_t *held;
    uint32_t held_count;
    const uint64_t *tokens; /* random, one for each task that may be given */
    uint32_t token_count;
    uint32_t unit;                    /* EVENT_GROUPS */
    const struct merge_group *groups; /* EVENT_GROUPS, EVENT_PUBLISHED (number) */
    uint32_t group_count;
    const uint32_t *segments; /* EVENT_MISSING, EVENT_RELEASE, EVENT_FOUND */
    uint32_t segment_count;
    uint32_t steps;      /* EVENT_MISSING: steps to do again, 0 means reco and select */
    enum core_hold hold; /* EVENT_HOLD */
};

enum command_kind {
    COMMAND_STATE,   /* write the state of `segment` (product numbers are the service's);
                      * the products of `steps` are gone: forget them */
    COMMAND_LEASE,   /* record attempt and lease, put the task into the answer */
    COMMAND_COMMIT,  /* put the products of report `report`, first `count` segments */
    COMMAND_END,     /* attempt ends in `attempt_state` for the reason in the report */
    COMMAND_COLLECT, /* remove what files attempt `attempt` may have left */
    COMMAND_VERDICT, /* answer to report `report` */
    COMMAND_LOST,    /* held attempt `attempt` has no lease any more */
    COMMAND_UNKNOWN, /* the pilot must say hello */
    COMMAND_FINISH,  /* tell the pilot to drain */
    COMMAND_CUT,     /* all segments of `unit` are final: make its groups */
    COMMAND_GROUP,   /* write `group_state` of group `group`; PUBLISHING follows from the
                      * merge in report `report` */
    COMMAND_PUBLISH, /* move the merged file of `group` into place */
    COMMAND_COMPLETE /* nothing is open: the campaign is complete or stuck (see stuck) */
};

/* Numbers that a kind does not use are UINT32_MAX, `text` is never NULL. */
struct core_command {
    enum command_kind kind;
    uint32_t segment;
    struct plan_state state;
    uint64_t attempt;
    uint64_t token;
    enum task_kind task_kind;
    uint32_t steps;
    const uint32_t *segments; /* COMMAND_LEASE; borrowed until the next step */
    uint32_t segment_count;
    uint32_t report;
    uint32_t count;
    enum attempt_state attempt_state;
    struct retry_decision decision; /* COMMAND_END of a failure; rule 0: none */
    enum verdict verdict;
    const char *text; /* static */
    uint32_t unit;
    uint32_t group;
    enum group_state group_state;
    uint8_t group_deaths; /* COMMAND_GROUP: to be kept with the state */
    uint16_t group_failure;
    bool stuck; /* COMMAND_COMPLETE: quarantined segments keep the campaign open */
};

struct core_commands {
    const struct core_command *list; /* borrowed until the next step */
    uint32_t count;
};

/* Never fails. */
void core_step(struct core *core, const struct core_event *event,
               struct core_commands *commands);

/* Whether this core gave or loaded an attempt of that number. */
bool core_knows(const struct core *core, uint64_t attempt);

/* The number of the next attempt that it would give. */
uint64_t core_next_attempt(const struct core *core);

/* Figures for status and for tests; O(1). */
struct core_counts {
    uint32_t by_state[SEGMENT_STATES];
    uint32_t groups[GROUP_VOID + 1];
    uint32_t leases;
    uint32_t pilots;
    uint64_t bytes_total;
    uint64_t bytes_done;
    uint64_t committed_in_this_life; /* segments, since core_new: for the ETA */
};

struct core_counts core_count(const struct core *core);
struct plan_state core_state(const struct core *core, uint32_t segment);

/* What the campaign waits for. The first one that holds is told. */
enum core_cause {
    CORE_DONE,       /* nothing is open */
    CORE_SILENT,     /* every lease ran out: pilots that have work are silent */
    CORE_AT_WORK,    /* pilots that are heard of work on it */
    CORE_NO_PILOT,   /* there is work, but no pilot */
    CORE_NOT_ASKED,  /* there is work, but no pilot asked for some */
    CORE_NOT_HERE,   /* pilots ask, but on nodes that the ready segments avoid */
    CORE_DELAY,      /* all that is left failed and waits */
    CORE_PUBLISHING, /* the coordinator cuts or publishes */
    CORE_MANAGER,    /* quarantined segments, merges that were given up */
    CORE_STAGE,      /* planned segments behind gates */
    CORE_HELD        /* the campaign is paused or cancelled */
};

/* A lease whose term is over although nobody wanted its work yet. */
struct core_late {
    uint64_t attempt;
    enum task_kind kind;
    uint32_t first; /* of its segments, or the merge group */
    uint32_t count;
    int64_t deadline_ns;
};

#define CORE_LATE_SHOWN 16u

struct core_watch {
    enum core_cause cause;
    int64_t idle_ns; /* since a segment was committed or a file published */
    bool alert; /* something is open, idle for longer than the patience, and not since a
                 * manager has to say a word (CORE_HELD, CORE_STAGE) */
    uint64_t attempt;  /* CORE_SILENT, CORE_AT_WORK: the oldest one, 0 none */
    uint16_t failure;  /* CORE_DELAY: of the one that is due first */
    uint32_t segments; /* that are not final */
    struct core_late late[CORE_LATE_SHOWN]; /* by deadline */
    uint32_t late_count;                    /* of all, perhaps more */
};

/* O(leases + pilots). */
void core_look(const struct core *core, int64_t now_ns, struct core_watch *watch);

/* How long a campaign may go without progress: what its policy says, else two terms of a
 * lease or two limits of a segment, the longer one. */
int64_t core_patience_ns(const struct campaign_policy *policy);

/* Earliest time at which a tick can change anything; INT64_MAX none. */
int64_t core_deadline(const struct core *core);

/* True when all of "always true" holds; otherwise false and a static sentence. O(n). */
bool core_invariants(const struct core *core, const char **broken);

#endif
