/* map_wires.c - the lines of APV, F1, scaler, GANDALF and Sinica sections.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A line gives a row of channels (first, step, count) and the wires on them. Which
 * columns it has depends on version and options: the table of forms. A section in another
 * form is counted and not decoded.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "raw/map_internal.h"

#define CHANNELS_MAX 65536
#define F1_CHANNELS  64 /* 8 chips of 8 channels */
#define F1_WIRES     4  /* of a channel in latch mode */

/* Numbers of a line, by the letter of their column. */
struct wire_line {
    int64_t source, unit, geographic, part, chip, in_chip;
    int64_t channel, step, count;
    int64_t wire, wire_last, wire_step;
    int64_t position;
    double factor;
    const char *name;
};

/* n name, s source, u unit, g geographic id, p part, k F1 chip, h channel in the chip;
 * c C N first channel, step, count; w l S first wire, last, step; P position, A amplitude
 * factor; - a word that is not used. What stands behind | may be missing. */
static const struct wire_form {
    enum chip chip;
    const char *option; /* of the section; "" any */
    uint32_t from, to;  /* versions */
    const char *columns;
} forms[] = {
    {CHIP_APV, "pixel_gem", 1, 4, "nsupcCNwlS-"},
    {CHIP_APV, "pixel_mm", 3, 4, "nsupcCN-wlS-|A"},
    {CHIP_APV, "pixel_mm_v2s", 3, 4, "nsupcCN-wlS-|A"},
    {CHIP_APV, "pixel_mm_v3", 3, 4, "nsupcCN-wlS-|A"},
    {CHIP_APV, "", 1, 1, "-nsupcCNwlS|P"},
    {CHIP_APV, "", 2, 2, "nsupcCNwlS|P"},
    {CHIP_APV, "", 3, 3, "nsupcCNwlS|PA"},
    {CHIP_F1, "tdc", 4, 4, "nsugcCNwlS|P"},
    {CHIP_F1, "latch", 4, 4, "nsugcCNwlS|P"},
    {CHIP_F1, "tdc", 1, 1, "-nsukcCNwlS|P"},
    {CHIP_F1, "tdc", 2, 3, "nsukcCNwlS|P"},
    {CHIP_F1, "latch", 2, 2, "nsukhcCNwlS|P"},
    {CHIP_SCALER, "", 1, 1, "-nsu"},
    {CHIP_SCALER, "", 2, 2, "nsu"},
    {CHIP_SCALER, "", 3, 3, "nsucCNwlS"},
    {CHIP_GANDALF, "xyz", 1, 1, "nsugc---"},
    {CHIP_GANDALF, "rphiz", 1, 1, "nsugc---"},
    {CHIP_GANDALF, "adc", 1, 1, "nsugcCNwlS"},
    {CHIP_GANDALF, "tdc", 1, 1, "nsugcCNwlS"},
    {CHIP_SINICA, "tdc", 1, 1, "nsugcCNwlS|P"},
};

static const struct wire_form *form_find(enum chip chip,
                                         const struct map_section *section)
{
    uint32_t version = section->version == 0 ? 1 : section->version;
    bool other = chip == CHIP_F1 && map_has_option(section, "xy");
    for (size_t i = 0; !other && i < sizeof forms / sizeof *forms; i++) {
        const struct wire_form *form = &forms[i];
        if (form->chip == chip && version >= form->from && version <= form->to &&
            (form->option[0] == 0 || map_has_option(section, form->option)))
            return form;
    }
    return NULL;
}

static bool factor_read(const char *word, double *factor)
{
    struct err ignored;
    return text_to_real(word, factor, &ignored) && *factor >= 0 && *factor < 1e6;
}

static bool column_read(char column, const char *word, struct wire_line *line)
{
    switch (column) {
    case 'n':
        line->name = word;
        return text_is_name(word, MAP_NAME - 1);
    case 's':
        return map_number_read(word, 0, MAP_SOURCES - 1, &line->source);
    case 'u':
        return map_number_read(word, 0, 255, &line->unit);
    case 'g':
        return map_number_read(word, -1, 1023, &line->geographic);
    case 'p':
        return map_number_read(word, 0, 15, &line->part);
    case 'k':
        return map_number_read(word, -1, 7, &line->chip);
    case 'h':
        return map_number_read(word, 0, 7, &line->in_chip);
    case 'c':
        return map_number_read(word, 0, CHANNELS_MAX - 1, &line->channel);
    case 'C':
        return map_number_read(word, -CHANNELS_MAX, CHANNELS_MAX, &line->step);
    case 'N':
        return map_number_read(word, 1, CHANNELS_MAX, &line->count);
    case 'w':
        return map_number_read(word, INT32_MIN, INT32_MAX, &line->wire);
    case 'l':
        return map_number_read(word, INT32_MIN, INT32_MAX, &line->wire_last);
    case 'S':
        return map_number_read(word, -CHANNELS_MAX, CHANNELS_MAX, &line->wire_step);
    case 'P':
        return map_number_read(word, INT8_MIN, INT8_MAX, &line->position);
    case 'A':
        return factor_read(word, &line->factor);
    default:
        return true;
    }
}

/* All channels must be numbers of channels, and there are as many wires as channels. The
 * collaboration's decoder counts the wires of all chips but the APV. */
static bool row_fits(const struct wire_form *form, const struct wire_line *line)
{
    int64_t last = line->channel + (line->count - 1) * line->step;
    int64_t first_wire = line->wire, last_wire = line->wire_last;
    if (line->step == 0 || last < 0 || last >= CHANNELS_MAX)
        return false;
    if (form->chip == CHIP_APV || strchr(form->columns, 'l') == NULL)
        return true;
    if (line->wire_step < 0 && first_wire < last_wire) {
        first_wire = line->wire_last;
        last_wire = line->wire;
    }
    return line->wire_step != 0 &&
           last_wire - first_wire == (line->count - 1) * line->wire_step;
}

static bool columns_read(const struct wire_form *form, const struct map_words *words,
                         struct wire_line *line)
{
    size_t at = 0;
    bool optional = false;
    *line = (struct wire_line){
        .geographic = -1, .chip = -1, .step = 1, .count = 1, .wire_step = 1, .factor = 1};
    for (const char *column = form->columns; *column != 0; column++) {
        if (*column == '|') {
            optional = true;
            continue;
        }
        if (at == words->count && optional)
            break;
        if (at == words->count || !column_read(*column, words->word[at], line))
            return false;
        at++;
    }
    if (form->chip == CHIP_SCALER && strchr(form->columns, 'c') == NULL)
        line->count = 34; /* all words of a frame */
    if (strchr(form->columns, 'w') == NULL)
        line->wire = line->channel;
    else if (line->wire_step < 0 && line->wire < line->wire_last)
        line->wire = line->wire_last;
    return row_fits(form, line);
}

struct wire_take {
    struct map_build *build;
    const struct wire_form *form;
    const struct wire_line *line;
    struct map_wire wire;
};

static struct map_place place_of(const struct wire_take *take)
{
    const struct wire_line *line = take->line;
    bool direct = take->form->chip == CHIP_GANDALF && take->form->option[0] == 'a';
    return (struct map_place){.chip = take->form->chip,
                              .source = (uint16_t)line->source,
                              .unit = (uint16_t)(direct ? 0 : line->unit),
                              .part = (uint8_t)line->part};
}

/* F1 data name their board by geographic id when sparsified, by port else. */
static bool f1_add(struct wire_take *take, const struct map_place *place, struct err *err)
{
    struct map_place geographic = *place;
    if (!map_wire_add(take->build, place, &take->wire, err))
        return false;
    if (take->line->geographic < 0)
        return true;
    geographic.unit = (uint16_t)(MAP_GEOGRAPHIC | take->line->geographic);
    return map_wire_add(take->build, &geographic, &take->wire, err);
}

/* Latch mode of version 4: a channel has four wires, which count in groups of 16 for each
 * half of a chip. The row of the line is one of these numbers. */
static bool latch_add(struct wire_take *take, struct err *err)
{
    const struct wire_line *line = take->line;
    for (uint32_t i = 0; i < F1_CHANNELS * F1_WIRES; i++) {
        uint32_t chip = i / 32, channel = i / 4 % 8, hit = i % 4;
        int64_t number = chip * 32 + channel / 4 * 16 + channel % 4 + hit * 4;
        int64_t row = (number - line->channel) / line->step;
        if (row < 0 || row >= line->count || row * line->step != number - line->channel)
            continue;
        struct map_place place = place_of(take);
        place.channel = (uint16_t)(chip * 8 + channel);
        place.part = (uint8_t)hit;
        take->wire.wire = (int32_t)(line->wire + row * line->wire_step);
        if (!f1_add(take, &place, err))
            return false;
    }
    return true;
}

/* Channel of the i-th wire of the row; -1 when the chip has no such channel. */
static int64_t channel_at(const struct wire_take *take, int64_t i)
{
    const struct wire_line *line = take->line;
    int64_t channel = line->channel + i * line->step;
    if (take->form->chip != CHIP_F1)
        return channel;
    if (line->chip >= 0)
        channel += 8 * line->chip;
    return channel < F1_CHANNELS ? channel : -1;
}

static bool row_add(struct wire_take *take, const struct map_text *text, struct err *err)
{
    const struct wire_line *line = take->line;
    bool latch = strchr(take->form->columns, 'h') != NULL;
    for (int64_t i = 0; i < line->count; i++) {
        struct map_place place = place_of(take);
        int64_t channel = channel_at(take, i);
        if (latch) {
            channel = 8 * line->chip + line->in_chip;
            place.part = (uint8_t)(line->channel + i * line->step);
        }
        if (channel < 0 || (latch && place.part >= F1_WIRES))
            return map_line_refuse(text, "channel of an F1 chip", err);
        place.channel = (uint16_t)channel;
        take->wire.wire = (int32_t)(line->wire + i * line->wire_step);
        bool added = place.chip == CHIP_F1
                         ? f1_add(take, &place, err)
                         : map_wire_add(take->build, &place, &take->wire, err);
        if (!added)
            return false;
    }
    return true;
}

static bool line_take(struct map_build *build, const struct map_section *section,
                      const struct wire_form *form, const struct map_text *text,
                      struct err *err)
{
    char expected[64];
    struct map_words words;
    struct wire_line line;
    map_words_split(text, &words);
    if (words.fit && words.count == 0)
        return true;
    if (!words.fit || !columns_read(form, &words, &line)) {
        (void)snprintf(expected, sizeof expected, "%s line of version %" PRIu32,
                       section->name, section->version == 0 ? 1 : section->version);
        return map_line_refuse(text, expected, err);
    }
    struct wire_take take = {.build = build,
                             .form = form,
                             .line = &line,
                             .wire = {.factor = (float)line.factor,
                                      .position = (int8_t)line.position,
                                      .multi_digit = section->multi_digit}};
    if (!map_detector_add(build, line.name, &take.wire.detector, err))
        return false;
    if (form->chip == CHIP_APV)
        build->map.apv[line.source] |=
            (uint8_t)((map_has_option(section, "rich_adc") ? MAP_APV_RICH : 0) |
                      (map_has_option(section, "CMC_always") ? MAP_APV_COMMON_MODE : 0));
    if (form->chip == CHIP_F1 && form->from == 4 && form->option[0] == 'l')
        return latch_add(&take, err);
    return row_add(&take, text, err);
}

bool map_wires_take(struct map_build *build, const struct map_section *section,
                    const struct map_text *text, struct err *err)
{
    char other[MAP_NAME];
    const struct wire_form *form = form_find(chip_named(section->name), section);
    if (form == NULL) {
        (void)snprintf(other, sizeof other, "%.20s.other", section->name);
        return map_opaque_take(build, other, text, err);
    }
    struct map_text rest = *text, line;
    while (map_line_next(&rest, &line))
        if (!line_take(build, section, form, &line, err))
            return false;
    return true;
}
