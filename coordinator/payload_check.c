/* payload_check.c - a whole payload of any type, before anybody keeps it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/payload_check.h"

#include <inttypes.h>

#include "model/run.h"
#include "raw/map_cover.h"

/* Every section is read, once for each span of runs. A map in which no run has a channel
 * is no map. */
static bool map_check(const struct bytes *text, const char *what, struct err *err)
{
    const struct map_cover_request request = {.xml = text->data,
                                              .size = text->size,
                                              .name = what,
                                              .first = 0,
                                              .last = RUN_MAXIMUM};
    struct map_cover cover;
    if (!map_cover_read(&request, &cover, err))
        return false;
    bool done = cover.share_count > 0 || cover.opaque_count > 0 ||
                err_set(err, E_MAP_RUN, "%s: no run has a channel in this map", what);
    for (size_t i = 0; done && i < cover.count; i++) {
        const struct map_span *span = &cover.spans[i];
        if (span->twice_count > 0)
            done = err_set(err, E_MAP_TWICE,
                           "%s: runs %" PRIu32 "-%" PRIu32
                           ": '%s' and '%s' are on one channel of source %u",
                           what, span->first, span->last, span->twice[0].first,
                           span->twice[0].second, span->twice[0].place.source);
    }
    map_cover_release(&cover);
    return done;
}

bool payload_check(const char *type, const struct bytes *text, const char *what,
                   struct payload_marks *marks, struct err *err)
{
    const struct payload_type *known = payload_type_find(type);
    if (!known)
        return err_set(err, E_PAYLOAD_TYPE,
                       "%s: this release has no payload type '%.80s'", what, type);
    if (text->size > PAYLOAD_LIMIT)
        return err_set(err, E_LIMIT, "%s: %zu bytes, a payload has at most %zu", what,
                       text->size, PAYLOAD_LIMIT);
    return (known->kind != PAYLOAD_BLOB || map_check(text, what, err)) &&
           payload_read_marks(known, text, what, marks, err);
}
