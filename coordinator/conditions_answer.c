/* conditions_answer.c - validators, ranges, compression, and bodies kept in memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_answer.h"

#include <inttypes.h>
#include <pthread.h>
#include <strings.h>

#include "base/deflate.h"
#include "base/digest.h"
#include "base/text.h"

#define CACHE_BODIES   256u
#define CACHE_BYTES    ((size_t)256 << 20)
#define GZIP_SIZE      ((size_t)16384) /* smaller ones travel in few packets anyway */
#define ANSWER_HEADERS 8
#define KEPT_KEY       (ANSWER_PATH + ANSWER_ETAG + 8)

/* ---- bodies ---- */

struct kept_body {
    char key[KEPT_KEY];
    uint64_t used; /* when: a count */
    struct body *body;
};

struct answer_cache {
    pthread_mutex_t lock;
    struct kept_body bodies[CACHE_BODIES];
    size_t bytes;
    uint64_t uses;
};

struct answer_cache *answer_cache_new(void)
{
    struct answer_cache *cache = mem_new(1, sizeof *cache);
    bug_if(pthread_mutex_init(&cache->lock, NULL) != 0);
    return cache;
}

static void kept_forget(struct answer_cache *cache, struct kept_body *kept)
{
    if (kept->body)
        cache->bytes -= body_held(kept->body);
    body_unref(kept->body);
    *kept = (struct kept_body){.used = 0};
}

void answer_cache_free(struct answer_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < CACHE_BODIES; i++)
        kept_forget(cache, &cache->bodies[i]);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* The one used longest ago; an empty one before all others. */
static struct kept_body *kept_oldest(struct answer_cache *cache)
{
    struct kept_body *oldest = &cache->bodies[0];
    for (size_t i = 1; i < CACHE_BODIES; i++) {
        if (cache->bodies[i].used < oldest->used)
            oldest = &cache->bodies[i];
    }
    return oldest;
}

/* Of those that hold something. */
static struct kept_body *kept_oldest_held(struct answer_cache *cache)
{
    struct kept_body *oldest = NULL;
    for (size_t i = 0; i < CACHE_BODIES; i++) {
        struct kept_body *kept = &cache->bodies[i];
        if (kept->used > 0 && (!oldest || kept->used < oldest->used))
            oldest = kept;
    }
    return oldest;
}

/* NULL when it is not there; under the lock. */
static struct kept_body *kept_find(struct answer_cache *cache, const char *key)
{
    for (size_t i = 0; i < CACHE_BODIES; i++) {
        struct kept_body *kept = &cache->bodies[i];
        if (kept->used > 0 && strcmp(kept->key, key) == 0)
            return kept;
    }
    return NULL;
}

/* Two that made the same at one time keep it once. */
static void cache_put(struct answer_cache *cache, const char *key, struct body *body)
{
    size_t held = body_held(body);
    if (held > CACHE_BYTES / 2)
        return;
    bug_if(pthread_mutex_lock(&cache->lock) != 0);
    struct kept_body *kept = kept_find(cache, key);
    if (kept)
        kept_forget(cache, kept);
    while (cache->bytes + held > CACHE_BYTES)
        kept_forget(cache, kept_oldest_held(cache));
    kept = kept_oldest(cache);
    kept_forget(cache, kept);
    (void)snprintf(kept->key, sizeof kept->key, "%s", key);
    kept->body = body_ref(body);
    kept->used = ++cache->uses;
    cache->bytes += held;
    bug_if(pthread_mutex_unlock(&cache->lock) != 0);
}

/* A reference for the caller, or NULL. */
static struct body *cache_get(struct answer_cache *cache, const char *key)
{
    struct body *body = NULL;
    bug_if(pthread_mutex_lock(&cache->lock) != 0);
    struct kept_body *kept = kept_find(cache, key);
    if (kept) {
        body = body_ref(kept->body);
        kept->used = ++cache->uses;
    }
    bug_if(pthread_mutex_unlock(&cache->lock) != 0);
    return body;
}

static void kept_key(char out[], size_t size, const char *etag, bool gzip,
                     const char *path)
{
    (void)snprintf(out, size, "%s%s %s", etag, gzip ? "gz" : "", path);
}

void answer_cache_keep(struct answer_cache *cache, const char *etag, const char *path,
                       struct bytes *bytes)
{
    char key[KEPT_KEY];
    struct body *body = body_new(bytes);
    kept_key(key, sizeof key, etag, false, path);
    cache_put(cache, key, body);
    body_unref(body);
}

bool answer_cache_has(struct answer_cache *cache, const char *etag, const char *path)
{
    char key[KEPT_KEY];
    kept_key(key, sizeof key, etag, false, path);
    bug_if(pthread_mutex_lock(&cache->lock) != 0);
    bool found = kept_find(cache, key) != NULL;
    bug_if(pthread_mutex_unlock(&cache->lock) != 0);
    return found;
}

/* ---- making ---- */

/* Starts the body again. */
static void answer_clear(struct answer *answer, unsigned status)
{
    body_unref(answer->kept);
    answer->kept = NULL;
    answer->ready = false;
    bytes_clear(&answer->body);
    json_begin(&answer->writer, &answer->body);
    answer->status = status;
    answer->content_type = "application/json";
}

void answer_begin(struct answer *answer, struct http_request *request,
                  struct answer_cache *cache)
{
    *answer = (struct answer){.request = request, .cache = cache};
    bytes_init(&answer->body, ANSWER_BODY);
    answer_clear(answer, 200);
}

void answer_detail(struct answer *answer, unsigned status, const char *text)
{
    answer_clear(answer, status);
    json_open_object(&answer->writer, NULL);
    json_put_text(&answer->writer, "detail", text);
    json_close_object(&answer->writer);
}

void answer_field(struct answer *answer, const char *field, const char *text)
{
    answer_clear(answer, 400);
    json_open_object(&answer->writer, NULL);
    json_open_array(&answer->writer, field);
    json_put_text(&answer->writer, NULL, text);
    json_close_array(&answer->writer);
    json_close_object(&answer->writer);
}

/* A word of a comma-separated header, without its parameters; "q=0" takes it out. */
static bool header_has(const char *header, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = header; at && *at; at = strchr(at, ',')) {
        at += strspn(at, ", \t");
        if (strncasecmp(at, word, length) != 0)
            continue;
        const char *rest = at + length + strspn(at + length, " \t");
        if (*rest == '\0' || *rest == ',')
            return true;
        if (*rest == ';')
            return strncasecmp(rest + 1 + strspn(rest + 1, " "), "q=0", 3) != 0 ||
                   strncmp(rest + 1 + strspn(rest + 1, " "), "q=0.", 4) == 0;
    }
    return false;
}

static bool wants_gzip(const struct answer *answer)
{
    const char *header = http_request_header(answer->request, "Accept-Encoding");
    return header && header_has(header, "gzip");
}

/* "W/" says only that two forms mean the same, which is all that is asked for here. */
static bool client_has(const struct answer *answer, const char *etag)
{
    const char *known = http_request_header(answer->request, "If-None-Match");
    if (!known)
        return false;
    if (strcmp(known, "*") == 0)
        return true;
    for (const char *at = known; *at; at += strcspn(at, ",")) {
        at += strspn(at, ", \t");
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        size_t length = strlen(etag);
        if (strncmp(at, etag, length) == 0 && (!at[length] || strchr(", \t", at[length])))
            return true;
        if (!*at)
            break;
    }
    return false;
}

bool answer_is_known(struct answer *answer, const char *etag)
{
    (void)snprintf(answer->etag, sizeof answer->etag, "%s", etag);
    if (!client_has(answer, etag))
        return false;
    answer_clear(answer, 304);
    return true;
}

bool answer_is_ready(struct answer *answer, const char *etag)
{
    char key[KEPT_KEY];
    const char *path = http_request_path(answer->request);
    bool gzip = wants_gzip(answer);
    if (answer_is_known(answer, etag))
        return true;
    kept_key(key, sizeof key, etag, gzip, path);
    answer->keep = true;
    answer->kept = cache_get(answer->cache, key);
    answer->ready = answer->kept != NULL;
    if (answer->ready || !gzip)
        return answer->ready;
    kept_key(key, sizeof key, etag, false, path);
    answer->kept = cache_get(answer->cache, key); /* to be compressed */
    return answer->kept != NULL;
}

/* ---- sending ---- */

/* "bytes=FIRST-LAST", "bytes=FIRST-", "bytes=-COUNT" of `size` bytes. Anything else is
 * no range; false when nothing of it is there. */
static bool range_read(const char *text, uint64_t size, uint64_t *first, uint64_t *end,
                       bool *is_range)
{
    char copy[64];
    struct err unused;
    *is_range = false;
    if (!text || strncmp(text, "bytes=", 6) != 0 ||
        !text_copy(copy, sizeof copy, text + 6, &unused))
        return true;
    char *dash = strchr(copy, '-');
    if (!dash)
        return true;
    *dash = '\0';
    uint64_t from = 0, to = size;
    bool tail = copy[0] == '\0', open = dash[1] == '\0';
    if ((tail && open) || (!tail && !text_to_u64(copy, UINT64_MAX, &from, &unused)) ||
        (!open && !text_to_u64(dash + 1, UINT64_MAX - 1, &to, &unused)))
        return true;
    *is_range = true;
    *first = from;
    *end = open || to >= size ? size : to + 1;
    if (tail) {
        *first = to < size ? size - to : 0;
        *end = size;
    }
    return *first < *end && *first < size;
}

/* Cuts the body to the range that is asked for. */
static void range_take(struct answer *answer, char content_range[80])
{
    uint64_t first = 0, end = 0, size = answer->body.size;
    bool is_range = false;
    const char *only = http_request_header(answer->request, "If-Range");
    if (!answer->ranges || answer->status != 200 ||
        (only && strcmp(only, answer->etag) != 0))
        return;
    const char *text = http_request_header(answer->request, "Range");
    if (!range_read(text, size, &first, &end, &is_range)) {
        (void)snprintf(content_range, 80, "bytes */%" PRIu64, size);
        answer_detail(answer, 416, "The range is not in the bytes.");
        return;
    }
    if (!is_range)
        return;
    memmove(answer->body.data, answer->body.data + first, end - first);
    answer->body.size = end - first;
    answer->status = 206;
    (void)snprintf(content_range, 80, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first,
                   end - 1, size);
}

/* true when the body is gzip now, and in `body`. */
static bool body_compress(struct answer *answer)
{
    struct bytes packed;
    struct err unused;
    const void *data = answer->kept ? body_data(answer->kept) : answer->body.data;
    size_t size = answer->kept ? body_size(answer->kept) : answer->body.size;
    if (size < GZIP_SIZE || answer->status != 200 || answer->ranges ||
        !wants_gzip(answer))
        return false;
    bytes_init(&packed, ANSWER_BODY);
    if (!deflate_gzip(data, size, &packed, &unused)) {
        bytes_release(&packed);
        return false;
    }
    body_unref(answer->kept);
    answer->kept = NULL;
    bytes_release(&answer->body);
    answer->body = packed;
    return true;
}

static bool starts_as_gzip(const struct body *body)
{
    const uint8_t *data = body_data(body);
    return body_size(body) > 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* Compresses what is not compressed yet, and keeps what is worth it. */
static bool body_finish(struct answer *answer)
{
    char key[KEPT_KEY];
    if (answer->ready)
        return starts_as_gzip(answer->kept); /* JSON does not start so */
    bool wanted = answer->keep && wants_gzip(answer);
    bool packed = body_compress(answer);
    if (answer->keep && answer->status == 200) {
        if (!answer->kept)
            answer->kept = body_new(&answer->body);
        kept_key(key, sizeof key, answer->etag, wanted,
                 http_request_path(answer->request));
        cache_put(answer->cache, key, answer->kept);
    }
    return packed;
}

/* The content's own hash where the route has no better validator. */
static void etag_make(struct answer *answer)
{
    char hex[SHA256_HEX];
    char etag[ANSWER_ETAG];
    if (answer->etag[0] || answer->status != 200)
        return;
    struct sha256 hash = sha256_of(answer->body.data, answer->body.size);
    sha256_to_hex(&hash, hex);
    (void)snprintf(etag, sizeof etag, "\"%s\"", hex);
    (void)answer_is_known(answer, etag);
}

static size_t headers_make(const struct answer *answer, bool packed,
                           const char *content_range,
                           struct http_header headers[ANSWER_HEADERS])
{
    size_t count = 0;
    if (answer->etag[0] && answer->status < 400)
        headers[count++] = (struct http_header){"ETag", answer->etag};
    if (answer->caching && answer->status < 400)
        headers[count++] = (struct http_header){"Cache-Control", answer->caching};
    if (answer->status == 200 || answer->status == 304)
        headers[count++] = (struct http_header){"Vary", "Accept-Encoding"};
    if (packed)
        headers[count++] = (struct http_header){"Content-Encoding", "gzip"};
    if (answer->ranges && answer->status < 300)
        headers[count++] = (struct http_header){"Accept-Ranges", "bytes"};
    if (content_range[0])
        headers[count++] = (struct http_header){"Content-Range", content_range};
    if (answer->allow && answer->status == 405)
        headers[count++] = (struct http_header){"Allow", answer->allow};
    if (answer->status == 401)
        headers[count++] = (struct http_header){"WWW-Authenticate", "Bearer"};
    return count;
}

void answer_send(struct answer *answer)
{
    struct http_header headers[ANSWER_HEADERS];
    char content_range[80] = "";
    struct err err;
    if (answer->writer.failed && !json_end(&answer->writer, &err))
        answer_detail(answer, 500, err.text);
    etag_make(answer);
    range_take(answer, content_range);
    bool packed = body_finish(answer);
    struct http_reply reply = {.status = answer->status,
                               .content_type = answer->content_type,
                               .given = answer->kept ? NULL : answer->body.data,
                               .shared = answer->kept,
                               .size = answer->body.size,
                               .headers = headers};
    if (answer->status == 304)
        reply.content_type = NULL;
    reply.header_count = headers_make(answer, packed, content_range, headers);
    if (answer->kept)
        bytes_release(&answer->body);
    http_answer(answer->request, &reply);
}
