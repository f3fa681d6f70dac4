/* conditions_write.h - the routes that change a store, from a request to an edit.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `If-Match: SEQUENCE` refuses a change of a tag that somebody else changed meanwhile;
 * `?replace=true` lets an open interval wipe what follows it.
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
    WRITE_BLOB
};

/* `who` is the name of the token. */
void write_run(struct answer *answer, struct library *library, enum write_kind kind,
               const char *who);

#endif
