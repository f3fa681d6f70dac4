/* conditions_shelf.c - a folder of tag files as an index.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_shelf.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/text.h"
#include "conditions/folder.h"

/* What is compared to see a change: names, times, sizes and inodes of the files. */
#define SHELF_SIGNATURE ((size_t)SHELF_TAGS * (TAG_NAME + 40))

struct conditions_shelf {
    char *folder;
    struct sha256 signature;
    bool known;
};

/* An index that is being filled. */
struct filling {
    const char *folder;
    struct index *index;
    uint64_t tags, types, lists, rows;
};

bool conditions_shelf_exists(const char *folder)
{
    char path[PATH_MAX];
    struct stat status;
    int written = snprintf(path, sizeof path, "%s/tags", folder);
    return written > 0 && written < (int)sizeof path && stat(path, &status) == 0 &&
           S_ISDIR(status.st_mode);
}

struct conditions_shelf *conditions_shelf_new(const char *folder)
{
    struct conditions_shelf *made = mem_new(1, sizeof *made);
    made->folder = mem_text(folder);
    return made;
}

void conditions_shelf_free(struct conditions_shelf *shelf)
{
    if (!shelf)
        return;
    free(shelf->folder);
    free(shelf);
}

/* ---- the folder ---- */

static int only_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && length - 5 < TAG_NAME &&
           strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int scan(const struct conditions_shelf *shelf, struct dirent ***entries)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/tags", shelf->folder);
    return scandir(path, entries, only_json, alphasort);
}

static void entries_free(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

static void signature_add(struct bytes *out, const char *folder, const char *file)
{
    char path[PATH_MAX];
    struct stat status = {0};
    struct err unused;
    (void)snprintf(path, sizeof path, "%s/tags/%s", folder, file);
    (void)stat(path, &status);
    int64_t numbers[4] = {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size,
                          (int64_t)status.st_ino};
    if (bytes_append(out, file, strlen(file) + 1, &unused))
        (void)bytes_append(out, numbers, sizeof numbers, &unused);
}

/* false when the folder is not there. */
static bool signature_of(const struct conditions_shelf *shelf, struct sha256 *signature)
{
    struct dirent **entries = NULL;
    struct bytes text;
    int count = scan(shelf, &entries);
    if (count < 0)
        return false;
    bytes_init(&text, SHELF_SIGNATURE);
    for (int i = 0; i < count; i++)
        signature_add(&text, shelf->folder, entries[i]->d_name);
    *signature = sha256_of(text.data, text.size);
    bytes_release(&text);
    entries_free(entries, count);
    return true;
}

bool conditions_shelf_changed(struct conditions_shelf *shelf)
{
    struct sha256 now;
    return signature_of(shelf, &now) &&
           (!shelf->known || !sha256_equal(&now, &shelf->signature));
}

/* ---- filling ---- */

static void fill(struct filling *filling, const struct ledger_record *record)
{
    struct err err;
    bug_if(!index_put(filling->index, record, &err)); /* tag_check accepted it */
}

static uint64_t fill_type(struct filling *filling, const char *name)
{
    const struct ledger_word *known = index_find_type(filling->index, name);
    struct ledger_record record = {.kind = LEDGER_TYPE};
    if (known)
        return known->id;
    record.word.id = ++filling->types;
    (void)snprintf(record.word.name, sizeof record.word.name, "%s", name);
    fill(filling, &record);
    return record.word.id;
}

static void fill_row(struct filling *filling, const struct tag_row *row)
{
    struct ledger_record record = {.kind = LEDGER_ROW};
    record.row = (struct ledger_row){.id = ++filling->rows,
                                     .list = filling->lists,
                                     .start_major = row->interval.start.run,
                                     .start_minor = row->interval.start.spill,
                                     .end_major = row->interval.end.run,
                                     .end_minor = row->interval.end.spill,
                                     .size = row->size,
                                     .url = row->url,
                                     .checksum = row->checksum};
    fill(filling, &record);
}

static void fill_rows(struct filling *filling, const struct tag *tag)
{
    for (size_t i = 0; i < tag->count; i++) {
        const struct tag_row *row = &tag->rows[i];
        if (i == 0 || strcmp(tag->rows[i - 1].type, row->type) != 0) {
            struct ledger_record record = {.kind = LEDGER_LIST};
            record.list.type = fill_type(filling, row->type);
            record.list.id = ++filling->lists;
            record.list.tag = filling->tags;
            fill(filling, &record);
        }
        fill_row(filling, row);
    }
}

/* Types and URLs must fit a record. */
static bool tag_fits(const struct tag *tag, struct err *err)
{
    for (size_t i = 0; i < tag->count; i++) {
        const struct tag_row *row = &tag->rows[i];
        if (!text_is_name(row->type, LEDGER_NAME - 1) || strlen(row->url) >= LEDGER_TEXT)
            return err_set(err, E_TAG_ROW,
                           "tag %s: type '%.40s': URL or type is too long", tag->name,
                           row->type);
    }
    return true;
}

static void fill_tag(struct filling *filling, const char *name, uint64_t sequence)
{
    struct err err = {0};
    struct arena arena;
    struct tag tag = {.status = TAG_OTHER};
    struct ledger_record record = {.kind = LEDGER_TAG};
    arena_init(&arena, TAG_MEMORY);
    bool good = folder_read_tag(filling->folder, name, &arena, &tag, &err) &&
                tag_check(&tag, name, &err) && tag_fits(&tag, &err);
    enum tag_status status = good && tag.status != TAG_OTHER ? tag.status : TAG_UNLOCKED;
    record.tag = (struct ledger_tag){
        .id = ++filling->tags, .status = (uint64_t)status + 1, .sequence = sequence};
    (void)snprintf(record.tag.name, sizeof record.tag.name, "%s", name);
    fill(filling, &record);
    if (good)
        fill_rows(filling, &tag);
    else
        index_set_error(filling->index, record.tag.id, err.text);
    arena_release(&arena);
}

static void fill_statuses(struct filling *filling)
{
    for (int i = TAG_UNLOCKED; i <= TAG_FROZEN; i++) {
        struct ledger_record record = {.kind = LEDGER_STATUS};
        record.word.id = (uint64_t)i + 1;
        (void)snprintf(record.word.name, sizeof record.word.name, "%s",
                       tag_status_name((enum tag_status)i));
        fill(filling, &record);
    }
}

struct index *conditions_shelf_read(struct conditions_shelf *shelf)
{
    struct filling filling = {.folder = shelf->folder, .index = index_new()};
    struct dirent **entries = NULL;
    shelf->known = signature_of(shelf, &shelf->signature);
    /* What a client compares: the same files have the same number. */
    uint64_t sequence = le64_load(shelf->signature.bytes) >> 1;
    int count = scan(shelf, &entries);
    fill_statuses(&filling);
    for (int i = 0; i < count && filling.tags < SHELF_TAGS; i++) {
        char name[TAG_NAME];
        size_t length = strlen(entries[i]->d_name) - 5;
        memcpy(name, entries[i]->d_name, length);
        name[length] = '\0';
        if (tag_name_is_fine(name))
            fill_tag(&filling, name, sequence);
    }
    entries_free(entries, count);
    return filling.index;
}
