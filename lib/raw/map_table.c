/* map_table.c - the tables of a channel map: order, look-up, channels mapped twice.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "raw/map_internal.h"

bool map_row_add(struct map_build *build, const struct map_row *row, struct err *err)
{
    if (build->count == MAP_MAX_ENTRIES)
        return err_set(err, E_MAP_LIMIT, "channel map with more than %u lines",
                       MAP_MAX_ENTRIES);
    if (build->count == build->room) {
        build->room = build->room == 0 ? 512 : 2 * build->room;
        build->rows = mem_grow(build->rows, build->room, sizeof *build->rows);
    }
    build->rows[build->count++] = *row;
    build->map.mapped[row->entry.source] |= 1u << CHIP_SADC;
    return true;
}

static uint32_t lines_count(const struct map_text *text)
{
    uint32_t lines = 0;
    bool filled = false;
    for (size_t i = 0; i < text->size; i++) {
        char c = text->text[i];
        if (c == '\n') {
            lines += filled;
            filled = false;
        } else if (c != ' ' && c != '\t' && c != '\r')
            filled = true;
    }
    return lines + filled;
}

bool map_opaque_take(struct map_build *build, const char *name,
                     const struct map_text *text, struct err *err)
{
    struct channel_map *map = &build->map;
    size_t i = 0;
    while (i < map->opaque_count && strcmp(map->opaque[i].name, name) != 0)
        i++;
    if (i == MAP_MAX_SECTIONS)
        return err_set(err, E_MAP_LIMIT, "%s:%" PRIu32 ": more than %u kinds of sections",
                       text->name, text->line, MAP_MAX_SECTIONS);
    struct map_opaque *opaque = &map->opaque[i];
    if (i == map->opaque_count) {
        *opaque = (struct map_opaque){.sections = 0};
        if (!text_copy(opaque->name, sizeof opaque->name, name, err))
            return false;
        map->opaque_count++;
    }
    opaque->sections++;
    opaque->lines += lines_count(text);
    return true;
}

static uint32_t entry_place(const struct map_entry *entry)
{
    return (entry->port * MAP_ADCS + entry->adc) * MAP_CHANNELS + entry->channel;
}

static bool entry_same(const struct map_entry *a, const struct map_entry *b)
{
    return a->source == b->source && entry_place(a) == entry_place(b);
}

static int row_compare(const void *left, const void *right)
{
    const struct map_entry *a = &((const struct map_row *)left)->entry;
    const struct map_entry *b = &((const struct map_row *)right)->entry;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (!entry_same(a, b))
        return entry_place(a) < entry_place(b) ? -1 : 1;
    int names = strcmp(a->detector, b->detector);
    if (names != 0)
        return names;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return (a->y > b->y) - (a->y < b->y);
}

static void twice_note(struct channel_map *map, const struct map_place *place,
                       const char *first, const char *second)
{
    if (map->twice_count < MAP_TWICE_LISTED) {
        struct map_twice *twice = &map->twice[map->twice_count];
        twice->place = *place;
        memcpy(twice->first, first, MAP_NAME);
        memcpy(twice->second, second, MAP_NAME);
    }
    map->twice_count++;
}

static void rows_check(struct map_build *build)
{
    for (size_t i = 1; i < build->count; i++) {
        const struct map_row *a = &build->rows[i - 1], *b = &build->rows[i];
        const struct map_place place = {.chip = CHIP_SADC,
                                        .source = a->entry.source,
                                        .unit = a->entry.port,
                                        .part = a->entry.adc,
                                        .channel = a->entry.channel};
        if (entry_same(&a->entry, &b->entry) && !a->multi_digit && !b->multi_digit)
            twice_note(&build->map, &place, a->entry.detector, b->entry.detector);
    }
}

/* 8 bits of the chip, 16 each of source and unit, 8 of the part, 16 of the channel. */
static uint64_t place_key(const struct map_place *place)
{
    return (uint64_t)place->chip << 56 | (uint64_t)place->source << 40 |
           (uint64_t)place->unit << 24 | (uint64_t)place->part << 16 | place->channel;
}

struct map_place map_wire_place(const struct map_wire *wire)
{
    return (struct map_place){.chip = (enum chip)(wire->key >> 56),
                              .source = (uint16_t)(wire->key >> 40),
                              .unit = (uint16_t)(wire->key >> 24),
                              .part = (uint8_t)(wire->key >> 16),
                              .channel = (uint16_t)wire->key};
}

static int wire_compare(const void *left, const void *right)
{
    const struct map_wire *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->detector != b->detector)
        return a->detector < b->detector ? -1 : 1;
    return (a->wire > b->wire) - (a->wire < b->wire);
}

static void wires_check(struct channel_map *map)
{
    for (size_t i = 1; i < map->wire_count; i++) {
        const struct map_wire *a = &map->wires[i - 1], *b = &map->wires[i];
        const struct map_place place = map_wire_place(a);
        if (a->key == b->key && !a->multi_digit && !b->multi_digit)
            twice_note(map, &place, map->detectors[a->detector],
                       map->detectors[b->detector]);
    }
}

bool map_wire_add(struct map_build *build, const struct map_place *place,
                  const struct map_wire *wire, struct err *err)
{
    struct channel_map *map = &build->map;
    if (map->wire_count == MAP_MAX_WIRES)
        return err_set(err, E_MAP_LIMIT, "channel map with more than %zu channels",
                       MAP_MAX_WIRES);
    if (map->wire_count == build->wire_room) {
        build->wire_room = build->wire_room == 0 ? 1024 : 2 * build->wire_room;
        map->wires = mem_grow(map->wires, build->wire_room, sizeof *map->wires);
    }
    struct map_wire *added = &map->wires[map->wire_count++];
    *added = *wire;
    added->key = place_key(place);
    map->mapped[place->source] |= (uint16_t)(1u << place->chip);
    return true;
}

bool map_detector_add(struct map_build *build, const char *name, uint16_t *number,
                      struct err *err)
{
    struct channel_map *map = &build->map;
    size_t i = map->detector_count;
    while (i > 0 && strcmp(map->detectors[i - 1], name) != 0)
        i--;
    if (i > 0) {
        *number = (uint16_t)(i - 1);
        return true;
    }
    if (map->detector_count == MAP_MAX_DETECTORS)
        return err_set(err, E_MAP_LIMIT, "channel map with more than %u detectors",
                       MAP_MAX_DETECTORS);
    if (map->detector_count == build->detector_room) {
        build->detector_room = build->detector_room == 0 ? 64 : 2 * build->detector_room;
        map->detectors =
            mem_grow(map->detectors, build->detector_room, sizeof *map->detectors);
    }
    *number = (uint16_t)map->detector_count;
    return text_copy(map->detectors[map->detector_count++], MAP_NAME, name, err);
}

bool map_rule_add(struct map_build *build, const struct map_rule *rule, struct err *err)
{
    struct channel_map *map = &build->map;
    if (map->rule_count == MAP_MAX_RULES)
        return err_set(err, E_MAP_LIMIT, "more than %u rules of ChipsCreation",
                       MAP_MAX_RULES);
    if (map->rule_count == build->rule_room) {
        build->rule_room = build->rule_room == 0 ? 32 : 2 * build->rule_room;
        map->rules = mem_grow(map->rules, build->rule_room, sizeof *map->rules);
    }
    map->rules[map->rule_count++] = *rule;
    return true;
}

bool map_finish(struct map_build *build, const char *name, struct channel_map *map,
                struct err *err)
{
    if (build->sections_inside == 0 && build->map.sections_outside > 0)
        return err_set(err, E_MAP_RUN,
                       "%s: no ChipSADC section for run %" PRIu32 "; there are %s", name,
                       build->run, build->ranges);
    if (build->count > 0)
        qsort(build->rows, build->count, sizeof *build->rows, row_compare);
    if (build->map.wire_count > 0)
        qsort(build->map.wires, build->map.wire_count, sizeof *build->map.wires,
              wire_compare);
    rows_check(build);
    wires_check(&build->map);
    *map = build->map;
    build->map = (struct channel_map){.count = 0};
    map->count = build->count;
    map->entries = mem_new(build->count + 1, sizeof *map->entries);
    for (size_t i = 0; i < build->count; i++) {
        const struct map_entry *entry = &build->rows[i].entry;
        uint32_t **index = &map->index[entry->source];
        if (*index == NULL)
            *index = mem_new((size_t)MAP_PLACES, sizeof **index);
        if ((*index)[entry_place(entry)] == 0)
            (*index)[entry_place(entry)] = (uint32_t)i + 1;
        map->entries[i] = *entry;
    }
    return true;
}

const struct map_entry *map_find(const struct channel_map *map,
                                 const struct map_channel *channel, size_t *same)
{
    *same = 0;
    if (channel->source >= MAP_SOURCES || channel->port >= MAP_PORTS ||
        channel->adc >= MAP_ADCS || channel->channel >= MAP_CHANNELS ||
        map->index[channel->source] == NULL)
        return NULL;
    uint32_t place =
        (channel->port * MAP_ADCS + channel->adc) * MAP_CHANNELS + channel->channel;
    uint32_t first = map->index[channel->source][place];
    if (first == 0)
        return NULL;
    const struct map_entry *entry = &map->entries[first - 1];
    while (first - 1 + *same < map->count && entry_same(entry, entry + *same))
        (*same)++;
    return entry;
}

const struct map_wire *map_wire_find(const struct channel_map *map,
                                     const struct map_place *place, size_t *same)
{
    uint64_t key = place_key(place);
    size_t low = 0, high = map->wire_count;
    *same = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->wires[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + *same < map->wire_count && map->wires[low + *same].key == key)
        (*same)++;
    return *same == 0 ? NULL : &map->wires[low];
}
