/* blobs.c - the lead hands blobs of conditions to the nodes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/blobs.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "conditions/cache.h"
#include "conditions/heal.h"

#define LOCK_WAIT_NS ((int64_t)5 * 1000000000) /* another lead on this node */

struct blobs {
    char *folder;
    char *circuits;
    const char *authorities;
    struct log *log;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards the rest */
    pthread_cond_t changed;
    struct post wants;
    struct post answers;
    bool ending;
};

static bool blob_fetch(void *user, const struct sha256 *hash, struct bytes *out,
                       struct err *err)
{
    return heal_fetch(user, hash, out, err);
}

static void told(void *user, const char *text)
{
    if (user != NULL)
        log_write(user, LOG_LEVEL_WARN, "%s", text);
}

static bool blob_read(const struct blobs *blobs, const struct frame_want *want,
                      struct cache_object *object)
{
    struct err err;
    struct heal heal = {.store = want->store,
                        .mirrors = want->mirrors,
                        .circuits = blobs->circuits,
                        .authorities = blobs->authorities,
                        .told = told,
                        .user = blobs->log};
    struct cache cache = {.folder = blobs->folder,
                          .fetch = blob_fetch,
                          .user = &heal,
                          .lock_wait_ns = LOCK_WAIT_NS,
                          .most_bytes = BLOBS_CACHE,
                          .largest_bytes = FRAME_LIMIT - FRAME_ANSWER_HEAD};
    return cache_get(&cache, &want->hash, object, &err);
}

/* The answer to a wish; NULL when it is none. */
static struct letter *answer_make(const struct blobs *blobs, const struct letter *letter)
{
    struct mail mail;
    struct frame_want want;
    struct err err;
    struct bytes body;
    struct cache_object object = {.fd = -1};
    uint8_t found = 0;
    if (!letter_open(letter, &mail, &err) ||
        !frame_want_open(mail.body, mail.size, &want))
        return NULL;
    bytes_init(&body, FRAME_LIMIT);
    found = blob_read(blobs, &want, &object);
    bug_if(!bytes_append(&body, &found, 1, &err) ||
           !bytes_append(&body, want.hash.bytes, SHA256_SIZE, &err) ||
           (found && !bytes_append(&body, object.data, object.size, &err)));
    struct letter *answer =
        letter_new(letter->peer, &(struct mail){.kind = MAIL_BLOB,
                                                .attempt = mail.attempt,
                                                .body = body.data,
                                                .size = body.size});
    cache_object_release(&object);
    bytes_release(&body);
    return answer;
}

static void *blobs_run(void *user)
{
    struct blobs *blobs = user;
    (void)pthread_mutex_lock(&blobs->mutex);
    while (!blobs->ending) {
        struct letter *want = post_take(&blobs->wants);
        if (want == NULL) {
            (void)pthread_cond_wait(&blobs->changed, &blobs->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&blobs->mutex);
        struct letter *answer = answer_make(blobs, want);
        free(want);
        (void)pthread_mutex_lock(&blobs->mutex);
        if (answer != NULL)
            post_add(&blobs->answers, answer);
    }
    (void)pthread_mutex_unlock(&blobs->mutex);
    return NULL;
}

static char *below(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = mem_new(1, size);
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

struct blobs *blobs_new(const char *cache, const char *authorities, struct log *log)
{
    struct blobs *blobs = mem_new(1, sizeof *blobs);
    blobs->folder = below(cache, "lead");
    blobs->circuits = below(cache, "circuits");
    blobs->authorities = authorities;
    blobs->log = log;
    bug_if(pthread_mutex_init(&blobs->mutex, NULL) != 0 ||
           pthread_cond_init(&blobs->changed, NULL) != 0 ||
           pthread_create(&blobs->thread, NULL, blobs_run, blobs) != 0);
    return blobs;
}

void blobs_free(struct blobs *blobs)
{
    if (blobs == NULL)
        return;
    (void)pthread_mutex_lock(&blobs->mutex);
    blobs->ending = true;
    (void)pthread_cond_signal(&blobs->changed);
    (void)pthread_mutex_unlock(&blobs->mutex);
    (void)pthread_join(blobs->thread, NULL);
    (void)pthread_cond_destroy(&blobs->changed);
    (void)pthread_mutex_destroy(&blobs->mutex);
    post_release(&blobs->wants);
    post_release(&blobs->answers);
    free(blobs->folder);
    free(blobs->circuits);
    free(blobs);
}

void blobs_ask(struct blobs *blobs, struct letter *want)
{
    (void)pthread_mutex_lock(&blobs->mutex);
    post_add(&blobs->wants, want);
    (void)pthread_cond_signal(&blobs->changed);
    (void)pthread_mutex_unlock(&blobs->mutex);
}

struct letter *blobs_take(struct blobs *blobs)
{
    (void)pthread_mutex_lock(&blobs->mutex);
    struct letter *answer = post_take(&blobs->answers);
    (void)pthread_mutex_unlock(&blobs->mutex);
    return answer;
}
