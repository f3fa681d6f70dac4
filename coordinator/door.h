/* door.h - HTTP in front of the service: tokens, exchanges on their way in, status.
 * SPDX-License-Identifier: Apache-2.0
 *
 * POST /pilot/hello and /pilot/sync take protobuf, POST /order takes JSON (orders.h), GET
 * /status gives JSON; each wants the pilot token of the area. The server's threads decode
 * and queue; the one thread that decides takes, and answers each exchange once. Nothing
 * else is shared between them but the figures of door_show.
 */
#ifndef SPILLWAY_COORDINATOR_DOOR_H
#define SPILLWAY_COORDINATOR_DOOR_H

#include "coordinator/area.h"
#include "coordinator/turn.h"

struct door;

struct door_figures {
    char campaign[CAMPAIGN_NAME];
    struct core_counts counts;
    uint32_t priority;
    enum core_hold hold;
    bool complete;
    bool stuck; /* for what failed */
    bool waits_for_gate;
};

/* Listens on "HOST:PORT"; *port is the one really in use. */
bool door_open(const char *listen, const char token[AREA_TOKEN], struct door **door,
               unsigned *port, struct err *err);

/* Turns away what was not answered and stops the server. NULL is fine. */
void door_close(struct door *door);

/* What /status tells from now on, of at most TURN_CAMPAIGNS campaigns. */
void door_show(struct door *door, const struct door_figures *figures, uint32_t count);

/* As mailbox_take. */
uint32_t door_take(struct door *door, int64_t wait_ns, int64_t gather_ns,
                   struct exchange **list, uint32_t capacity);

/* Answer an exchange and free it. door_answer gives false with the reason when its answer
 * could not be packed; the pilot is told status 500 then. */
bool door_answer(struct exchange *exchange, struct err *err);
void door_refuse(struct exchange *exchange, unsigned status, const char *text);

#endif
