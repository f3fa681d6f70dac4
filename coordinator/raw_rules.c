/* raw_rules.c - chips by maps, S-Link format and content.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_rules.h"

#include <stdlib.h>

#include "base/bytes.h"

#define SADC_KEY_ABSENT 0u
#define SADC_KEY_DATA   3u

bool raw_rules_open(struct raw_rules *rules, const char *maps, uint32_t run,
                    struct err *err)
{
    struct raw_rules made = {.map = NULL};
    if (maps != NULL) {
        made.map = mem_new(1, sizeof *made.map);
        if (!map_read_path(maps, run, made.map, err)) {
            free(made.map);
            return false;
        }
        made.compressed = made.map->huffman.size > 0;
        if (made.compressed &&
            !huffman_read((const char *)made.map->huffman.data, made.map->huffman.size,
                          &made.huffman, err)) {
            map_release(made.map);
            free(made.map);
            return err_wrap(err, "%s: ChipSADC_HT", maps);
        }
    }
    *rules = made;
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

/* ADC blocks of format 3, all of this event, from the first word to the last. */
static bool tiles_as_sadc(const struct slink_block *block)
{
    uint32_t at = 0;
    while (at < block->count) {
        uint32_t header = le32_load(block->words + 4 * (size_t)at);
        uint32_t size = header >> 12 & 0xFFF, key = header >> 30;
        bool known = key == SADC_KEY_DATA || (key == SADC_KEY_ABSENT && size == 1);
        if (!known || size == 0 || size > block->count - at ||
            (header & 0xFFF) != (block->event & 0xFFF))
            return false;
        at += size;
    }
    return at > 0;
}

/* ADC blocks of two words or more, each the size of a row of chip blocks. */
static bool tiles_as_apv(const struct slink_block *block)
{
    uint32_t at = 0;
    while (at < block->count) {
        uint32_t end = at + (le32_load(block->words + 4 * (size_t)at) & 0xFFFF);
        if (end < at + 2 || end > block->count)
            return false;
        for (at += 2; at < end;) {
            uint32_t size = le32_load(block->words + 4 * (size_t)at) & 0xFFFF;
            if (size < 2 || size > end - at)
                return false;
            at += size;
        }
    }
    return at > 0;
}

/* S-Link format 0 is APV, MSADC and what nobody set a format for. What a source was once
 * found to be it stays, so that a damaged block is told as damage. */
static struct chip_rule rule_guess(struct raw_rules *rules,
                                   const struct slink_block *block)
{
    enum chip *known = &rules->guessed[block->source];
    enum chip chip = chip_of_format(block->format);
    if (chip == CHIP_APV && *known == CHIP_OPAQUE) {
        if (tiles_as_sadc(block))
            *known = CHIP_SADC;
        else if (tiles_as_apv(block))
            *known = CHIP_APV;
    }
    if (chip == CHIP_APV)
        chip = *known;
    return (struct chip_rule){.chip = chip};
}

struct chip_rule raw_rule_of(struct raw_rules *rules, const struct slink_block *block)
{
    const struct channel_map *map = rules->map;
    struct chip_rule rule;
    if (map == NULL || !map_chip_of(map, block, &rule.chip))
        return rule_guess(rules, block);
    return (struct chip_rule){.chip = rule.chip,
                              .sadc_format = map->format[block->source],
                              .huffman = rules->compressed ? &rules->huffman : NULL,
                              .common_mode =
                                  (map->apv[block->source] & MAP_APV_COMMON_MODE) != 0};
}
