/* served.h - the campaigns of one service, each with a core of its own.
 * SPDX-License-Identifier: Apache-2.0
 *
 * They share the catalog, the store and the pilots. Work is asked for from the one with
 * the highest priority first, among equals from the one that was planned first.
 */
#ifndef SPILLWAY_COORDINATOR_SERVED_H
#define SPILLWAY_COORDINATOR_SERVED_H

#include "coordinator/area.h"
#include "coordinator/turn.h"
#include "coordinator/twins.h"
#include "coordinator/watch.h"

struct served_one {
    char name[CAMPAIGN_NAME];
    struct book book;
    struct core *core; /* NULL: not loaded */
    struct journal *journal;
    struct watch watch;
    struct orders orders;
    struct sha256 fingerprint; /* of the first executor of its release; zero unknown */
    bool stale;                /* to be loaded anew */
    bool complete, stuck;      /* stuck: nothing moves, for failures or gates */
    bool look;           /* at its gates: something may be behind one that is open */
    bool short_of_space; /* the log has it */
};

struct served {
    struct catalog *catalog;  /* borrowed */
    struct log *log;          /* borrowed */
    char journals[AREA_PATH]; /* folder */
    char losses[AREA_PATH];   /* folder of loss lists */
    struct served_one *list;  /* as they were named */
    uint32_t count;
    uint32_t order[TURN_CAMPAIGNS]; /* places in the list, the first to be asked first */
    struct twins twins;
    uint64_t foreign; /* files below parts/ that are not ours, at the last sweep */
};

/* Repairs the store and loads the campaigns, not started. One that was cancelled is left
 * out with a word to the log; E_ORDER when nothing is left, E_USAGE for a name given
 * twice or too many of them. */
bool served_load(struct served *served, const char *const *names, uint32_t count,
                 struct err *err);
void served_release(struct served *served);

/* Starts the cores that were loaded and not started. */
bool served_start(struct served *served, struct err *err);

/* Loads anew what is stale or has a journal with more than `limit` bytes of events. */
bool served_renew(struct served *served, uint64_t limit, struct err *err);

/* One turn of all of them; then what a campaign that is complete needs. */
bool served_turn(struct served *served, struct exchange **exchanges, uint32_t count,
                 struct err *err);

/* Nothing moves and nothing failed: the rest is behind gates. */
bool served_waits_for_gate(const struct served_one *one);

/* Releases what waits behind gates that are open. */
bool served_gates(struct served *served, struct err *err);

/* Checks and carries out an order; to a campaign that is not served as well. */
bool served_order(struct served *served, const struct order *order, bool *news,
                  struct err *err);

/* Withdraws, collects and sweeps. */
bool served_sweep(struct served *served, struct err *err);

/* Looks whether the store has room for what each is going to write: a word to the log
 * when one begins to be short. */
bool served_space(struct served *served, struct err *err);

/* Looks whether each goes on. */
bool served_watch(struct served *served, struct err *err);

/* A campaign with that release, NULL none. */
struct served_one *served_of_release(const struct served *served,
                                     const struct sha256 *release);

/* Keeps the fingerprint of the release when it is the first one. */
bool served_fingerprint(struct served *served, const struct hello *hello,
                        struct err *err);

/* The shortest term of a lease among campaigns with that release. */
int64_t served_lease_ns(const struct served *served, const struct sha256 *release);

/* Pilots that were heard of lately. */
uint32_t served_pilots(const struct served *served);

/* The earliest time at which a tick can change anything; INT64_MAX none. */
int64_t served_deadline(const struct served *served);

#endif
