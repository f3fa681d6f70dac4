/* conditions_service.h - the embedded conditions service: the HSF API, and more.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Under /api/cdb_rest/ the routes of nopayloaddb with their hyphenated aliases, and x/
 * (conditions_extra.h); payloads under /payloads/. Reading is open to all; what changes
 * needs a bearer token. Unlike the original: 400 for a broken parameter, 401 and 403
 * without a good token, 404 for what is not there, 405 for a wrong method, 409 for what
 * contradicts, 412 for a lost update, 422 for impossible values, 423 for what is locked
 * or frozen, 507 for a full disk; always a JSON "detail".
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_SERVICE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_SERVICE_H

#include "coordinator/http_server.h"

struct conditions_service;

/* `token` is the file of those who may write, NULL: FOLDER/token, made when absent. */
bool conditions_service_new(const char *folder, const char *token,
                            struct conditions_service **service, struct err *err);
void conditions_service_free(struct conditions_service *service);

/* An http_gate and an http_handler; `user` is the service. Any number of threads. */
bool conditions_service_gate(const struct http_request *request, void *user,
                             struct http_reply *refusal);
void conditions_service_handle(struct http_request *request, void *user);

#endif
