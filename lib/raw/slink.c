/* slink.c - S-Link headers, multiplexers, and the round through an event's blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/slink.h"

#include "base/bytes.h"

enum { DEPTH_SUBEVENT, DEPTH_EQUIPMENT };

void event_blocks_start(struct event_blocks *blocks, const struct date_event *event)
{
    *blocks = (struct event_blocks){.event = event};
    if (date_is_super(&event->header)) {
        blocks->subevents = date_payload(event);
        blocks->depth = DEPTH_SUBEVENT;
    } else {
        blocks->equipments = date_payload(event);
        blocks->depth = DEPTH_EQUIPMENT;
    }
}

bool slink_block_flagged(const struct slink_block *block)
{
    return block->error || block->tcs != SLINK_TCS_GOOD;
}

static uint32_t header_words(const uint8_t *data)
{
    return le32_load(data) & 0xFFFF;
}

static uint32_t header_source(const uint8_t *data)
{
    return le32_load(data) >> 16 & 0x3FF;
}

static void block_load(const uint8_t *data, const struct date_header *event,
                       struct slink_block *block)
{
    uint32_t first = le32_load(data), second = le32_load(data + 4),
             third = le32_load(data + 8);
    uint32_t spill = second >> 20 & (SLINK_SPILL_LIMIT - 1);
    *block = (struct slink_block){
        .source = (uint16_t)(first >> 16 & 0x3FF),
        .event_type = (uint8_t)(first >> 26 & 0x1F),
        .error = first >> 31 != 0,
        .event = second & 0xFFFFF,
        .spill = spill,
        .spill_good = spill == event->spill % SLINK_SPILL_LIMIT,
        .stat = second >> 31 != 0,
        .status = (uint8_t)third,
        .tcs = (uint8_t)(third >> 8),
        .error_words = (uint8_t)(third >> 16),
        .format = (uint8_t)(third >> 24),
        .words = data + 4 * (size_t)SLINK_HEADER_WORDS,
        .count = (first & 0xFFFF) - SLINK_HEADER_WORDS,
    };
}

static enum lookup fail(const struct event_blocks *blocks, const uint8_t *place,
                        enum damage_class damage, struct slink_fault *fault)
{
    *fault = (struct slink_fault){.damage = damage,
                                  .source = SLINK_SOURCES,
                                  .offset = (size_t)(place - blocks->event->data)};
    return LOOKUP_FAILED;
}

/* One ordinary block whose size is known to be good. */
static enum lookup block_take(struct event_blocks *blocks, const uint8_t *data,
                              struct slink_block *block, struct slink_fault *fault)
{
    block_load(data, &blocks->event->header, block);
    block->equipment = blocks->equipment;
    if (block->event == blocks->event->header.event)
        return LOOKUP_FOUND;
    (void)fail(blocks, data, DAMAGE_SLINK_EVENT, fault);
    fault->source = block->source;
    return LOOKUP_FAILED;
}

static enum lookup multiplexer_next(struct event_blocks *blocks,
                                    struct slink_block *block, struct slink_fault *fault)
{
    struct date_cursor *cursor = &blocks->blocks;
    const uint8_t *data = cursor->data + cursor->offset;
    size_t left = (cursor->size - cursor->offset) / 4;
    uint32_t words = left < SLINK_HEADER_WORDS ? 0 : header_words(data);
    if (words < SLINK_HEADER_WORDS || words > left) {
        blocks->multiplexed = false;
        return fail(blocks, data, DAMAGE_MULTIPLEXER, fault);
    }
    cursor->offset += 4 * (size_t)words;
    blocks->multiplexed = cursor->offset < cursor->size;
    return block_take(blocks, data, block, fault);
}

/* An equipment: one block, or a multiplexer that is opened and then read on. */
static enum lookup equipment_take(struct event_blocks *blocks,
                                  const struct date_equipment *equipment,
                                  struct slink_block *block, struct slink_fault *fault)
{
    const uint8_t *data = equipment->payload;
    blocks->equipment = equipment->id;
    if (equipment->size < 4 * SLINK_MULTIPLEXER_WORDS)
        return fail(blocks, data, DAMAGE_EQUIPMENT_SHORT, fault);
    bool multiplexer = header_source(data) >= SLINK_MULTIPLEXER_FIRST;
    if (!multiplexer && equipment->size < 4 * SLINK_HEADER_WORDS)
        return fail(blocks, data, DAMAGE_EQUIPMENT_SHORT, fault);
    if (4 * header_words(data) != equipment->size) {
        (void)fail(blocks, data, DAMAGE_SLINK_SIZE, fault);
        fault->source = header_source(data);
        return LOOKUP_FAILED;
    }
    if (!multiplexer)
        return block_take(blocks, data, block, fault);
    size_t head = 4 * (size_t)SLINK_MULTIPLEXER_WORDS;
    blocks->blocks =
        (struct date_cursor){.data = data + head, .size = equipment->size - head};
    blocks->multiplexed = blocks->blocks.size > 0;
    return LOOKUP_ABSENT; /* nothing of its own to hand out */
}

/* Opens the next sub-event; ABSENT at the end of the event. */
static enum lookup subevent_open(struct event_blocks *blocks, struct slink_fault *fault)
{
    struct date_event subevent;
    enum damage_class damage;
    const uint8_t *place = blocks->subevents.data + blocks->subevents.offset;
    enum lookup found = date_subevent_next(&blocks->subevents, &blocks->event->header,
                                           &subevent, &damage);
    if (found == LOOKUP_FAILED)
        return fail(blocks, place, damage, fault);
    if (found == LOOKUP_FOUND) {
        blocks->equipments = date_payload(&subevent);
        blocks->depth = DEPTH_EQUIPMENT;
    }
    return found;
}

enum lookup event_blocks_next(struct event_blocks *blocks, struct slink_block *block,
                              struct slink_fault *fault)
{
    for (;;) {
        if (blocks->multiplexed)
            return multiplexer_next(blocks, block, fault);
        if (blocks->depth == DEPTH_SUBEVENT) {
            enum lookup opened = subevent_open(blocks, fault);
            if (opened != LOOKUP_FOUND)
                return opened;
        }
        struct date_equipment equipment;
        enum damage_class damage;
        const uint8_t *place = blocks->equipments.data + blocks->equipments.offset;
        enum lookup found = date_equipment_next(&blocks->equipments, &equipment, &damage);
        if (found == LOOKUP_FAILED)
            return fail(blocks, place, damage, fault);
        if (found == LOOKUP_FOUND)
            found = equipment_take(blocks, &equipment, block, fault);
        else if (date_is_super(&blocks->event->header)) {
            blocks->depth = DEPTH_SUBEVENT;
            continue;
        } else
            return LOOKUP_ABSENT;
        if (found != LOOKUP_ABSENT)
            return found;
    }
}
