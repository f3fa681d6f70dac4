/* disk.c - files: whole reads, durable writes, planned faults.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/stat.h>

static _Atomic long fault_countdown;
static _Atomic int fault_number;

void disk_fail_after(long n, int number)
{
    fault_number = number;
    fault_countdown = n;
}

static bool fault_now(void)
{
    if (fault_countdown <= 0 || --fault_countdown > 0)
        return false;
    errno = fault_number;
    return true;
}

static bool disk_write_failed(const char *path, const char *what, struct err *err)
{
    int number = errno;
    bool full = number == ENOSPC || number == EDQUOT;
    return err_errno(err, full ? E_DISK_FULL : E_DISK_WRITE, number, "%s: %s", path,
                     what);
}

bool disk_open_read(const char *path, int *fd, uint64_t *size, struct err *err)
{
    /* Nobody may write into a pipe that stands where a file should: no waiting. */
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0)
        return err_errno(err, E_DISK_OPEN, errno, "%s: cannot be opened", path);
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)close(file);
        return err_set(err, E_DISK_OPEN, "%s: is not a regular file", path);
    }
    *fd = file;
    *size = (uint64_t)status.st_size;
    return true;
}

bool disk_create(const char *path, int *fd, struct err *err)
{
    int file =
        fault_now() ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0)
        return disk_write_failed(path, "cannot be created", err);
    *fd = file;
    return true;
}

bool disk_read_at(int fd, const char *path, uint64_t offset, void *out, size_t size,
                  struct err *err)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, (char *)out + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, E_DISK_READ, errno, "%s: cannot be read", path);
        if (n == 0)
            return err_set(err, E_DISK_READ,
                           "%s: ends at byte %llu, inside %zu bytes wanted from %llu",
                           path, (unsigned long long)(offset + done), size,
                           (unsigned long long)offset);
        done += (size_t)n;
    }
    return true;
}

bool disk_write(int fd, const char *path, const void *data, size_t size, struct err *err)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = fault_now() ? -1 : write(fd, (const char *)data + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return disk_write_failed(path, "cannot be written", err);
        done += (size_t)n;
    }
    return true;
}

bool disk_write_at(int fd, const char *path, uint64_t offset, const void *data,
                   size_t size, struct err *err)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = fault_now() ? -1
                                : pwrite(fd, (const char *)data + done, size - done,
                                         (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return disk_write_failed(path, "cannot be written", err);
        done += (size_t)n;
    }
    return true;
}

/* What the kernel copies by itself: all, or less where it cannot or the source ends. */
static uint64_t kernel_copy(const struct disk_place *from, const struct disk_place *to,
                            uint64_t size)
{
    uint64_t done = 0;
    while (done < size && !fault_now()) {
        off64_t in = (off64_t)(from->offset + done);
        off64_t out = (off64_t)(to->offset + done);
        ssize_t n =
            copy_file_range(from->fd, &in, to->fd, &out, (size_t)(size - done), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (uint64_t)n;
    }
    return done;
}

bool disk_copy(const struct disk_place *from, const struct disk_place *to, uint64_t size,
               struct err *err)
{
    uint64_t done = kernel_copy(from, to, size);
    uint8_t piece[1 << 16];
    while (done < size) {
        size_t n = size - done < sizeof piece ? (size_t)(size - done) : sizeof piece;
        if (!disk_read_at(from->fd, from->path, from->offset + done, piece, n, err) ||
            !disk_write_at(to->fd, to->path, to->offset + done, piece, n, err))
            return false;
        done += n;
    }
    return true;
}

bool disk_sync(int fd, const char *path, struct err *err)
{
    if (fault_now() || fdatasync(fd) != 0)
        return disk_write_failed(path, "cannot be synced", err);
    return true;
}

void disk_write_behind(int fd, uint64_t offset, uint64_t size)
{
    (void)sync_file_range(fd, (off_t)offset, (off_t)size, SYNC_FILE_RANGE_WRITE);
}

bool disk_close(int fd, const char *path, struct err *err)
{
    if (close(fd) != 0)
        return disk_write_failed(path, "cannot be closed", err);
    return true;
}

bool disk_sync_parent(const char *path, struct err *err)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length >= sizeof parent - 1)
        return err_set(err, E_LIMIT, "%.80s...: the path is too long", path);
    if (slash == path)
        length = 1;
    memcpy(parent, slash == NULL ? "." : path, slash == NULL ? 1 : length);
    parent[slash == NULL ? 1 : length] = 0;
    int fd = fault_now() ? -1 : open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (!synced)
        disk_write_failed(parent, "cannot be synced", err);
    if (fd >= 0)
        (void)close(fd);
    return synced;
}

bool disk_read_file(const char *path, struct bytes *out, struct err *err)
{
    int fd;
    uint64_t size;
    if (!disk_open_read(path, &fd, &size, err))
        return false;
    uint8_t *place;
    bool done = bytes_reserve(out, (size_t)size, &place, err);
    if (!done)
        err_wrap(err, "%s", path);
    else
        done = disk_read_at(fd, path, 0, place, (size_t)size, err);
    if (done)
        out->size += (size_t)size;
    (void)close(fd);
    return done;
}

static bool disk_write_temporary(const char *path, const void *data, size_t size,
                                 mode_t mode, struct err *err)
{
    int fd =
        fault_now() ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return disk_write_failed(path, "cannot be created", err);
    bool done = disk_write(fd, path, data, size, err) && disk_sync(fd, path, err);
    if (!done) {
        (void)close(fd);
        return false;
    }
    return disk_close(fd, path, err);
}

bool disk_rename(const char *from, const char *to, struct err *err)
{
    if (fault_now() || rename(from, to) != 0)
        return disk_write_failed(to, "cannot be renamed into place", err);
    return true;
}

bool disk_write_alone(const char *path, const char *temporary, const void *data,
                      size_t size, mode_t mode, struct err *err)
{
    bool done = disk_write_temporary(temporary, data, size, mode, err);
    done = done && disk_rename(temporary, path, err);
    if (!done) {
        (void)unlink(temporary);
        return false;
    }
    return disk_sync_parent(path, err);
}

bool disk_write_durable(const char *path, const void *data, size_t size, mode_t mode,
                        struct err *err)
{
    static _Atomic unsigned writes; /* threads may write one file at a time */
    char temporary[PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.tmp-%ld-%u", path,
                          (long)getpid(), writes++);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return err_set(err, E_LIMIT, "%.80s...: the path is too long", path);
    return disk_write_alone(path, temporary, data, size, mode, err);
}

static bool directory_make(const char *path, struct err *err)
{
    if (disk_exists(path))
        return true;
    if (!fault_now() && mkdir(path, 0755) == 0)
        return disk_sync_parent(path, err);
    return errno == EEXIST || disk_write_failed(path, "cannot be created", err);
}

bool disk_make_path(const char *path, struct err *err)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return err_set(err, E_LIMIT, "\"%.80s\": not usable as a path", path);
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != 0)
            continue;
        char kept = part[i];
        part[i] = 0;
        if (!directory_make(part, err))
            return false;
        part[i] = kept;
    }
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return err_set(err, E_DISK_WRITE, "%s: is not a directory", path);
    return true;
}

bool disk_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}
