/* follower.c - the sha256 of a file and of parts of it, taken while it is written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/follower.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/disk.h"
#include "base/sha256_nested.h"

#define PIECE ((size_t)1 << 20) /* less is not worth waking up for */

struct part {
    uint64_t end;
    struct sha256 hash; /* of the thread, once it is there */
};

struct follower {
    const char *path;
    int fd;
    pthread_t thread;
    struct sha256_stream *hash; /* of a file without parts, else NULL */
    struct sha256_nested *nested;
    uint8_t *piece;
    struct part *parts;
    uint32_t most_parts;
    uint32_t hashed; /* parts; of the thread */
    struct err err;  /* of the thread, when `failed` */
    /* Under the lock: */
    pthread_mutex_t lock;
    pthread_cond_t news;
    uint64_t size;       /* that may be read */
    uint32_t part_count; /* whose ends are known */
    bool ended;          /* it is all of the file, or nobody wants the hash */
    bool failed;
};

struct news {
    uint64_t size;
    uint32_t part_count;
};

/* Waits until a piece can be read or no more comes; gives how far. */
static struct news news_wait(struct follower *follower, uint64_t done)
{
    (void)pthread_mutex_lock(&follower->lock);
    while (!follower->ended && follower->size < done + PIECE)
        (void)pthread_cond_wait(&follower->news, &follower->lock);
    struct news news = {.size = follower->size, .part_count = follower->part_count};
    (void)pthread_mutex_unlock(&follower->lock);
    return news;
}

/* Hashes of parts that end at or before `done`; gives where the next one ends, or `size`
 * where that is not known or behind it. */
static uint64_t parts_end(struct follower *follower, const struct news *news,
                          uint64_t done)
{
    while (follower->hashed < news->part_count) {
        struct part *part = &follower->parts[follower->hashed];
        if (part->end > done)
            return part->end < news->size ? part->end : news->size;
        part->hash = sha256_nested_part(follower->nested);
        follower->hashed++;
    }
    return news->size;
}

static void piece_hash(struct follower *follower, size_t size)
{
    if (follower->nested != NULL)
        sha256_nested_add(follower->nested, follower->piece, size);
    else
        sha256_add(follower->hash, follower->piece, size);
}

/* The bytes from `done` on that may be read. */
static bool news_hash(struct follower *follower, const struct news *news, uint64_t done)
{
    for (uint64_t end = parts_end(follower, news, done); done < news->size;
         end = parts_end(follower, news, done)) {
        size_t size = end - done < PIECE ? (size_t)(end - done) : PIECE;
        if (!disk_read_at(follower->fd, follower->path, done, follower->piece, size,
                          &follower->err))
            return false;
        piece_hash(follower, size);
        done += size;
    }
    return true;
}

static void *follow(void *argument)
{
    struct follower *follower = argument;
    uint64_t done = 0;
    for (;;) {
        struct news news = news_wait(follower, done);
        if (!news_hash(follower, &news, done)) {
            follower->failed = true;
            break;
        }
        if (news.size <= done)
            break;
        done = news.size;
    }
    return NULL;
}

static void memory_free(struct follower *follower)
{
    (void)pthread_mutex_destroy(&follower->lock);
    (void)pthread_cond_destroy(&follower->news);
    sha256_free(follower->hash);
    sha256_nested_free(follower->nested);
    free(follower->piece);
    free(follower->parts);
    free(follower);
}

bool follower_start(const char *path, uint32_t parts, struct follower **follower,
                    struct err *err)
{
    struct follower *made = mem_new(1, sizeof *made);
    uint64_t size;
    if (!disk_open_read(path, &made->fd, &size, err)) {
        free(made);
        return false;
    }
    made->path = path;
    if (parts > 0) {
        made->nested = sha256_nested_new(cpu_has_sha());
        made->parts = mem_new(parts, sizeof *made->parts);
        made->most_parts = parts;
    } else {
        made->hash = sha256_new();
    }
    made->piece = mem_grow(NULL, PIECE, 1);
    bug_if(pthread_mutex_init(&made->lock, NULL) != 0);
    bug_if(pthread_cond_init(&made->news, NULL) != 0);
    int number = pthread_create(&made->thread, NULL, follow, made);
    if (number == 0) {
        *follower = made;
        return true;
    }
    (void)close(made->fd);
    memory_free(made);
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

void follower_part(struct follower *follower, uint64_t size)
{
    (void)pthread_mutex_lock(&follower->lock);
    bug_if(follower->part_count == follower->most_parts);
    follower->parts[follower->part_count++].end = size;
    (void)pthread_mutex_unlock(&follower->lock);
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
    *hash = follower->nested != NULL ? sha256_nested_whole(follower->nested)
                                     : sha256_end(follower->hash);
    return true;
}

struct sha256 follower_part_hash(const struct follower *follower, uint32_t index)
{
    bug_if(index >= follower->hashed);
    return follower->parts[index].hash;
}

void follower_free(struct follower *follower)
{
    if (follower == NULL)
        return;
    if (follower->fd >= 0)
        reach(follower, 0, true);
    (void)join(follower);
    memory_free(follower);
}
