/* origin.h - one place that conditions come from: a service, a folder or a snapshot.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What source.h says of one URL. Everything that comes is checked: sizes, forms,
 * checksums. One thread at a time.
 */
#ifndef SPILLWAY_CONDITIONS_ORIGIN_H
#define SPILLWAY_CONDITIONS_ORIGIN_H

#include "base/digest.h"
#include "conditions/tag.h"
#include "transfer/transfer.h"

struct origin;

struct origin_options {
    const char *url;
    const char *payloads;             /* as in source_options */
    struct transfer_options transfer; /* its bearer_url is always `url` */
};

/* No request is made yet; a snapshot is opened and its index checked. E_URL when `url` is
 * no conditions source. */
bool origin_open(const struct origin_options *options, struct origin **origin,
                 struct err *err);
void origin_close(struct origin *origin);

/* As the functions of source.h that end alike. */
bool origin_read_rows(struct origin *origin, const char *name, struct arena *arena,
                      struct tag *tag, struct err *err);
bool origin_read_moment(struct origin *origin, const char *name, struct moment moment,
                        struct arena *arena, struct tag *tag, struct err *err);
bool origin_read_payload(struct origin *origin, const struct tag_row *row,
                         struct bytes *out, struct err *err);

/* Appends what this place has under a hash, not verified.
 * E_PAYLOAD_ABSENT when it has none; E_CONDITIONS_FETCH when it does not work. */
bool origin_read_blob(struct origin *origin, const struct sha256 *hash, struct bytes *out,
                      struct err *err);
bool origin_list_tags(struct origin *origin, tag_seen seen, void *user, struct err *err);

/* Where payloads are taken from: a URL or folder; NULL while that is not known. */
const char *origin_payloads(const struct origin *origin);

#endif
