/* apply_merge.c - a merged file takes over from its parts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/apply_merge.h"

#include <stdio.h>

#include "coordinator/part.h"
#include "coordinator/tasks.h"
#include "coordinator/withdraw.h"

/* A merge whose file takes over the products of its inputs. */
struct takeover {
    const struct book *book;
    struct catalog_txn *txn;
    const struct merge_group *group;
    const struct report *report;
    struct owed *owed;
    char asked[PRODUCT_FILE]; /* published file that was asked for last */
    bool replaced;            /* the answer: inputs come in its order */
};

/* A product that lies in a published file stays there, unless that file is replaced. */
static bool may_move(struct takeover *takeover, const struct place *place, bool *may,
                     struct err *err)
{
    *may = part_holds(place);
    if (strncmp(place->file, "published/", 10) != 0)
        return true;
    if (strcmp(takeover->asked, place->file) != 0) {
        if (!withdraw_replaced(takeover->txn, place->file, &takeover->replaced, err))
            return false;
        memcpy(takeover->asked, place->file, sizeof takeover->asked);
    }
    *may = takeover->replaced;
    return true;
}

static bool move_product(struct takeover *takeover, uint32_t number, uint64_t offset,
                         struct err *err)
{
    const char *stream = takeover->group->merge_class.stream;
    struct catalog_txn *txn = takeover->txn;
    struct product product;
    bool may = false;
    if (!task_product(takeover->book, txn, number, stream, &product, err) ||
        !may_move(takeover, &product.place, &may, err))
        return false;
    if (!may)
        return true;
    uint32_t id = task_product_number(&takeover->book->states[number], stream);
    struct place to = {.offset = offset, .length = product.place.length};
    (void)snprintf(to.file, sizeof to.file, "%s", takeover->group->published);
    return catalog_move_product(txn, id, stream, &to, err) &&
           part_collect(txn, product.place.file, &takeover->owed->collect, err);
}

static bool take_over(struct takeover *takeover, struct err *err)
{
    const struct merge_group *group = takeover->group;
    const struct report *report = takeover->report;
    uint32_t input = 0;
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        if (takeover->book->states[i].state != SEGMENT_COMMITTED)
            continue;
        if (input == report->input_count)
            return err_set(err, E_WIRE_VALUE,
                           "merge of %s: the report has offsets for %u inputs only",
                           group->published, input);
        if (!move_product(takeover, i, report->input_offsets[input++], err))
            return false;
    }
    return true;
}

bool apply_group(struct book *book, struct catalog_txn *txn, const struct report *report,
                 const struct core_command *command, struct owed *owed, struct err *err)
{
    struct merge_group *group = &book->groups[command->group];
    group->state = command->group_state;
    group->deaths = command->group_deaths;
    group->failure = command->group_failure;
    if (report != NULL) {
        struct file_record file = {.campaign = book->campaign.id,
                                   .state = FILE_PUBLISHED,
                                   .size = report->merged.place.length,
                                   .hash = report->merged.bytes_hash};
        group->size = file.size;
        group->hash = file.hash;
        (void)snprintf(group->part, sizeof group->part, "%s", report->merged.place.file);
        (void)snprintf(file.name, sizeof file.name, "%s", group->published);
        struct takeover takeover = {
            .book = book, .txn = txn, .group = group, .report = report, .owed = owed};
        if (!catalog_put_file(txn, &file, err) || !take_over(&takeover, err))
            return false;
    }
    return catalog_put_group(txn, book->campaign.id, group, err);
}
