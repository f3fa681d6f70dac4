/* map_cover.c - maps read span by span.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/map_cover.h"

#include <stdlib.h>

#include "raw/map_internal.h"

struct shares {
    struct map_share *list;
    size_t count, room;
    size_t last; /* that was counted: neighbours are mostly of one detector */
};

static int share_compare(const void *left, const void *right)
{
    const struct map_share *a = left, *b = right;
    if (a->chip != b->chip)
        return a->chip < b->chip ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return strcmp(a->detector, b->detector);
}

/* The place of this detector in the list; it is added with no channels when new. */
static struct map_share *share_of(struct shares *shares, const struct map_share *wanted)
{
    if (shares->last < shares->count &&
        share_compare(&shares->list[shares->last], wanted) == 0)
        return &shares->list[shares->last];
    size_t i = 0;
    while (i < shares->count && share_compare(&shares->list[i], wanted) != 0)
        i++;
    shares->last = i;
    if (i < shares->count)
        return &shares->list[i];
    if (shares->count == shares->room) {
        shares->room = shares->room == 0 ? 64 : 2 * shares->room;
        shares->list = mem_grow(shares->list, shares->room, sizeof *shares->list);
    }
    struct map_share *added = &shares->list[shares->count++];
    *added = *wanted;
    added->channels = 0;
    return added;
}

static void channel_count(struct shares *shares, enum chip chip, uint16_t source,
                          const char *detector)
{
    struct map_share wanted = {.chip = chip, .source = source};
    memcpy(wanted.detector, detector, MAP_NAME);
    share_of(shares, &wanted)->channels++;
}

/* F1 wires have two places, by port and by geographic id; they count once. */
static void map_count(const struct channel_map *map, struct shares *shares)
{
    for (size_t i = 0; i < map->count; i++)
        channel_count(shares, CHIP_SADC, map->entries[i].source,
                      map->entries[i].detector);
    for (size_t i = 0; i < map->wire_count; i++) {
        struct map_place place = map_wire_place(&map->wires[i]);
        if (place.chip != CHIP_F1 || (place.unit & MAP_GEOGRAPHIC) == 0)
            channel_count(shares, place.chip, place.source,
                          map->detectors[map->wires[i].detector]);
    }
}

/* What is beyond the limit of names is left out. */
static void opaque_sum(struct map_cover *cover, const struct channel_map *map)
{
    for (size_t i = 0; i < map->opaque_count; i++) {
        const struct map_opaque *opaque = &map->opaque[i];
        size_t k = 0;
        while (k < cover->opaque_count &&
               strcmp(cover->opaque[k].name, opaque->name) != 0)
            k++;
        if (k == MAP_MAX_SECTIONS)
            continue;
        if (k == cover->opaque_count)
            cover->opaque[cover->opaque_count++] = *opaque;
        else if (cover->opaque[k].lines < opaque->lines)
            cover->opaque[k] = *opaque;
    }
}

static void span_fill(struct map_span *span, const struct channel_map *map)
{
    struct shares shares = {.count = 0};
    size_t listed =
        map->twice_count < MAP_TWICE_LISTED ? map->twice_count : MAP_TWICE_LISTED;
    map_count(map, &shares);
    if (shares.count > 0)
        qsort(shares.list, shares.count, sizeof *shares.list, share_compare);
    span->shares = shares.list;
    span->share_count = shares.count;
    span->twice_count = map->twice_count;
    if (listed > 0) {
        span->twice = mem_new(listed, sizeof *span->twice);
        memcpy(span->twice, map->twice, listed * sizeof *span->twice);
    }
}

/* Reads the maps for span->first and says how far they stay the same. */
static bool span_read(const struct map_cover_request *request, struct map_cover *cover,
                      struct map_span *span, struct err *err)
{
    struct map_build *build = map_build_new(span->first);
    bool done = request->path != NULL ? map_files_read(build, request->path, err)
                                      : map_xml_read(build, request->xml, request->size,
                                                     request->name, err);
    if (done) {
        const char *name = request->path != NULL ? request->path : request->name;
        struct channel_map map;
        struct err none;
        span->last = build->map.until < request->last ? build->map.until : request->last;
        span->none = !map_finish(build, name, &map, &none);
        if (!span->none) {
            span_fill(span, &map);
            opaque_sum(cover, &map);
            map_release(&map);
        }
    }
    map_build_free(build);
    return done;
}

/* All detectors of all spans, each with the most channels that it has in one. */
static void cover_sum(struct map_cover *cover)
{
    struct shares shares = {.count = 0};
    for (size_t i = 0; i < cover->count; i++)
        for (size_t k = 0; k < cover->spans[i].share_count; k++) {
            const struct map_share *share = &cover->spans[i].shares[k];
            struct map_share *sum = share_of(&shares, share);
            if (sum->channels < share->channels)
                sum->channels = share->channels;
        }
    if (shares.count > 0)
        qsort(shares.list, shares.count, sizeof *shares.list, share_compare);
    cover->shares = shares.list;
    cover->share_count = shares.count;
}

bool map_cover_read(const struct map_cover_request *request, struct map_cover *cover,
                    struct err *err)
{
    struct map_cover made = {.count = 0};
    size_t room = 0;
    uint64_t run = request->first;
    bool done = true;
    while (done && run <= request->last) {
        if (made.count == MAP_MAX_SPANS)
            done = err_set(err, E_MAP_LIMIT,
                           "channel maps change more than %u times in these runs",
                           MAP_MAX_SPANS);
        if (done && made.count == room) {
            room = room == 0 ? 16 : 2 * room;
            made.spans = mem_grow(made.spans, room, sizeof *made.spans);
        }
        if (!done)
            break;
        struct map_span *span = &made.spans[made.count];
        *span = (struct map_span){.first = (uint32_t)run};
        done = span_read(request, &made, span, err);
        made.count += done;
        run = (uint64_t)span->last + 1;
    }
    if (done) {
        cover_sum(&made);
        *cover = made;
    } else
        map_cover_release(&made);
    return done;
}

void map_cover_release(struct map_cover *cover)
{
    for (size_t i = 0; i < cover->count; i++) {
        free(cover->spans[i].shares);
        free(cover->spans[i].twice);
    }
    free(cover->spans);
    free(cover->shares);
    *cover = (struct map_cover){.count = 0};
}

uint32_t map_span_channels(const struct map_span *span, const struct map_share *share)
{
    if (span->share_count == 0)
        return 0;
    const struct map_share *found = bsearch(share, span->shares, span->share_count,
                                            sizeof *span->shares, share_compare);
    return found == NULL ? 0 : found->channels;
}
