/* apply_merge.c - a merged file takes over from its parts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/apply_merge.h"

#include <stdio.h>

#include "coordinator/tasks.h"

/* One product set. */
#define MERGE_ARENA ((size_t)4 << 20)

static bool collect_if_empty(struct catalog_txn *txn, const char *name, struct owed *owed,
                             struct err *err)
{
    struct file_record file;
    enum lookup found = catalog_get_file(txn, name, &file, err);
    if (found != LOOKUP_FOUND || file.live > 0 || file.state != FILE_PART)
        return found != LOOKUP_FAILED;
    file.state = FILE_COLLECTING;
    name_list_add(&owed->collect, name);
    return catalog_put_file(txn, &file, err);
}

/* A product that lies in a published file already stays there. */
static bool move_product(const struct book *book, struct catalog_txn *txn,
                         uint32_t number, const struct merge_group *group,
                         uint64_t offset, struct owed *owed, struct err *err)
{
    const char *stream = group->merge_class.stream;
    struct arena arena;
    struct product_set set;
    arena_init(&arena, MERGE_ARENA);
    uint32_t id = task_product_number(&book->states[number], stream);
    enum lookup found = catalog_get_products(txn, id, &arena, &set, err);
    const struct product *product =
        found == LOOKUP_FOUND ? task_find_stream(&set, stream) : NULL;
    bool done = product != NULL;
    if (!done && found != LOOKUP_FAILED)
        err_set(err, E_CATALOG_DAMAGED, "plan segment %u: no product for %s", number,
                stream);
    if (done && strncmp(product->place.file, "parts/", 6) == 0) {
        struct place to = {.offset = offset, .length = product->place.length};
        (void)snprintf(to.file, sizeof to.file, "%s", group->published);
        done = catalog_move_product(txn, id, stream, &to, err) &&
               collect_if_empty(txn, product->place.file, owed, err);
    }
    arena_release(&arena);
    return done;
}

static bool take_over(const struct book *book, struct catalog_txn *txn,
                      const struct merge_group *group, const struct report *report,
                      struct owed *owed, struct err *err)
{
    uint32_t input = 0;
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        if (book->states[i].state != SEGMENT_COMMITTED)
            continue;
        if (input == report->input_count)
            return err_set(err, E_WIRE_VALUE,
                           "merge of %s: the report has offsets for %u inputs only",
                           group->published, input);
        if (!move_product(book, txn, i, group, report->input_offsets[input++], owed, err))
            return false;
    }
    return true;
}

bool apply_group(struct book *book, struct catalog_txn *txn, const struct report *report,
                 const struct core_command *command, struct owed *owed, struct err *err)
{
    struct merge_group *group = &book->groups[command->group];
    bool commits =
        command->group_state == GROUP_PUBLISHING && group->state != GROUP_PUBLISHING;
    group->state = command->group_state;
    group->deaths = command->group_deaths;
    group->failure = command->group_failure;
    if (commits) {
        bug_if(report == NULL);
        struct file_record file = {.campaign = book->campaign.id,
                                   .state = FILE_PUBLISHED,
                                   .size = report->merged.place.length,
                                   .hash = report->merged.bytes_hash};
        group->size = file.size;
        group->hash = file.hash;
        (void)snprintf(group->part, sizeof group->part, "%s", report->merged.place.file);
        (void)snprintf(file.name, sizeof file.name, "%s", group->published);
        if (!catalog_put_file(txn, &file, err) ||
            !take_over(book, txn, group, report, owed, err))
            return false;
    }
    return catalog_put_group(txn, book->campaign.id, group, err);
}
