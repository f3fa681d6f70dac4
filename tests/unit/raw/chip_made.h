/* chip_made.h - blocks of words for the tests of chips.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_UNIT_RAW_CHIP_MADE_H
#define SPILLWAY_TESTS_UNIT_RAW_CHIP_MADE_H

#include "raw/fault.h"
#include "tests/unit/raw/made.h"

#define CHIP_EVENT  70001u
#define CHIP_SOURCE 380
#define CHIP_LISTED 16

/* A block over the words of a buffer, of event CHIP_EVENT. */
static inline struct slink_block chip_block(const struct bytes *words, uint8_t format)
{
    return (struct slink_block){.source = CHIP_SOURCE,
                                .event = CHIP_EVENT,
                                .format = format,
                                .words = words->data,
                                .count = (uint32_t)(words->size / 4)};
}

static inline void chip_flip(struct bytes *words, size_t word, uint32_t bits)
{
    assert_true(word < words->size / 4);
    uint8_t *place = words->data + 4 * word;
    le32_store(place, le32_load(place) ^ bits);
}

static inline void chip_word_add(struct bytes *words, uint32_t word)
{
    uint8_t place[4];
    struct err err;
    le32_store(place, word);
    assert_true(bytes_append(words, place, sizeof place, &err));
}

/* Faults with places. */
struct chip_listing {
    struct faults faults;
    struct damage_place places[CHIP_LISTED];
};

/* The listing must stay where it is. */
static inline void chip_listing_init(struct chip_listing *listing)
{
    *listing = (struct chip_listing){.faults = {.log = {.room = CHIP_LISTED}}};
    listing->faults.log.places = listing->places;
}

/* One row of a table of damage: flip bits, expect one fault there. */
struct chip_case {
    size_t word;
    uint32_t bits;
    enum damage_class damage;
    uint32_t at, words; /* of the fault; words 0: marked only */
    uint32_t left;      /* digits */
};

/* Exactly one fault, as the case says. */
static inline void chip_check_fault(const struct chip_case *expected,
                                    const struct faults *faults, const uint8_t *words,
                                    bool good)
{
    const struct damage_place *place = faults->log.places;
    assert_int_equal(damage_counts_total(&faults->log.counts), 1);
    assert_int_equal(faults->log.listed, 1);
    assert_string_equal(damage_word(place->damage), damage_word(expected->damage));
    assert_int_equal(place->source, CHIP_SOURCE);
    assert_int_equal(place->at - words, 4 * expected->at);
    assert_int_equal(place->loss, 4 * expected->words);
    assert_int_equal(place->length, expected->words == 0 ? 4 : 4 * expected->words);
    assert_int_equal(good, expected->words == 0);
}

#endif
