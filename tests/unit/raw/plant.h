/* plant.h - every kind of damage, planted into a good file at a known place.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file is one of made_file: spills of start of burst, events, end of burst; in an
 * event the first sub-event has sources MADE_SADC and 2, the second 380.
 */
#ifndef SPILLWAY_TESTS_UNIT_RAW_PLANT_H
#define SPILLWAY_TESTS_UNIT_RAW_PLANT_H

#include "tests/unit/raw/made.h"

#define PLANT_SPILLS 2u
#define PLANT_EVENTS 16u
#define PLANT_EVENT  5u /* index in the file of the event that is damaged */

/* A file, the damaged event in it, and what a check must say. */
struct plant {
    struct bytes *file;
    size_t event, size;         /* of the damaged event */
    size_t subevent, equipment; /* first ones in it, offsets in the file */
    size_t block;               /* S-Link header of the first equipment */
    enum damage_class damage;
    uint32_t source;
    size_t offset, length, loss;
    uint64_t missing;
};

static inline size_t plant_event_at(const struct bytes *file, size_t index)
{
    size_t at = 0;
    for (size_t i = 0; i < index; i++)
        at += le32_load(file->data + at);
    return at;
}

static inline void plant_flip(struct plant *plant, size_t at, uint32_t bits)
{
    uint8_t *word = plant->file->data + at;
    le32_store(word, le32_load(word) ^ bits);
}

static inline void plant_add(struct plant *plant, size_t at, uint32_t more)
{
    uint8_t *word = plant->file->data + at;
    le32_store(word, le32_load(word) + more);
}

/* The whole event is lost. */
static inline void plant_whole(struct plant *plant)
{
    plant->offset = plant->event;
    plant->length = plant->loss = plant->size;
    plant->missing = 1;
}

static inline void plant_piece(struct plant *plant, size_t offset, size_t length,
                               bool lost)
{
    plant->offset = offset;
    plant->length = length;
    plant->loss = lost ? length : 0;
}

static inline size_t plant_block_bytes(const struct plant *plant)
{
    return 4 * (size_t)(le32_load(plant->file->data + plant->block) & 0xFFFF);
}

/* A block that is marked only. */
static inline void plant_mark(struct plant *plant, size_t word, uint32_t bits)
{
    plant->source = MADE_SADC;
    plant_piece(plant, plant->block, plant_block_bytes(plant), false);
    plant_flip(plant, plant->block + word, bits);
}

static inline void plant_insert(struct plant *plant, size_t at, const void *data,
                                size_t size)
{
    struct err err;
    uint8_t *place;
    assert_true(bytes_reserve(plant->file, size, &place, &err));
    memmove(plant->file->data + at + size, plant->file->data + at,
            plant->file->size - at);
    memcpy(plant->file->data + at, data, size);
    plant->file->size += size;
}

static inline void plant_cut(struct plant *plant, size_t at, size_t size)
{
    memmove(plant->file->data + at, plant->file->data + at + size,
            plant->file->size - at - size);
    plant->file->size -= size;
}

static inline void plant_foreign(struct plant *plant)
{
    uint8_t junk[512];
    memset(junk, 0xA5, sizeof junk);
    plant_insert(plant, plant->event, junk, sizeof junk);
    plant_piece(plant, plant->event, sizeof junk, true);
}

static inline void plant_truncated(struct plant *plant)
{
    size_t last = plant_event_at(plant->file, PLANT_SPILLS * (PLANT_EVENTS + 2) - 1);
    plant->file->size = last + 100;
    plant_piece(plant, last, 100, true);
}

static inline void plant_event_size(struct plant *plant)
{
    plant_whole(plant);
    plant_add(plant, plant->event, 100);
}

static inline void plant_no_magic(struct plant *plant)
{
    plant_whole(plant);
    le32_store(plant->file->data + plant->event + 4, 0);
}

static inline void plant_swapped(struct plant *plant)
{
    plant_whole(plant);
    le32_store(plant->file->data + plant->event + 4, DATE_MAGIC_SWAPPED);
}

static inline void plant_no_size(struct plant *plant)
{
    plant_whole(plant);
    le32_store(plant->file->data + plant->event, 0);
}

static inline void plant_odd_size(struct plant *plant)
{
    plant_whole(plant);
    plant_add(plant, plant->event, 2);
}

static inline void plant_other_run(struct plant *plant)
{
    plant_whole(plant);
    plant_add(plant, plant->event + 20, 1);
}

static inline void plant_repeated(struct plant *plant)
{
    uint8_t *copy = mem_new(plant->size, 1);
    memcpy(copy, plant->file->data + plant->event, plant->size);
    plant_insert(plant, plant->event, copy, plant->size);
    plant_piece(plant, plant->event + plant->size, plant->size, true);
    free(copy);
}

/* Another event that has the number of this one. */
static inline void plant_conflict(struct plant *plant)
{
    plant_repeated(plant);
    plant->file->data[plant->event + plant->size + DATE_HEAD - 4] ^= 1; /* time */
}

static inline void plant_removed(struct plant *plant)
{
    plant_cut(plant, plant->event, plant->size);
    plant_piece(plant, plant->event, 0, false);
    plant->missing = 1;
}

/* The event behind comes first. */
static inline void plant_order(struct plant *plant)
{
    size_t next = plant->event + plant->size;
    size_t length = le32_load(plant->file->data + next);
    uint8_t *copy = mem_new(length, 1);
    memcpy(copy, plant->file->data + next, length);
    plant_cut(plant, next, length);
    plant_insert(plant, plant->event, copy, length);
    plant_piece(plant, plant->event + length, 0, false);
    free(copy);
}

/* The record and both its sub-events say a number that is too high. */
static inline void plant_burst_count(struct plant *plant)
{
    size_t record = plant_event_at(plant->file, PLANT_EVENTS + 1);
    uint8_t *data = plant->file->data + record;
    for (size_t at = 0; at + 8 <= le32_load(data); at += 4)
        if (le32_load(data + at) == DATE_MAGIC)
            le32_store(data + at + 24, le32_load(data + at + 24) + 5);
    for (size_t at = 0; at + 8 <= le32_load(data); at += 4)
        if (le32_load(data + at) == 64) /* type of an S-Link equipment */
            le32_store(data + at + 28, le32_load(data + at + 28) + 5);
    plant_piece(plant, record, 0, false);
}

static inline void plant_type(struct plant *plant)
{
    size_t record = plant_event_at(plant->file, 0);
    le32_store(plant->file->data + record + 16, 20);
    plant_piece(plant, record, le32_load(plant->file->data + record), false);
}

static inline void plant_event_flags(struct plant *plant)
{
    plant_flip(plant, plant->event + 52, 1u << 30);
    plant_piece(plant, plant->event, plant->size, false);
}

static inline void plant_subevent_size(struct plant *plant)
{
    plant_piece(plant, plant->subevent, le32_load(plant->file->data + plant->subevent),
                true);
    plant_add(plant, plant->subevent, 0x10000);
}

static inline void plant_subevent_header(struct plant *plant)
{
    plant_piece(plant, plant->subevent, le32_load(plant->file->data + plant->subevent),
                true);
    plant_add(plant, plant->subevent + 24, 1);
}

static inline void plant_equipment_size(struct plant *plant)
{
    plant->source = MADE_SADC;
    plant_piece(plant, plant->equipment, le32_load(plant->file->data + plant->equipment),
                true);
    plant_add(plant, plant->equipment, 4);
}

/* Sizes around a piece that is put in or taken out. */
static inline void plant_resize(struct plant *plant, uint32_t more)
{
    plant_add(plant, plant->subevent, more);
    plant_add(plant, plant->event, more);
}

static inline void plant_equipment_short(struct plant *plant)
{
    const uint8_t head[32] = {32, 0, 0, 0, 64};
    plant_insert(plant, plant->equipment, head, sizeof head);
    plant_resize(plant, sizeof head);
    plant_piece(plant, plant->equipment, sizeof head, true);
}

static inline void plant_slink_size(struct plant *plant)
{
    plant->source = MADE_SADC;
    plant_piece(plant, plant->equipment, le32_load(plant->file->data + plant->equipment),
                true);
    plant_add(plant, plant->block, 1);
}

static inline void plant_slink_event(struct plant *plant)
{
    plant->source = MADE_SADC;
    plant_piece(plant, plant->block, plant_block_bytes(plant), true);
    plant_add(plant, plant->block + 4, 1);
}

static inline void plant_slink_spill(struct plant *plant)
{
    plant_mark(plant, 4, 1u << 20);
}

static inline void plant_slink_flag(struct plant *plant)
{
    plant_mark(plant, 0, 1u << 31);
}

static inline void plant_tcs_fifo(struct plant *plant)
{
    plant_mark(plant, 8, SLINK_TCS_FIFO << 8);
}

static inline void plant_tcs_sync(struct plant *plant)
{
    plant_mark(plant, 8, SLINK_TCS_SYNC << 8);
}

static inline void plant_tcs_ecc(struct plant *plant)
{
    plant_mark(plant, 8, SLINK_TCS_ECC << 8);
}

static inline void plant_tcs_bits(struct plant *plant)
{
    plant_mark(plant, 8, 0x20u << 8);
}

static inline void plant_source_missing(struct plant *plant)
{
    uint32_t length = le32_load(plant->file->data + plant->equipment);
    plant_cut(plant, plant->equipment, length);
    plant_resize(plant, 0 - length);
    plant->source = MADE_SADC;
    plant_piece(plant, plant->event, plant->size - length, false);
}

/* The second block of the multiplexer that is the first equipment gets size 0. */
static inline void plant_multiplexer(struct plant *plant)
{
    size_t first = plant->block + 4 * (size_t)SLINK_MULTIPLEXER_WORDS;
    plant->block = first;
    plant->block += plant_block_bytes(plant);
    plant->source = 2;
    plant_piece(plant, plant->block, plant_block_bytes(plant), true);
    plant_flip(plant, plant->block, (uint32_t)plant_block_bytes(plant) / 4);
}

/* The first ADC block of the first equipment, and its first channel. */
static inline size_t plant_adc(const struct plant *plant)
{
    return plant->block + 4 * (size_t)SLINK_HEADER_WORDS;
}

static inline void plant_adc_piece(struct plant *plant, bool lost)
{
    size_t at = plant_adc(plant);
    size_t length = 4 * (size_t)(le32_load(plant->file->data + at) >> 12 & 0xFFF);
    plant->source = MADE_SADC;
    plant_piece(plant, at, lost ? length : 4, lost);
}

static inline void plant_adc_event(struct plant *plant)
{
    plant_adc_piece(plant, true);
    plant_flip(plant, plant_adc(plant), 1);
}

static inline void plant_adc_key(struct plant *plant)
{
    plant_adc_piece(plant, true);
    plant_flip(plant, plant_adc(plant), 1u << 31);
}

static inline void plant_adc_error(struct plant *plant)
{
    plant_adc_piece(plant, false);
    plant_flip(plant, plant_adc(plant), 1u << 24);
}

/* Header and samples of one channel. */
static inline void plant_sample(struct plant *plant)
{
    size_t channel = plant_adc(plant) + 4;
    plant->source = MADE_SADC;
    plant_piece(plant, channel, 4 * (1 + (size_t)(MADE_SAMPLES + 1) / 2), true);
    plant_flip(plant, channel + 8, 1u << 30);
}

struct plant_kind {
    const char *name;
    enum damage_class damage;
    void (*plant)(struct plant *plant);
};

static const struct plant_kind plant_kinds[] = {
    {"foreign bytes", DAMAGE_FOREIGN, plant_foreign},
    {"end inside an event", DAMAGE_TRUNCATED, plant_truncated},
    {"event too long", DAMAGE_EVENT_SIZE, plant_event_size},
    {"no magic", DAMAGE_EVENT_HEADER, plant_no_magic},
    {"swapped magic", DAMAGE_EVENT_HEADER, plant_swapped},
    {"size 0", DAMAGE_EVENT_HEADER, plant_no_size},
    {"odd size", DAMAGE_EVENT_HEADER, plant_odd_size},
    {"other run", DAMAGE_EVENT_HEADER, plant_other_run},
    {"event twice", DAMAGE_REPEATED, plant_repeated},
    {"another event of the number", DAMAGE_CONFLICT, plant_conflict},
    {"event gone", DAMAGE_EVENT_MISSING, plant_removed},
    {"events exchanged", DAMAGE_EVENT_ORDER, plant_order},
    {"end of burst", DAMAGE_BURST_COUNT, plant_burst_count},
    {"unknown type", DAMAGE_EVENT_TYPE, plant_type},
    {"bad by the DAQ", DAMAGE_EVENT_FLAGS, plant_event_flags},
    {"sub-event too long", DAMAGE_SUBEVENT_SIZE, plant_subevent_size},
    {"sub-event of another event", DAMAGE_SUBEVENT_HEADER, plant_subevent_header},
    {"equipment too long", DAMAGE_EQUIPMENT_SIZE, plant_equipment_size},
    {"equipment without S-Link", DAMAGE_EQUIPMENT_SHORT, plant_equipment_short},
    {"S-Link size", DAMAGE_SLINK_SIZE, plant_slink_size},
    {"S-Link event", DAMAGE_SLINK_EVENT, plant_slink_event},
    {"S-Link spill", DAMAGE_SLINK_SPILL, plant_slink_spill},
    {"S-Link error flag", DAMAGE_SLINK_FLAGS, plant_slink_flag},
    {"TCS FIFO", DAMAGE_TCS_FIFO, plant_tcs_fifo},
    {"TCS sync", DAMAGE_TCS_SYNC, plant_tcs_sync},
    {"TCS ECC", DAMAGE_TCS_ECC, plant_tcs_ecc},
    {"TCS undefined bit", DAMAGE_TCS_BITS, plant_tcs_bits},
    {"source gone", DAMAGE_SOURCE_MISSING, plant_source_missing},
    {"ADC block of another event", DAMAGE_ADC_EVENT, plant_adc_event},
    {"ADC key", DAMAGE_ADC_KEY, plant_adc_key},
    {"ADC error bit", DAMAGE_ADC_ERROR, plant_adc_error},
    {"sample word", DAMAGE_SAMPLE_WORD, plant_sample},
    {"block in a multiplexer", DAMAGE_MULTIPLEXER, plant_multiplexer},
};

#define PLANT_KINDS (sizeof plant_kinds / sizeof *plant_kinds)

/* Makes a good file of DATE 3.6 super-events in writer->out. */
static inline void plant_file(struct raw_writer *writer, const struct plant_kind *kind)
{
    const struct made_shape shape = {.multiplexer = kind->damage == DAMAGE_MULTIPLEXER};
    raw_writer_init(writer, MADE_LIMIT);
    made_file(writer, PLANT_SPILLS, PLANT_EVENTS, &shape);
}

/* `index` of the event in the file; a few kinds have their own place. */
static inline struct plant plant_damage(struct bytes *file, const struct plant_kind *kind,
                                        size_t index)
{
    size_t event = plant_event_at(file, index);
    struct plant plant = {.file = file,
                          .event = event,
                          .size = le32_load(file->data + event),
                          .subevent = event + DATE_HEAD,
                          .equipment = event + 2 * (size_t)DATE_HEAD,
                          .damage = kind->damage,
                          .source = SLINK_SOURCES};
    plant.block = plant.equipment + DATE_EQUIPMENT;
    kind->plant(&plant);
    return plant;
}

#endif
