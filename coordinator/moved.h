/* moved.h - whether the tag of a planned campaign still says what it was planned with.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tag that moves changes nothing in a campaign: its manifest was taken at planning and
 * its payloads are in its store. Whoever looks at the campaign should know all the same.
 */
#ifndef SPILLWAY_COORDINATOR_MOVED_H
#define SPILLWAY_COORDINATOR_MOVED_H

#include "coordinator/area.h"

enum moved {
    MOVED_NOT_ASKED, /* the campaign has no conditions */
    MOVED_NO,
    MOVED_YES,
    MOVED_UNKNOWN /* the source does not answer */
};

#define MOVED_DETAIL 400

/* "no", "yes", "unknown"; NULL when it was not asked. */
const char *moved_name(enum moved moved);

/* Asks the source of the campaign, for a few seconds at most. `detail` gets the types
 * with other intervals or payloads, or why nothing is known. false: the catalog failed.
 */
bool moved_ask(const struct area *area, const char *campaign, enum moved *moved,
               char detail[MOVED_DETAIL], struct err *err);

#endif
