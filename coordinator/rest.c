/* rest.c - when an open campaign is done, and near its end what the rest waits for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/rest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Attempts that are used, and looked at, from the newest on: some milliseconds. */
#define ATTEMPTS      512u
#define LOOKED        4096u
#define ATTEMPT_ARENA ((size_t)1 << 20)

/* Nothing was committed for so long, and some tasks more: that was another time. */
#define GAP_S 600

struct past {
    struct ended {
        int64_t end_s;
        uint32_t committed;
    } list[ATTEMPTS];

    uint32_t count;
    double in_hand_s; /* of all of them */
};

static bool counts(const struct attempt *attempt, uint32_t campaign)
{
    return attempt->campaign == campaign && attempt->kind == TASK_PROCESS &&
           attempt->state == ATTEMPT_COMMITTED && attempt->end_s >= attempt->start_s;
}

static bool past_read(struct catalog_txn *txn, uint32_t campaign, struct past *past,
                      struct err *err)
{
    struct arena arena;
    uint64_t number;
    past->count = 0;
    past->in_hand_s = 0;
    if (!catalog_last_attempt(txn, &number, err))
        return false;
    arena_init(&arena, ATTEMPT_ARENA);
    enum lookup found = LOOKUP_FOUND;
    for (uint32_t looked = 0; looked < LOOKED && number > 0 && past->count < ATTEMPTS &&
                              found != LOOKUP_FAILED;
         looked++, number--) {
        struct attempt attempt;
        arena_reset(&arena);
        found = catalog_get_attempt(txn, number, &arena, &attempt, err);
        if (found != LOOKUP_FOUND || !counts(&attempt, campaign))
            continue;
        past->list[past->count++] =
            (struct ended){.end_s = attempt.end_s, .committed = attempt.committed};
        past->in_hand_s += (double)(attempt.end_s - attempt.start_s);
    }
    arena_release(&arena);
    return found != LOOKUP_FAILED;
}

static int by_end(const void *a, const void *b)
{
    const struct ended *left = a;
    const struct ended *right = b;
    return left->end_s < right->end_s ? -1 : left->end_s > right->end_s;
}

/* Left to do by pilots. */
static uint32_t left_of(const struct rest_of *of)
{
    const uint32_t *by_state = of->by_state;
    return by_state[SEGMENT_READY] + by_state[SEGMENT_LEASED] + by_state[SEGMENT_WAITING];
}

static void estimate(struct past *past, uint32_t left, int64_t wall_s, struct rest *rest)
{
    struct eta_history history = {.count = 0};
    if (past->count == 0)
        return;
    double latency_s = past->in_hand_s / past->count;
    double gap_s = GAP_S + 4 * latency_s;
    qsort(past->list, past->count, sizeof past->list[0], by_end);
    if ((double)(wall_s - past->list[past->count - 1].end_s) > gap_s)
        return;
    uint32_t first = past->count - 1;
    while (first > 0 &&
           (double)(past->list[first].end_s - past->list[first - 1].end_s) <= gap_s)
        first--;
    double done = 0;
    for (uint32_t i = first; i < past->count; i++) {
        done += past->list[i].committed;
        eta_add(&history, (double)past->list[i].end_s, done);
    }
    if (wall_s > past->list[past->count - 1].end_s)
        eta_add(&history, (double)wall_s, done);
    rest->eta_known = eta_of(&history, left, latency_s, &rest->eta);
}

/* Keeps the oldest ones. */
static void lease_keep(struct rest *rest, const struct rest_lease *lease)
{
    uint32_t at = rest->lease_count;
    if (at == REST_SHOWN && lease->start_s >= rest->leases[at - 1].start_s)
        return;
    if (at == REST_SHOWN)
        at--;
    else
        rest->lease_count++;
    for (; at > 0 && rest->leases[at - 1].start_s > lease->start_s; at--)
        rest->leases[at] = rest->leases[at - 1];
    rest->leases[at] = *lease;
}

static bool lease_place(struct catalog_txn *txn, uint32_t campaign, uint32_t segment,
                        struct rest_lease *lease, struct err *err)
{
    struct plan_segment plan;
    enum lookup found = catalog_get_plan_segment(txn, campaign, segment, &plan, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is missing",
                       segment);
    if (found == LOOKUP_FAILED)
        return false;
    lease->run = plan.id.chunk.run;
    lease->spill = plan.spill;
    return true;
}

static bool leases_read(struct catalog_txn *txn, uint32_t campaign, struct rest *rest,
                        struct err *err)
{
    struct arena arena;
    struct attempt attempt = {.number = 0};
    enum lookup found = LOOKUP_FOUND;
    bool done = true;
    arena_init(&arena, ATTEMPT_ARENA);
    while (done && found == LOOKUP_FOUND) {
        arena_reset(&arena);
        found = catalog_next_lease(txn, attempt.number + 1, &arena, &attempt, err);
        if (found != LOOKUP_FOUND || attempt.campaign != campaign ||
            attempt.segment_count == 0)
            continue;
        bool merge = attempt.kind == TASK_MERGE;
        struct rest_lease lease = {.attempt = attempt.number,
                                   .start_s = attempt.start_s,
                                   .kind = attempt.kind,
                                   .count = merge ? attempt.segments[0]
                                                  : attempt.segment_count};
        memcpy(lease.host, attempt.host, sizeof lease.host);
        done = merge || lease_place(txn, campaign, attempt.segments[0], &lease, err);
        lease_keep(rest, &lease);
    }
    arena_release(&arena);
    return done && found != LOOKUP_FAILED;
}

bool rest_read(struct catalog_txn *txn, const struct rest_of *of, struct rest *rest,
               struct err *err)
{
    *rest = (struct rest){.eta_known = false};
    const struct campaign *campaign = of->campaign;
    uint32_t left = left_of(of);
    uint64_t done =
        (uint64_t)of->by_state[SEGMENT_COMMITTED] + of->by_state[SEGMENT_LOST];
    if (of->by_state[SEGMENT_LEASED] > 0) {
        struct past *past = mem_new(1, sizeof *past);
        bool read = past_read(txn, campaign->id, past, err);
        if (read)
            estimate(past, left, of->wall_s, rest);
        free(past);
        if (!read)
            return false;
    }
    rest->shown =
        campaign->segment_count > 0 && done * 10 >= (uint64_t)campaign->segment_count * 9;
    return !rest->shown || leases_read(txn, campaign->id, rest, err);
}

static void print_count(uint32_t count, const char *text, bool *first)
{
    if (count == 0)
        return;
    (void)printf("%s %" PRIu32 " %s", *first ? "" : ",", count, text);
    *first = false;
}

static void print_waits(const struct rest_of *of)
{
    const uint32_t *by_state = of->by_state;
    const uint32_t *groups = of->groups;
    bool first = true;
    (void)printf("  the rest waits for:");
    print_count(by_state[SEGMENT_LEASED], "segments at work", &first);
    print_count(by_state[SEGMENT_READY], "segments that no pilot has taken", &first);
    print_count(of->waiting, "retries", &first);
    print_count(by_state[SEGMENT_PLANNED], "segments behind gates (a person)", &first);
    print_count(by_state[SEGMENT_QUARANTINED], "quarantined segments (a person)", &first);
    print_count(groups[GROUP_FAILED], "merges that were given up (a person)", &first);
    print_count(groups[GROUP_OPEN] + groups[GROUP_LEASED] + groups[GROUP_PUBLISHING],
                "merges", &first);
    (void)printf("%s\n", first ? " the coordinator" : "");
}

void rest_print(const struct rest *rest, const struct rest_of *of)
{
    char text[96];
    if (rest->eta_known)
        (void)printf("  segments done in %s\n", eta_text(&rest->eta, text, sizeof text));
    if (!rest->shown)
        return;
    print_waits(of);
    for (uint32_t i = 0; i < rest->lease_count; i++) {
        const struct rest_lease *lease = &rest->leases[i];
        (void)printf("    attempt %" PRIu64 " on %s for %s: ", lease->attempt,
                     lease->host,
                     eta_time((double)(of->wall_s - lease->start_s), text, sizeof text));
        if (lease->kind == TASK_MERGE)
            (void)printf("merge group %" PRIu32 "\n", lease->count);
        else
            (void)printf("%" PRIu32 " segments from run %" PRIu32 " spill %" PRIu32 "\n",
                         lease->count, lease->run, lease->spill);
    }
}

void rest_json(const struct rest *rest, struct json_writer *json)
{
    if (rest->eta_known) {
        json_put_real(json, "eta_s", rest->eta.median_s);
        if (rest->eta.high_s > 0) {
            json_put_real(json, "eta_low_s", rest->eta.low_s);
            json_put_real(json, "eta_high_s", rest->eta.high_s);
        }
    }
    if (!rest->shown)
        return;
    json_open_array(json, "oldest_leases");
    for (uint32_t i = 0; i < rest->lease_count; i++) {
        const struct rest_lease *lease = &rest->leases[i];
        json_open_object(json, NULL);
        json_put_u64(json, "attempt", lease->attempt);
        json_put_text(json, "host", lease->host);
        json_put_i64(json, "start_s", lease->start_s);
        json_put_text(json, "kind", lease->kind == TASK_MERGE ? "merge" : "process");
        if (lease->kind == TASK_PROCESS) {
            json_put_u64(json, "run", lease->run);
            json_put_u64(json, "spill", lease->spill);
            json_put_u64(json, "segments", lease->count);
        } else {
            json_put_u64(json, "group", lease->count);
        }
        json_close_object(json);
    }
    json_close_array(json);
}
