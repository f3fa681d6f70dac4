/* map_cover.h - what channel maps cover, run by run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A range of runs falls into spans for which the same sections count. In each of them a
 * detector has its channels, fewer than in another span, or none.
 */
#ifndef SPILLWAY_RAW_MAP_COVER_H
#define SPILLWAY_RAW_MAP_COVER_H

#include "raw/map.h"

#define MAP_MAX_SPANS 4096u

/* The channels of one detector on one source. */
struct map_share {
    char detector[MAP_NAME];
    enum chip chip;
    uint16_t source;
    uint32_t channels;
};

struct map_span {
    uint32_t first, last;     /* runs */
    bool none;                /* there are ChipSADC sections, none for these runs */
    struct map_share *shares; /* by chip, source, detector */
    size_t share_count;
    struct map_twice *twice; /* the first MAP_TWICE_LISTED of twice_count */
    size_t twice_count;
};

struct map_cover {
    struct map_span *spans; /* ascending, without gap */
    size_t count;
    struct map_share *shares; /* all, each with the most channels of any span */
    size_t share_count;
    struct map_opaque opaque[MAP_MAX_SECTIONS]; /* not decoded; the most of any span */
    size_t opaque_count;
};

/* A path as for map_read_path, or, when it is NULL, one text; runs first to last. */
struct map_cover_request {
    const char *path;
    const void *xml;
    size_t size;
    const char *name; /* of the text, for messages */
    uint32_t first, last;
};

/* Reads the maps once for each span. E_MAP_LIMIT above MAP_MAX_SPANS spans; E_MAP_XML,
 * E_MAP_LINE as when a map is read. */
bool map_cover_read(const struct map_cover_request *request, struct map_cover *cover,
                    struct err *err);
void map_cover_release(struct map_cover *cover);

/* Channels that the share has in this span; 0 when it has none there. */
uint32_t map_span_channels(const struct map_span *span, const struct map_share *share);

#endif
