/* raw_event.h - one event word by word: hexadecimal beside the meaning.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_EVENT_H
#define SPILLWAY_COORDINATOR_RAW_EVENT_H

#include "coordinator/raw_rules.h"
#include "raw/decode.h"

/* Appends a title line and a line for each word; `offset` is the event's place in the
 * file, for the title. Damage stands beside the word at which it was found. `digits` is
 * room for what is decoded on the way. */
bool raw_event_text(const struct raw_rules *rules, struct digits *digits,
                    const struct date_event *event, uint64_t offset, struct bytes *out,
                    struct err *err);

#endif
