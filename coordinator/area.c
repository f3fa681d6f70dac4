/* area.c - making and finding a production area.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/area.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/disk.h"
#include "base/text.h"

#define MARKER_LIMIT 4096

static const char marker_name[] = "spillway.area";
static const char catalog_name[] = "catalog";
static const char catalog_file[] = "catalog/data.mdb";
static const char marker_text[] = "spillway-area 1\n";

bool area_path(const struct area *area, const char *name, char out[AREA_PATH],
               struct err *err)
{
    size_t folder = strlen(area->folder);
    size_t length = strlen(name);
    if (folder + 1 + length >= AREA_PATH)
        return err_set(err, E_LIMIT, "path of the area is too long: %s", area->folder);
    memcpy(out, area->folder, folder);
    out[folder] = '/';
    memcpy(out + folder + 1, name, length + 1);
    return true;
}

static bool folder_absolute(struct area *area, struct err *err)
{
    char resolved[PATH_MAX];
    if (realpath(area->folder, resolved) == NULL)
        return err_errno(err, E_AREA, errno, "%s", area->folder);
    return text_copy(area->folder, sizeof area->folder, resolved, err);
}

static bool marker_check(const struct area *area, const char *path, struct err *err)
{
    struct bytes text;
    const char *line;
    bytes_init(&text, MARKER_LIMIT);
    bool done = disk_read_file(path, &text, err) && text_terminate(&text, &line, err);
    if (done && strcmp(line, marker_text) != 0)
        done = err_set(err, E_AREA,
                       "%s: this production area has another version, we have \"%.*s\"",
                       area->folder, (int)strcspn(marker_text, "\n"), marker_text);
    bytes_release(&text);
    return done;
}

bool area_init(struct area *area, const char token[AREA_TOKEN], bool *made,
               struct err *err)
{
    char marker[AREA_PATH];
    char secret[AREA_PATH];
    char logs[AREA_PATH];
    if (!disk_make_path(area->folder, err) || !folder_absolute(area, err) ||
        !area_path(area, marker_name, marker, err) ||
        !area_path(area, "pilot.token", secret, err) ||
        !area_path(area, "logs", logs, err))
        return false;
    if (disk_exists(marker)) {
        *made = false;
        return marker_check(area, marker, err);
    }
    struct catalog *catalog;
    char folder[AREA_PATH];
    if (!area_path(area, catalog_name, folder, err) ||
        !catalog_open(folder, CATALOG_WRITE, &catalog, err))
        return false;
    catalog_close(catalog);
    /* The marker comes last: an area with a marker is whole. */
    if (!disk_make_path(logs, err) ||
        !disk_write_durable(secret, token, AREA_TOKEN - 1, 0600, err) ||
        !disk_write_durable(marker, marker_text, sizeof marker_text - 1, 0644, err))
        return false;
    *made = true;
    return true;
}

bool area_open(struct area *area, struct err *err)
{
    char marker[AREA_PATH];
    char data[AREA_PATH];
    if (!folder_absolute(area, err) || !area_path(area, marker_name, marker, err))
        return false;
    if (!disk_exists(marker))
        return err_set(err, E_AREA, "%s is not a production area", area->folder);
    if (!marker_check(area, marker, err) || !area_path(area, catalog_file, data, err))
        return false;
    /* Opening for writing would make an empty one. */
    return disk_exists(data) ||
           err_set(err, E_CATALOG_DAMAGED, "%s: the catalog of this area is gone", data);
}

bool area_token(const struct area *area, char token[AREA_TOKEN], struct err *err)
{
    char path[AREA_PATH];
    struct bytes text;
    bytes_init(&text, 256);
    bool done =
        area_path(area, "pilot.token", path, err) && disk_read_file(path, &text, err);
    while (done && text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    if (done && text.size != AREA_TOKEN - 1)
        done = err_set(err, E_AREA, "%s: does not hold a token of %d characters", path,
                       AREA_TOKEN - 1);
    if (done) {
        memcpy(token, text.data, AREA_TOKEN - 1);
        token[AREA_TOKEN - 1] = 0;
    }
    bytes_release(&text);
    return done;
}

bool area_catalog(struct area *area, enum catalog_mode mode, struct catalog **catalog,
                  struct err *err)
{
    char folder[AREA_PATH];
    return area_open(area, err) && area_path(area, catalog_name, folder, err) &&
           catalog_open(folder, mode, catalog, err);
}

bool area_read(const struct area *area, struct catalog **catalog,
               struct catalog_txn **txn, struct err *err)
{
    char folder[AREA_PATH];
    return area_path(area, catalog_name, folder, err) &&
           catalog_open(folder, CATALOG_READ, catalog, err) &&
           catalog_begin(*catalog, txn, err);
}
