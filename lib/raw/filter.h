/* filter.h - what an online filter wrote about an event, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An S-Link block is a row of records: a word with size, type and verdict, then the
 * content. The layout was read in public source only; no data have shown it.
 */
#ifndef SPILLWAY_RAW_FILTER_H
#define SPILLWAY_RAW_FILTER_H

#include "base/bytes.h"
#include "raw/fault.h"

/* Other types are kept as they are. */
enum filter_type {
    FILTER_DECISIONS = 1, /* a word a filter */
    FILTER_T0 = 2,        /* calibration */
    FILTER_VERSION = 3,   /* text with a NUL at its end */
    FILTER_CONFIG = 4,
    FILTER_MISSING = 5,    /* six counters: events missing, discarded, not written, not
                              physics, too big, rejected */
    FILTER_STATISTICS = 6, /* accepted, rejected, written directly, filters F, triggers T,
                              then 6 * (T + 1) + 2 words for each filter */
};

/* Bits of flags: the verdict on the event. */
#define FILTER_ACCEPTED   1u
#define FILTER_MONITORING 2u

#define FILTER_MAX_RECORDS 1024u /* of an event */
#define FILTER_MAX_BYTES   (1u << 20)

/* Structure of arrays; record i has the bytes first[i] up to first[i] + size[i]. */
struct filter_digits {
    uint32_t count;
    uint16_t *source;
    uint8_t *type;
    uint8_t *flags;
    uint32_t *first;
    uint32_t *size; /* without the record's first word */
    uint32_t byte_total;
    uint8_t *bytes;
};

void filter_digits_init(struct filter_digits *digits);
void filter_digits_release(struct filter_digits *digits);
void filter_digits_clear(struct filter_digits *digits);

/* Appends the records of one block. A record whose size does not fit its type costs
 * itself, one that does not fit the block costs the rest. Returns true when nothing was
 * lost. */
bool filter_decode(const struct slink_block *block, struct filter_digits *digits,
                   struct faults *faults);

/* Appends the words of rows `from` to `to`. E_LIMIT: a record above 65535 bytes. */
bool filter_encode(const struct filter_digits *digits, uint32_t from, uint32_t to,
                   struct bytes *words, struct err *err);

struct filter_decision {
    uint8_t filter;
    bool decided, accepted;
    uint32_t time; /* that it took, a multiple of 8; no public source gives the unit */
};

/* One word of a record of type FILTER_DECISIONS. */
struct filter_decision filter_decision(uint32_t word);

#endif
