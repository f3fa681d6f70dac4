/* service.h - the read API of nopayloaddb, with all its ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `base` is "http://HOST/api/cdb_rest" without a slash at the end. Every failure of the
 * service itself is E_CONDITIONS_FETCH, an answer of the wrong form E_CONDITIONS_REPLY.
 */
#ifndef SPILLWAY_CONDITIONS_SERVICE_H
#define SPILLWAY_CONDITIONS_SERVICE_H

#include "conditions/tag.h"
#include "transfer/transfer.h"

struct service {
    const char *base; /* borrowed */
    struct transfer *transfer;
};

/* The nested dump; E_TAG_UNKNOWN for a 404 that says so in JSON. */
bool service_read_tag(const struct service *service, const char *name,
                      struct arena *arena, struct tag *tag, struct err *err);

/* The point query. It answers [] for an unknown tag as well, so an empty answer is
 * followed by the question whether there is such a tag. Rows that ended are dropped: the
 * service does not look at ends. */
bool service_read_moment(const struct service *service, const char *name,
                         struct moment moment, struct arena *arena, struct tag *tag,
                         struct err *err);

bool service_list_tags(const struct service *service, tag_seen seen, void *user,
                       struct err *err);

/* CDB_PAYLOAD_BASE_URL of the service, http or https; replaces the content of `base`. */
bool service_payload_base(const struct service *service, struct bytes *base,
                          struct err *err);

#endif
