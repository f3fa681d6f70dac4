/* shelf.c - the store of a campaign as a folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/shelf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/statvfs.h>

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

/* The store, or its nearest ancestor that is there. */
static bool shelf_place(const struct campaign *campaign, char path[PATH_MAX],
                        struct stat *status, struct err *err)
{
    if (!shelf_path(campaign, "", path, err))
        return false;
    while (stat(path, status) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || slash == NULL || slash == path)
            return err_errno(err, E_DISK_OPEN, errno, "store %s", campaign->store);
        *slash = 0;
    }
    return true;
}

bool shelf_free(const struct campaign *campaign, uint64_t *bytes)
{
    char path[PATH_MAX];
    struct stat status;
    struct statvfs disk;
    struct err ignored;
    if (!shelf_place(campaign, path, &status, &ignored) || statvfs(path, &disk) != 0)
        return false;
    *bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return true;
}

bool shelf_usable(const struct campaign *campaign, struct err *err)
{
    char path[PATH_MAX];
    struct stat status;
    if (!shelf_place(campaign, path, &status, err))
        return false;
    if (!S_ISDIR(status.st_mode))
        return err_set(err, E_DISK_OPEN, "store %s: %s is not a folder", campaign->store,
                       path);
    return access(path, W_OK | X_OK) == 0 ||
           err_errno(err, E_DISK_WRITE, errno, "store %s: %s cannot be written",
                     campaign->store, path);
}
