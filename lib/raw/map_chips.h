/* map_chips.h - how the blocks of a run are decoded, as its channel maps say.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_MAP_CHIPS_H
#define SPILLWAY_RAW_MAP_CHIPS_H

#include "raw/huffman.h"
#include "raw/map.h"

/* A map and what is made of it. */
struct map_chips {
    struct channel_map map;
    struct huffman huffman;
    bool compressed; /* the map has a code table for MSADC blocks */
};

/* The maps of a file or folder that count for the run; errors as of map_read_path(), and
 * of huffman_read() for the code table. */
bool map_chips_open(struct map_chips *chips, const char *path, uint32_t run,
                    struct err *err);
void map_chips_release(struct map_chips *chips);

/* The rule for a block; false, with nothing written, when the map does not say. */
bool map_chips_rule(const struct map_chips *chips, const struct slink_block *block,
                    struct chip_rule *rule);

/* Does the map have the source at all? */
static inline bool map_chips_know(const struct map_chips *chips,
                                  const struct slink_block *block)
{
    enum chip chip;
    return chips->map.mapped[block->source] != 0 ||
           map_chip_of(&chips->map, block, &chip);
}

#endif
