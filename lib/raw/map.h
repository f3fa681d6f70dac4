/* map.h - the channel map: which detector cell hangs on which channel of a source.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read from the XML of the collaboration's decoder: a folder of files or one text (the
 * conditions payload). Sections count for the runs of their `runs` attribute, those
 * without one for all runs. ChipSADC sections become the table; other sections are
 * counted by name (a further chip gets a reader of its own beside map_sadc.c).
 * Untrusted: sizes are limited, document types and with them entities are refused.
 */
#ifndef SPILLWAY_RAW_MAP_H
#define SPILLWAY_RAW_MAP_H

#include "base/bytes.h"

#define MAP_NAME         32                 /* detector or section, with the NUL */
#define MAP_MAX_TEXT     ((size_t)16 << 20) /* one file; the largest known is 0.1 MiB */
#define MAP_MAX_FILES    1024u
#define MAP_MAX_DEPTH    8 /* folders in folders */
#define MAP_MAX_ENTRIES  65536u
#define MAP_MAX_SECTIONS 64u /* different names */
#define MAP_SOURCES      1024u

struct map_entry {
    uint16_t source;
    uint8_t port, adc, channel;
    int16_t x, y;
    char detector[MAP_NAME];
};

/* Sections that are not decoded. */
struct map_opaque {
    char name[MAP_NAME];
    uint32_t sections; /* that count for the run */
    uint32_t lines;
};

enum sadc_format { SADC_FORMAT_NONE, SADC_FORMAT_1, SADC_FORMAT_2, SADC_FORMAT_3 };

struct channel_map {
    struct map_entry *entries; /* by source, port, adc, channel, detector */
    size_t count;
    enum sadc_format format[MAP_SOURCES]; /* SADC_FORMAT_NONE: not an SADC source */
    struct map_opaque opaque[MAP_MAX_SECTIONS];
    size_t opaque_count;
    uint32_t sections_outside;    /* ChipSADC sections that do not count for the run */
    uint32_t *index[MAP_SOURCES]; /* place of a channel's first entry plus 1 */
};

/* One XML text; `name` is for messages. E_MAP_XML, E_MAP_LINE: with line numbers.
 * E_MAP_TWICE: two detectors on one channel without multi_digit. E_MAP_RUN: ChipSADC
 * sections are there, none for this run; the message lists their ranges. */
bool map_read_text(const void *xml, size_t size, const char *name, uint32_t run,
                   struct channel_map *map, struct err *err);

/* A file, or all entries of a folder that end in ".xml", folders included. */
bool map_read_path(const char *path, uint32_t run, struct channel_map *map,
                   struct err *err);
void map_release(struct channel_map *map);

struct map_channel {
    uint32_t source, port, adc, channel;
};

/* The first entry of a channel, NULL when it is not mapped; *same is the number of
 * entries from there that share the channel (multi_digit). Borrowed from the map. */
const struct map_entry *map_find(const struct channel_map *map,
                                 const struct map_channel *channel, size_t *same);

#endif
