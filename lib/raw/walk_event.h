/* walk_event.h - the walker's own way through one event, down to S-Link blocks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shares no code with date.c and slink.c, and must see the same pieces as they do: the
 * sums of both are compared, event by event, wherever a file is checked.
 */
#ifndef SPILLWAY_RAW_WALK_EVENT_H
#define SPILLWAY_RAW_WALK_EVENT_H

#include <stdbool.h>

#include "raw/damage.h"

#define WALK_NO_SOURCE 1024u

/* A block that can be decoded, or what is lost. */
struct walk_piece {
    bool lost;
    enum damage_class damage; /* when lost */
    uint32_t source;          /* WALK_NO_SOURCE: not known */
    size_t offset, length;    /* bytes in the event */
};

/* All pieces in their order; equal sums are equal pieces. */
struct walk_sum {
    uint64_t blocks, block_bytes;
    uint64_t losses, lost_bytes;
    uint64_t order; /* folded from every field of every piece */
};

void walk_sum_add(struct walk_sum *sum, const struct walk_piece *piece);
bool walk_sum_equal(const struct walk_sum *a, const struct walk_sum *b);

/* Adds the pieces of the event at data, whose header is good and says `size` bytes. */
void walk_event_pieces(const uint8_t *data, size_t size, struct walk_sum *sum);

#endif
