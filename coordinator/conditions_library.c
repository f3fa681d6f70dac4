/* conditions_library.c - the tags of a folder in memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_library.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/text.h"
#include "conditions/folder.h"

#define SECOND_NS ((int64_t)1000000000)

struct library {
    char *folder;
    size_t count;
    struct library_tag **tags; /* sorted by name */
};

static void tag_free(struct library_tag *tag)
{
    if (!tag)
        return;
    arena_release(&tag->arena);
    free(tag);
}

/* ---- one tag ---- */

static bool tag_lists(struct library_tag *made, struct err *err)
{
    void *memory = NULL;
    const struct tag *tag = &made->tag;
    if (!arena_take(&made->arena, tag->count, sizeof *made->lists, &memory, err))
        return false;
    made->lists = memory;
    for (size_t i = 0; i < tag->count; i++) {
        struct library_list *last = &made->lists[made->list_count];
        if (i > 0 && strcmp(tag->rows[i - 1].type, tag->rows[i].type) == 0) {
            last[-1].count++;
            continue;
        }
        *last = (struct library_list){.first = i, .count = 1};
        made->list_count++;
    }
    return true;
}

static struct library_tag *tag_load(const char *folder, const char *name,
                                    const struct stat *status)
{
    struct err err = {0};
    struct library_tag *made = mem_new(1, sizeof *made);
    *made = (struct library_tag){.changed_ns = status->st_mtim.tv_sec * SECOND_NS +
                                               status->st_mtim.tv_nsec,
                                 .size = status->st_size,
                                 .inode = status->st_ino};
    memcpy(made->name, name, strlen(name) + 1);
    arena_init(&made->arena, TAG_MEMORY);
    if (!folder_read_tag(folder, name, &made->arena, &made->tag, &err) ||
        !tag_check(&made->tag, name, &err) || !tag_lists(made, &err)) {
        (void)snprintf(made->error, sizeof made->error, "%.*s", LIBRARY_ERROR - 1,
                       err.text);
        made->tag.count = 0;
        made->list_count = 0;
    }
    return made;
}

static bool tag_is_current(const struct library_tag *tag, const struct stat *status)
{
    int64_t changed_ns = status->st_mtim.tv_sec * SECOND_NS + status->st_mtim.tv_nsec;
    return tag->changed_ns == changed_ns && tag->size == status->st_size &&
           tag->inode == status->st_ino;
}

/* ---- the folder ---- */

static int only_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && length - 5 < TAG_NAME &&
           strcmp(entry->d_name + length - 5, ".json") == 0;
}

/* Index among the tags that we have, or where it would stand. */
static size_t find_place(const struct library *library, const char *name)
{
    size_t low = 0, high = library->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(library->tags[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The tag of one file: the one we have (taken out of the old list), or a new one. */
static struct library_tag *tag_of_file(struct library *library, const char *file)
{
    char path[PATH_MAX];
    char name[TAG_NAME];
    struct stat status;
    size_t length = strlen(file) - 5;
    memcpy(name, file, length);
    name[length] = '\0';
    int written = snprintf(path, sizeof path, "%s/tags/%s", library->folder, file);
    bool fits = written > 0 && written < (int)sizeof path;
    if (!tag_name_is_fine(name) || !fits || stat(path, &status) != 0)
        return NULL;
    size_t place = find_place(library, name);
    struct library_tag *old = place < library->count ? library->tags[place] : NULL;
    if (old && strcmp(old->name, name) == 0 && tag_is_current(old, &status)) {
        struct library_tag *kept = mem_new(1, sizeof *kept);
        *kept = *old; /* the arena moves with it */
        arena_init(&old->arena, TAG_MEMORY);
        return kept;
    }
    return tag_load(library->folder, name, &status);
}

static int compare_tags(const void *left, const void *right)
{
    struct library_tag *const *a = left;
    struct library_tag *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static void number_all(struct library *library)
{
    uint32_t list_id = 1;
    uint64_t row_id = 1;
    for (size_t i = 0; i < library->count; i++) {
        struct library_tag *tag = library->tags[i];
        tag->id = (uint32_t)i + 1;
        tag->first_row_id = row_id;
        row_id += tag->tag.count;
        for (size_t l = 0; l < tag->list_count; l++)
            tag->lists[l].id = list_id++;
    }
}

static void tags_free(struct library_tag **tags, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tag_free(tags[i]);
    free(tags);
}

void library_refresh(struct library *library)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    (void)snprintf(path, sizeof path, "%s/tags", library->folder);
    int found = scandir(path, &entries, only_json, alphasort);
    if (found < 0)
        return; /* gone for a moment: what was read is still true */
    struct library_tag **tags = mem_new((size_t)found + 1, sizeof(struct library_tag *));
    size_t count = 0;
    for (int i = 0; i < found; i++) {
        struct library_tag *tag =
            count < LIBRARY_TAGS ? tag_of_file(library, entries[i]->d_name) : NULL;
        if (tag)
            tags[count++] = tag;
        free(entries[i]);
    }
    free(entries);
    tags_free(library->tags, library->count);
    qsort(tags, count, sizeof(struct library_tag *), compare_tags);
    library->tags = tags;
    library->count = count;
    number_all(library);
}

bool library_open(const char *folder, struct library **library, struct err *err)
{
    char path[PATH_MAX];
    struct stat status;
    int written = snprintf(path, sizeof path, "%s/tags", folder);
    bool fits = written > 0 && written < (int)sizeof path;
    if (!fits || stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return err_set(err, E_CONDITIONS_FETCH, "%.400s/tags: no folder of tags", folder);
    struct library *made = mem_new(1, sizeof *made);
    *made = (struct library){.folder = mem_text(folder)};
    library_refresh(made);
    *library = made;
    return true;
}

void library_close(struct library *library)
{
    if (!library)
        return;
    tags_free(library->tags, library->count);
    free(library->folder);
    free(library);
}

size_t library_count(const struct library *library)
{
    return library->count;
}

const struct library_tag *library_at(const struct library *library, size_t index)
{
    return index < library->count ? library->tags[index] : NULL;
}

const struct library_tag *library_find(const struct library *library, const char *name)
{
    const struct library_tag *tag = library_at(library, find_place(library, name));
    return tag && strcmp(tag->name, name) == 0 ? tag : NULL;
}

const struct tag_row *library_row_at(const struct library_tag *tag,
                                     const struct library_list *list,
                                     struct moment moment)
{
    size_t low = 0, high = list->count; /* first row that starts after the moment */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (moment_compare(tag->tag.rows[list->first + middle].interval.start, moment) <=
            0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &tag->tag.rows[list->first + low - 1] : NULL;
}
