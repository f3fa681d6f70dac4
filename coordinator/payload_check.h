/* payload_check.h - a whole payload of any type, before anybody keeps it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tables obey their type; a channel map is read by the map reader for every run that it
 * names. What passes here can be read by every program of this release.
 */
#ifndef SPILLWAY_COORDINATOR_PAYLOAD_CHECK_H
#define SPILLWAY_COORDINATOR_PAYLOAD_CHECK_H

#include "conditions/payload.h"

/* `what` names the payload in messages (a file, a URL). E_PAYLOAD_TYPE: no type of this
 * release; E_LIMIT: above PAYLOAD_LIMIT; else as payload_parse and map_cover_read. */
bool payload_check(const char *type, const struct bytes *text, const char *what,
                   struct payload_marks *marks, struct err *err);

#endif
