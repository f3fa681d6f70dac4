/* map_rules.c - which chip made a block: rules of DaqOptions, and the maps themselves.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A line of ChipsCreation: date type, date id, event type, source, format, chip, letter;
 * -1 is any. The first two are read and not used, as in the collaboration's decoder.
 */
#include "base/text.h"
#include "raw/map_internal.h"

#define SLINK_FORMAT_BITS 0x7Fu /* bit 7 is "first event of run" */

enum { COLUMN_EVENT_TYPE = 2, COLUMN_SOURCE, COLUMN_FORMAT, COLUMN_CHIP, COLUMNS_NEEDED };

static bool rule_read(const struct map_words *words, struct map_rule *rule)
{
    int64_t numbers[COLUMN_CHIP];
    if (!words->fit || words->count < COLUMNS_NEEDED)
        return false;
    for (size_t i = 0; i < COLUMN_CHIP; i++)
        if (!map_number_read(words->word[i], -1, UINT16_MAX, &numbers[i]))
            return false;
    *rule = (struct map_rule){.event_type = (int32_t)numbers[COLUMN_EVENT_TYPE],
                              .source = (int32_t)numbers[COLUMN_SOURCE],
                              .format = (int32_t)numbers[COLUMN_FORMAT],
                              .chip = chip_named(words->word[COLUMN_CHIP])};
    return true;
}

bool map_rules_take(struct map_build *build, const struct map_text *text, struct err *err)
{
    struct map_text rest = *text, line;
    while (map_line_next(&rest, &line)) {
        struct map_words words;
        struct map_rule rule;
        map_words_split(&line, &words);
        if (words.fit && words.count == 0)
            continue;
        if (!rule_read(&words, &rule))
            return map_line_refuse(&line, "line of ChipsCreation", err);
        if (!map_rule_add(build, &rule, err))
            return false;
    }
    return true;
}

bool map_filter_take(struct map_build *build, const char *source, struct err *err)
{
    int64_t number;
    if (!map_number_read(source, 0, MAP_SOURCES - 1, &number))
        return err_set(err, E_MAP_XML, "OnlineFilter with srcID=\"%.40s\"", source);
    build->map.mapped[number] |= 1u << CHIP_FILTER;
    return true;
}

static bool rule_accepts(int32_t rule, uint32_t value)
{
    return rule == -1 || rule == (int32_t)value;
}

bool map_chip_of(const struct channel_map *map, const struct slink_block *block,
                 enum chip *chip)
{
    for (size_t i = 0; i < map->rule_count; i++) {
        const struct map_rule *rule = &map->rules[i];
        if (rule_accepts(rule->event_type, block->event_type) &&
            rule_accepts(rule->source, block->source) &&
            rule_accepts(rule->format, block->format & SLINK_FORMAT_BITS)) {
            *chip = rule->chip;
            return true;
        }
    }
    for (uint32_t i = CHIP_SADC; i < CHIP_COUNT; i++)
        if (map->mapped[block->source] == 1u << i) {
            *chip = (enum chip)i;
            return true;
        }
    return false;
}
