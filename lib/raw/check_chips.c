/* check_chips.c - decoders on trial.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/check_chips.h"

#include <string.h>

void check_chips_init(struct check_chips *chips, const struct map_chips *maps)
{
    *chips = (struct check_chips){.maps = maps};
    digits_init(&chips->digits);
}

void check_chips_release(struct check_chips *chips)
{
    digits_release(&chips->digits);
}

void check_chips_start(struct check_chips *chips)
{
    memset(chips->trials, 0, sizeof chips->trials);
    memset(chips->rules, 0, sizeof chips->rules);
}

static bool data_block(const struct slink_block *block)
{
    return block->count > 0 && (block->format & SLINK_FIRST_OF_RUN) == 0;
}

/* Places that the block's decoder lists for this rule. */
static uint32_t block_look(struct check_chips *chips, const struct slink_block *block,
                           const struct chip_rule *rule)
{
    struct faults faults = {.log = {.places = chips->places, .room = CHIPS_PLACES}};
    digits_clear(&chips->digits);
    (void)digits_take(block, rule, &chips->digits, &faults);
    return faults.log.listed;
}

void check_chips_learn(struct check_chips *chips, const struct slink_block *block)
{
    struct chip_trial *trial = &chips->trials[block->source];
    const struct chip_rule sadc = {.chip = CHIP_SADC, .sadc_format = SADC_FORMAT_3};
    if (trial->tried == CHIPS_TRIED || !data_block(block))
        return;
    trial->tried++;
    trial->format = chip_of_format(block->format);
    const struct chip_rule by_format = {.chip = trial->format};
    trial->sadc += block_look(chips, block, &sadc) == 0;
    trial->by_format += block_look(chips, block, &by_format) == 0;
}

void check_chips_settle(struct check_chips *chips)
{
    for (uint32_t source = 0; source < SLINK_SOURCES; source++) {
        const struct chip_trial *trial = &chips->trials[source];
        struct chip_rule *rule = &chips->rules[source];
        *rule = (struct chip_rule){.chip = CHIP_OPAQUE};
        if (trial->tried > 0 && 4 * trial->sadc >= 3 * trial->tried)
            *rule = (struct chip_rule){.chip = CHIP_SADC, .sadc_format = SADC_FORMAT_3};
        else if (trial->tried > 0 && 4 * trial->by_format >= 3 * trial->tried)
            rule->chip = trial->format;
    }
}

uint32_t check_chips_look(struct check_chips *chips, const struct slink_block *block)
{
    struct chip_rule rule = chips->rules[block->source];
    if (chips->maps != NULL)
        (void)map_chips_rule(chips->maps, block, &rule);
    if (rule.chip == CHIP_OPAQUE || !data_block(block))
        return 0;
    return block_look(chips, block, &rule);
}
