/* disk.h - files: whole reads, durable writes, and planned faults for tests.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true: a file written by disk_write_durable exists whole under its name or not
 * at all. ENOSPC and EDQUOT give E_DISK_FULL. Every message names the path.
 */
#ifndef SPILLWAY_BASE_DISK_H
#define SPILLWAY_BASE_DISK_H

#include <sys/types.h>

#include "base/bytes.h"

bool disk_open_read(const char *path, int *fd, uint64_t *size, struct err *err);

/* Creates (O_EXCL) for writing, 0644. */
bool disk_create(const char *path, int *fd, struct err *err);

/* Exactly `size` bytes at `offset`; a shorter file is E_DISK_READ with the place. */
bool disk_read_at(int fd, const char *path, uint64_t offset, void *out, size_t size,
                  struct err *err);

/* All bytes, over short writes and EINTR. */
bool disk_write(int fd, const char *path, const void *data, size_t size, struct err *err);

/* The same at a place of the file; its position stays. */
bool disk_write_at(int fd, const char *path, uint64_t offset, const void *data,
                   size_t size, struct err *err);

/* A place in an open file. */
struct disk_place {
    int fd;
    const char *path;
    uint64_t offset;
};

/* Copies bytes from one file to another, by the kernel where the file systems can; a
 * source that ends early is E_DISK_READ. */
bool disk_copy(const struct disk_place *from, const struct disk_place *to, uint64_t size,
               struct err *err);
bool disk_sync(int fd, const char *path, struct err *err);

/* Starts to write bytes to the disk without waiting, so that a later sync takes less: a
 * hint that never fails. */
void disk_write_behind(int fd, uint64_t offset, uint64_t size);

/* Closes and reports a late write error. */
bool disk_close(int fd, const char *path, struct err *err);

/* Syncs the directory that holds `path`, so that a create, rename or unlink lasts. */
bool disk_sync_parent(const char *path, struct err *err);

/* Appends the whole file to `out`; above out->limit it is E_LIMIT. */
bool disk_read_file(const char *path, struct bytes *out, struct err *err);

/* Temporary file beside it, sync, rename, sync of the directory. mode as for open. */
bool disk_write_durable(const char *path, const void *data, size_t size, mode_t mode,
                        struct err *err);

/* The same by a temporary file of this name, for the only process and thread that writes
 * `path`: what one before left there when it was killed is written over and goes. */
bool disk_write_alone(const char *path, const char *temporary, const void *data,
                      size_t size, mode_t mode, struct err *err);

/* Gives a file another name on the same file system, replacing what has it. It lasts once
 * both directories are synced. */
bool disk_rename(const char *from, const char *to, struct err *err);

/* mkdir -p, durably; an existing directory is fine. */
bool disk_make_path(const char *path, struct err *err);

/* true when something has this name. */
bool disk_exists(const char *path);

/* Tests only: the n-th durable step from now (write, sync, rename, mkdir) fails with
 * `number`, once; 0 switches it off. The environment never reaches this. */
void disk_fail_after(long n, int number);

#endif
