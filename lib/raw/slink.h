/* slink.h - the S-Link blocks of an event: what each data source sent.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An equipment holds one S-Link block, or a multiplexer (sources 896 to 1023) which
 * holds several. Blocks are handed out whole and opaque; which chip decodes a source is
 * a matter of the channel map.
 */
#ifndef SPILLWAY_RAW_SLINK_H
#define SPILLWAY_RAW_SLINK_H

#include "raw/date.h"

#define SLINK_HEADER_WORDS      3u
#define SLINK_MULTIPLEXER_WORDS 2u
#define SLINK_MULTIPLEXER_FIRST 896u /* sources from here are multiplexers */
#define SLINK_SOURCES           1024u
#define SLINK_TCS_GOOD          8u    /* bit 3 clear is an ECC error */
#define SLINK_SPILL_LIMIT       2048u /* the spill number has 11 bits here */
#define SLINK_FIRST_OF_RUN      0x80u /* format bit 7: module description, no data */

struct slink_block {
    uint16_t source;
    uint8_t event_type;
    uint8_t status;
    uint8_t tcs;
    uint8_t error_words;
    uint8_t format;
    bool error;      /* S-Link error flag */
    bool stat;       /* TCS receiver mode */
    uint32_t event;  /* in spill; equals that of the event */
    uint32_t spill;  /* modulo SLINK_SPILL_LIMIT */
    bool spill_good; /* the spill equals that of the event, modulo */
    uint32_t equipment;
    const uint8_t *words; /* behind the header, little endian */
    uint32_t count;       /* of words */
};

/* What was lost: the class, the source if known (else SLINK_SOURCES), and the offset in
 * the event. */
struct slink_fault {
    enum damage_class damage;
    uint32_t source;
    size_t offset;
};

/* Iterator; plain value, start it again to go round again. */
struct event_blocks {
    const struct date_event *event;
    struct date_cursor subevents, equipments, blocks;
    uint32_t equipment;
    bool multiplexed; /* inside a multiplexer: `blocks` holds the rest of it */
    uint8_t depth;    /* 0 next sub-event, 1 next equipment */
};

/* `event` must outlive the iteration. */
void event_blocks_start(struct event_blocks *blocks, const struct date_event *event);

/* FOUND: the next block. FAILED: a piece was lost, *fault says which; call again for the
 * rest. ABSENT: the end. A block whose event number differs is lost (SLINK_EVENT); one
 * with a wrong spill number or error bits is found, with the fields saying so. */
enum lookup event_blocks_next(struct event_blocks *blocks, struct slink_block *block,
                              struct slink_fault *fault);

/* true when a block that was found carries an error flag or a TCS receiver error. */
bool slink_block_flagged(const struct slink_block *block);

#endif
