/* source.h - where conditions come from: the HSF service, a folder, or a snapshot.
 * SPDX-License-Identifier: Apache-2.0
 *
 * "http://HOST/api/cdb_rest" speaks the read API of nopayloaddb; "file:PATH" is a folder
 * (README.md has its form) or, when it is a regular file, a snapshot. One thread at a
 * time. Everything that comes is checked: sizes, forms, checksums.
 *
 * A source may have mirrors, which are asked in their order for what the ones before do
 * not give, or give wrongly. One that does not work is left alone from then on. When all
 * fail, the message says of each what was wrong, and the code is that of the first.
 */
#ifndef SPILLWAY_CONDITIONS_SOURCE_H
#define SPILLWAY_CONDITIONS_SOURCE_H

#include "conditions/tag.h"
#include "transfer/transfer.h"

struct source;

#define SOURCE_MIRRORS 7u

struct source_options {
    const char *url;
    const char *payloads; /* base URL or folder of payloads; NULL: as the service says */
    const char *const *mirrors;       /* URLs of the same kinds */
    size_t mirror_count;              /* at most SOURCE_MIRRORS */
    struct transfer_options transfer; /* bearer_url is always that of the one asked */
};

/* No request is made yet; a snapshot is opened and its index checked. E_URL when a URL is
 * none of these; a damaged snapshot is an error unless there are others to ask. */
bool source_open(const struct source_options *options, struct source **source,
                 struct err *err);
void source_close(struct source *source);

/* A whole tag, checked. E_TAG_UNKNOWN when there is no such tag; E_TAG_MOVED when it is
 * not frozen and two reads differ. A mirror is believed only about a frozen tag: of any
 * other it may have an older state. Texts and rows live in `arena`. */
bool source_read_tag(struct source *source, const char *name, struct arena *arena,
                     struct tag *tag, struct err *err);

/* The same, only that two rows of a type may have one start: for a check that lists
 * them. */
bool source_read_rows(struct source *source, const char *name, struct arena *arena,
                      struct tag *tag, struct err *err);

/* The rows valid at one moment (for tools; a campaign uses a manifest). Not asked of
 * mirrors, and neither is the list of tags. */
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

/* What came from a mirror and why, a line each; "" when nothing did. Borrowed. */
const char *source_notes(struct source *source);

bool source_list_tags(struct source *source, tag_seen seen, void *user, struct err *err);

#endif
