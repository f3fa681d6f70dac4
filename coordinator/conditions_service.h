/* conditions_service.h - the embedded conditions service: a folder by the HSF read API.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Routes under /api/cdb_rest/ as clients of nopayloaddb use them (gtstatus, globalTags,
 * gt, globalTag/<name>, gtPayloadLists/<name>, pt, pl, piov, payloadiovs/,
 * user_settings/<NAME>/) and the payload files under /payloads/. Reads only. Every answer
 * has an ETag, and If-None-Match is answered 304. Unlike the original: a broken parameter
 * is 400, an unknown route 404 and a wrong method 405, all with a JSON "detail".
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_SERVICE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_SERVICE_H

#include "coordinator/http_server.h"

struct conditions_service;

bool conditions_service_new(const char *folder, struct conditions_service **service,
                            struct err *err);
void conditions_service_free(struct conditions_service *service);

/* An http_handler; `user` is the service. The server must run with one thread. Looks at
 * the folder for changes at most five times a second. */
void conditions_service_handle(struct http_request *request, void *user);

#endif
