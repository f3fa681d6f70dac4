/* owner.c - the OFD lock on owner.lock and the text inside.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An OFD lock belongs to the open file, not to the process: a second open of the same
 * process conflicts too, and closing another descriptor of the file does not drop it.
 */
#include "catalog/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OWNER_PATH 4096
#define OWNER_TEXT (OWNER_URL + 32)

static bool owner_path(const char *folder, char path[OWNER_PATH], struct err *err)
{
    int length = snprintf(path, OWNER_PATH, "%s/owner.lock", folder);
    if (length < 0 || length >= OWNER_PATH)
        return err_set(err, E_CATALOG_OPEN, "the name of the folder is too long");
    return true;
}

/* What the file says; a file that says nothing understandable gives pid 0 and "". */
static void owner_text(int fd, long *pid, char url[OWNER_URL])
{
    char text[OWNER_TEXT];
    char *end;
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    *pid = 0;
    url[0] = '\0';
    if (size <= 0)
        return;
    text[size] = '\0';
    *pid = strtol(text, &end, 10);
    if (*end != '\n')
        return;
    size_t length = strcspn(end + 1, "\n");
    if (length >= OWNER_URL)
        return;
    memcpy(url, end + 1, length);
    url[length] = '\0';
}

bool owner_set_url(int fd, const char *folder, const char *url, struct err *err)
{
    char text[OWNER_TEXT];
    if (strlen(url) >= OWNER_URL || strpbrk(url, "\r\n") != NULL)
        return err_set(err, E_CATALOG_OPEN, "%s: not usable as URL of the owner", url);
    int length = snprintf(text, sizeof text, "%ld\n%s\n", (long)getpid(), url);
    errno = ENOSPC; /* what a short write means */
    if (pwrite(fd, text, (size_t)length, 0) != length || ftruncate(fd, length) != 0)
        return err_errno(err, errno == ENOSPC ? E_DISK_FULL : E_CATALOG_OPEN, errno,
                         "%s/owner.lock", folder);
    return true;
}

bool owner_take(const char *folder, int *fd, struct err *err)
{
    char path[OWNER_PATH], url[OWNER_URL];
    long pid;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (!owner_path(folder, path, err))
        return false;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0)
        return err_errno(err, E_CATALOG_OPEN, errno, "%s", path);
    if (fcntl(file, F_OFD_SETLK, &lock) != 0) {
        int number = errno;
        owner_text(file, &pid, url);
        (void)close(file);
        if (number != EAGAIN && number != EACCES)
            return err_errno(err, E_CATALOG_OPEN, number, "%s: cannot lock", path);
        return err_set(err, E_CATALOG_OWNED, "%s is owned by process %ld%s%s", folder,
                       pid, url[0] != '\0' ? ", which serves " : "", url);
    }
    if (!owner_set_url(file, folder, "", err)) {
        (void)close(file);
        return false;
    }
    *fd = file;
    return true;
}

bool owner_find(const char *folder, long *pid, char url[OWNER_URL], struct err *err)
{
    char path[OWNER_PATH];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (!owner_path(folder, path, err))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno != ENOENT && errno != ENOTDIR)
        return err_errno(err, E_CATALOG_OPEN, errno, "%s", path);
    *pid = 0;
    url[0] = '\0';
    if (file < 0)
        return true;
    bool asked = fcntl(file, F_OFD_GETLK, &lock) == 0;
    if (asked && lock.l_type != F_UNLCK)
        owner_text(file, pid, url);
    int number = errno;
    (void)close(file);
    return asked || err_errno(err, E_CATALOG_OPEN, number, "%s: cannot ask", path);
}
