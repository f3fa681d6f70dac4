/* burst.c - scaler frames of end-of-burst records.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/burst.h"

#include <inttypes.h>

enum lookup burst_count(const struct date_event *record,
                        const struct eot_definition *definition, uint32_t *count,
                        double *eot, struct err *err)
{
    const struct date_header *header = &record->header;
    bug_if(definition->scaler_word >= SCALER_WORDS);
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    bool damaged = false;
    enum lookup found;
    event_blocks_start(&blocks, record);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        if (found == LOOKUP_FAILED) {
            damaged = true;
            continue;
        }
        if (block.source != definition->source || !block.spill_good)
            continue;
        if (!scaler_frame_good(&block, 0)) {
            (void)err_set(err, E_RAW_SCALER,
                          "run %" PRIu32 " spill %" PRIu32
                          ": scaler source %u of the end-of-burst record is damaged",
                          header->run, header->spill, block.source);
            return LOOKUP_FAILED;
        }
        const uint8_t *place = block.words + 4 * (1 + (size_t)definition->scaler_word);
        *count = le32_load(place) & SCALER_MAX_COUNT;
        *eot = *count * definition->scale;
        return LOOKUP_FOUND;
    }
    if (!damaged)
        return LOOKUP_ABSENT;
    (void)err_set(err, E_RAW_EVENT,
                  "run %" PRIu32 " spill %" PRIu32 ": the end-of-burst record is damaged",
                  header->run, header->spill);
    return LOOKUP_FAILED;
}
