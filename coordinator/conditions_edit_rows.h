/* conditions_edit_rows.h - changes of rows: payloads and when they are valid.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each prepares an edit (conditions_edit.h). A row is checked when it is made: a plain
 * relative URL that names one content only, an MD5 or sha256, whole numbers from 0 to
 * 2^63-1, an end behind the start. Rows of a list never overlap (conditions_spans.h).
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_EDIT_ROWS_H
#define SPILLWAY_COORDINATOR_CONDITIONS_EDIT_ROWS_H

#include "coordinator/conditions_edit.h"

/* {"payload_url", "checksum", "major_iov", "minor_iov"[, "major_iov_end",
 * "minor_iov_end", "size", "extra"]}: a row in no list. */
bool edit_make_row(struct edit *edit, const struct json *body, struct refusal *refusal);

/* {"payload_list", "piov_id"}. A row that is in the list already stays as it is. */
bool edit_attach_row(struct edit *edit, const struct json *body, struct refusal *refusal);

/* A payload for a type of a tag: all that it needs is made with it, or nothing. */
struct edit_put {
    const char *tag, *type, *url; /* outlive the change */
    struct interval interval;
    struct sha256 hash;
    size_t size;
    bool create; /* the tag, when it is not there */
};

bool edit_put_payload(struct edit *edit, const struct edit_put *put,
                      struct refusal *refusal);

/* [{..., "payload_list"}, ...]: made and attached one after the other, all or none. */
bool edit_bulk(struct edit *edit, const struct json *body, struct refusal *refusal);

/* The row of a type in a tag with exactly this interval. */
bool edit_delete_row(struct edit *edit, const char *tag, const char *type,
                     struct interval interval, struct refusal *refusal);

#endif
