/* draft_sdc.c - SDC texts as payloads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "conditions/sdc_sheet.h"
#include "coordinator/draft_internal.h"

#define SDC_FILE ((size_t)256 << 20)

struct sdc_files {
    struct sdc sdc;
    const struct draft_taker *taker;
    struct sdc_terms terms;
};

/* ---- files in order ---- */

static bool file_add(struct sdc_files *files, const char *path, struct err *err)
{
    struct bytes text;
    const char *kept = arena_text(&files->sdc.arena, path);
    if (!kept)
        return err_set(err, E_LIMIT, "%s: too many files", path);
    bytes_init(&text, SDC_FILE);
    bool done = disk_read_file(path, &text, err) &&
                sdc_read(&files->sdc, text.data, text.size, kept, err);
    bytes_release(&text);
    return done;
}

static int by_name(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static bool folder_add(struct sdc_files *files, char *path, struct err *err)
{
    char *paths[] = {path, NULL};
    FTSENT *entry;
    bool done = true;
    FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (!walk)
        return err_set(err, E_DISK_READ, "%s: cannot be walked", path);
    while (done && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_level > 0 && entry->fts_name[0] == '.')
            (void)fts_set(walk, entry, FTS_SKIP);
        else if (entry->fts_info == FTS_F)
            done = file_add(files, entry->fts_path, err);
        else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP)
            done = err_set(err, E_DISK_READ, "%s: cannot be read", entry->fts_path);
    }
    (void)fts_close(walk);
    return done;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int compare_paths(const void *left, const void *right)
{
    char *const *a = left;
    char *const *b = right;
    bool folders[] = {is_folder(*a), is_folder(*b)};
    return folders[0] != folders[1] ? (folders[0] ? -1 : 1) : strcmp(*a, *b);
}

static bool files_add(struct sdc_files *files, const char *const *paths, size_t count,
                      struct err *err)
{
    char **sorted = mem_new(count + 1, sizeof(char *));
    bool done = true;
    for (size_t i = 0; i < count; i++)
        sorted[i] = mem_text(paths[i]);
    qsort(sorted, count, sizeof(char *), compare_paths);
    for (size_t i = 0; i < count; i++) {
        if (done)
            done = is_folder(sorted[i]) ? folder_add(files, sorted[i], err)
                                        : file_add(files, sorted[i], err);
        free(sorted[i]);
    }
    free(sorted);
    return done;
}

/* ---- pieces ---- */

static bool piece_seen(void *user, const struct sdc_piece *piece, struct err *err)
{
    const struct sdc_files *files = user;
    const struct validity validity = {.known = true,
                                      .interval = {{piece->first, 0},
                                                   piece->end == INT64_MAX
                                                       ? MOMENT_OPEN
                                                       : (struct moment){piece->end, 0}}};
    struct sheet *sheet;
    if (!sdc_sheet(&files->terms, piece, &sheet, err))
        return false;
    bool done =
        draft_give_sheet(files->taker, sheet, piece->blocks[0]->path, &validity, err);
    sheet_free(sheet);
    return done;
}

static bool flatten(struct sdc_files *files, const struct draft_sdc *sdc, struct err *err)
{
    const char *keys[PAYLOAD_COLUMNS];
    struct sdc_request request = {.type = sdc->name, .keys = keys};
    bool any = false;
    request.key_count = sdc_terms_keys(&files->terms, keys);
    for (size_t i = 0; i < files->sdc.count; i++)
        any = any || strcmp(files->sdc.blocks[i].type, sdc->name) == 0;
    if (!any)
        return err_set(err, E_SDC, "%s: no rows of SDC type '%.60s': see --sdc-type",
                       files->sdc.count > 0 ? files->sdc.blocks[0].path : "SDC",
                       sdc->name);
    return sdc_flatten(&files->sdc, &request, piece_seen, files, err);
}

bool draft_read_sdc(const char *const *paths, size_t count, const struct draft_sdc *sdc,
                    draft_seen seen, void *user, struct err *err)
{
    const struct draft_taker taker = {seen, user};
    struct sdc_files files = {.taker = &taker};
    const struct payload_type *type = payload_type_find(sdc->type);
    if (!type)
        return err_set(err, E_PAYLOAD_TYPE, "this release has no payload type '%.80s'",
                       sdc->type);
    sdc_init(&files.sdc);
    bool done = sdc_terms_read(&files.terms, type, sdc->columns, sdc->constants, err) &&
                files_add(&files, paths, count, err) && flatten(&files, sdc, err);
    sdc_terms_release(&files.terms);
    sdc_release(&files.sdc);
    return done;
}
