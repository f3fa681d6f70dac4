/* chip_fuzz.h - any bytes as a block of one chip.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: words. The first has the S-Link format (7 bits of 8), the event number (20 bits)
 * and, if not 0, the mark of the first event of a run (4 bits).
 */
#ifndef SPILLWAY_TESTS_FUZZ_CHIP_FUZZ_H
#define SPILLWAY_TESTS_FUZZ_CHIP_FUZZ_H

#include <stdlib.h>

#include "raw/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHIP_FUZZ_HEAD  4u
#define CHIP_FUZZ_WORDS 65535u
#define CHIP_FUZZ_BYTES ((size_t)64 << 20)

/* false when the input is too short. */
static inline bool chip_fuzz_block(const uint8_t *data, size_t size,
                                   struct slink_block *block)
{
    if (size < CHIP_FUZZ_HEAD)
        return false;
    size_t words = (size - CHIP_FUZZ_HEAD) / 4;
    *block = (struct slink_block){
        .source = 380,
        .format = data[0] & 0x7F, /* bit 7 is that of modules */
        .event_type = le32_load(data) >> 28 == 0 ? 1 : 0x1C,
        .event = le32_load(data) >> 8 & 0xFFFFF,
        .words = data + CHIP_FUZZ_HEAD,
        .count = words < CHIP_FUZZ_WORDS ? (uint32_t)words : CHIP_FUZZ_WORDS,
    };
    return true;
}

/* What holds for every block: places lie in it, their losses do not exceed it, and
 * nothing is lost without a fault. */
static inline void chip_fuzz_take(const struct slink_block *block,
                                  const struct chip_rule *rule, struct digits *digits)
{
    static struct damage_place places[2 * CHIP_FUZZ_WORDS];
    struct faults faults = {
        .log = {.places = places, .room = sizeof places / sizeof *places}};
    uint64_t loss = 0;
    bool good = digits_take(block, rule, digits, &faults);
    for (uint32_t i = 0; i < faults.log.listed; i++) {
        const struct damage_place *place = &places[i];
        bug_if(place->at < block->words || place->length == 0);
        bug_if((size_t)(place->at - block->words) + place->length >
               4 * (size_t)block->count);
        loss += place->loss;
    }
    bug_if(loss > 4 * (uint64_t)block->count);
    bug_if(good != (loss == 0));
}

/* The digits of a chip as words; false when they cannot be stored. */
typedef bool chip_fuzz_encode(const struct slink_block *block,
                              const struct digits *digits, struct bytes *words,
                              struct err *err);

/* How many digits the chip under test has. */
typedef uint64_t chip_fuzz_count(const struct digits *digits);

/* Decodes; what can be encoded gives as many digits again, without a loss. */
static inline void chip_fuzz_round(const struct slink_block *block,
                                   const struct chip_rule *rule, chip_fuzz_encode *encode,
                                   chip_fuzz_count *count)
{
    static struct digits digits;
    static bool ready;
    struct bytes words;
    struct err err;
    if (!ready)
        digits_init(&digits);
    ready = true;
    digits_clear(&digits);
    chip_fuzz_take(block, rule, &digits);
    uint64_t before = count(&digits);
    bytes_init(&words, CHIP_FUZZ_BYTES);
    if (encode(block, &digits, &words, &err) && words.size > 0 &&
        words.size / 4 <= CHIP_FUZZ_WORDS) {
        struct slink_block again = *block;
        struct faults faults = {.sum_differs = 0};
        again.words = words.data;
        again.count = (uint32_t)(words.size / 4);
        digits_clear(&digits);
        bug_if(!digits_take(&again, rule, &digits, &faults));
        bug_if(count(&digits) != before);
    }
    bytes_release(&words);
}

#endif
