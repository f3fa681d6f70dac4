/* skip.h - events of a segment that are not processed, by a manager's word.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The list is an effective value of the reco step: type SKIP_TYPE, level exact, its bytes
 * the canonical text: the event numbers in decimal, ascending, a line feed behind each.
 * So it is in the keys of the segment and of no other one. A segment without skipped
 * events has no such value. It is no payload type: no tag can hold it.
 */
#ifndef SPILLWAY_MODEL_SKIP_H
#define SPILLWAY_MODEL_SKIP_H

#include "base/bytes.h"

#define SKIP_TYPE   "skipped_events"
#define SKIP_EVENTS 1024u /* of a segment, at most */

/* Event numbers within the spill of the segment, ascending. */
struct skip_list {
    uint32_t events[SKIP_EVENTS];
    uint32_t count;
};

bool skip_has(const struct skip_list *list, uint32_t event);

/* Both false when it was there already, or was not. E_LIMIT: the list is full. */
bool skip_add(struct skip_list *list, uint32_t event, bool *added, struct err *err);
bool skip_remove(struct skip_list *list, uint32_t event);

bool skip_text(const struct skip_list *list, struct bytes *out, struct err *err);

/* E_MODEL for what is not canonical. */
bool skip_parse(const void *text, size_t size, struct skip_list *list, struct err *err);

#endif
