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
#define SLINK_TCS_GOOD          8u    /* the TCS byte of a good block */
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

/* Bits of the TCS byte. */
#define SLINK_TCS_FIFO      0x01u /* FIFO full */
#define SLINK_TCS_ECC       0x08u /* clear: checksum error */
#define SLINK_TCS_SYNC      0x40u
#define SLINK_TCS_UNDEFINED 0xB6u

/* What was lost: the class, the source if known (else SLINK_SOURCES), and the bytes from
 * `offset` in the event up to where it goes on. */
struct slink_fault {
    enum damage_class damage;
    uint32_t source;
    size_t offset;
    size_t length;
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
 * with a wrong spill number or error bits is found, see slink_block_marks(). Behind a
 * wrong size the next equipment is searched whose size is that of its S-Link block of
 * this event, in a multiplexer the next block of this event and spill; both at every
 * fourth byte. */
enum lookup event_blocks_next(struct event_blocks *blocks, struct slink_block *block,
                              struct slink_fault *fault);

/* Notes what a block that was found says against itself: a spill number that is not that
 * of the event, the error flag, bits of the TCS receiver. Nothing is lost by these.
 * Flagged: an error flag or a TCS byte that is not the good one. */
bool slink_block_flagged(const struct slink_block *block);
void slink_block_marks(const struct slink_block *block, struct damage_log *log);

#endif
