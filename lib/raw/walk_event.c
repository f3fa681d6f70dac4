/* walk_event.c - sub-events, equipments and S-Link blocks of one event, level by level.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/walk_event.h"

#include "base/bytes.h"
#include "raw/walk_head.h"

#define LEAST_EQUIPMENT 28u
#define LEAST_OLD       12u /* an equipment header before 3.0 */
#define LEAST_BLOCK     12u /* S-Link header */
#define LEAST_MANY      8u  /* S-Link multiplexer */
#define FIRST_MANY      896u

/* The event that is gone through. */
struct event {
    const uint8_t *data;
    size_t size;
    struct walk_head head;
    struct walk_sum *sum;
};

struct equipment {
    size_t from, payload, end; /* offsets in the event */
};

void walk_sum_add(struct walk_sum *sum, const struct walk_piece *piece)
{
    const uint64_t fields[] = {piece->lost, piece->lost ? piece->damage : 0,
                               piece->source, piece->offset, piece->length};
    *(piece->lost ? &sum->losses : &sum->blocks) += 1;
    *(piece->lost ? &sum->lost_bytes : &sum->block_bytes) += piece->length;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        sum->order = (sum->order ^ fields[i]) * 0x100000001B3u;
}

bool walk_sum_equal(const struct walk_sum *a, const struct walk_sum *b)
{
    return a->blocks == b->blocks && a->block_bytes == b->block_bytes &&
           a->losses == b->losses && a->lost_bytes == b->lost_bytes &&
           a->order == b->order;
}

static void lose(const struct event *event, enum damage_class damage, uint32_t source,
                 size_t from, size_t end)
{
    walk_sum_add(event->sum, &(struct walk_piece){.lost = true,
                                                  .damage = damage,
                                                  .source = source,
                                                  .offset = from,
                                                  .length = end - from});
}

static uint32_t word_at(const struct event *event, size_t at)
{
    return le32_load(event->data + at);
}

/* Fields of the S-Link header at `at`. */
static size_t block_bytes(const struct event *event, size_t at)
{
    return 4 * (size_t)(word_at(event, at) & 0xFFFF);
}

static uint32_t block_source(const struct event *event, size_t at)
{
    return word_at(event, at) >> 16 & 1023;
}

static bool block_of_event(const struct event *event, size_t at)
{
    return (word_at(event, at + 4) & 0xFFFFF) == event->head.event;
}

static bool block_of_spill(const struct event *event, size_t at)
{
    uint32_t spill = word_at(event, at + 4) >> 20 & 2047;
    return block_of_event(event, at) && spill == (event->head.spill & 2047);
}

/* A block whose end is certain. */
static void block_take(const struct event *event, size_t at, size_t end)
{
    uint32_t source = block_source(event, at);
    if (block_of_event(event, at))
        walk_sum_add(event->sum, &(struct walk_piece){
                                     .source = source, .offset = at, .length = end - at});
    else
        lose(event, DAMAGE_SLINK_EVENT, source, at, end);
}

static bool block_fits(const struct event *event, size_t at, size_t end)
{
    return end - at >= LEAST_BLOCK && block_bytes(event, at) >= LEAST_BLOCK &&
           block_bytes(event, at) <= end - at;
}

/* Behind a block of a multiplexer: its end, or something that is a block in part. */
static bool block_follows(const struct event *event, size_t at, size_t end)
{
    if (end - at < LEAST_BLOCK)
        return at == end;
    return block_fits(event, at, end) || block_of_spill(event, at);
}

static void multiplexer(const struct event *event, size_t at, size_t end)
{
    while (at < end) {
        size_t from = at;
        if (block_fits(event, at, end) &&
            block_follows(event, at + block_bytes(event, at), end)) {
            at += block_bytes(event, at);
            block_take(event, from, at);
            continue;
        }
        bool told = end - at >= LEAST_BLOCK && block_of_event(event, at);
        do
            at += 4;
        while (at < end && !(block_fits(event, at, end) && block_of_spill(event, at)));
        lose(event, DAMAGE_MULTIPLEXER, told ? block_source(event, from) : WALK_NO_SOURCE,
             from, at);
    }
}

/* false: the sizes at `from` cannot be. */
static bool equipment_at(const struct event *event, size_t from, size_t end,
                         struct equipment *equipment)
{
    size_t left = end - from, head = LEAST_EQUIPMENT, whole;
    if (left < (event->head.old ? LEAST_OLD : LEAST_EQUIPMENT))
        return false;
    if (event->head.old) {
        head = LEAST_OLD + (word_at(event, from) & 0xFFFF);
        whole = head + word_at(event, from + 8);
    } else
        whole = word_at(event, from);
    if (whole < head || whole > left || head % 4 != 0 || whole % 4 != 0)
        return false;
    *equipment = (struct equipment){from, from + head, from + whole};
    return true;
}

/* An equipment in full order: its block has its size and is of this event. */
static bool equipment_sure(const struct event *event, size_t from, size_t end)
{
    struct equipment equipment;
    if (!equipment_at(event, from, end, &equipment))
        return false;
    size_t payload = equipment.end - equipment.payload;
    return payload >= LEAST_MANY && block_bytes(event, equipment.payload) == payload &&
           block_of_event(event, equipment.payload);
}

static size_t equipment_search(const struct event *event, size_t at, size_t end)
{
    for (at += 4; at < end; at += 4)
        if (equipment_sure(event, at, end))
            return at;
    return end;
}

/* Says where the next equipment is. */
static size_t equipment_take(const struct event *event, const struct equipment *equipment,
                             size_t end)
{
    size_t at = equipment->payload, payload = equipment->end - at;
    uint32_t source = payload < LEAST_MANY ? WALK_NO_SOURCE : block_source(event, at);
    bool many = source >= FIRST_MANY && source != WALK_NO_SOURCE;
    if (payload < (many ? LEAST_MANY : LEAST_BLOCK))
        lose(event, DAMAGE_EQUIPMENT_SHORT, source, equipment->from, equipment->end);
    else if (block_bytes(event, at) == payload && many)
        multiplexer(event, at + LEAST_MANY, equipment->end);
    else if (block_bytes(event, at) == payload)
        block_take(event, at, equipment->end);
    else if (equipment->end == end || equipment_sure(event, equipment->end, end))
        lose(event, DAMAGE_SLINK_SIZE, source, equipment->from, equipment->end);
    else {
        size_t next = equipment_search(event, equipment->from, end);
        lose(event, DAMAGE_EQUIPMENT_SIZE,
             block_of_event(event, at) ? source : WALK_NO_SOURCE, equipment->from, next);
        return next;
    }
    return equipment->end;
}

static void equipments(const struct event *event, size_t at, size_t end)
{
    struct equipment equipment;
    while (at < end) {
        size_t from = at;
        if (equipment_at(event, at, end, &equipment)) {
            at = equipment_take(event, &equipment, end);
            continue;
        }
        at = equipment_search(event, at, end);
        lose(event, DAMAGE_EQUIPMENT_SIZE, WALK_NO_SOURCE, from, at);
    }
}

static bool subevent_at(const struct event *event, size_t at, struct walk_head *head)
{
    const struct walk_head *above = &event->head;
    return event->size - at >= WALK_HEAD_LEAST &&
           walk_head_read(event->data + at, event->size - at, head) &&
           head->version == above->version && head->run == above->run &&
           head->spill == above->spill && head->event == above->event &&
           head->event_in_run == above->event_in_run;
}

static size_t subevent_search(const struct event *event, size_t at, size_t end)
{
    struct walk_head head;
    for (at += 4; at < end && event->size - at >= WALK_HEAD_LEAST; at += 4)
        if (word_at(event, at + 4) == WALK_MAGIC && subevent_at(event, at, &head))
            return at;
    return end;
}

/* What bytes are called where no sub-event begins. */
static enum damage_class subevent_gap(const struct event *event, size_t at)
{
    size_t left = event->size - at;
    if (left < event->head.length ||
        walk_head_gap(event->data + at, left, event->head.run) == DAMAGE_FOREIGN)
        return DAMAGE_SUBEVENT_SIZE;
    uint32_t size = word_at(event, at);
    bool good = size >= event->head.length && size <= left && size % 4 == 0;
    return good ? DAMAGE_SUBEVENT_HEADER : DAMAGE_SUBEVENT_SIZE;
}

/* The end of the sub-event at `at`, by its size or by the next one inside of it. */
static size_t subevent_end(const struct event *event, size_t at, size_t size, bool *whole)
{
    struct walk_head next;
    size_t left = event->size - at;
    *whole = true;
    if (size == left || (size < left && subevent_at(event, at + size, &next)))
        return at + size;
    size_t end = size < left ? at + size : event->size;
    size_t inside = subevent_search(event, at, end);
    *whole = size < left && inside == end;
    return inside;
}

static size_t subevent(const struct event *event, size_t at)
{
    struct walk_head head;
    bool whole;
    if (!subevent_at(event, at, &head)) {
        size_t next = subevent_search(event, at, event->size);
        lose(event, subevent_gap(event, at), WALK_NO_SOURCE, at, next);
        return next;
    }
    size_t end = subevent_end(event, at, head.size, &whole);
    if (whole)
        equipments(event, at + head.length, end);
    else
        lose(event, DAMAGE_SUBEVENT_SIZE, WALK_NO_SOURCE, at, end);
    return end;
}

void walk_event_pieces(const uint8_t *data, size_t size, struct walk_sum *sum)
{
    struct event event = {.data = data, .size = size, .sum = sum};
    if (size < WALK_HEAD_LEAST || !walk_head_read(data, size, &event.head))
        return;
    if (!event.head.super) {
        equipments(&event, event.head.length, size);
        return;
    }
    for (size_t at = event.head.length; at < size;)
        at = subevent(&event, at);
}
