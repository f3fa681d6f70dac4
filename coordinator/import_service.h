/* import_service.h - where imported payloads go: a tag of a conditions service.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Payloads are collected first; nothing is asked or changed before import_service_send.
 * Then one row after the other becomes valid, and what was sent stays when a later one
 * fails; a tag that somebody else changes meanwhile ends it. What the tag says already is
 * not sent, so the same import again goes on where it stopped. Whether payloads fit each
 * other is checked when the tag is frozen.
 */
#ifndef SPILLWAY_COORDINATOR_IMPORT_SERVICE_H
#define SPILLWAY_COORDINATOR_IMPORT_SERVICE_H

#include "coordinator/conditions_remote.h"
#include "coordinator/import_target.h"

struct import_service;

/* `replace`: what the tag has for the same runs gives way. */
bool import_service_open(const struct remote_options *remote, const char *tag,
                         bool replace, struct import_service **service, struct err *err);
void import_service_close(struct import_service *service);

/* Copies the payload. The rules of splice.h hold among the payloads of one import. */
enum splice import_service_add(struct import_service *service,
                               const struct import_row *row, struct err *err);

/* Makes the tag when there is none, unlocked. Conflicts with rows of the tag are found
 * before the first change. Gives how many payloads were sent and how many the tag had;
 * the message of an error says how many were sent. */
struct import_sent {
    size_t put, same;
};

bool import_service_send(struct import_service *service, struct import_sent *sent,
                         struct err *err);

#endif
