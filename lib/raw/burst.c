/* burst.c - scaler frames of end-of-burst records.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/burst.h"

#include <inttypes.h>

#include "base/bytes.h"

#define FRAME_TRAILER (1u << 30)
#define FRAME_DATA    (1u << 31)

void scaler_frame(const uint32_t counts[SCALER_WORDS], uint32_t event, uint32_t geo,
                  uint32_t words[SCALER_FRAME])
{
    uint32_t mark = (event & 0xFFFFF) | (geo & 0x3FF) << 20;
    words[0] = mark;
    for (size_t i = 0; i < SCALER_WORDS; i++)
        words[1 + i] = FRAME_DATA | (counts[i] & SCALER_MAX_COUNT);
    words[SCALER_FRAME - 1] = mark | FRAME_TRAILER;
}

/* The first frame of the block must be whole: header, 34 data words, trailer with the
 * same event number and geographic id. */
static bool frame_is_good(const struct slink_block *block)
{
    if (block->count < SCALER_FRAME)
        return false;
    uint32_t head = le32_load(block->words);
    uint32_t tail = le32_load(block->words + 4 * (size_t)(SCALER_FRAME - 1));
    if ((head & (FRAME_DATA | FRAME_TRAILER)) != 0 || tail != (head | FRAME_TRAILER) ||
        (head & 0xFFFFF) != block->event)
        return false;
    for (size_t i = 0; i < SCALER_WORDS; i++)
        if ((le32_load(block->words + 4 * (1 + i)) & FRAME_DATA) == 0)
            return false;
    return true;
}

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
        if (!frame_is_good(&block)) {
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
