/* conditions_remote.h - a conditions service that is asked and told by its HTTP API.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For commands: one thread, answers as JSON. A refusal is E_CONDITIONS_REFUSED with what
 * the service says; everything else that fails is E_CONDITIONS_FETCH. Nothing is tried
 * twice: a change whose answer got lost may have been made.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_REMOTE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_REMOTE_H

#include "base/json.h"
#include "coordinator/conditions_token.h"
#include "transfer/bearer.h"

struct remote_options {
    const char *url;                    /* http(s)://HOST/api/cdb_rest */
    const char *token;                  /* file; NULL: where the grid's tools leave it */
    const struct bearer_places *places; /* borrowed for remote_open */
    const char *authorities;            /* as in http_call; borrowed until remote_close */
    uint64_t patience_s;                /* what stalls for so long is given up */
};

struct remote;

/* No request is made. E_USAGE when `url` is no http or https URL; without a token only
 * questions can be asked. One of the grid's tools is for https and loopback addresses. */
bool remote_open(const struct remote_options *options, struct remote **remote,
                 struct err *err);
void remote_close(struct remote *remote);

/* Asks for URL/PATH. The document is the caller's (json_free). */
bool remote_ask(struct remote *remote, const char *path, struct json **document,
                struct err *err);

struct remote_change {
    const char *method; /* POST, PUT, DELETE */
    const char *path;
    const char *if_match; /* NULL: whatever the state of the tag is */
    const char *content_type;
    const void *body;
    size_t size;
};

/* *document is NULL when the answer has no body. */
bool remote_tell(struct remote *remote, const struct remote_change *change,
                 struct json **document, struct err *err);

/* The same for a JSON text, without looking at the answer when `document` is NULL. */
bool remote_tell_json(struct remote *remote, const char *method, const char *path,
                      const char *text, struct json **document, struct err *err);

#endif
