/* conditions_content.c - a tag of the service as a manifest, over all runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_content.h"

#include "base/text.h"
#include "model/run.h"

bool content_of_row(const struct index *index, const struct ledger_row *row,
                    struct sha256 *hash, uint64_t *size)
{
    struct err unused;
    const struct ledger_blob *blob = index_blob(index, row->checksum);
    if (blob) {
        *hash = blob->hash;
        *size = blob->size;
        return true;
    }
    *size = (uint64_t)row->size;
    return row->size >= 0 && strlen(row->checksum) == SHA256_HEX - 1 &&
           sha256_from_hex(row->checksum, hash, &unused);
}

size_t content_missing(const struct index *index, const struct index_tag *tag)
{
    size_t missing = 0;
    for (size_t l = 0; l < tag->count; l++) {
        const struct index_list *list = tag->lists[l];
        for (size_t i = 0; i < list->count; i++) {
            struct sha256 hash;
            uint64_t size = 0;
            missing += !content_of_row(index, &list->slots[i].row->record, &hash, &size);
        }
    }
    return missing;
}

/* A list without a row in the window is not there. */
static bool entry_add(const struct index *index, const struct index_list *list,
                      const struct interval_piece *piece, struct manifest *manifest,
                      struct err *err)
{
    struct manifest_entry entry = {.gap = piece->index == INTERVAL_GAP,
                                   .interval = piece->interval};
    if (!text_copy(entry.type, sizeof entry.type, list->type->name, err))
        return err_wrap(err, "payload type %s", list->type->name);
    if (!entry.gap && !content_of_row(index, &list->slots[piece->index].row->record,
                                      &entry.hash, &entry.size))
        return err_set(err, E_PAYLOAD_HASH, "%s: the bytes of row %llu are not known",
                       list->name,
                       (unsigned long long)list->slots[piece->index].row->record.id);
    return manifest_add(manifest, &entry, err);
}

static bool list_add(const struct index *index, const struct index_list *list,
                     struct manifest *manifest, struct err *err)
{
    struct interval window = interval_of_runs(manifest->first_run, manifest->last_run);
    struct interval *intervals = mem_new(list->count, sizeof *intervals);
    struct interval_piece *pieces = mem_new(2 * list->count + 1, sizeof *pieces);
    for (size_t i = 0; i < list->count; i++)
        intervals[i] = row_interval(&list->slots[i].row->record);
    size_t count = interval_cut(window, intervals, list->count, pieces);
    bool done = true;
    for (size_t i = 0; i < count && done; i++)
        done = entry_add(index, list, &pieces[i], manifest, err);
    free(intervals);
    free(pieces);
    return done;
}

bool content_manifest(const struct index *index, const struct index_tag *tag,
                      struct manifest *manifest, struct err *err)
{
    bool done = true;
    manifest_init(manifest, 0, RUN_MAXIMUM);
    for (size_t i = 0; i < tag->count && done; i++)
        done = list_add(index, tag->lists[i], manifest, err);
    if (!done)
        manifest_release(manifest);
    return done;
}
