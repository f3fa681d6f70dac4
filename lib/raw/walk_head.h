/* walk_head.h - the walker's own reading of event headers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_WALK_HEAD_H
#define SPILLWAY_RAW_WALK_HEAD_H

#include <stdbool.h>

#include "raw/damage.h"

#define WALK_MAGIC        0xDA1E5AFEu
#define WALK_HEAD_LEAST   68u /* of all layouts */
#define WALK_HEAD_LONGEST 80u
#define WALK_HEAD_SEEN    (WALK_HEAD_LONGEST + 4) /* may tell whether one is there */
#define WALK_EVENTS       (1u << 20)              /* event numbers in a spill */

struct walk_head {
    uint32_t size, length; /* of event and header, bytes */
    uint32_t version;      /* the word at 12 */
    uint32_t type, run, spill, event, event_in_run;
    bool super; /* sub-events inside */
    bool old;   /* other equipment headers */
};

/* Is there a layout for this word at 12? */
bool walk_head_known(uint32_t version);

/* true: a header of a known layout stands at `p`, with sizes and numbers that can be, and
 * no other one begins inside of it. `left` bytes can be looked at, at least
 * WALK_HEAD_LEAST; more than WALK_HEAD_SEEN tell nothing new. */
bool walk_head_read(const uint8_t *p, size_t left, struct walk_head *head);

/* What bytes are called that are no event, by how they begin: FOREIGN, EVENT_HEADER when
 * two of magic, layout and run are right, TRUNCATED when they are too few. */
enum damage_class walk_head_gap(const uint8_t *p, size_t left, uint32_t run);

#endif
