/* calibration.c - effective values -> dense table of channels.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/calibration.h"

#include "conditions/payload.h"

#define CELLS (RECO_ECAL_LAYERS * RECO_ECAL_X * RECO_ECAL_Y) /* of the largest part */

/* Columns of the payload types that are read here; payload_parse checked them. */
enum { COLUMN_DETECTOR, COLUMN_X, COLUMN_Y, COLUMN_VALUE };

enum { TIME_REFERENCE = 3, TIME_MEAN, TIME_SIGMA, TIME_WINDOW };

enum { SAMPLING_COUNT, SAMPLING_PERIOD };

enum {
    PEDESTAL_FIRST,
    PEDESTAL_COUNT,
    PEDESTAL_SPREAD,
    PEDESTAL_SEARCH,
    PEDESTAL_THRESHOLD,
    PEDESTAL_NOISE,
    PEDESTAL_TAIL
};

static const char *const types[] = {"calo_gain",   "channel_map", "led_reference",
                                    "led_spill",   "pedestal",    "sampling",
                                    "time_offset", NULL};

/* What is read while a calibration is made. */
struct maker {
    const struct calibration_input *input;
    struct arena scratch;
    struct table gain, reference, led, times;
    bool led_corrected;
    struct channel_map map;
    bool seen[SETUP_PARTS][CELLS];
};

const char *const *calibration_types(void)
{
    return types;
}

static const struct calibration_value *value_find(const struct maker *maker,
                                                  const char *type, struct err *err)
{
    const struct calibration_input *input = maker->input;
    for (uint32_t i = 0; i < input->value_count; i++)
        if (strcmp(input->values[i].type, type) == 0)
            return &input->values[i];
    (void)err_set(err, E_RECO_MISSING, "no value of type %s", type);
    return NULL;
}

static bool table_read(struct maker *maker, const char *type, struct table *table,
                       struct err *err)
{
    const struct calibration_value *value = value_find(maker, type, err);
    if (value == NULL)
        return false;
    if (value->text == NULL)
        return err_set(err, E_RECO_MISSING, "the value of type %s is empty", type);
    return payload_parse(payload_type_find(type), value->text, type, &maker->scratch,
                         table, err);
}

static bool led_read(struct maker *maker, struct err *err)
{
    const struct calibration_value *value = value_find(maker, "led_spill", err);
    if (value == NULL)
        return false;
    maker->led_corrected = value->level != FALLBACK_NONE;
    if (!maker->led_corrected)
        return true;
    if (!table_read(maker, "led_spill", &maker->led, err))
        return false;
    if (!maker->led.is_row)
        return err_set(err, E_RECO_MISSING,
                       "led_spill: the row of one spill is needed, not the whole table");
    const char *gain = table_field(&maker->gain, "led_reference");
    const char *reference = table_field(&maker->reference, "id");
    if (strcmp(gain, reference) != 0)
        return err_set(err, E_RECO_MISSING,
                       "calo_gain was made with LED reference %s, led_reference is %s",
                       gain, reference);
    return true;
}

static bool rules_read(struct maker *maker, struct waveform_rules *rules, struct err *err)
{
    struct table sampling;
    struct table pedestal;
    if (!table_read(maker, "sampling", &sampling, err) ||
        !table_read(maker, "pedestal", &pedestal, err))
        return false;
    const union table_cell *s = table_cell(&sampling, 0, 0);
    const union table_cell *p = table_cell(&pedestal, 0, 0);
    *rules = (struct waveform_rules){.samples = s[SAMPLING_COUNT].count,
                                     .period_ns = s[SAMPLING_PERIOD].real,
                                     .pedestal_first = p[PEDESTAL_FIRST].count,
                                     .pedestal_samples = p[PEDESTAL_COUNT].count,
                                     .spread = p[PEDESTAL_SPREAD].count,
                                     .search_first = p[PEDESTAL_SEARCH].count,
                                     .threshold = p[PEDESTAL_THRESHOLD].count,
                                     .noise = p[PEDESTAL_NOISE].count,
                                     .tail_ns = p[PEDESTAL_TAIL].real};
    return waveform_rules_set(rules, err);
}

static bool map_read(struct maker *maker, struct err *err)
{
    const struct calibration_value *value = value_find(maker, "channel_map", err);
    if (value == NULL)
        return false;
    if (value->text == NULL)
        return err_set(err, E_RECO_MISSING, "the value of type channel_map is empty");
    return map_read_text(value->text->data, value->text->size, "channel_map",
                         maker->input->run, &maker->map, err);
}

static int cell_order(const union table_cell *row, const struct map_entry *entry)
{
    int order = strcmp(row[COLUMN_DETECTOR].name, entry->detector);
    if (order != 0)
        return order;
    int64_t x = (int64_t)row[COLUMN_X].count - entry->x;
    int64_t y = (int64_t)row[COLUMN_Y].count - entry->y;
    int64_t difference = x != 0 ? x : y;
    return (difference > 0) - (difference < 0);
}

/* The row of a cell, NULL when there is none; rows are sorted by detector, x, y. */
static const union table_cell *row_find(const struct table *table,
                                        const struct map_entry *entry)
{
    size_t low = 0;
    size_t high = table->rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const union table_cell *row = table_cell(table, middle, 0);
        int order = cell_order(row, entry);
        if (order == 0)
            return row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool row_missing(const char *type, const struct map_entry *entry, struct err *err)
{
    return err_set(err, E_RECO_MISSING, "%s has no value for %s (%d, %d)", type,
                   entry->detector, entry->x, entry->y);
}

static bool led_ratio(const struct maker *maker, const struct map_entry *entry,
                      bool needed, double *ratio, struct err *err)
{
    *ratio = 1.0;
    if (!maker->led_corrected)
        return true;
    const union table_cell *reference = row_find(&maker->reference, entry);
    if (reference == NULL)
        return !needed || row_missing("led_reference", entry, err);
    const union table_cell *now = row_find(&maker->led, entry);
    if (now == NULL)
        return row_missing("led_spill", entry, err);
    *ratio = reference[COLUMN_VALUE].real / now[COLUMN_VALUE].real;
    return true;
}

static bool time_read(const struct maker *maker, const struct setup *setup,
                      const struct map_entry *entry, struct calibration_channel *channel,
                      struct err *err)
{
    const union table_cell *row = row_find(&maker->times, entry);
    if (row == NULL)
        return row_missing("time_offset", entry, err);
    const char *reference = row[TIME_REFERENCE].name;
    bool absolute = strcmp(reference, CALIBRATION_ABSOLUTE) == 0;
    if (!absolute && strcmp(reference, setup->reference) != 0)
        return err_set(err, E_RECO_CHANNEL,
                       "time_offset of %s (%d, %d) is relative to %s; set-up %s knows "
                       "%s and %s",
                       entry->detector, entry->x, entry->y, reference, setup->name,
                       setup->reference, CALIBRATION_ABSOLUTE);
    if (!absolute && strcmp(entry->detector, setup->reference) == 0)
        return err_set(err, E_RECO_CHANNEL, "time_offset of %s is relative to itself",
                       entry->detector);
    channel->relative = !absolute;
    channel->expected_ns = row[TIME_MEAN].real;
    channel->window_ns = row[TIME_SIGMA].real * row[TIME_WINDOW].real;
    return true;
}

/* Channel of one entry of the map that the set-up uses. */
static bool channel_make(struct maker *maker, const struct setup *setup,
                         const struct map_entry *entry,
                         struct calibration_channel *channel, struct err *err)
{
    int index = setup_detector_find(setup, entry->detector);
    const struct setup_detector *detector = &setup->detectors[index];
    if (entry->x < 0 || entry->x >= detector->nx || entry->y < 0 ||
        entry->y >= detector->ny)
        return err_set(err, E_RECO_CHANNEL,
                       "channel_map has %s (%d, %d), set-up %s has %u x %u cells",
                       entry->detector, entry->x, entry->y, setup->name, detector->nx,
                       detector->ny);
    uint32_t cell = setup_cell(detector, (uint32_t)entry->x, (uint32_t)entry->y);
    if (maker->seen[detector->part][cell])
        return err_set(err, E_RECO_CHANNEL, "channel_map has %s (%d, %d) twice",
                       entry->detector, entry->x, entry->y);
    const union table_cell *gain = row_find(&maker->gain, entry);
    if (gain == NULL)
        return row_missing("calo_gain", entry, err);
    double ratio;
    if (!led_ratio(maker, entry, detector->led, &ratio, err) ||
        !time_read(maker, setup, entry, channel, err))
        return false;
    maker->seen[detector->part][cell] = true;
    channel->part = detector->part;
    channel->cell = (uint16_t)cell;
    channel->per_count =
        gain[COLUMN_VALUE].real * setup_columns(detector->part)->per_gev * ratio;
    return true;
}

static bool channel_index(struct calibration *calibration, const struct map_entry *entry,
                          struct arena *arena, struct err *err)
{
    uint16_t **index = &calibration->index[entry->source];
    void *memory = *index;
    if (memory == NULL &&
        !arena_take(arena, CALIBRATION_PER_SOURCE, sizeof(uint16_t), &memory, err))
        return false;
    *index = memory;
    uint16_t *place = &(*index)[entry->port << 8 | entry->adc << 4 | entry->channel];
    if (*place != 0)
        return err_set(err, E_RECO_CHANNEL,
                       "source %u port %u ADC %u channel %u is two cells of the set-up",
                       entry->source, entry->port, entry->adc, entry->channel);
    *place = (uint16_t)(calibration->channel_count + 1);
    return true;
}

/* Cells of the set-up that no entry of the map gave. */
static bool cells_check(const struct maker *maker, const struct setup *setup,
                        struct err *err)
{
    for (uint32_t d = 0; d < setup->detector_count; d++) {
        const struct setup_detector *detector = &setup->detectors[d];
        for (uint32_t i = 0; detector->required && i < detector->nx * detector->ny; i++) {
            uint32_t x = i / detector->ny;
            uint32_t y = i % detector->ny;
            if (!maker->seen[detector->part][setup_cell(detector, x, y)])
                return err_set(err, E_RECO_MISSING, "channel_map has no %s (%u, %u)",
                               detector->name, x, y);
        }
    }
    return true;
}

static bool channels_make(struct maker *maker, const struct setup *setup,
                          struct arena *arena, struct calibration *calibration,
                          struct err *err)
{
    uint32_t limit = 0;
    for (uint32_t d = 0; d < setup->detector_count; d++)
        limit += (uint32_t)setup->detectors[d].nx * setup->detectors[d].ny;
    void *memory;
    if (!arena_take(arena, limit, sizeof *calibration->channels, &memory, err))
        return false;
    calibration->channels = memory;
    for (size_t i = 0; i < maker->map.count; i++) {
        const struct map_entry *entry = &maker->map.entries[i];
        if (setup_detector_find(setup, entry->detector) < 0)
            continue;
        struct calibration_channel channel = {0};
        if (!channel_make(maker, setup, entry, &channel, err) ||
            !channel_index(calibration, entry, arena, err))
            return false;
        if (strcmp(entry->detector, setup->reference) == 0)
            calibration->reference = calibration->channel_count;
        calibration->channels[calibration->channel_count++] = channel;
    }
    return cells_check(maker, setup, err);
}

static bool huffman_make(const struct maker *maker, struct calibration *calibration,
                         struct err *err)
{
    const struct bytes *text = &maker->map.huffman;
    memcpy(calibration->format, maker->map.format, sizeof calibration->format);
    if (text->size == 0)
        return true;
    calibration->compressed =
        huffman_read((const char *)text->data, text->size, &calibration->huffman, err);
    return calibration->compressed || err_wrap(err, "channel_map: ChipSADC_HT");
}

void calibration_release(struct calibration *calibration)
{
    if (calibration->compressed)
        huffman_release(&calibration->huffman);
    calibration->compressed = false;
}

bool calibration_make(const struct setup *setup, const struct calibration_input *input,
                      struct arena *arena, struct calibration *calibration,
                      struct err *err)
{
    struct maker maker = {.input = input};
    arena_init(&maker.scratch, TABLE_MEMORY);
    struct calibration made = {.setup = setup};
    bool done = table_read(&maker, "calo_gain", &maker.gain, err) &&
                table_read(&maker, "led_reference", &maker.reference, err) &&
                led_read(&maker, err) &&
                table_read(&maker, "time_offset", &maker.times, err) &&
                rules_read(&maker, &made.rules, err) && map_read(&maker, err);
    if (done) {
        done = channels_make(&maker, setup, arena, &made, err) &&
               huffman_make(&maker, &made, err);
        map_release(&maker.map);
    }
    arena_release(&maker.scratch);
    if (!done)
        return err_wrap(err, "run %u spill %u, set-up %s", input->run, input->spill,
                        setup->name);
    *calibration = made;
    return true;
}
