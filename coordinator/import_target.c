/* import_target.c - where imported payloads go: a tag of a folder of conditions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/import_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/disk.h"
#include "base/text.h"
#include "catalog/ledger.h"
#include "conditions/folder.h"
#include "conditions/match_rows.h"

struct import_target {
    char folder[PATH_MAX];
    int lock; /* of the folder of tags */
    struct arena arena;
    struct tag tag;
};

static bool path_of(const struct import_target *target, const char *name,
                    char path[PATH_MAX], struct err *err)
{
    int written = snprintf(path, PATH_MAX, "%s/%s", target->folder, name);
    return (written > 0 && written < PATH_MAX) ||
           err_set(err, E_LIMIT, "%.200s...: the path is too long", target->folder);
}

/* Made, and absolute: a source of conditions is nothing else. */
static bool folder_take(struct import_target *target, const char *folder, struct err *err)
{
    if (ledger_exists(folder))
        return err_set(err, E_USAGE,
                       "%s is a store of conditions serve: start that, and give its URL",
                       folder);
    if (!disk_make_path(folder, err))
        return false;
    return realpath(folder, target->folder) != NULL ||
           err_errno(err, E_DISK_READ, errno, "%s", folder);
}

static bool lock_take(struct import_target *target, struct err *err)
{
    char path[PATH_MAX];
    if (!path_of(target, "tags", path, err) || !disk_make_path(path, err))
        return false;
    target->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target->lock < 0 || flock(target->lock, LOCK_EX) != 0)
        return err_errno(err, E_DISK_READ, errno, "%s: cannot be locked", path);
    return true;
}

static bool tag_load(struct import_target *target, const char *name, struct err *err)
{
    struct err cause = {0};
    if (folder_read_tag(target->folder, name, &target->arena, &target->tag, &cause)) {
        if (target->tag.status != TAG_UNLOCKED)
            return err_set(err, E_TAG_ROW, "tag %s is %s: put into another one", name,
                           tag_status_name(target->tag.status));
        return tag_check(&target->tag, name, err);
    }
    if (cause.code != E_TAG_UNKNOWN) {
        *err = cause;
        return false;
    }
    target->tag = (struct tag){.status = TAG_UNLOCKED};
    return text_copy(target->tag.name, sizeof target->tag.name, name, err);
}

bool import_target_open(const char *folder, const char *tag,
                        struct import_target **target, struct err *err)
{
    if (!tag_name_is_fine(tag))
        return err_set(err, E_USAGE, "'%.80s' is no name of a tag", tag);
    struct import_target *made = mem_new(1, sizeof *made);
    *made = (struct import_target){.lock = -1};
    arena_init(&made->arena, TAG_MEMORY);
    if (folder_take(made, folder, err) && lock_take(made, err) &&
        tag_load(made, tag, err)) {
        *target = made;
        return true;
    }
    import_target_close(made);
    return false;
}

void import_target_close(struct import_target *target)
{
    if (!target)
        return;
    if (target->lock >= 0)
        (void)close(target->lock);
    arena_release(&target->arena);
    free(target);
}

/* Whether a file holds these bytes; one that is damaged is written again. */
static bool is_kept(const char *path, const struct bytes *text)
{
    struct bytes there;
    struct err unused;
    bytes_init(&there, text->size + 1);
    bool same = disk_exists(path) && disk_read_file(path, &there, &unused) &&
                there.size == text->size &&
                memcmp(there.data, text->data, text->size) == 0;
    bytes_release(&there);
    return same;
}

/* payloads/TYPE/hh/HASH.ending; the same bytes are there once. */
static bool payload_keep(const struct import_target *target, const char *url,
                         const struct bytes *text, struct err *err)
{
    char name[256], path[PATH_MAX], folder[PATH_MAX];
    (void)snprintf(name, sizeof name, "payloads/%s", url);
    if (!path_of(target, name, path, err))
        return false;
    if (is_kept(path, text))
        return true;
    memcpy(folder, path, sizeof folder);
    *strrchr(folder, '/') = '\0';
    return disk_make_path(folder, err) &&
           disk_write_durable(path, text->data, text->size, 0444, err);
}

enum splice import_target_put(struct import_target *target, const struct import_row *row,
                              bool replace, struct err *err)
{
    struct sha256 hash = sha256_of(row->text->data, row->text->size);
    char hex[SHA256_HEX], url[256];
    sha256_to_hex(&hash, hex);
    (void)snprintf(url, sizeof url, "%s/%.2s/%s.%s", row->type, hex, hex, row->ending);
    const struct tag_row made = {.type = arena_text(&target->arena, row->type),
                                 .url = arena_text(&target->arena, url),
                                 .checksum = arena_text(&target->arena, hex),
                                 .size = (int64_t)row->text->size,
                                 .interval = row->interval};
    if (!made.type || !made.url || !made.checksum) {
        (void)err_set(err, E_LIMIT, "tag %s is too large", target->tag.name);
        return SPLICE_REFUSED;
    }
    enum splice found = splice_row(&target->tag, &made, replace, &target->arena, err);
    if (found != SPLICE_REFUSED && !payload_keep(target, url, row->text, err))
        return SPLICE_REFUSED;
    return found;
}

bool import_target_commit(struct import_target *target, struct err *err)
{
    char url[PATH_MAX + 8];
    const struct source_options options = {.url = url};
    struct source *source;
    (void)snprintf(url, sizeof url, "file:%s", target->folder);
    if (!source_open(&options, &source, err))
        return false;
    bool done = match_rows(source, &target->tag, err) &&
                folder_write_tag(target->folder, &target->tag, err);
    source_close(source);
    return done;
}
