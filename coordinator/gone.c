/* gone.c - which products are really gone or changed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/gone.h"

#include <limits.h>
#include <unistd.h>

#include "base/disk.h"
#include "coordinator/shelf.h"
#include "coordinator/tasks.h"
#include "output/pack.h"

/* The segment whose product is input `blamed`; UINT32_MAX when there is none. */
static uint32_t input_segment(const struct book *book, const struct merge_group *group,
                              uint32_t blamed)
{
    uint32_t input = 0;
    for (uint32_t i = group->first; i < group->first + group->count; i++)
        if (book->states[i].state == SEGMENT_COMMITTED && input++ == blamed)
            return i;
    return UINT32_MAX;
}

/* Records of a pack are copied with their feet, all else by the payload. */
static bool intact(int fd, const char *path, const struct product *product)
{
    struct err why;
    if (!pack_check_bytes(fd, path, &product->place, &product->bytes_hash, &why))
        return false;
    if (strcmp(product->stream, "reco") != 0)
        return true;
    struct pack_entry entry;
    pack_entry_init(&entry);
    bool right = pack_read_at(fd, path, &product->place, &entry, &why) &&
                 sha256_equal(&entry.item.key, &product->key);
    pack_entry_release(&entry);
    return right;
}

/* What is looked at: one file, for the products of one stream of a unit. */
struct suspect {
    const struct core_unit *unit;
    const char *stream;
    const char *file;
    int fd; /* -1: there is no such file */
    char path[PATH_MAX];
};

static bool look(const struct book *book, struct catalog_txn *txn,
                 const struct suspect *suspect, struct number_list *found,
                 struct err *err)
{
    const struct core_unit *unit = suspect->unit;
    for (uint32_t i = unit->first; i < unit->first + unit->count; i++) {
        struct product product;
        if (book->states[i].state != SEGMENT_COMMITTED)
            continue;
        if (!task_product(book, txn, i, suspect->stream, &product, err))
            return false;
        if (strcmp(product.place.file, suspect->file) == 0 &&
            (suspect->fd < 0 || !intact(suspect->fd, suspect->path, &product)))
            number_list_add(found, i);
    }
    return true;
}

bool gone_find(const struct book *book, struct catalog_txn *txn, uint32_t number,
               uint32_t blamed, struct gone *gone, struct err *err)
{
    const struct merge_group *group = &book->groups[number];
    const char *stream = group->merge_class.stream;
    struct product product;
    struct suspect suspect = {
        .unit = &book->units[book_unit(book, group->first)], .stream = stream, .fd = -1};
    uint32_t segment = input_segment(book, group, blamed);
    gone->steps = stream_is_reco(stream) ? STEP_RECO : STEP_SELECT;
    gone->segments.count = 0;
    if (blamed == UINT32_MAX && !task_prologue(book, txn, group, &segment, err))
        return false;
    if (segment == UINT32_MAX || !shelf_present(&book->campaign))
        return true;
    if (!task_product(book, txn, segment, stream, &product, err))
        return false;
    suspect.file = product.place.file;
    uint64_t size;
    struct err why;
    if (!shelf_path(&book->campaign, suspect.file, suspect.path, err))
        return false;
    if (disk_exists(suspect.path) &&
        !disk_open_read(suspect.path, &suspect.fd, &size, &why))
        return true; /* no evidence: it is there, but this process cannot read it */
    bool done = look(book, txn, &suspect, &gone->segments, err);
    if (suspect.fd >= 0)
        (void)close(suspect.fd);
    return done;
}
