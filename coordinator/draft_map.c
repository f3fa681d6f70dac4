/* draft_map.c - channel maps of DDD as one payload.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The decoder reads a folder of XML files, a payload is one text: what stands inside of
 * the root elements is put into one, file after file. A single file stays as it is.
 */
#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "base/text.h"
#include "coordinator/draft_internal.h"
#include "model/run.h"
#include "raw/map_cover.h"

/* ---- one file ---- */

/* Behind the tag that starts here; a '>' in quotes does not end it. */
static const char *tag_end(const char *at)
{
    char quote = '\0';
    for (; *at; at++) {
        if (quote != '\0' && *at == quote)
            quote = '\0';
        else if (quote != '\0')
            continue;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == '>')
            return at + 1;
    }
    return NULL;
}

/* Behind declarations and comments: the start of the root element. */
static const char *root_find(const char *text)
{
    const char *at = text;
    while (at && (at = strchr(at, '<')) != NULL) {
        if (strncmp(at, "<!--", 4) == 0)
            at = strstr(at, "-->");
        else if (at[1] == '?')
            at = strstr(at, "?>");
        else
            return at;
    }
    return NULL;
}

static bool inside_add(const char *path, const char *text, struct bytes *out,
                       struct err *err)
{
    const char *root = root_find(text);
    const char *start = root ? tag_end(root) : NULL;
    const char *end = start;
    for (const char *at = start; at && (at = strstr(at, "</")) != NULL; at++)
        end = at;
    if (!start)
        return err_set(err, E_MAP_XML, "%s: no root element", path);
    return text_addf(out, err, "<!-- %s -->\n", strrchr(path, '/') + 1) &&
           bytes_append(out, start, (size_t)(end - start), err) &&
           text_add(out, "\n", err);
}

static bool file_add(const char *path, struct bytes *out, struct err *err)
{
    struct bytes bytes;
    const char *text;
    bytes_init(&bytes, MAP_MAX_TEXT);
    bool done = disk_read_file(path, &bytes, err) && text_terminate(&bytes, &text, err) &&
                inside_add(path, text, out, err);
    bytes_release(&bytes);
    return done;
}

/* ---- folders ---- */

static int by_name(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static bool is_xml(const FTSENT *entry)
{
    return entry->fts_namelen > 4 &&
           strcmp(entry->fts_name + entry->fts_namelen - 4, ".xml") == 0;
}

/* Of a folder every entry that ends in .xml, folders included, as the decoder does. */
static bool folder_add(const char *path, struct bytes *out, struct err *err)
{
    char copy[PATH_MAX];
    char *paths[] = {copy, NULL};
    FTSENT *entry;
    bool done = text_copy(copy, sizeof copy, path, err);
    FTS *walk = done ? fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name) : NULL;
    if (!walk)
        return done ? err_set(err, E_DISK_READ, "%s: cannot be walked", path) : false;
    done = text_add(out, "<Map>\n", err);
    while (done && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_level > 0 && !is_xml(entry))
            (void)fts_set(walk, entry, FTS_SKIP);
        else if (entry->fts_level > MAP_MAX_DEPTH)
            done = err_set(err, E_MAP_LIMIT, "%s: folders are nested deeper than %d",
                           entry->fts_path, MAP_MAX_DEPTH);
        else if (entry->fts_info == FTS_F)
            done = file_add(entry->fts_path, out, err);
        else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP)
            done = err_set(err, E_DISK_READ, "%s: cannot be read", entry->fts_path);
    }
    (void)fts_close(walk);
    return done && text_add(out, "</Map>\n", err);
}

/* ---- validity ---- */

/* From the first to the last run with a channel; a hole between is for people to see. */
static bool map_validity(const struct bytes *text, const char *name,
                         struct validity *validity, struct err *err)
{
    const struct map_cover_request request = {.xml = text->data,
                                              .size = text->size,
                                              .name = name,
                                              .first = 0,
                                              .last = RUN_MAXIMUM};
    struct map_cover cover;
    uint32_t first = UINT32_MAX, last = 0;
    if (!map_cover_read(&request, &cover, err))
        return false;
    for (size_t i = 0; i < cover.count; i++) {
        if (cover.spans[i].share_count == 0)
            continue;
        first = first == UINT32_MAX ? cover.spans[i].first : first;
        last = cover.spans[i].last;
    }
    map_cover_release(&cover);
    if (first == UINT32_MAX)
        return true; /* payload_check says what is wrong with it */
    validity->known = true;
    validity->interval = interval_of_runs(first, last);
    if (last == RUN_MAXIMUM)
        validity->interval.end = MOMENT_OPEN;
    return true;
}

bool draft_read_map(const char *path, const struct draft_taker *taker, struct err *err)
{
    struct stat status;
    struct bytes text;
    struct draft draft = {.origin = path,
                          .type = payload_type_find("channel_map"),
                          .text = &text,
                          .part = {{0, 0}, MOMENT_OPEN}};
    bytes_init(&text, MAP_MAX_TEXT);
    bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    bool done =
        (folder ? folder_add(path, &text, err) : disk_read_file(path, &text, err)) &&
        map_validity(&text, path, &draft.validity, err) && draft_give(taker, &draft, err);
    bytes_release(&text);
    return done;
}
