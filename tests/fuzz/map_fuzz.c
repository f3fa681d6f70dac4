/* map_fuzz.c - any text as a channel map.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "raw/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct channel_map *map = mem_new(1, sizeof *map);
    struct err err;
    if (map_read_text(data, size, "fuzz.xml", 3700, map, &err)) {
        for (size_t i = 0; i < map->count; i++) {
            const struct map_entry *entry = &map->entries[i];
            size_t same;
            bug_if(map_find(map,
                            &(struct map_channel){.source = entry->source,
                                                  .port = entry->port,
                                                  .adc = entry->adc,
                                                  .channel = entry->channel},
                            &same) == NULL);
            bug_if(same == 0);
        }
        enum chip chip;
        for (uint32_t source = 0; source < MAP_SOURCES; source++)
            bug_if(map_chip_of(map,
                               &(struct slink_block){.source = (uint16_t)source,
                                                     .format = (uint8_t)source},
                               &chip) &&
                   chip >= CHIP_COUNT);
        map_release(map);
    }
    free(map);
    return 0;
}
