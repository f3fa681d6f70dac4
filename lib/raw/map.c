/* map.c - the table of a channel map: folders, order, look-up.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/map.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "base/text.h"
#include "raw/map_internal.h"

#define MAP_MAX_PATH 4096

bool map_has_option(const struct map_section *section, const char *word)
{
    static const char blank[] = " \t\r\n,";
    size_t size = strlen(word);
    const char *at = section->options;
    for (at += strspn(at, blank); *at != 0; at += strspn(at, blank)) {
        size_t length = strcspn(at, blank);
        if (length == size && memcmp(at, word, size) == 0)
            return true;
        at += length;
    }
    return false;
}

bool map_row_add(struct map_build *build, const struct map_row *row, struct err *err)
{
    if (build->count == MAP_MAX_ENTRIES)
        return err_set(err, E_MAP_LIMIT, "channel map with more than %u lines",
                       MAP_MAX_ENTRIES);
    if (build->count == build->room) {
        build->room = build->room == 0 ? 512 : 2 * build->room;
        build->rows = mem_grow(build->rows, build->room, sizeof *build->rows);
    }
    build->rows[build->count++] = *row;
    return true;
}

static uint32_t lines_count(const struct map_text *text)
{
    uint32_t lines = 0;
    bool filled = false;
    for (size_t i = 0; i < text->size; i++) {
        char c = text->text[i];
        if (c == '\n') {
            lines += filled;
            filled = false;
        } else if (c != ' ' && c != '\t' && c != '\r')
            filled = true;
    }
    return lines + filled;
}

bool map_opaque_take(struct map_build *build, const char *name,
                     const struct map_text *text, struct err *err)
{
    struct channel_map *map = &build->map;
    size_t i = 0;
    while (i < map->opaque_count && strcmp(map->opaque[i].name, name) != 0)
        i++;
    if (i == MAP_MAX_SECTIONS)
        return err_set(err, E_MAP_LIMIT, "%s:%" PRIu32 ": more than %u kinds of sections",
                       text->name, text->line, MAP_MAX_SECTIONS);
    struct map_opaque *opaque = &map->opaque[i];
    if (i == map->opaque_count) {
        *opaque = (struct map_opaque){.sections = 0};
        if (!text_copy(opaque->name, sizeof opaque->name, name, err))
            return false;
        map->opaque_count++;
    }
    opaque->sections++;
    opaque->lines += lines_count(text);
    return true;
}

static uint32_t entry_place(const struct map_entry *entry)
{
    return (entry->port * MAP_ADCS + entry->adc) * MAP_CHANNELS + entry->channel;
}

static bool entry_same(const struct map_entry *a, const struct map_entry *b)
{
    return a->source == b->source && entry_place(a) == entry_place(b);
}

static int row_compare(const void *left, const void *right)
{
    const struct map_entry *a = &((const struct map_row *)left)->entry;
    const struct map_entry *b = &((const struct map_row *)right)->entry;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (!entry_same(a, b))
        return entry_place(a) < entry_place(b) ? -1 : 1;
    int names = strcmp(a->detector, b->detector);
    if (names != 0)
        return names;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return (a->y > b->y) - (a->y < b->y);
}

static bool rows_check(const struct map_build *build, const char *name, struct err *err)
{
    for (size_t i = 1; i < build->count; i++) {
        const struct map_row *a = &build->rows[i - 1], *b = &build->rows[i];
        if (entry_same(&a->entry, &b->entry) && !a->multi_digit && !b->multi_digit)
            return err_set(err, E_MAP_TWICE,
                           "%s: run %" PRIu32
                           ": %s and %s are both on source %u port %u adc %u channel %u",
                           name, build->run, a->entry.detector, b->entry.detector,
                           a->entry.source, a->entry.port, a->entry.adc,
                           a->entry.channel);
    }
    return true;
}

/* Sorts, checks and indexes; *map is written on success. */
static bool map_finish(struct map_build *build, const char *name, struct channel_map *map,
                       struct err *err)
{
    if (build->sections_inside == 0 && build->map.sections_outside > 0)
        return err_set(err, E_MAP_RUN,
                       "%s: no ChipSADC section for run %" PRIu32 "; there are %s", name,
                       build->run, build->ranges);
    if (build->count > 0)
        qsort(build->rows, build->count, sizeof *build->rows, row_compare);
    if (!rows_check(build, name, err))
        return false;
    *map = build->map;
    map->count = build->count;
    map->entries = mem_new(build->count + 1, sizeof *map->entries);
    for (size_t i = 0; i < build->count; i++) {
        const struct map_entry *entry = &build->rows[i].entry;
        uint32_t **index = &map->index[entry->source];
        if (*index == NULL)
            *index = mem_new((size_t)MAP_PLACES, sizeof **index);
        if ((*index)[entry_place(entry)] == 0)
            (*index)[entry_place(entry)] = (uint32_t)i + 1;
        map->entries[i] = *entry;
    }
    return true;
}

bool map_read_text(const void *xml, size_t size, const char *name, uint32_t run,
                   struct channel_map *map, struct err *err)
{
    struct map_build *build = mem_new(1, sizeof *build);
    build->run = run;
    bool done =
        map_xml_read(build, xml, size, name, err) && map_finish(build, name, map, err);
    free(build->rows);
    free(build);
    return done;
}

static bool file_read(struct map_build *build, const char *path, struct err *err)
{
    struct bytes text;
    bytes_init(&text, MAP_MAX_TEXT);
    bool done = disk_read_file(path, &text, err) &&
                map_xml_read(build, text.data, text.size, path, err);
    bytes_release(&text);
    return done;
}

/* Folders still to be looked into and files still to be read, as one list that grows. */
struct paths {
    char **path;
    int *depth;
    size_t count;
};

static bool paths_add(struct paths *paths, const char *path, int depth, struct err *err)
{
    if (paths->count == MAP_MAX_FILES)
        return err_set(err, E_MAP_LIMIT, "%s: more than %u map files", path,
                       MAP_MAX_FILES);
    if (depth > MAP_MAX_DEPTH)
        return err_set(err, E_MAP_LIMIT, "%s: folders are nested deeper than %d", path,
                       MAP_MAX_DEPTH);
    paths->path[paths->count] = mem_text(path);
    paths->depth[paths->count++] = depth;
    return true;
}

static bool ends_in_xml(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".xml") == 0;
}

/* Adds the entries of a folder in the order of their names. */
static bool folder_read(struct paths *paths, size_t i, struct err *err)
{
    const char *folder = paths->path[i];
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);
    if (count < 0)
        return err_errno(err, E_DISK_OPEN, errno, "%s: cannot be listed", folder);
    bool done = true;
    struct bytes path;
    bytes_init(&path, MAP_MAX_PATH);
    for (int n = 0; n < count; n++) {
        const char *text;
        bytes_clear(&path);
        if (done && ends_in_xml(names[n]->d_name))
            done = text_addf(&path, err, "%s/%s", folder, names[n]->d_name) &&
                   text_terminate(&path, &text, err) &&
                   paths_add(paths, text, paths->depth[i] + 1, err);
        free(names[n]);
    }
    free(names);
    bytes_release(&path);
    return done;
}

bool map_read_path(const char *path, uint32_t run, struct channel_map *map,
                   struct err *err)
{
    struct map_build *build = mem_new(1, sizeof *build);
    build->run = run;
    struct paths paths = {.path = mem_new(MAP_MAX_FILES, sizeof *paths.path),
                          .depth = mem_new(MAP_MAX_FILES, sizeof *paths.depth)};
    bool done = paths_add(&paths, path, 0, err);
    for (size_t i = 0; done && i < paths.count; i++) {
        struct stat status;
        if (stat(paths.path[i], &status) != 0)
            done = err_errno(err, E_DISK_OPEN, errno, "%s", paths.path[i]);
        else if (S_ISDIR(status.st_mode))
            done = folder_read(&paths, i, err);
        else
            done = file_read(build, paths.path[i], err);
    }
    done = done && map_finish(build, path, map, err);
    for (size_t i = 0; i < paths.count; i++)
        free(paths.path[i]);
    free(paths.path);
    free(paths.depth);
    free(build->rows);
    free(build);
    return done;
}

void map_release(struct channel_map *map)
{
    free(map->entries);
    for (size_t i = 0; i < MAP_SOURCES; i++)
        free(map->index[i]);
    memset(map, 0, sizeof *map);
}

const struct map_entry *map_find(const struct channel_map *map,
                                 const struct map_channel *channel, size_t *same)
{
    *same = 0;
    if (channel->source >= MAP_SOURCES || channel->port >= MAP_PORTS ||
        channel->adc >= MAP_ADCS || channel->channel >= MAP_CHANNELS ||
        map->index[channel->source] == NULL)
        return NULL;
    uint32_t place =
        (channel->port * MAP_ADCS + channel->adc) * MAP_CHANNELS + channel->channel;
    uint32_t first = map->index[channel->source][place];
    if (first == 0)
        return NULL;
    const struct map_entry *entry = &map->entries[first - 1];
    while (first - 1 + *same < map->count && entry_same(entry, entry + *same))
        (*same)++;
    return entry;
}
