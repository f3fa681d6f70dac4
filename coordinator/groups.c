/* groups.c - which segments become which published file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/part.h"
#include "coordinator/tasks.h"

/* A unit of 4095 spills in 20 chunks has 10^5 segments: 32 bytes each, 4 MiB of text. */
#define GROUP_KEY_TEXT ((size_t)256 << 20)

void group_list_release(struct group_list *list)
{
    free(list->groups);
    *list = (struct group_list){.count = 0};
}

static const char *stream_extension(const char *stream)
{
    if (stream_is_reco(stream) || strcmp(stream, "flow") == 0)
        return "root";
    return strcmp(stream, "summary") == 0 ? "jsonl" : "dat";
}

/* published/STREAM/RUN/STREAM_RUN_SEQUENCE_KEY12.EXT */
static void published_name(const struct merge_class *merge_class,
                           const struct sha256 *key, char out[PRODUCT_FILE])
{
    char hex[SHA256_HEX];
    sha256_to_hex(key, hex);
    (void)snprintf(out, PRODUCT_FILE, "published/%s/%06u/%s_%06u_%03u_%.12s.%s",
                   merge_class->stream, merge_class->run, merge_class->stream,
                   merge_class->run, merge_class->sequence, hex,
                   stream_extension(merge_class->stream));
}

/* "electron 100 GeV"; the particle alone when the momentum is unknown. */
static bool beam_text(const struct run *run, char *out, size_t size, struct err *err)
{
    struct bytes text;
    const char *beam;
    bytes_init(&text, 256);
    bool done = text_add(&text, run->particle, err);
    if (done && !isnan(run->momentum_gev))
        done = text_add(&text, " ", err) &&
               text_add_real(&text, run->momentum_gev, err) &&
               text_add(&text, " GeV", err);
    done = done && text_terminate(&text, &beam, err) && text_copy(out, size, beam, err);
    bytes_release(&text);
    return done;
}

static bool class_of(struct merge_class *merge_class, const struct book *book,
                     struct catalog_txn *txn, uint32_t unit, struct err *err)
{
    struct plan_segment plan;
    struct run run;
    uint32_t first = book->units[unit].first;
    enum lookup found =
        catalog_get_plan_segment(txn, book->campaign.id, first, &plan, err);
    if (found == LOOKUP_FOUND)
        found = catalog_get_run(txn, plan.id.chunk.run, &run, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "the run of plan segment %u is missing",
                       first);
    if (found == LOOKUP_FAILED)
        return false;
    *merge_class =
        (struct merge_class){.synthetic = run.synthetic,
                             .run = run.number,
                             .target_bytes = book->campaign.policy.merge_bytes};
    (void)snprintf(merge_class->period, sizeof merge_class->period, "%s", run.period);
    (void)snprintf(merge_class->setup, sizeof merge_class->setup, "%s", run.setup);
    (void)snprintf(merge_class->origin, sizeof merge_class->origin, "%s",
                   run_origin_name(run.origin));
    return beam_text(&run, merge_class->beam, sizeof merge_class->beam, err);
}

static struct merge_group *list_add(struct group_list *list)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        list->groups = mem_grow(list->groups, list->capacity, sizeof *list->groups);
    }
    struct merge_group *group = &list->groups[list->count++];
    memset(group, 0, sizeof *group);
    return group;
}

/* The sequence of files of one stream while it is being cut. */
struct cut {
    const struct book *book;
    struct catalog_txn *txn;
    struct group_list *list;
    struct merge_class merge_class;
    struct sha256 *keys; /* of the open group */
    uint32_t key_count;
    uint32_t first;
    uint32_t last;
    uint64_t bytes;
    struct event_digest events;
    bool in_parts; /* a product of the open group lies in a part */
};

static bool cut_close(struct cut *cut, struct err *err)
{
    struct bytes text;
    bytes_init(&text, GROUP_KEY_TEXT);
    struct merge_group *group = list_add(cut->list);
    *group = (struct merge_group){.number = cut->book->campaign.group_count +
                                            cut->list->count - 1,
                                  .merge_class = cut->merge_class,
                                  .first = cut->first,
                                  .count = cut->last - cut->first + 1,
                                  .state = GROUP_OPEN,
                                  .events = cut->events};
    bool done = key_merge_text(&text, &cut->merge_class, cut->keys, cut->key_count, err);
    if (done)
        group->key = key_of(&text);
    bytes_release(&text);
    if (!done)
        return false;
    struct file_record file;
    published_name(&group->merge_class, &group->key, group->published);
    enum lookup found = catalog_get_file(cut->txn, group->published, &file, err);
    /* Products that lie in parts must move: the same bytes are merged once more. */
    if (found == LOOKUP_FOUND && file.state == FILE_PUBLISHED && !cut->in_parts) {
        group->state = GROUP_PUBLISHED;
        group->size = file.size;
        group->hash = file.hash;
    }
    cut->merge_class.sequence++;
    cut->key_count = 0;
    cut->bytes = 0;
    cut->events = (struct event_digest){.count = 0};
    cut->in_parts = false;
    return found != LOOKUP_FAILED;
}

static bool cut_add(struct cut *cut, uint32_t number, const struct product *product,
                    struct err *err)
{
    uint64_t target = cut->merge_class.target_bytes;
    bool full =
        cut->key_count > 0 && target > 0 &&
        (product->place.length > target || cut->bytes > target - product->place.length);
    if (full && !cut_close(cut, err))
        return false;
    if (cut->key_count == 0)
        cut->first = number;
    cut->last = number;
    cut->keys[cut->key_count++] = product->key;
    cut->bytes += product->place.length;
    cut->in_parts = cut->in_parts || part_holds(&product->place);
    event_digest_merge(&cut->events, &product->events);
    return true;
}

static bool cut_stream(struct cut *cut, const struct core_unit *unit, struct err *err)
{
    for (uint32_t i = unit->first; i < unit->first + unit->count; i++) {
        struct product product;
        if (cut->book->states[i].state != SEGMENT_COMMITTED)
            continue;
        if (!task_product(cut->book, cut->txn, i, cut->merge_class.stream, &product,
                          err) ||
            !cut_add(cut, i, &product, err))
            return false;
    }
    return cut->key_count == 0 || cut_close(cut, err);
}

bool groups_cut(const struct book *book, struct catalog_txn *txn, uint32_t unit,
                struct group_list *list, struct err *err)
{
    char streams[STREAMS][STREAM_NAME];
    uint32_t count = book_streams(&book->campaign, streams, STREAMS);
    struct cut cut = {.book = book, .txn = txn, .list = list};
    if (!class_of(&cut.merge_class, book, txn, unit, err))
        return false;
    cut.keys = mem_new(book->units[unit].count, sizeof *cut.keys);
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++) {
        (void)snprintf(cut.merge_class.stream, sizeof cut.merge_class.stream, "%s",
                       streams[i]);
        cut.merge_class.sequence = 0;
        done = cut_stream(&cut, &book->units[unit], err);
    }
    free(cut.keys);
    return done;
}

bool groups_void(struct catalog_txn *txn, const struct campaign *campaign, uint32_t run,
                 struct err *err)
{
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        enum lookup found = catalog_get_group(txn, campaign->id, i, &group, err);
        if (found == LOOKUP_ABSENT)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %u is missing", i);
        if (found == LOOKUP_FAILED)
            return false;
        if (group.merge_class.run != run || group.state == GROUP_VOID ||
            group.state == GROUP_PUBLISHING)
            continue;
        group.state = GROUP_VOID;
        if (!catalog_put_group(txn, campaign->id, &group, err))
            return false;
    }
    return true;
}
