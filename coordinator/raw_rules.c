/* raw_rules.c - chips by maps, and by what the decoders make of the blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_rules.h"

#include <stdlib.h>

#include "raw/check_chips.h"

bool raw_rules_maps(const char *path, uint32_t run, struct map_chips **maps,
                    struct err *err)
{
    struct map_chips *made = path == NULL ? NULL : mem_new(1, sizeof *made);
    if (made != NULL && !map_chips_open(made, path, run, err)) {
        free(made);
        return false;
    }
    *maps = made;
    return true;
}

void raw_rules_maps_free(struct map_chips *maps)
{
    if (maps != NULL)
        map_chips_release(maps);
    free(maps);
}

static void rules_learn(struct raw_rules *rules, struct raw_file *file)
{
    struct check_chips *chips = mem_new(1, sizeof *chips);
    struct date_event event;
    uint64_t offset;
    check_chips_init(chips, NULL);
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
    *rules = (struct raw_rules){.maps = NULL};
    if (!raw_rules_maps(maps, file->walk.chunk.id.run, &rules->maps, err))
        return false;
    rules_learn(rules, file);
    return true;
}

void raw_rules_close(struct raw_rules *rules)
{
    raw_rules_maps_free(rules->maps);
    *rules = (struct raw_rules){.maps = NULL};
}

struct chip_rule raw_rule_of(const struct raw_rules *rules,
                             const struct slink_block *block)
{
    struct chip_rule rule;
    if (rules->maps != NULL && map_chips_rule(rules->maps, block, &rule))
        return rule;
    return rules->learned[block->source];
}
