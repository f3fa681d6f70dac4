/* map_internal.h - a channel map while it is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_MAP_INTERNAL_H
#define SPILLWAY_RAW_MAP_INTERNAL_H

#include "raw/map.h"

/* Bits of a channel in the index: port 3, adc (chip of the old formats) 4, channel 4. */
#define MAP_PORTS    8u
#define MAP_ADCS     16u
#define MAP_CHANNELS 16u
#define MAP_PLACES   (MAP_PORTS * MAP_ADCS * MAP_CHANNELS)

#define MAP_ATTRIBUTE 512 /* longest attribute that is kept, with the NUL */
#define MAP_COLUMNS   14  /* of the longest line that is read */

struct map_row {
    struct map_entry entry;
    bool multi_digit;
};

struct map_build {
    uint32_t run;
    struct map_row *rows;
    size_t count, room;
    size_t wire_room, rule_room, detector_room;
    struct channel_map map; /* all but entries, count and index */
    uint32_t sections_inside;
    char ranges[MAP_ATTRIBUTE]; /* of the sections outside, as far as they fit */
};

/* What stands in the start tag of a section. */
struct map_section {
    char name[MAP_NAME];
    char runs[MAP_ATTRIBUTE];
    char options[MAP_ATTRIBUTE];
    bool has_runs;
    bool multi_digit;
    uint32_t version;
};

/* Where a section's text begins, for messages. */
struct map_text {
    const char *name; /* file */
    uint32_t line;
    const char *text; /* size bytes, not terminated */
    size_t size;
};

/* The words of a line; further columns are ignored, as the collaboration's decoder does.
 */
struct map_words {
    char word[MAP_COLUMNS][MAP_NAME];
    size_t count;
    bool fit; /* no word is too long */
};

/* map_xml.c, the door to expat: reads one XML text into the build. */
bool map_xml_read(struct map_build *build, const void *xml, size_t size, const char *name,
                  struct err *err);

/* map_sadc.c and map_wires.c: the body of a section that counts for the run. */
bool map_sadc_take(struct map_build *build, const struct map_section *section,
                   const struct map_text *text, struct err *err);
bool map_wires_take(struct map_build *build, const struct map_section *section,
                    const struct map_text *text, struct err *err);

/* map_rules.c: lines of ChipsCreation; the source of the online filter. */
bool map_rules_take(struct map_build *build, const struct map_text *text,
                    struct err *err);
bool map_filter_take(struct map_build *build, const char *source, struct err *err);

/* map.c: a build for one run; a file or a folder read into it. */
struct map_build *map_build_new(uint32_t run);
void map_build_free(struct map_build *build);
bool map_files_read(struct map_build *build, const char *path, struct err *err);

/* map_table.c: the tables. map_finish sorts, checks and indexes; *map is written on
 * success and then owns what the build had. */
bool map_row_add(struct map_build *build, const struct map_row *row, struct err *err);
bool map_wire_add(struct map_build *build, const struct map_place *place,
                  const struct map_wire *wire, struct err *err);
bool map_rule_add(struct map_build *build, const struct map_rule *rule, struct err *err);
bool map_detector_add(struct map_build *build, const char *name, uint16_t *number,
                      struct err *err);
bool map_opaque_take(struct map_build *build, const char *name,
                     const struct map_text *text, struct err *err);
bool map_finish(struct map_build *build, const char *name, struct channel_map *map,
                struct err *err);

/* map_line.c: FOUND, *line is the next line of *text, which then begins behind it. */
bool map_line_next(struct map_text *text, struct map_text *line);
void map_words_split(const struct map_text *line, struct map_words *words);

/* Decimal, or hexadecimal with 0x. */
bool map_number_read(const char *word, int64_t minimum, int64_t maximum, int64_t *value);

/* E_MAP_LINE with the file, the line and what was expected. */
bool map_line_refuse(const struct map_text *line, const char *expected, struct err *err);

/* true when the whole word occurs in the option text. */
bool map_has_option(const struct map_section *section, const char *word);

#endif
