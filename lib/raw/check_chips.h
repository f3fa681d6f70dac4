/* check_chips.h - what is wrong inside the blocks of a file, with its maps or without.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What maps say counts. Else which chip a source is says the S-Link format, but for MSADC
 * sources, whose words however say themselves what they are (key, event number, sizes,
 * marks of channels and samples). So a source is taken for a chip when three quarters of
 * its first blocks are without fault for that chip's decoder; the others are not looked
 * into.
 */
#ifndef SPILLWAY_RAW_CHECK_CHIPS_H
#define SPILLWAY_RAW_CHECK_CHIPS_H

#include "raw/decode.h"
#include "raw/map_chips.h"

#define CHIPS_TRIED  200u /* blocks of a source that are tried */
#define CHIPS_PLACES 64u  /* of damage in a block; what is beyond is not told */

/* How often the decoders of two candidates found nothing wrong. */
struct chip_trial {
    uint32_t tried, sadc, by_format;
    enum chip format; /* that the S-Link format names */
};

struct check_chips {
    const struct map_chips *maps; /* NULL: none */
    struct digits digits;
    struct chip_trial trials[SLINK_SOURCES];
    struct chip_rule rules[SLINK_SOURCES];
    struct damage_place places[CHIPS_PLACES];
};

/* `maps` must outlive this. */
void check_chips_init(struct check_chips *chips, const struct map_chips *maps);
void check_chips_release(struct check_chips *chips);

/* Another file. */
void check_chips_start(struct check_chips *chips);
void check_chips_learn(struct check_chips *chips, const struct slink_block *block);

/* Between the rounds. */
void check_chips_settle(struct check_chips *chips);

/* Says how many places of chips->places are filled; their bytes are the block's. */
uint32_t check_chips_look(struct check_chips *chips, const struct slink_block *block);

#endif
