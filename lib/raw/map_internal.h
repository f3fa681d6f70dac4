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

struct map_row {
    struct map_entry entry;
    bool multi_digit;
};

struct map_build {
    uint32_t run;
    struct map_row *rows;
    size_t count, room;
    struct channel_map map; /* format, opaque, sections_outside */
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

/* Reads one XML text into the build (map_xml.c, the door to expat). */
bool map_xml_read(struct map_build *build, const void *xml, size_t size, const char *name,
                  struct err *err);

/* Takes the body of a section that counts for the run (map_sadc.c). */
bool map_sadc_take(struct map_build *build, const struct map_section *section,
                   const struct map_text *text, struct err *err);

/* Counts a section that is not decoded (map.c). */
bool map_opaque_take(struct map_build *build, const char *name,
                     const struct map_text *text, struct err *err);

bool map_row_add(struct map_build *build, const struct map_row *row, struct err *err);

/* true when the whole word occurs in the option text. */
bool map_has_option(const struct map_section *section, const char *word);

#endif
