/* fault.c - notes the faults of a block.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/fault.h"

bool fault_lost(struct faults *faults, const struct slink_block *block,
                enum damage_class damage, uint32_t at, uint32_t words)
{
    const struct damage_place place = {.damage = damage,
                                       .source = block->source,
                                       .at = block->words + 4 * (size_t)at,
                                       .length = 4 * words,
                                       .loss = 4 * words};
    damage_note(&faults->log, &place);
    return false;
}

void fault_marked(struct faults *faults, const struct slink_block *block,
                  enum damage_class damage, uint32_t at)
{
    const struct damage_place place = {.damage = damage,
                                       .source = block->source,
                                       .at = block->words + 4 * (size_t)at,
                                       .length = 4};
    damage_note(&faults->log, &place);
}
