/* repair.c - products whose bytes are gone are forgotten, so that they are made again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/repair.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/stat.h>

#include "coordinator/part.h"
#include "coordinator/publish.h"
#include "coordinator/shelf.h"

#define REPAIR_ARENA ((size_t)4 << 20)

/* The campaigns of one store, and its missing files in the order of the catalog: sorted.
 */
struct repair {
    struct catalog_txn *txn;
    struct campaign *campaigns;
    uint32_t campaign_count;
    struct name_list missing;
};

static void repair_release(struct repair *repair)
{
    free(repair->campaigns);
    free(repair->missing.names);
}

static bool find_campaigns(struct repair *repair, const char *store, struct err *err)
{
    struct campaign campaign = {.id = 0};
    for (;;) {
        enum lookup found =
            catalog_next_campaign(repair->txn, campaign.id + 1, &campaign, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT;
        if (strcmp(campaign.store, store) != 0)
            continue;
        repair->campaigns = mem_grow(repair->campaigns, repair->campaign_count + 1,
                                     sizeof *repair->campaigns);
        repair->campaigns[repair->campaign_count++] = campaign;
    }
}

static bool get_group(struct catalog_txn *txn, const struct campaign *campaign,
                      uint32_t number, struct merge_group *group, struct err *err)
{
    enum lookup found = catalog_get_group(txn, campaign->id, number, group, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED,
                       "campaign %s: merge group %u is not in the catalog",
                       campaign->name, number);
    return found == LOOKUP_FOUND;
}

static bool finish_publishing(struct repair *repair, const struct campaign *campaign,
                              struct err *err)
{
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        if (!get_group(repair->txn, campaign, i, &group, err))
            return false;
        if (group.state == GROUP_PUBLISHING &&
            publish_file(campaign, &group, err) == LOOKUP_FAILED)
            return false;
    }
    return true;
}

/* The campaign of the store that a file was recorded for, NULL for another store. */
static const struct campaign *owner_of(const struct repair *repair,
                                       const struct file_record *file)
{
    for (uint32_t i = 0; i < repair->campaign_count; i++)
        if (repair->campaigns[i].id == file->campaign)
            return &repair->campaigns[i];
    return NULL;
}

/* ABSENT: no such file, or of another size. A disk that does not answer is neither. */
static enum lookup file_look(const struct campaign *campaign,
                             const struct file_record *file, struct err *err)
{
    char path[PATH_MAX];
    struct stat status;
    if (!shelf_path(campaign, file->name, path, err))
        return LOOKUP_FAILED;
    if (stat(path, &status) == 0)
        return (uint64_t)status.st_size == file->size ? LOOKUP_FOUND : LOOKUP_ABSENT;
    if (errno == ENOENT || errno == ENOTDIR)
        return LOOKUP_ABSENT;
    (void)err_errno(err, E_DISK_READ, errno, "%s: cannot be examined", path);
    return LOOKUP_FAILED;
}

static bool find_missing(struct repair *repair, struct err *err)
{
    struct file_record file;
    char next[PRODUCT_FILE + 1] = "";
    for (;;) {
        enum lookup found = catalog_next_file(repair->txn, next, &file, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT;
        (void)snprintf(next, sizeof next, "%s ", file.name);
        const struct campaign *campaign = owner_of(repair, &file);
        if (campaign == NULL || file.state == FILE_COLLECTING)
            continue;
        enum lookup look = file_look(campaign, &file, err);
        if (look == LOOKUP_FAILED)
            return false;
        if (look == LOOKUP_ABSENT)
            name_list_add(&repair->missing, file.name);
    }
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool is_missing(const struct name_list *missing, const char *name)
{
    return missing->count > 0 && bsearch(name, missing->names, missing->count,
                                         PRODUCT_FILE, name_compare) != NULL;
}

static bool product_gone(const struct repair *repair, uint32_t number, bool *gone,
                         struct err *err)
{
    struct arena arena;
    struct product_set set;
    *gone = false;
    if (number == 0)
        return true;
    arena_init(&arena, REPAIR_ARENA);
    enum lookup found = catalog_get_products(repair->txn, number, &arena, &set, err);
    for (uint32_t i = 0; found == LOOKUP_FOUND && i < set.count; i++)
        if (is_missing(&repair->missing, set.products[i].place.file))
            *gone = true;
    arena_release(&arena);
    if (found == LOOKUP_ABSENT)
        *gone = true;
    return found != LOOKUP_FAILED;
}

/* Forgets what is gone of one segment; *touched tells that anything was. */
static bool repair_segment(const struct repair *repair, const struct campaign *campaign,
                           uint32_t number, struct plan_state *state, bool *touched,
                           struct err *err)
{
    bool reco_gone;
    bool select_gone;
    if (!product_gone(repair, state->reco_product, &reco_gone, err) ||
        !product_gone(repair, state->select_product, &select_gone, err))
        return false;
    *touched = reco_gone || select_gone;
    if (!*touched)
        return true;
    if ((reco_gone && !part_forget(repair->txn, &state->reco_product, NULL, err)) ||
        (select_gone && !part_forget(repair->txn, &state->select_product, NULL, err)))
        return false;
    if (state->state == SEGMENT_COMMITTED)
        state->state = SEGMENT_READY;
    return catalog_put_state(repair->txn, campaign->id, number, state, err);
}

/* All groups of the run are made again; files that are still right are found by key. */
static bool void_groups(const struct repair *repair, const struct campaign *campaign,
                        uint32_t run, struct err *err)
{
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        if (!get_group(repair->txn, campaign, i, &group, err))
            return false;
        if (group.merge_class.run != run || group.state == GROUP_VOID)
            continue;
        group.state = GROUP_VOID;
        if (!catalog_put_group(repair->txn, campaign->id, &group, err))
            return false;
    }
    return true;
}

static bool repair_states(const struct repair *repair, const struct campaign *campaign,
                          struct plan_state *states, uint64_t *forgotten, struct err *err)
{
    uint32_t voided = 0;
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        bool touched;
        struct plan_segment plan;
        if (!repair_segment(repair, campaign, i, &states[i], &touched, err))
            return false;
        if (!touched)
            continue;
        *forgotten += 1;
        enum lookup found =
            catalog_get_plan_segment(repair->txn, campaign->id, i, &plan, err);
        if (found == LOOKUP_ABSENT)
            return err_set(err, E_CATALOG_DAMAGED,
                           "campaign %s: plan segment %u is not in the catalog",
                           campaign->name, i);
        if (found == LOOKUP_FAILED)
            return false;
        if (plan.id.chunk.run != voided &&
            !void_groups(repair, campaign, plan.id.chunk.run, err))
            return false;
        voided = plan.id.chunk.run;
    }
    return true;
}

static bool repair_campaign(const struct repair *repair, struct campaign *campaign,
                            uint64_t *forgotten, struct err *err)
{
    uint64_t mine = 0;
    struct plan_state *states = mem_new(campaign->segment_count, sizeof *states);
    bool done = catalog_get_states(repair->txn, campaign->id, 0, campaign->segment_count,
                                   states, err) &&
                repair_states(repair, campaign, states, &mine, err);
    free(states);
    *forgotten += mine;
    if (!done || mine == 0)
        return done;
    campaign->complete = false;
    return catalog_put_campaign(repair->txn, campaign, err);
}

/* Files that are missing one by one are made again. A store in which there is nothing of
 * ours at all was rather not mounted than emptied. */
static bool store_is_there(const struct repair *repair, const struct campaign *campaign,
                           struct err *err)
{
    return repair->missing.count == 0 || shelf_present(campaign) ||
           err_set(
               err, E_STORE_ABSENT,
               "%s: has neither parts nor published, the catalog knows %u files there",
               campaign->store, repair->missing.count);
}

static bool forget_files(const struct repair *repair, struct err *err)
{
    for (uint32_t i = 0; i < repair->missing.count; i++)
        if (!catalog_delete_file(repair->txn, repair->missing.names[i], err))
            return false;
    return true;
}

bool repair_store(struct catalog_txn *txn, const char *name, uint64_t *forgotten,
                  struct err *err)
{
    struct campaign campaign;
    struct repair repair = {.txn = txn};
    *forgotten = 0;
    enum lookup found = catalog_get_campaign(txn, name, &campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", name);
    if (found != LOOKUP_FOUND)
        return false;
    bool done = find_campaigns(&repair, campaign.store, err);
    for (uint32_t i = 0; done && i < repair.campaign_count; i++)
        done = finish_publishing(&repair, &repair.campaigns[i], err);
    done = done && find_missing(&repair, err) && store_is_there(&repair, &campaign, err);
    for (uint32_t i = 0; done && repair.missing.count > 0 && i < repair.campaign_count;
         i++)
        done = repair_campaign(&repair, &repair.campaigns[i], forgotten, err);
    done = done && forget_files(&repair, err);
    repair_release(&repair);
    return done;
}

bool repair_shared(struct catalog_txn *txn, const struct campaign *campaign,
                   uint64_t *forgotten, struct err *err)
{
    struct repair repair = {.txn = txn};
    bool done = find_campaigns(&repair, campaign->store, err);
    for (uint32_t i = 0; done && i < repair.campaign_count; i++)
        if (repair.campaigns[i].id != campaign->id)
            done = repair_campaign(&repair, &repair.campaigns[i], forgotten, err);
    repair_release(&repair);
    return done;
}
