/* conditions_write.h - the routes that change a store, from a request to an edit.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `If-Match: SEQUENCE` refuses a change of a tag that somebody else changed meanwhile;
 * `?replace=true` lets an open interval wipe what follows it.
 *
 * PUT x/payload?tag=&type=&payload_url=&major_iov=&minor_iov=[&major_iov_end=
 * &minor_iov_end=&create=true], with the bytes as body: stored, made a row and attached
 * in one step, with type and list, or nothing of it. Gives {"global_tag", "sequence" of
 * the tag after it, "piov", "sha256"}.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_WRITE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_WRITE_H

#include "coordinator/conditions_answer.h"
#include "coordinator/conditions_library.h"

/* What may be written; names follow the routes of nopayloaddb. */
enum write_kind {
    WRITE_STATUS,
    WRITE_TAG,
    WRITE_TYPE,
    WRITE_LIST,
    WRITE_LIST_ATTACH,
    WRITE_ROW,
    WRITE_ROW_ATTACH,
    WRITE_BULK,
    WRITE_CHANGE_STATUS,
    WRITE_CLONE,
    WRITE_DELETE_TAG,
    WRITE_DELETE_TYPE,
    WRITE_DELETE_LIST,
    WRITE_DELETE_ROW,
    WRITE_BLOB,
    WRITE_PUT
};

/* `who` is the name of the token. */
void write_run(struct answer *answer, struct library *library, enum write_kind kind,
               const char *who);

#endif
