/* source.h - where conditions come from: the HSF service, a folder, or a snapshot.
 * SPDX-License-Identifier: Apache-2.0
 *
 * "http://HOST/api/cdb_rest" speaks the read API of nopayloaddb; "file:PATH" is a folder
 * (README.md has its form) or, when it is a regular file, a snapshot. One thread at a
 * time. Everything that comes is checked: sizes, forms, checksums.
 */
#ifndef SPILLWAY_CONDITIONS_SOURCE_H
#define SPILLWAY_CONDITIONS_SOURCE_H

#include "conditions/tag.h"
#include "transfer/transfer.h"

struct source;

struct source_options {
    const char *url;
    const char *payloads; /* base URL or folder of payloads; NULL: as the service says */
    struct transfer_options transfer; /* its bearer_url is always `url` */
};

/* No request is made yet; a snapshot is opened and its index checked. E_URL when `url` is
 * none of these. */
bool source_open(const struct source_options *options, struct source **source,
                 struct err *err);
void source_close(struct source *source);

/* A whole tag, checked. E_TAG_UNKNOWN when there is no such tag; E_TAG_MOVED when it is
 * not frozen and two reads differ. Texts and rows live in `arena`. */
bool source_read_tag(struct source *source, const char *name, struct arena *arena,
                     struct tag *tag, struct err *err);

/* The same, only that two rows of a type may have one start: for a check that lists
 * them. */
bool source_read_rows(struct source *source, const char *name, struct arena *arena,
                      struct tag *tag, struct err *err);

/* The rows valid at one moment (for tools; a campaign uses a manifest). */
bool source_read_moment(struct source *source, const char *name, struct moment moment,
                        struct arena *arena, struct tag *tag, struct err *err);

/* One payload, verified against checksum and size; replaces the content of `out`.
 * E_PAYLOAD_ABSENT when the source does not have it, E_PAYLOAD_HASH when its bytes are
 * others; E_CONDITIONS_FETCH when the source does not work, which says nothing of the
 * payload. */
bool source_read_payload(struct source *source, const struct tag_row *row,
                         struct bytes *out, struct err *err);

/* Where payloads are taken from: a URL or folder; NULL while that is not known. */
const char *source_payloads(const struct source *source);

bool source_list_tags(struct source *source, tag_seen seen, void *user, struct err *err);

#endif
