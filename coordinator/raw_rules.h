/* raw_rules.h - which chip a block is of: from channel maps, or from the block itself.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_RULES_H
#define SPILLWAY_COORDINATOR_RAW_RULES_H

#include "raw/chip.h"
#include "raw/huffman.h"
#include "raw/map.h"
#include "raw/slink.h"

struct raw_rules {
    struct channel_map *map; /* NULL: none */
    struct huffman huffman;
    bool compressed;                  /* there is a code table */
    enum chip guessed[SLINK_SOURCES]; /* of sources without map, by what was seen */
};

/* `maps` is a file or folder, NULL for none. */
bool raw_rules_open(struct raw_rules *rules, const char *maps, uint32_t run,
                    struct err *err);
void raw_rules_close(struct raw_rules *rules);

/* What the maps say. A source that they do not know is what its S-Link format says, as in
 * the collaboration's decoder; with format 0 it is MSADC format 3 or APV when the sizes
 * in a block of it say so, else opaque. */
struct chip_rule raw_rule_of(struct raw_rules *rules, const struct slink_block *block);

#endif
