/* resolve.h - a tag for a window of runs -> manifest; every payload fetched and verified.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_CONDITIONS_RESOLVE_H
#define SPILLWAY_CONDITIONS_RESOLVE_H

#include "conditions/manifest.h"
#include "conditions/source.h"

/* Called once for each distinct payload with its first row and its verified bytes: put
 * them where they are kept (conditions/<2 hex>/<sha256> of a store). false with *err ends
 * the resolving. */
typedef bool (*resolve_payload_seen)(void *user, const struct tag_row *row,
                                     const struct sha256 *hash, const struct bytes *bytes,
                                     struct err *err);

/* Gives what a row's payload is without fetching it; false: it must be fetched. */
typedef bool (*resolve_payload_known)(void *user, const struct tag_row *row,
                                      struct sha256 *hash, uint64_t *size);

struct resolve_request {
    const char *tag;
    uint32_t first_run; /* both included */
    uint32_t last_run;
    const char *const *types; /* wanted; NULL: all types of the tag */
    size_t type_count;
    resolve_payload_seen seen;   /* NULL: only the manifest is wanted */
    resolve_payload_known known; /* NULL: nothing is known before */
    void *user;
};

/* A wanted type that the tag does not have is one gap over the whole window. The payload
 * of a type that this release knows is also read for its form: E_PAYLOAD_TEXT,
 * E_PAYLOAD_VALUE. `manifest` is initialised by the call; *status tells whether the tag
 * was frozen. */
bool resolve_tag(struct source *source, const struct resolve_request *request,
                 struct manifest *manifest, enum tag_status *status, struct err *err);

/* "conditions/<2 hex>/<sha256>": name of a payload below a store. */
#define RESOLVE_NAME 96
void resolve_blob_name(const struct sha256 *hash, char out[RESOLVE_NAME]);

/* Keeps a payload under that name below `store`, durable, 0444, unless it is there with
 * these bytes. */
bool resolve_blob_put(const char *store, const struct sha256 *hash,
                      const struct bytes *bytes, struct err *err);

#endif
