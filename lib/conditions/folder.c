/* folder.c - a folder as a source of conditions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/folder.h"

#include <dirent.h>
#include <limits.h>

#include "base/disk.h"
#include "base/text.h"

static bool tag_path(const char *folder, const char *name, char path[PATH_MAX],
                     struct err *err)
{
    int written = snprintf(path, PATH_MAX, "%s/tags/%s.json", folder, name);
    return (written > 0 && written < PATH_MAX) ||
           err_set(err, E_CONDITIONS_FETCH, "%.200s...: the path is too long", folder);
}

/* What cannot be read is the source's fault, whatever the disk says. */
static bool read_document(const char *path, struct json **document, struct err *err)
{
    struct bytes text;
    struct err cause = {0};
    bytes_init(&text, TAG_JSON);
    bool done = disk_read_file(path, &text, &cause);
    if (!done)
        (void)err_set(err, E_CONDITIONS_FETCH, "%.400s", cause.text);
    if (done && !json_parse(text.data, text.size, path, document, &cause))
        done = err_set(err, E_CONDITIONS_REPLY, "%.400s", cause.text);
    bytes_release(&text);
    return done;
}

/* A folder that is not mounted says nothing about its tags. */
static bool tag_absent(const char *folder, const char *name, struct err *err)
{
    char path[PATH_MAX];
    int written = snprintf(path, sizeof path, "%s/tags", folder);
    if (written > 0 && written < (int)sizeof path && !disk_exists(path))
        return err_set(err, E_CONDITIONS_FETCH, "%.400s: no folder of tags", path);
    return err_set(err, E_TAG_UNKNOWN, "%s has no tag '%s'", folder, name);
}

bool folder_read_tag(const char *folder, const char *name, struct arena *arena,
                     struct tag *tag, struct err *err)
{
    char path[PATH_MAX];
    struct json *document = NULL;
    if (!tag_path(folder, name, path, err))
        return false;
    if (!disk_exists(path))
        return tag_absent(folder, name, err);
    if (!read_document(path, &document, err))
        return false;
    bool done = tag_read_folder(document, path, arena, tag, err);
    if (done && strcmp(tag->name, name) != 0)
        done = err_set(err, E_CONDITIONS_REPLY, "%s: says name '%s'", path, tag->name);
    json_free(document);
    return done;
}

static void row_put(struct json_writer *writer, const struct tag_row *row)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "payload_type_name", row->type);
    json_put_text(writer, "payload_url", row->url);
    json_put_text(writer, "checksum", row->checksum);
    if (row->size >= 0)
        json_put_i64(writer, "size", row->size);
    json_put_i64(writer, "major_iov", row->interval.start.run);
    json_put_i64(writer, "minor_iov", row->interval.start.spill);
    json_put_i64(writer, "major_iov_end", row->interval.end.run);
    json_put_i64(writer, "minor_iov_end", row->interval.end.spill);
    json_close_object(writer);
}

bool folder_write_tag(const char *folder, const struct tag *tag, struct err *err)
{
    char path[PATH_MAX];
    struct bytes text;
    struct json_writer writer;
    if (!tag_path(folder, tag->name, path, err))
        return false;
    bytes_init(&text, TAG_JSON);
    json_begin(&writer, &text);
    json_open_object(&writer, NULL);
    json_put_text(&writer, "name", tag->name);
    json_put_text(&writer, "status", tag_status_name(tag->status));
    json_open_array(&writer, "payloads");
    for (size_t i = 0; i < tag->count; i++)
        row_put(&writer, &tag->rows[i]);
    json_close_array(&writer);
    json_close_object(&writer);
    bool done = json_end(&writer, err) &&
                disk_write_durable(path, text.data, text.size, 0644, err);
    bytes_release(&text);
    return done;
}

/* NAME of "NAME.json". */
static bool tag_of_file(const char *file, char name[TAG_NAME])
{
    size_t length = strlen(file);
    if (length < 6 || length - 5 >= TAG_NAME || strcmp(file + length - 5, ".json") != 0)
        return false;
    memcpy(name, file, length - 5);
    name[length - 5] = '\0';
    return tag_name_is_fine(name);
}

static bool list_one(const char *folder, const char *name, tag_seen seen, void *user,
                     struct err *err)
{
    struct arena arena;
    struct tag tag;
    struct tag_listing listing;
    arena_init(&arena, TAG_MEMORY);
    bool done = folder_read_tag(folder, name, &arena, &tag, err);
    if (done) {
        listing = (struct tag_listing){.status = tag.status, .rows = (int64_t)tag.count};
        done = text_copy(listing.name, sizeof listing.name, tag.name, err) &&
               seen(user, &listing, err);
    }
    arena_release(&arena);
    return done;
}

static int only_tags(const struct dirent *entry)
{
    char name[TAG_NAME];
    return tag_of_file(entry->d_name, name);
}

/* The number of tag files, to be freed with their list; -1: no such folder. */
static int tag_files(const char *folder, char path[PATH_MAX], struct dirent ***entries)
{
    int written = snprintf(path, PATH_MAX, "%s/tags", folder);
    return written < PATH_MAX ? scandir(path, entries, only_tags, alphasort) : -1;
}

bool folder_list_tags(const char *folder, tag_seen seen, void *user, struct err *err)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    int count = tag_files(folder, path, &entries);
    if (count < 0)
        return err_set(err, E_CONDITIONS_FETCH, "%.400s: no folder of tags", path);
    bool done = true;
    for (int i = 0; i < count; i++) {
        char name[TAG_NAME];
        done = done && tag_of_file(entries[i]->d_name, name) &&
               list_one(folder, name, seen, user, err);
        free(entries[i]);
    }
    free(entries);
    return done;
}

static bool find_in_tag(const char *folder, const char *name, const char *checksum,
                        char url[FOLDER_URL])
{
    struct arena arena;
    struct tag tag;
    struct err unused;
    arena_init(&arena, TAG_MEMORY);
    bool found = false;
    bool read = folder_read_tag(folder, name, &arena, &tag, &unused);
    for (size_t i = 0; read && !found && i < tag.count; i++)
        found = strcmp(tag.rows[i].checksum, checksum) == 0 &&
                tag_url_is_safe(tag.rows[i].url) &&
                text_copy(url, FOLDER_URL, tag.rows[i].url, &unused);
    arena_release(&arena);
    return found;
}

bool folder_find_payload(const char *folder, const char *checksum, char url[FOLDER_URL])
{
    char path[PATH_MAX], name[TAG_NAME];
    struct dirent **entries = NULL;
    bool found = false;
    int count = tag_files(folder, path, &entries);
    for (int i = 0; i < count; i++) {
        found = found || (tag_of_file(entries[i]->d_name, name) &&
                          find_in_tag(folder, name, checksum, url));
        free(entries[i]);
    }
    free(entries);
    return found;
}
