/* module.h - first-event-of-run blocks: which electronics a source is made of.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blocks with bit 7 of the S-Link format describe their module instead of carrying data.
 * The layout was read in public source only; no data have shown it.
 */
#ifndef SPILLWAY_RAW_MODULE_H
#define SPILLWAY_RAW_MODULE_H

#include "base/bytes.h"
#include "raw/fault.h"

#define MODULE_PORTS 16u
#define MODULE_CARDS 4u
#define MODULE_WORDS (4u + MODULE_PORTS)
#define MODULE_MAX   1024u /* of an event: one a source */

struct module_port {
    uint16_t serial; /* of the front-end */
    uint16_t geo;    /* geographic id, 10 bits */
    uint8_t port;    /* 0 to 15 */
};

/* A few a run, so rows and no columns. */
struct module {
    uint16_t source;
    uint16_t serial; /* of the board */
    bool ram;
    uint8_t cards;               /* bit i: mezzanine card i is on */
    uint8_t revision[4];         /* TCS, S-Link, formatter, merger */
    uint16_t card[MODULE_CARDS]; /* serial numbers */
    struct module_port ports[MODULE_PORTS];
};

struct module_digits {
    uint32_t count;
    struct module *rows;
};

void module_digits_init(struct module_digits *digits);
void module_digits_release(struct module_digits *digits);
void module_digits_clear(struct module_digits *digits);

/* Appends the description in one block; words behind it are of the module's type and not
 * read. Returns true when nothing was lost: the block is long enough. */
bool module_decode(const struct slink_block *block, struct module_digits *digits,
                   struct faults *faults);

bool module_encode(const struct module *module, struct bytes *words, struct err *err);

#endif
