/* stuck.c - the first quarantined segments and given-up merges, and why.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/stuck.h"

#include <inttypes.h>
#include <string.h>

/* One attempt of 4096 segments. */
#define STUCK_ARENA ((size_t)1 << 20)

/* States are read in pieces of this many, 64 kiB. */
#define STUCK_PIECE 4096u

/* A quarantined segment, or a merge group that was given up. */
struct stuck {
    enum task_kind kind;
    uint32_t number; /* in the plan, or of the group */
    uint16_t failure;
    uint64_t attempt; /* the last one that failed because of it, 0 none */
    char host[64];
    char why[sizeof((struct err *)0)->text];
    struct retry_decision decision;
};

struct stuck_list {
    struct stuck list[STUCK_SHOWN];
    uint32_t count;
    uint32_t all;
};

static void list_add(struct stuck_list *list, const struct stuck *stuck)
{
    list->all++;
    if (list->count < STUCK_SHOWN)
        list->list[list->count++] = *stuck;
}

static bool find_segments(struct catalog_txn *txn, const struct campaign *campaign,
                          struct stuck_list *list, struct err *err)
{
    struct plan_state piece[STUCK_PIECE];
    uint32_t total = campaign->segment_count;
    for (uint32_t first = 0; first < total; first += STUCK_PIECE) {
        uint32_t count = total - first < STUCK_PIECE ? total - first : STUCK_PIECE;
        if (!catalog_get_states(txn, campaign->id, first, count, piece, err))
            return false;
        for (uint32_t i = 0; i < count; i++)
            if (piece[i].state == SEGMENT_QUARANTINED)
                list_add(list, &(struct stuck){.kind = TASK_PROCESS,
                                               .number = first + i,
                                               .failure = piece[i].failure});
    }
    return true;
}

static bool find_all(struct catalog_txn *txn, const struct campaign *campaign,
                     struct stuck_list *list, struct err *err)
{
    if (!find_segments(txn, campaign, list, err))
        return false;
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        if (catalog_get_group(txn, campaign->id, i, &group, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %" PRIu32 " is missing",
                           i);
        if (group.state == GROUP_FAILED)
            list_add(list, &(struct stuck){.kind = TASK_MERGE,
                                           .number = i,
                                           .failure = group.failure});
    }
    return true;
}

/* An attempt that names nobody failed because of its first segment without a result. */
static bool blames(const struct attempt *attempt, const struct stuck *stuck)
{
    if (attempt->kind != stuck->kind || attempt->failure.code != stuck->failure)
        return false;
    if (attempt->kind == TASK_MERGE)
        return attempt->segments[0] == stuck->number;
    if (attempt->blamed != UINT32_MAX)
        return attempt->blamed == stuck->number;
    return attempt->committed < attempt->segment_count &&
           attempt->segments[attempt->committed] == stuck->number;
}

static bool find_evidence(struct catalog_txn *txn, const struct campaign *campaign,
                          struct stuck_list *list, struct err *err)
{
    struct arena arena;
    struct attempt attempt = {.number = 0};
    enum lookup found = LOOKUP_FOUND;
    arena_init(&arena, STUCK_ARENA);
    while (found == LOOKUP_FOUND) {
        arena_reset(&arena);
        found = catalog_next_attempt(txn, attempt.number + 1, &arena, &attempt, err);
        if (found != LOOKUP_FOUND || attempt.campaign != campaign->id ||
            attempt.failure.code == E_NONE || attempt.segment_count == 0)
            continue;
        for (uint32_t i = 0; i < list->count; i++) {
            struct stuck *stuck = &list->list[i];
            if (!blames(&attempt, stuck))
                continue;
            stuck->attempt = attempt.number;
            memcpy(stuck->host, attempt.host, sizeof stuck->host);
            memcpy(stuck->why, attempt.failure.text, sizeof stuck->why);
            stuck->decision = attempt.decision;
        }
    }
    arena_release(&arena);
    return found == LOOKUP_ABSENT;
}

static bool print_segment(struct catalog_txn *txn, const struct campaign *campaign,
                          const struct stuck *stuck, FILE *out, struct err *err)
{
    struct plan_segment plan;
    struct segment segment;
    char name[CHUNK_NAME];
    if (catalog_get_plan_segment(txn, campaign->id, stuck->number, &plan, err) !=
            LOOKUP_FOUND ||
        catalog_get_segment(txn, &plan.id, &segment, err) != LOOKUP_FOUND)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %" PRIu32 " is not whole",
                       stuck->number);
    chunk_name(&plan.id.chunk, name);
    if (strstr(stuck->why, name) == NULL)
        (void)fprintf(out,
                      "chunk %s: segment %" PRIu32 " (spill %" PRIu32 ") at byte %" PRIu64
                      ": ",
                      name, plan.id.ordinal, plan.spill, segment.offset);
    return true;
}

static void print_decision(const struct retry_decision *decision, FILE *out)
{
    if (decision->rule != 0)
        (void)fprintf(out, "; rule %u: %s", decision->rule,
                      retry_action_name((enum retry_action)decision->action));
    if (decision->passive != 0)
        (void)fprintf(out, "; passive rule %u fits", decision->passive);
}

static bool print_one(struct catalog_txn *txn, const struct campaign *campaign,
                      const struct stuck *stuck, FILE *out, struct err *err)
{
    struct merge_group group;
    enum err_code code = (enum err_code)stuck->failure;
    (void)fprintf(out, "  %s: ", err_name(code));
    if (stuck->kind == TASK_PROCESS) {
        if (!print_segment(txn, campaign, stuck, out, err))
            return false;
    } else {
        if (catalog_get_group(txn, campaign->id, stuck->number, &group, err) !=
            LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %" PRIu32 " is missing",
                           stuck->number);
        (void)fprintf(out, "merge of %s: ", group.published);
    }
    (void)fprintf(out, "%s", stuck->attempt == 0 ? err_advice(code) : stuck->why);
    if (stuck->attempt != 0) {
        (void)fprintf(out, " (attempt %" PRIu64 " on %s", stuck->attempt, stuck->host);
        print_decision(&stuck->decision, out);
        (void)fputc(')', out);
    }
    (void)fputc('\n', out);
    return true;
}

bool stuck_print(struct catalog_txn *txn, const struct campaign *campaign, FILE *out,
                 struct err *err)
{
    struct stuck_list list = {.count = 0};
    if (!find_all(txn, campaign, &list, err) ||
        (list.count > 0 && !find_evidence(txn, campaign, &list, err)))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        if (!print_one(txn, campaign, &list.list[i], out, err))
            return false;
    if (list.all > list.count)
        (void)fprintf(out, "  and %" PRIu32 " more\n", list.all - list.count);
    return true;
}
