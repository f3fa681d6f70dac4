/* retire.c - from published/ back to a part.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/retire.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "coordinator/family.h"
#include "coordinator/shelf.h"
#include "coordinator/stages.h"
#include "coordinator/tasks.h"
#include "coordinator/withdraw.h"

/* One product set, or one attempt of 4096 segments. */
#define RETIRE_ARENA ((size_t)4 << 20)

static bool get_group(struct catalog_txn *txn, const struct campaign *campaign,
                      uint32_t number, struct merge_group *group, struct err *err)
{
    enum lookup found = catalog_get_group(txn, campaign->id, number, group, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "campaign %s: merge group %u is missing",
                       campaign->name, number);
    return found == LOOKUP_FOUND;
}

static bool get_campaign(struct catalog_txn *txn, const char *name,
                         struct campaign *campaign, struct err *err)
{
    enum lookup found = catalog_get_campaign(txn, name, campaign, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", name);
    return found == LOOKUP_FOUND;
}

static bool get_row(struct catalog_txn *txn, const struct campaign *campaign,
                    uint32_t number, struct plan_segment *plan, struct plan_state *state,
                    struct err *err)
{
    enum lookup found = catalog_get_plan_segment(txn, campaign->id, number, plan, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "campaign %s: plan segment %u is missing",
                       campaign->name, number);
    return found == LOOKUP_FOUND &&
           catalog_get_states(txn, campaign->id, number, 1, state, err);
}

/* Published by this campaign: all of the run is final, and all of its files are there. */
static bool run_published(struct catalog_txn *txn, const char *name, uint32_t run,
                          bool *published, struct err *err)
{
    struct campaign campaign;
    bool committed = false;
    bool files = false;
    *published = false;
    if (!get_campaign(txn, name, &campaign, err))
        return false;
    for (uint32_t i = 0; i < campaign.segment_count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        if (!get_row(txn, &campaign, i, &plan, &state, err))
            return false;
        if (plan.id.chunk.run != run)
            continue;
        if (!segment_state_is_final((enum segment_state)state.state))
            return true;
        committed = committed || state.state == SEGMENT_COMMITTED;
    }
    for (uint32_t i = 0; i < campaign.group_count; i++) {
        struct merge_group group;
        if (!get_group(txn, &campaign, i, &group, err))
            return false;
        if (group.merge_class.run != run || group.state == GROUP_VOID)
            continue;
        if (group.state != GROUP_PUBLISHED)
            return true;
        files = true;
    }
    *published = files || !committed;
    return true;
}

/* A second name of the file, below parts/. */
static bool link_part(const struct campaign *campaign, const struct merge_group *group,
                      char part[PRODUCT_FILE], struct err *err)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    part_name(&group->key, clock_random_token(), part);
    if (!shelf_path(campaign, group->published, from, err) ||
        !shelf_path(campaign, part, to, err) || !shelf_make_parent(to, err))
        return false;
    if (link(from, to) != 0)
        return err_errno(err, E_DISK_WRITE, errno, "%s: cannot be linked to %s", from,
                         to);
    return disk_sync_parent(to, err);
}

static bool move_product(struct catalog_txn *txn, uint32_t number, const char *stream,
                         const char *from, const char *to, struct err *err)
{
    struct arena arena;
    struct product_set set;
    arena_init(&arena, RETIRE_ARENA);
    bool done = true;
    enum lookup found = number == 0
                            ? LOOKUP_ABSENT
                            : catalog_get_products(txn, number, &arena, &set, err);
    const struct product *product =
        found == LOOKUP_FOUND ? task_find_stream(&set, stream) : NULL;
    if (product != NULL && strcmp(product->place.file, from) == 0) {
        struct place place = product->place;
        (void)snprintf(place.file, sizeof place.file, "%s", to);
        done = catalog_move_product(txn, number, stream, &place, err);
    }
    arena_release(&arena);
    return done && found != LOOKUP_FAILED;
}

static bool move_products(struct catalog_txn *txn, const struct campaign *campaign,
                          const struct merge_group *group, const char *part,
                          struct err *err)
{
    const char *stream = group->merge_class.stream;
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        struct plan_state state;
        if (!catalog_get_states(txn, campaign->id, i, 1, &state, err) ||
            !move_product(txn, task_product_number(&state, stream), stream,
                          group->published, part, err))
            return false;
    }
    return true;
}

/* Linked before the commit: a link without a record is swept. */
static bool take_back(struct catalog_txn *txn, const struct campaign *campaign,
                      const struct merge_group *group, struct err *err)
{
    struct file_record file;
    struct file_record part = {
        .campaign = campaign->id, .state = FILE_PART, .size = group->size};
    bool replaced;
    if (!withdraw_replaced(txn, group->published, &replaced, err))
        return false;
    if (!replaced)
        return true; /* another campaign publishes it under the same keys */
    enum lookup found = catalog_get_file(txn, group->published, &file, err);
    if (found != LOOKUP_FOUND || file.state != FILE_PUBLISHED)
        return found != LOOKUP_FAILED;
    part.hash = group->hash;
    if (!link_part(campaign, group, part.name, err) ||
        !catalog_put_file(txn, &part, err) ||
        !move_products(txn, campaign, group, part.name, err))
        return false;
    found = catalog_get_file(txn, part.name, &part, err);
    if (found == LOOKUP_FOUND && part.live == 0) { /* its products lie elsewhere */
        part.state = FILE_COLLECTING;
        if (!catalog_put_file(txn, &part, err))
            return false;
    }
    found = catalog_get_file(txn, group->published, &file, err);
    if (found != LOOKUP_FOUND || file.live > 0)
        return found != LOOKUP_FAILED;
    file.state = FILE_COLLECTING;
    return catalog_put_file(txn, &file, err);
}

bool retire_runs(struct catalog_txn *txn, const struct campaign *campaign,
                 uint32_t *count, struct err *err)
{
    struct family family;
    uint32_t asked = 0;
    bool published = false;
    *count = 0;
    bool done = family_load(&family, txn, campaign->name, err);
    for (uint32_t i = 0; done && family.count > 0 && i < campaign->group_count; i++) {
        struct merge_group group;
        done = get_group(txn, campaign, i, &group, err);
        uint32_t run = group.merge_class.run;
        if (!done || group.state != GROUP_PUBLISHED ||
            family_is(&family, campaign->name, run))
            continue;
        if (run != asked)
            done = run_published(txn, family_answer(&family, run), run, &published, err);
        asked = run;
        if (!done || !published)
            continue;
        group.state = GROUP_VOID;
        *count += 1;
        done = catalog_put_group(txn, campaign->id, &group, err) &&
               take_back(txn, campaign, &group, err);
    }
    family_release(&family);
    return done;
}

/* Runs of one campaign inside a transaction. */
struct runs {
    struct catalog_txn *txn;
    struct campaign campaign;
    const struct run_range *list;
    uint32_t count;
};

static bool close_segments(const struct runs *runs, struct err *err)
{
    for (uint32_t i = 0; i < runs->campaign.segment_count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        if (!get_row(runs->txn, &runs->campaign, i, &plan, &state, err))
            return false;
        if (segment_state_is_final((enum segment_state)state.state) ||
            !family_runs_have(runs->list, runs->count, plan.id.chunk.run))
            continue;
        state.state = SEGMENT_LOST;
        state.failure = E_AMENDED;
        if (!catalog_put_state(runs->txn, runs->campaign.id, i, &state, err))
            return false;
    }
    return true;
}

static bool close_groups(const struct runs *runs, struct err *err)
{
    for (uint32_t i = 0; i < runs->campaign.group_count; i++) {
        struct merge_group group;
        if (!get_group(runs->txn, &runs->campaign, i, &group, err))
            return false;
        if (group.state == GROUP_VOID || group.state == GROUP_PUBLISHED ||
            group.state == GROUP_PUBLISHING ||
            !family_runs_have(runs->list, runs->count, group.merge_class.run))
            continue;
        group.state = GROUP_VOID;
        if (!catalog_put_group(runs->txn, runs->campaign.id, &group, err))
            return false;
    }
    return true;
}

static bool lease_run(const struct runs *runs, const struct attempt *lease, uint32_t *run,
                      struct err *err)
{
    struct plan_segment plan;
    struct plan_state state;
    struct merge_group group;
    bool merge = lease->kind == TASK_MERGE;
    bool done =
        merge
            ? get_group(runs->txn, &runs->campaign, lease->segments[0], &group, err)
            : get_row(runs->txn, &runs->campaign, lease->segments[0], &plan, &state, err);
    if (done)
        *run = merge ? group.merge_class.run : plan.id.chunk.run;
    return done;
}

/* All of a lease is of one run. */
static bool void_leases(const struct runs *runs, struct err *err)
{
    struct arena arena;
    struct attempt lease = {.number = 0};
    enum lookup found = LOOKUP_FOUND;
    arena_init(&arena, RETIRE_ARENA);
    while (found == LOOKUP_FOUND) {
        uint32_t run = 0;
        arena_reset(&arena);
        found = catalog_next_lease(runs->txn, lease.number + 1, &arena, &lease, err);
        if (found != LOOKUP_FOUND || lease.campaign != runs->campaign.id ||
            lease.segment_count == 0)
            continue;
        lease.state = ATTEMPT_VOID;
        if (!lease_run(runs, &lease, &run, err) ||
            (family_runs_have(runs->list, runs->count, run) &&
             !catalog_put_attempt(runs->txn, &lease, err)))
            found = LOOKUP_FAILED;
    }
    arena_release(&arena);
    return found == LOOKUP_ABSENT;
}

bool retire_open(struct catalog_txn *txn, const char *campaign,
                 const struct run_range *list, uint32_t run_count, struct err *err)
{
    struct runs runs = {.txn = txn, .list = list, .count = run_count};
    return get_campaign(txn, campaign, &runs.campaign, err) && void_leases(&runs, err) &&
           close_segments(&runs, err) && close_groups(&runs, err);
}

/* What is behind a gate waits there again. */
static bool open_segments(const struct runs *runs, const struct stages *stages,
                          struct err *err)
{
    for (uint32_t i = 0; i < runs->campaign.segment_count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        if (!get_row(runs->txn, &runs->campaign, i, &plan, &state, err))
            return false;
        if (state.state != SEGMENT_LOST || state.failure != E_AMENDED ||
            !family_runs_have(runs->list, runs->count, plan.id.chunk.run))
            continue;
        state.state = stages_gated(stages, i) ? SEGMENT_PLANNED : SEGMENT_READY;
        state.failure = E_NONE;
        if (!catalog_put_state(runs->txn, runs->campaign.id, i, &state, err))
            return false;
    }
    return true;
}

bool retire_undo(struct catalog_txn *txn, const char *campaign,
                 const struct run_range *list, uint32_t run_count, struct err *err)
{
    struct runs runs = {.txn = txn, .list = list, .count = run_count};
    struct stages stages;
    if (!get_campaign(txn, campaign, &runs.campaign, err))
        return false;
    bool done =
        stages_read(&stages, txn, campaign, err) && open_segments(&runs, &stages, err);
    stages_release(&stages);
    if (!done)
        return false;
    runs.campaign.complete = false;
    return catalog_put_campaign(txn, &runs.campaign, err);
}
