/* shelf.c - the store of a campaign as a folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/shelf.h"

#include <limits.h>
#include <stdio.h>

#include "base/disk.h"

bool shelf_path(const struct campaign *campaign, const char *name, char *out,
                struct err *err)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", campaign->store, name);
    if (length < 0 || length >= PATH_MAX)
        return err_set(err, E_LIMIT, "%s/%s: the path is too long", campaign->store,
                       name);
    return true;
}

bool shelf_make_parent(const char *path, struct err *err)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    bug_if(slash == NULL);
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    return disk_make_path(parent, err);
}

bool shelf_present(const struct campaign *campaign)
{
    char parts[PATH_MAX];
    char published[PATH_MAX];
    struct err err;
    return shelf_path(campaign, "parts", parts, &err) &&
           shelf_path(campaign, "published", published, &err) &&
           (disk_exists(parts) || disk_exists(published));
}
