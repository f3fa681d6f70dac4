/* map.c - reading a channel map: texts, files, folders in folders.
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

/* The reconstruction would take such a channel for both. */
static bool cells_check(const struct channel_map *map, const char *name, uint32_t run,
                        struct err *err)
{
    const struct map_twice *twice = &map->twice[0];
    if (map->twice_count == 0 || twice->place.chip != CHIP_SADC)
        return true;
    return err_set(err, E_MAP_TWICE,
                   "%s: run %" PRIu32
                   ": %s and %s are both on source %u port %u adc %u channel %u",
                   name, run, twice->first, twice->second, twice->place.source,
                   twice->place.unit, twice->place.part, twice->place.channel);
}

/* The end of both ways to read; *map is written on success. */
static bool build_end(struct map_build *build, const char *name, struct channel_map *map,
                      struct err *err)
{
    struct channel_map made;
    if (!map_finish(build, name, &made, err))
        return false;
    if (cells_check(&made, name, build->run, err)) {
        *map = made;
        return true;
    }
    map_release(&made);
    return false;
}

bool map_read_text(const void *xml, size_t size, const char *name, uint32_t run,
                   struct channel_map *map, struct err *err)
{
    struct map_build *build = map_build_new(run);
    bool done =
        map_xml_read(build, xml, size, name, err) && build_end(build, name, map, err);
    map_build_free(build);
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

bool map_files_read(struct map_build *build, const char *path, struct err *err)
{
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
    for (size_t i = 0; i < paths.count; i++)
        free(paths.path[i]);
    free(paths.path);
    free(paths.depth);
    return done;
}

bool map_read_path(const char *path, uint32_t run, struct channel_map *map,
                   struct err *err)
{
    struct map_build *build = map_build_new(run);
    bool done = map_files_read(build, path, err) && build_end(build, path, map, err);
    map_build_free(build);
    return done;
}

static void contents_free(struct channel_map *map)
{
    free(map->entries);
    free(map->wires);
    free(map->detectors);
    free(map->rules);
    bytes_release(&map->huffman);
    for (size_t i = 0; i < MAP_SOURCES; i++)
        free(map->index[i]);
}

void map_release(struct channel_map *map)
{
    contents_free(map);
    memset(map, 0, sizeof *map);
}

struct map_build *map_build_new(uint32_t run)
{
    struct map_build *build = mem_new(1, sizeof *build);
    build->run = run;
    build->map.until = UINT32_MAX;
    bytes_init(&build->map.huffman, MAP_MAX_TEXT);
    return build;
}

void map_build_free(struct map_build *build)
{
    contents_free(&build->map);
    free(build->rows);
    free(build);
}
