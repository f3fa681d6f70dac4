/* event_fuzz.c - any bytes as one event: both ways through it see the same pieces.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/burst.h"
#include "raw/walk_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void piece_add(struct walk_sum *sum, const struct date_event *event,
                      const struct slink_block *block, const struct slink_fault *fault)
{
    struct damage_log log = {.room = 0};
    struct walk_piece piece = {.lost = block == NULL};
    if (block == NULL) {
        piece.damage = fault->damage;
        piece.source = fault->source;
        piece.offset = fault->offset;
        piece.length = fault->length;
    } else {
        piece.source = block->source;
        piece.offset = (size_t)(block->words - event->data) - 12;
        piece.length = 4 * (size_t)block->count + 12;
        slink_block_marks(block, &log);
        bug_if((damage_counts_total(&log.counts) != 0) !=
               (slink_block_flagged(block) || !block->spill_good));
    }
    bug_if(piece.length == 0 || piece.offset < event->header.head_bytes ||
           piece.offset + piece.length > event->header.size);
    walk_sum_add(sum, &piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct eot_definition definition = {.source = 3, .scaler_word = 2, .scale = 1};
    struct date_event event = {.data = data};
    struct walk_sum decoded = {.blocks = 0}, walked = {.blocks = 0};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    uint32_t count;
    double eot;
    struct err err;
    if (!date_header_read(data, size, &event.header, &err) || event.header.size > size)
        return 0;
    event_blocks_start(&blocks, &event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
        piece_add(&decoded, &event, found == LOOKUP_FOUND ? &block : NULL, &fault);
    walk_event_pieces(data, event.header.size, &walked);
    bug_if(!walk_sum_equal(&decoded, &walked));
    (void)burst_count(&event, &definition, &count, &eot, &err);
    return 0;
}
