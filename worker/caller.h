/* caller.h - a pilot's calls to the coordinator: address file, token, answers by class.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One call at a time, made in a thread of its own: a coordinator that is slow to answer
 * must not keep ranks from their next task or from the life signs of the lead.
 */
#ifndef SPILLWAY_WORKER_CALLER_H
#define SPILLWAY_WORKER_CALLER_H

#include "base/bytes.h"

/* A whole call and its connecting: a sync of 64 MiB over a slow line still fits. */
#define CALLER_TOTAL_MS   60000
#define CALLER_CONNECT_MS 5000

enum caller_outcome {
    CALLER_ANSWERED,
    CALLER_UNANSWERED, /* try again later */
    CALLER_REJECTED    /* the coordinator will never take this call */
};

struct caller;

/* `address_path`: a file with the URL in its first line; `token_path`: the same with the
 * token; `authorities`: as in http.h. The files are read again after each call that
 * failed, since a coordinator may come back elsewhere or with another token. All three
 * are borrowed. A caller lives as long as its process. */
bool caller_new(const char *address_path, const char *token_path, const char *authorities,
                struct caller **caller, struct err *err);

/* Starts to POST `body` (copied) to URL + `path`; not while a call is running. */
void caller_begin(struct caller *caller, const char *path, const struct bytes *body);
bool caller_running(const struct caller *caller);

/* true: the call that was begun is over. *answer is borrowed until the next begin; *err
 * is filled unless it was answered. false: still running, or none was begun. */
bool caller_over(struct caller *caller, enum caller_outcome *outcome,
                 const struct bytes **answer, struct err *err);

#endif
