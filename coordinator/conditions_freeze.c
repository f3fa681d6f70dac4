/* conditions_freeze.c - what must be true of a tag before it is frozen for good.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_freeze.h"

#include <inttypes.h>

#include "base/text.h"
#include "conditions/match.h"
#include "conditions/payload.h"
#include "conditions/tag.h"
#include "coordinator/conditions_blob.h"
#include "coordinator/conditions_content.h"
#include "coordinator/conditions_edit_tags.h"
#include "coordinator/payload_check.h"

#define FREEZE_FAULTS 3 /* that are named */

struct freezing {
    struct edit *edit;
    struct match match;
    size_t faults;
    char text[360]; /* the first faults */
};

static void fault(struct freezing *freezing, const struct index_row *row,
                  const char *what)
{
    size_t used = strlen(freezing->text);
    if (freezing->faults++ < FREEZE_FAULTS)
        (void)snprintf(freezing->text + used, sizeof freezing->text - used,
                       "%s%s from %" PRId64 ".%" PRId64 ": %.80s", used > 0 ? "; " : "",
                       row->list->type->name, row->record.start_major,
                       row->record.start_minor, what);
}

/* The form that the type wants, and the names that other payloads refer to. */
static bool bytes_are_good(struct freezing *freezing, const struct index_row *row,
                           const struct bytes *bytes, const struct sha256 *hash,
                           struct err *err)
{
    const char *type = row->list->type->name;
    const struct match_payload payload = {type, row->record.url, bytes, *hash};
    struct payload_marks marks;
    return !payload_type_find(type) ||
           (payload_check(type, bytes, row->record.url, &marks, err) &&
            match_read(&freezing->match, &payload, err));
}

static void check_row(struct freezing *freezing, const struct index_row *row, bool again)
{
    const struct ledger_blob *blob =
        index_blob(freezing->edit->index, row->record.checksum);
    struct bytes bytes;
    struct err err = {0};
    if (!blob) {
        fault(freezing, row, "its bytes are not here");
        return;
    }
    if (row->record.size >= 0 && row->record.size != (int64_t)blob->size) {
        fault(freezing, row, "its size is not that of its bytes");
        return;
    }
    if (again)
        return;
    bytes_init(&bytes, PAYLOAD_LIMIT);
    if (!blob_read(library_folder(freezing->edit->library), &blob->hash, &bytes, &err) ||
        !bytes_are_good(freezing, row, &bytes, &blob->hash, &err))
        fault(freezing, row, err.text);
    bytes_release(&bytes);
}

static int compare_rows(const void *left, const void *right)
{
    const struct index_row *const *a = left, *const *b = right;
    return strcmp((*a)->record.checksum, (*b)->record.checksum);
}

/* Each payload once per type, however many rows have it. */
static void check_list(struct freezing *freezing, const struct index_list *list)
{
    const struct index_row **rows = mem_new(list->count, sizeof(struct index_row *));
    for (size_t i = 0; i < list->count; i++)
        rows[i] = list->slots[i].row;
    qsort(rows, list->count, sizeof(struct index_row *), compare_rows);
    for (size_t i = 0; i < list->count; i++)
        check_row(freezing, rows[i], i > 0 && compare_rows(&rows[i - 1], &rows[i]) == 0);
    free(rows);
}

static bool write_manifest(struct edit *edit, const struct manifest *manifest,
                           struct sha256 *hash, struct err *err)
{
    struct bytes text;
    bytes_init(&text, MANIFEST_TEXT);
    bool done = manifest_write(manifest, &text, err);
    if (done) {
        *hash = sha256_of(text.data, text.size);
        done = blob_write(library_folder(edit->library), hash, text.data, text.size, err);
    }
    if (done)
        edit_put_blob(edit, hash, text.data, text.size);
    bytes_release(&text);
    return done;
}

static bool freeze_good(struct freezing *freezing, struct index_tag *tag,
                        struct refusal *refusal)
{
    struct edit *edit = freezing->edit;
    struct manifest manifest;
    struct ledger_record *record = NULL;
    struct sha256 hash = {{0}};
    struct err err = {0};
    if (!content_manifest(edit->index, tag, &manifest, &err))
        return refuse(refusal, 409, "Tag %s: %.400s", tag->record.name, err.text);
    bool good = match_check(&freezing->match, &manifest, &err) &&
                write_manifest(edit, &manifest, &hash, &err);
    manifest_release(&manifest);
    if (!good)
        return refuse(refusal, err.code == E_CONDITIONS_MATCH ? 409 : 500,
                      "Tag %s: %.400s", tag->record.name, err.text);
    if (!edit_set_status(edit, tag, tag_status_name(TAG_FROZEN), refusal) ||
        !edit_touch(edit, tag, &record, refusal))
        return false;
    record->tag.snapshot = hash;
    return true;
}

bool edit_freeze(struct edit *edit, struct index_tag *tag, struct refusal *refusal)
{
    struct freezing freezing = {.edit = edit};
    edit->made = tag->record.id;
    if (edit_rule(edit, tag) == RULE_FROZEN)
        return true; /* a request that is repeated */
    for (size_t i = 0; i < tag->count; i++)
        check_list(&freezing, tag->lists[i]);
    bool done = freezing.faults == 0
                    ? freeze_good(&freezing, tag, refusal)
                    : refuse(refusal, 409, "Tag %s is not frozen, %zu rows are wrong: %s",
                             tag->record.name, freezing.faults, freezing.text);
    match_release(&freezing.match);
    return done;
}
