/* conditions_answer.h - one answer of the conditions service in the making.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Validators, ranges and compression are decided here, the same for all routes. An answer
 * has an ETag: the one that its route gave, or the sha256 of its bytes.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_ANSWER_H
#define SPILLWAY_COORDINATOR_CONDITIONS_ANSWER_H

#include "base/json.h"
#include "coordinator/http_server.h"

#define ANSWER_BODY  ((size_t)1 << 30) /* piov of 10^6 rows */
#define ANSWER_ETAG  80
#define ANSWER_WORDS 6    /* variable parts of a path */
#define ANSWER_PATH  1024 /* a longer one is refused with 414 */

/* Bodies that took long to make, ready in the form in which they are sent. Any thread. */
struct answer_cache;

struct answer_cache *answer_cache_new(void);
void answer_cache_free(struct answer_cache *cache);

/* Keeps a body as if it had been sent for that path with that ETag; takes its memory. */
void answer_cache_keep(struct answer_cache *cache, const char *etag, const char *path,
                       struct bytes *bytes);
bool answer_cache_has(struct answer_cache *cache, const char *etag, const char *path);

struct answer {
    struct http_request *request;
    struct answer_cache *cache; /* borrowed */
    char path[ANSWER_PATH];     /* the words point into it */
    const char *words[ANSWER_WORDS];
    size_t word_count;
    unsigned status;
    const char *content_type;
    const char *caching;    /* Cache-Control, NULL for none */
    const char *allow;      /* with 405 */
    char etag[ANSWER_ETAG]; /* with its quotes; "" none yet */
    bool ranges;            /* a part may be asked for */
    bool keep;              /* worth keeping: its etag and path name its bytes */
    bool ready;             /* `kept` is as it will be sent */
    struct body *kept;      /* from the cache or for it; NULL: it is in `body` */
    struct bytes body;
    struct json_writer writer; /* into the body */
};

void answer_begin(struct answer *answer, struct http_request *request,
                  struct answer_cache *cache);

/* {"detail": "..."} instead of what was there. */
void answer_detail(struct answer *answer, unsigned status, const char *text);

/* {"<field>": ["..."]}, as the original says that a member is wrong. */
void answer_field(struct answer *answer, const char *field, const char *text);

/* The ETag of what will be sent: true when the client has it, which ends the answer. */
bool answer_is_known(struct answer *answer, const char *etag);

/* The same for a body worth keeping: true when the client has it or the cache. */
bool answer_is_ready(struct answer *answer, const char *etag);

/* Sends and releases. */
void answer_send(struct answer *answer);

#endif
