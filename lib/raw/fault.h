/* fault.h - what a decoder met in a block: class, place and price of each damage.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_FAULT_H
#define SPILLWAY_RAW_FAULT_H

#include "raw/slink.h"

struct faults {
    struct damage_log log; /* reports give it room for places, reconstruction does not */
    uint64_t sum_differs;  /* MSADC channels whose sum is not that of the samples modulo
                              65536: kept, since what the field means is not documented */
};

/* `words` words of the block from `at` give no digit. Returns false, so that a failing
 * branch is one line. */
bool fault_lost(struct faults *faults, const struct slink_block *block,
                enum damage_class damage, uint32_t at, uint32_t words);

/* Something is wrong with word `at`, and the digits are kept. */
void fault_marked(struct faults *faults, const struct slink_block *block,
                  enum damage_class damage, uint32_t at);

#endif
