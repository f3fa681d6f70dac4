/* at_work.c - which event an executor works on, told through a page that it shares.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/at_work.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sys/mman.h>

#define PAGE_BYTES 4096

static bool page_map(struct at_work *at, int fd, const char *path, struct err *err)
{
    void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int number = errno;
    (void)close(fd);
    if (page == MAP_FAILED)
        return err_errno(err, E_DISK_OPEN, number, "%s: cannot be mapped", path);
    at->event = page;
    return true;
}

bool at_work_make(struct at_work *at, const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, E_DISK_OPEN, errno, "%s", path);
    /* A page without room would be a SIGBUS. */
    int number = posix_fallocate(fd, 0, PAGE_BYTES);
    if (number != 0) {
        (void)close(fd);
        return err_errno(err, E_DISK_WRITE, number, "%s", path);
    }
    if (!page_map(at, fd, path, err))
        return false;
    at_work_set(at, AT_WORK_NONE);
    return true;
}

bool at_work_open(struct at_work *at, const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, E_DISK_OPEN, errno, "%s", path);
    if (lseek(fd, 0, SEEK_END) < PAGE_BYTES) {
        (void)close(fd);
        return err_set(err, E_DISK_OPEN, "%s: shorter than a page", path);
    }
    return page_map(at, fd, path, err);
}

void at_work_release(struct at_work *at)
{
    union {
        volatile uint32_t *event;
        void *page;
    } place = {.event = at->event};

    if (at->event != NULL)
        (void)munmap(place.page, PAGE_BYTES);
    at->event = NULL;
}

void at_work_set(const struct at_work *at, uint32_t event)
{
    if (at->event != NULL)
        *at->event = event;
}

uint32_t at_work_get(const struct at_work *at)
{
    return at->event == NULL ? AT_WORK_NONE : *at->event;
}
