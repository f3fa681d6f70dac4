/* map.h - the channel map: which detector cell hangs on which channel of a source.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read from the XML of the collaboration's decoder: a folder of files or one text (the
 * conditions payload). Sections count for the runs of their `runs` attribute, those
 * without one for all runs. ChipSADC sections become cells, those of other chips that are
 * decoded become wires, DaqOptions the rules which chip a source is; sections of other
 * chips are counted by name (a further one gets a row in map_wires.c). Untrusted: sizes
 * are limited, document types and with them entities are refused.
 */
#ifndef SPILLWAY_RAW_MAP_H
#define SPILLWAY_RAW_MAP_H

#include "base/bytes.h"
#include "raw/chip.h"
#include "raw/slink.h"

#define MAP_NAME          32                 /* detector or section, with the NUL */
#define MAP_MAX_TEXT      ((size_t)16 << 20) /* one file; the largest known is 0.1 MiB */
#define MAP_MAX_FILES     1024u
#define MAP_MAX_DEPTH     8 /* folders in folders */
#define MAP_MAX_ENTRIES   65536u
#define MAP_MAX_WIRES     ((size_t)1 << 20) /* COMPASS, the parent, has 0.25 million */
#define MAP_MAX_DETECTORS 4096u
#define MAP_MAX_RULES     1024u
#define MAP_MAX_SECTIONS  64u /* different names */
#define MAP_SOURCES       1024u
#define MAP_TWICE_LISTED  64u

/* Cells of ChipSADC sections. */
struct map_entry {
    uint16_t source;
    uint8_t port, adc, channel;
    int16_t x, y;
    char detector[MAP_NAME];
};

/* A channel of another chip. */
struct map_place {
    enum chip chip;
    uint16_t source;
    uint16_t unit;    /* APV: ADC. F1: geographic id + MAP_GEOGRAPHIC, or port. Sinica,
                         GANDALF as TDC: port, as ADC 0. Scaler: frame */
    uint8_t part;     /* APV: chip. F1 latch: hit bit. Else 0 */
    uint16_t channel; /* APV: after re-ordering. F1: 8 * chip + channel */
};

#define MAP_GEOGRAPHIC 0x8000u

struct map_wire {
    uint64_t key; /* of the place */
    int32_t wire;
    float factor;      /* of the amplitude, APV only; else 1 */
    uint16_t detector; /* index into detectors */
    int8_t position;
    bool multi_digit;
};

/* The first rule that accepts a block names its chip; -1 accepts all. */
struct map_rule {
    int32_t event_type, source, format;
    enum chip chip;
};

/* Sections that are not decoded. */
struct map_opaque {
    char name[MAP_NAME];
    uint32_t sections; /* that count for the run */
    uint32_t lines;
};

#define MAP_APV_RICH        1u /* option rich_adc: amplitudes of two slopes */
#define MAP_APV_COMMON_MODE 2u /* option CMC_always: a common-mode word in each block */

/* Two detectors on one channel without multi_digit. SADC: unit is the port, part the
 * ADC. */
struct map_twice {
    struct map_place place;
    char first[MAP_NAME], second[MAP_NAME];
};

struct channel_map {
    struct map_entry *entries; /* by source, port, adc, channel, detector */
    size_t count;
    enum sadc_format format[MAP_SOURCES]; /* SADC_FORMAT_NONE: not an SADC source */
    struct map_wire *wires;               /* by key */
    size_t wire_count;
    char (*detectors)[MAP_NAME]; /* of the wires */
    size_t detector_count;
    struct map_rule *rules;
    size_t rule_count;
    uint8_t apv[MAP_SOURCES];     /* MAP_APV_ bits */
    uint16_t mapped[MAP_SOURCES]; /* bit n: enum chip n has cells or wires there */
    struct bytes huffman;         /* text of the ChipSADC_HT section, empty when none */
    struct map_opaque opaque[MAP_MAX_SECTIONS];
    size_t opaque_count;
    uint32_t sections_outside;    /* ChipSADC sections that do not count for the run */
    uint32_t *index[MAP_SOURCES]; /* place of a channel's first entry plus 1 */
    struct map_twice twice[MAP_TWICE_LISTED];
    size_t twice_count; /* may be above MAP_TWICE_LISTED */
    uint32_t until; /* from the run it was read for, the last with the same sections */
};

/* One XML text; `name` is for messages. E_MAP_XML, E_MAP_LINE: with line numbers.
 * E_MAP_TWICE: two detectors on one SADC channel without multi_digit (wires that are
 * mapped twice are in `twice`, since nothing is reconstructed from them). E_MAP_RUN:
 * ChipSADC sections are there, none for this run; the message lists their ranges. */
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

/* The same for wires. */
const struct map_wire *map_wire_find(const struct channel_map *map,
                                     const struct map_place *place, size_t *same);

struct map_place map_wire_place(const struct map_wire *wire);

/* Which chip made a block: the first rule that accepts it, else the one chip that the
 * source has channels of. false when the map does not say. */
bool map_chip_of(const struct channel_map *map, const struct slink_block *block,
                 enum chip *chip);

#endif
