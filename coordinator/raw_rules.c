/* raw_rules.c - chips by maps, and by what the decoders make of the blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_rules.h"

#include <stdlib.h>

#include "raw/check_chips.h"

static bool map_open(struct raw_rules *rules, const char *maps, uint32_t run,
                     struct err *err)
{
    struct channel_map *map = mem_new(1, sizeof *map);
    if (!map_read_path(maps, run, map, err)) {
        free(map);
        return false;
    }
    rules->compressed = map->huffman.size > 0;
    if (rules->compressed && !huffman_read((const char *)map->huffman.data,
                                           map->huffman.size, &rules->huffman, err)) {
        map_release(map);
        free(map);
        return err_wrap(err, "%s: ChipSADC_HT", maps);
    }
    rules->map = map;
    return true;
}

static void rules_learn(struct raw_rules *rules, struct raw_file *file)
{
    struct check_chips *chips = mem_new(1, sizeof *chips);
    struct date_event event;
    uint64_t offset;
    check_chips_init(chips);
    while (raw_file_next(file, &event, &offset) == LOOKUP_FOUND) {
        struct event_blocks blocks;
        struct slink_block block;
        struct slink_fault fault;
        enum lookup found;
        event_blocks_start(&blocks, &event);
        while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
            if (found == LOOKUP_FOUND)
                check_chips_learn(chips, &block);
    }
    raw_file_rewind(file);
    check_chips_settle(chips);
    memcpy(rules->learned, chips->rules, sizeof rules->learned);
    check_chips_release(chips);
    free(chips);
}

bool raw_rules_open(struct raw_rules *rules, const char *maps, struct raw_file *file,
                    struct err *err)
{
    *rules = (struct raw_rules){.map = NULL};
    if (maps != NULL && !map_open(rules, maps, file->walk.chunk.id.run, err))
        return false;
    rules_learn(rules, file);
    return true;
}

void raw_rules_close(struct raw_rules *rules)
{
    if (rules->map != NULL)
        map_release(rules->map);
    free(rules->map);
    if (rules->compressed)
        huffman_release(&rules->huffman);
    *rules = (struct raw_rules){.map = NULL};
}

struct chip_rule raw_rule_of(const struct raw_rules *rules,
                             const struct slink_block *block)
{
    const struct channel_map *map = rules->map;
    enum chip chip;
    if (map == NULL || !map_chip_of(map, block, &chip))
        return rules->learned[block->source];
    return (struct chip_rule){.chip = chip,
                              .sadc_format = map->format[block->source],
                              .huffman = rules->compressed ? &rules->huffman : NULL,
                              .common_mode =
                                  (map->apv[block->source] & MAP_APV_COMMON_MODE) != 0};
}
