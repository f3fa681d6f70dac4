/* map_sadc.c - the lines of ChipSADC sections.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version 1: name source chip channel x y. Version 2: name source port channel x y, with
 * channel = 16 * adc + channel of the ADC. Further columns are ignored, as the
 * collaboration's decoder does.
 */
#include <inttypes.h>

#include "base/text.h"
#include "raw/map_internal.h"

#define COLUMNS 6

/* Places of the columns. */
enum { COLUMN_NAME, COLUMN_SOURCE, COLUMN_PORT, COLUMN_CHANNEL, COLUMN_X, COLUMN_Y };

static bool row_read(uint32_t version, const struct map_words *words, struct map_row *row)
{
    int64_t source, port, channel, x, y;
    bool flat = version == 1; /* the third column is the chip, there is no port */
    if (!map_number_read(words->word[COLUMN_SOURCE], 0, MAP_SOURCES - 1, &source) ||
        !map_number_read(words->word[COLUMN_PORT], 0, (flat ? MAP_ADCS : MAP_PORTS) - 1,
                         &port) ||
        !map_number_read(words->word[COLUMN_CHANNEL], 0, flat ? MAP_CHANNELS - 1 : 63,
                         &channel) ||
        !map_number_read(words->word[COLUMN_X], INT16_MIN, INT16_MAX, &x) ||
        !map_number_read(words->word[COLUMN_Y], INT16_MIN, INT16_MAX, &y))
        return false;
    row->entry = (struct map_entry){.source = (uint16_t)source,
                                    .port = (uint8_t)(flat ? 0 : port),
                                    .adc = (uint8_t)(flat ? port : channel >> 4),
                                    .channel = (uint8_t)(channel & 15),
                                    .x = (int16_t)x,
                                    .y = (int16_t)y};
    memcpy(row->entry.detector, words->word[COLUMN_NAME], MAP_NAME);
    return true;
}

static enum sadc_format section_format(const struct map_section *section)
{
    if (map_has_option(section, "data_format3"))
        return SADC_FORMAT_3;
    return map_has_option(section, "data_format2") ? SADC_FORMAT_2 : SADC_FORMAT_1;
}

static bool line_take(struct map_build *build, const struct map_section *section,
                      const struct map_text *line, struct err *err)
{
    struct map_words words;
    map_words_split(line, &words);
    if (words.fit && words.count == 0)
        return true;
    struct map_row row = {.multi_digit = section->multi_digit};
    if (!words.fit || words.count < COLUMNS ||
        !row_read(section->version, &words, &row) ||
        !text_is_name(words.word[COLUMN_NAME], MAP_NAME - 1))
        return map_line_refuse(line,
                               section->version == 1 ? "ChipSADC line of version 1"
                                                     : "ChipSADC line of version 2",
                               err);
    /* One section with the option switches the whole source. */
    enum sadc_format format = section_format(section);
    if (build->map.format[row.entry.source] < format)
        build->map.format[row.entry.source] = format;
    return map_row_add(build, &row, err);
}

bool map_sadc_take(struct map_build *build, const struct map_section *section,
                   const struct map_text *text, struct err *err)
{
    if (map_has_option(section, "FEM"))
        return map_opaque_take(build, "ChipSADC.FEM", text, err);
    if (section->version != 1 && section->version != 2)
        return err_set(err, E_MAP_XML,
                       "%s:%" PRIu32 ": ChipSADC of unknown version %" PRIu32, text->name,
                       text->line, section->version);
    if (!map_has_option(section, "xy"))
        return err_set(err, E_MAP_XML,
                       "%s:%" PRIu32 ": ChipSADC without the option \"xy\"", text->name,
                       text->line);
    struct map_text rest = *text, line;
    while (map_line_next(&rest, &line))
        if (!line_take(build, section, &line, err))
            return false;
    return true;
}
