/* steps.h - writes, syncs, allocations and sends of a process, of which one fails.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For one test program, which includes it once: what it defines is found by all libraries
 * before the C library's own. Not with sanitizers, which do the same (FAULTY is 0).
 */
#ifndef SPILLWAY_TESTS_FAULT_STEPS_H
#define SPILLWAY_TESTS_FAULT_STEPS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum fault { FAULT_WRITE, FAULT_SYNC, FAULT_ALLOCATION, FAULT_SEND, FAULTS };

static const char *const fault_names[FAULTS] = {"write", "sync", "allocation", "send"};

/* Shared with the children: how many steps there were, which one fails (0 none). */
struct steps {
    _Atomic bool armed;
    _Atomic uint64_t counted[FAULTS];
    uint64_t due[FAULTS];
};

static struct steps *steps;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#    define FAULTY 1
#    define STEP   __attribute__((visibility("default")))

/* What libraries call is found here before it is found in the C library. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* Asked at each allocation instead, when it is set; what it allocates is no step. */
static bool (*steps_ask)(uint64_t n);
static _Thread_local bool steps_asking;
static _Thread_local const void *steps_caller; /* who allocates */

static bool asked(uint64_t n)
{
    steps_asking = true;
    bool yes = steps_ask(n);
    steps_asking = false;
    return yes;
}

static bool fails(enum fault fault, int number)
{
    if (steps == NULL || !atomic_load(&steps->armed) || steps_asking)
        return false;
    uint64_t n = atomic_fetch_add(&steps->counted[fault], 1) + 1;
    bool ask = fault == FAULT_ALLOCATION && steps_ask != NULL;
    if (ask ? !asked(n) : n != steps->due[fault])
        return false;
    errno = number;
    return true;
}

/* Of files; pipes and the like are left alone, sockets are sends. */
static bool write_fails(int fd)
{
    struct stat status;
    int before = errno;
    if (steps == NULL || fstat(fd, &status) != 0)
        return false;
    errno = before;
    if (S_ISSOCK(status.st_mode))
        return fails(FAULT_SEND, ECONNRESET);
    return S_ISREG(status.st_mode) && fails(FAULT_WRITE, ENOSPC);
}

STEP void *malloc(size_t size)
{
    steps_caller = __builtin_return_address(0);
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : __libc_malloc(size);
}

STEP void *calloc(size_t count, size_t size)
{
    steps_caller = __builtin_return_address(0);
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : __libc_calloc(count, size);
}

static void *grow(void *old, size_t size, const void *caller)
{
    steps_caller = caller;
    return fails(FAULT_ALLOCATION, ENOMEM) ? NULL : __libc_realloc(old, size);
}

STEP void *realloc(void *old, size_t size)
{
    return grow(old, size, __builtin_return_address(0));
}

STEP void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return grow(old, bytes, __builtin_return_address(0));
}

STEP ssize_t write(int fd, const void *data, size_t size)
{
    return write_fails(fd) ? -1 : syscall(SYS_write, fd, data, size);
}

STEP ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return write_fails(fd) ? -1 : syscall(SYS_pwrite64, fd, data, size, offset);
}

STEP ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
    return write_fails(fd) ? -1 : syscall(SYS_pwrite64, fd, data, size, offset);
}

STEP ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return write_fails(fd) ? -1 : syscall(SYS_writev, fd, parts, count);
}

STEP ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    return write_fails(fd) ? -1 : syscall(SYS_pwritev, fd, parts, count, offset, 0);
}

/* A kernel that cannot: what is copied is written, and its writes count. */
STEP ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size,
                             unsigned flags)
{
    (void)in, (void)from, (void)out, (void)to, (void)size, (void)flags;
    errno = ENOSYS;
    return -1;
}

STEP int fsync(int fd)
{
    return fails(FAULT_SYNC, EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

STEP int fdatasync(int fd)
{
    return fails(FAULT_SYNC, EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

STEP int msync(void *start, size_t size, int flags)
{
    return fails(FAULT_SYNC, EIO) ? -1 : (int)syscall(SYS_msync, start, size, flags);
}

STEP ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return fails(FAULT_SEND, ECONNRESET)
               ? -1
               : syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

STEP ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fails(FAULT_SEND, ECONNRESET) ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}
#else
#    define FAULTY 0
#endif

#endif
