/* map_chips.c - rules for blocks from a channel map.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/map_chips.h"

bool map_chips_open(struct map_chips *chips, const char *path, uint32_t run,
                    struct err *err)
{
    *chips = (struct map_chips){.compressed = false};
    if (!map_read_path(path, run, &chips->map, err))
        return false;
    const struct bytes *code = &chips->map.huffman;
    chips->compressed = code->size > 0;
    if (!chips->compressed ||
        huffman_read((const char *)code->data, code->size, &chips->huffman, err))
        return true;
    map_release(&chips->map);
    return err_wrap(err, "%s: ChipSADC_HT", path);
}

void map_chips_release(struct map_chips *chips)
{
    map_release(&chips->map);
    if (chips->compressed)
        huffman_release(&chips->huffman);
    chips->compressed = false;
}

bool map_chips_rule(const struct map_chips *chips, const struct slink_block *block,
                    struct chip_rule *rule)
{
    const struct channel_map *map = &chips->map;
    enum chip chip;
    if (!map_chip_of(map, block, &chip))
        return false;
    *rule = (struct chip_rule){.chip = chip,
                               .sadc_format = map->format[block->source],
                               .huffman = chips->compressed ? &chips->huffman : NULL,
                               .common_mode =
                                   (map->apv[block->source] & MAP_APV_COMMON_MODE) != 0};
    return true;
}
