/* repair.c - products whose bytes are gone are forgotten, so that they are made again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/repair.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <sys/stat.h>

#include "base/disk.h"
#include "coordinator/publish.h"

#define REPAIR_ARENA ((size_t)4 << 20)

/* Names of missing files, in the order of the catalog: sorted. */
struct missing {
    char (*names)[PRODUCT_FILE];
    size_t count;
    size_t capacity;
};

static int name_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool missing_has(const struct missing *missing, const char *name)
{
    return missing->count > 0 && bsearch(name, missing->names, missing->count,
                                         PRODUCT_FILE, name_compare) != NULL;
}

/* ABSENT: no such file, or of another size. A disk that does not answer is neither. */
static enum lookup file_look(const struct campaign *campaign,
                             const struct file_record *file, struct err *err)
{
    char path[PATH_MAX];
    struct stat status;
    if (!store_path(campaign, file->name, path, err))
        return LOOKUP_FAILED;
    if (stat(path, &status) == 0)
        return (uint64_t)status.st_size == file->size ? LOOKUP_FOUND : LOOKUP_ABSENT;
    if (errno == ENOENT || errno == ENOTDIR)
        return LOOKUP_ABSENT;
    (void)err_errno(err, E_DISK_READ, errno, "%s: cannot be examined", path);
    return LOOKUP_FAILED;
}

static void missing_add(struct missing *missing, const char name[PRODUCT_FILE])
{
    if (missing->count == missing->capacity) {
        missing->capacity = missing->capacity == 0 ? 16 : 2 * missing->capacity;
        missing->names =
            mem_grow(missing->names, missing->capacity, sizeof *missing->names);
    }
    memcpy(missing->names[missing->count++], name, PRODUCT_FILE);
}

/* Files that are missing one by one are made again. A store in which there is nothing of
 * ours at all was rather not mounted than emptied. */
static bool store_is_there(const struct campaign *campaign, const struct missing *missing,
                           struct err *err)
{
    char parts[PATH_MAX];
    char published[PATH_MAX];
    if (!store_path(campaign, "parts", parts, err) ||
        !store_path(campaign, "published", published, err))
        return false;
    return missing->count == 0 || disk_exists(parts) || disk_exists(published) ||
           err_set(err, E_STORE_ABSENT,
                   "%s: has neither parts nor published, the catalog knows %zu files of "
                   "campaign %s there",
                   campaign->store, missing->count, campaign->name);
}

static bool find_missing(struct catalog_txn *txn, const struct campaign *campaign,
                         struct missing *missing, struct err *err)
{
    struct file_record file;
    char next[PRODUCT_FILE + 1] = "";
    enum lookup found;
    while ((found = catalog_next_file(txn, next, &file, err)) == LOOKUP_FOUND) {
        (void)snprintf(next, sizeof next, "%s ", file.name);
        if (file.campaign != campaign->id || file.state == FILE_COLLECTING)
            continue;
        enum lookup look = file_look(campaign, &file, err);
        if (look == LOOKUP_FAILED)
            return false;
        if (look == LOOKUP_ABSENT)
            missing_add(missing, file.name);
    }
    return found == LOOKUP_ABSENT && store_is_there(campaign, missing, err);
}

static bool finish_publishing(struct catalog_txn *txn, const struct campaign *campaign,
                              struct err *err)
{
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        if (catalog_get_group(txn, campaign->id, i, &group, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %u is missing", i);
        if (group.state == GROUP_PUBLISHING &&
            publish_file(campaign, &group, err) == LOOKUP_FAILED)
            return false;
    }
    return true;
}

static bool product_gone(struct catalog_txn *txn, uint32_t number,
                         const struct missing *missing, bool *gone, struct err *err)
{
    struct arena arena;
    struct product_set set;
    *gone = false;
    if (number == 0)
        return true;
    arena_init(&arena, REPAIR_ARENA);
    enum lookup found = catalog_get_products(txn, number, &arena, &set, err);
    for (uint32_t i = 0; found == LOOKUP_FOUND && i < set.count; i++)
        if (missing_has(missing, set.products[i].place.file))
            *gone = true;
    arena_release(&arena);
    if (found == LOOKUP_ABSENT)
        *gone = true;
    return found != LOOKUP_FAILED;
}

static bool forget_step(struct catalog_txn *txn, uint32_t *number, struct err *err)
{
    struct arena arena;
    struct product_set set;
    arena_init(&arena, REPAIR_ARENA);
    enum lookup found = catalog_get_products(txn, *number, &arena, &set, err);
    bool done = found != LOOKUP_FAILED;
    if (found == LOOKUP_FOUND)
        done = catalog_delete_products(txn, *number, err);
    arena_release(&arena);
    *number = 0;
    return done;
}

static bool listed(const uint32_t *numbers, uint32_t count, uint32_t number)
{
    for (uint32_t i = 0; i < count; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* Forgets what is gone of one segment; *touched tells that anything was. */
static bool repair_segment(struct catalog_txn *txn, const struct campaign *campaign,
                           uint32_t number, const struct missing *missing, bool drop,
                           bool *touched, struct err *err)
{
    struct plan_state state;
    bool reco_gone = false;
    bool select_gone = false;
    *touched = false;
    if (!catalog_get_states(txn, campaign->id, number, 1, &state, err) ||
        !product_gone(txn, state.reco_product, missing, &reco_gone, err) ||
        !product_gone(txn, state.select_product, missing, &select_gone, err))
        return false;
    reco_gone = reco_gone || (drop && state.reco_product != 0);
    select_gone = select_gone || (drop && state.select_product != 0);
    if (!reco_gone && !select_gone)
        return true;
    *touched = true;
    if ((reco_gone && !forget_step(txn, &state.reco_product, err)) ||
        (select_gone && !forget_step(txn, &state.select_product, err)))
        return false;
    if (state.state == SEGMENT_COMMITTED)
        state.state = SEGMENT_READY;
    return catalog_put_state(txn, campaign->id, number, &state, err);
}

/* All groups of the run are made again; files that are still right are found by key. */
static bool void_groups(struct catalog_txn *txn, const struct campaign *campaign,
                        uint32_t run, struct err *err)
{
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        if (catalog_get_group(txn, campaign->id, i, &group, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %u is missing", i);
        if (group.merge_class.run != run || group.state == GROUP_VOID)
            continue;
        group.state = GROUP_VOID;
        if (!catalog_put_group(txn, campaign->id, &group, err))
            return false;
    }
    return true;
}

static bool forget_files(struct catalog_txn *txn, const struct missing *missing,
                         struct err *err)
{
    for (size_t i = 0; i < missing->count; i++)
        if (!catalog_delete_file(txn, missing->names[i], err))
            return false;
    return true;
}

static bool repair_segments(struct catalog_txn *txn, const struct campaign *campaign,
                            const struct missing *missing, const uint32_t *dropped,
                            uint32_t dropped_count, uint64_t *forgotten, struct err *err)
{
    uint32_t voided = 0;
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        bool touched;
        struct plan_segment plan;
        if (!repair_segment(txn, campaign, i, missing, listed(dropped, dropped_count, i),
                            &touched, err))
            return false;
        if (!touched)
            continue;
        *forgotten += 1;
        if (catalog_get_plan_segment(txn, campaign->id, i, &plan, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "plan segment %u is missing", i);
        if (plan.id.chunk.run != voided &&
            !void_groups(txn, campaign, plan.id.chunk.run, err))
            return false;
        voided = plan.id.chunk.run;
    }
    return true;
}

bool repair_campaign(struct catalog_txn *txn, const char *name, const uint32_t *dropped,
                     uint32_t dropped_count, uint64_t *forgotten, struct err *err)
{
    struct missing missing = {.count = 0};
    struct campaign campaign;
    *forgotten = 0;
    enum lookup found = catalog_get_campaign(txn, name, &campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", name);
    if (found != LOOKUP_FOUND)
        return false;
    bool done = finish_publishing(txn, &campaign, err) &&
                find_missing(txn, &campaign, &missing, err);
    if (done && missing.count + dropped_count > 0)
        done = repair_segments(txn, &campaign, &missing, dropped, dropped_count,
                               forgotten, err) &&
               forget_files(txn, &missing, err);
    if (done && *forgotten > 0) {
        campaign.complete = false;
        done = catalog_put_campaign(txn, &campaign, err);
    }
    free(missing.names);
    return done;
}
