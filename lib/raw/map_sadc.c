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

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Copies up to COLUMNS words of the line; returns how many there were. */
static size_t words_split(const char *line, size_t size, char words[COLUMNS][MAP_NAME],
                          bool *fit)
{
    size_t count = 0, at = 0;
    *fit = true;
    while (count < COLUMNS) {
        while (at < size && is_blank(line[at]))
            at++;
        size_t start = at;
        while (at < size && !is_blank(line[at]))
            at++;
        if (at == start)
            break;
        if (at - start >= MAP_NAME || memchr(line + start, 0, at - start) != NULL) {
            *fit = false;
            break;
        }
        memcpy(words[count], line + start, at - start);
        words[count++][at - start] = 0;
    }
    return count;
}

/* Decimal, or hexadecimal with 0x. */
static bool number_read(const char *word, int64_t minimum, int64_t maximum,
                        int64_t *value)
{
    struct err ignored;
    if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        uint8_t bytes[4];
        char digits[9] = "00000000";
        size_t size = strlen(word + 2);
        if (size == 0 || size > 8)
            return false;
        memcpy(digits + 8 - size, word + 2, size);
        if (!text_from_hex(digits, bytes, sizeof bytes, &ignored))
            return false;
        *value = be32_load(bytes);
        return *value >= minimum && *value <= maximum;
    }
    return text_to_i64(word, minimum, maximum, value, &ignored);
}

static bool row_read(uint32_t version, char words[COLUMNS][MAP_NAME], struct map_row *row)
{
    int64_t source, port, channel, x, y;
    bool flat = version == 1; /* the third column is the chip, there is no port */
    if (!number_read(words[COLUMN_SOURCE], 0, MAP_SOURCES - 1, &source) ||
        !number_read(words[COLUMN_PORT], 0, (flat ? MAP_ADCS : MAP_PORTS) - 1, &port) ||
        !number_read(words[COLUMN_CHANNEL], 0, flat ? MAP_CHANNELS - 1 : 63, &channel) ||
        !number_read(words[COLUMN_X], INT16_MIN, INT16_MAX, &x) ||
        !number_read(words[COLUMN_Y], INT16_MIN, INT16_MAX, &y))
        return false;
    row->entry = (struct map_entry){.source = (uint16_t)source,
                                    .port = (uint8_t)(flat ? 0 : port),
                                    .adc = (uint8_t)(flat ? port : channel >> 4),
                                    .channel = (uint8_t)(channel & 15),
                                    .x = (int16_t)x,
                                    .y = (int16_t)y};
    memcpy(row->entry.detector, words[COLUMN_NAME], MAP_NAME);
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
    char words[COLUMNS][MAP_NAME] = {{0}};
    bool fit;
    size_t count = words_split(line->text, line->size, words, &fit);
    if (fit && count == 0)
        return true;
    struct map_row row = {.multi_digit = section->multi_digit};
    if (!fit || count < COLUMNS || !row_read(section->version, words, &row) ||
        !text_is_name(words[COLUMN_NAME], MAP_NAME - 1))
        return err_set(err, E_MAP_LINE,
                       "%s:%" PRIu32 ": no ChipSADC line of version %" PRIu32
                       ": \"%.*s\"",
                       line->name, line->line, section->version,
                       (int)(line->size < 60 ? line->size : 60), line->text);
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
    struct map_text line = *text;
    size_t at = 0;
    while (at < text->size) {
        const char *end = memchr(text->text + at, '\n', text->size - at);
        line.text = text->text + at;
        line.size = end == NULL ? text->size - at : (size_t)(end - line.text);
        if (!line_take(build, section, &line, err))
            return false;
        at += line.size + 1;
        line.line++;
    }
    return true;
}
