/* follower.c - the sha256 of a file, taken while it is written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/follower.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/disk.h"

#define PIECE ((size_t)1 << 20) /* less is not worth waking up for */

struct follower {
    const char *path;
    int fd;
    pthread_t thread;
    struct sha256_stream *hash;
    uint8_t *piece;
    struct err err; /* of the thread, when `failed` */
    /* Under the lock: */
    pthread_mutex_t lock;
    pthread_cond_t news;
    uint64_t size; /* that may be read */
    bool ended;    /* it is all of the file, or nobody wants the hash */
    bool failed;
};

/* Waits until a piece can be read or no more comes; gives how far. */
static uint64_t news_wait(struct follower *follower, uint64_t done)
{
    (void)pthread_mutex_lock(&follower->lock);
    while (!follower->ended && follower->size < done + PIECE)
        (void)pthread_cond_wait(&follower->news, &follower->lock);
    uint64_t size = follower->size;
    (void)pthread_mutex_unlock(&follower->lock);
    return size;
}

static void *follow(void *argument)
{
    struct follower *follower = argument;
    uint64_t done = 0;
    bool good = true;
    for (;;) {
        uint64_t size = news_wait(follower, done);
        if (size <= done)
            break;
        while (good && done < size) {
            size_t part = size - done < PIECE ? (size_t)(size - done) : PIECE;
            good = disk_read_at(follower->fd, follower->path, done, follower->piece, part,
                                &follower->err);
            if (good)
                sha256_add(follower->hash, follower->piece, part);
            done += part;
        }
        if (!good)
            break;
    }
    follower->failed = !good;
    return NULL;
}

bool follower_start(const char *path, struct follower **follower, struct err *err)
{
    struct follower *made = mem_new(1, sizeof *made);
    uint64_t size;
    if (!disk_open_read(path, &made->fd, &size, err)) {
        free(made);
        return false;
    }
    made->path = path;
    made->hash = sha256_new();
    made->piece = mem_grow(NULL, PIECE, 1);
    sha256_start(made->hash);
    bug_if(pthread_mutex_init(&made->lock, NULL) != 0);
    bug_if(pthread_cond_init(&made->news, NULL) != 0);
    int number = pthread_create(&made->thread, NULL, follow, made);
    if (number == 0) {
        *follower = made;
        return true;
    }
    (void)close(made->fd);
    (void)pthread_mutex_destroy(&made->lock);
    (void)pthread_cond_destroy(&made->news);
    sha256_free(made->hash);
    free(made->piece);
    free(made);
    return err_errno(err, E_DISK_READ, number, "%s: no thread to read it", path);
}

static void reach(struct follower *follower, uint64_t size, bool ended)
{
    (void)pthread_mutex_lock(&follower->lock);
    follower->size = size;
    follower->ended = ended;
    (void)pthread_cond_signal(&follower->news);
    (void)pthread_mutex_unlock(&follower->lock);
}

void follower_reach(struct follower *follower, uint64_t size)
{
    reach(follower, size, false);
}

/* The thread ends; false when it could not read. */
static bool join(struct follower *follower)
{
    if (follower->fd < 0)
        return true;
    bug_if(pthread_join(follower->thread, NULL) != 0);
    (void)close(follower->fd);
    follower->fd = -1;
    return !follower->failed;
}

bool follower_end(struct follower *follower, uint64_t size, struct sha256 *hash,
                  struct err *err)
{
    reach(follower, size, true);
    if (!join(follower)) {
        *err = follower->err;
        return false;
    }
    *hash = sha256_end(follower->hash);
    return true;
}

void follower_free(struct follower *follower)
{
    if (follower == NULL)
        return;
    if (follower->fd >= 0)
        reach(follower, 0, true);
    (void)join(follower);
    (void)pthread_mutex_destroy(&follower->lock);
    (void)pthread_cond_destroy(&follower->news);
    sha256_free(follower->hash);
    free(follower->piece);
    free(follower);
}
