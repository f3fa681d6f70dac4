/* draft.h - payloads as they come out of files that people write.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The name of a file says how it is read: .csv (conditions/csv.h), .yaml and .yml
 * (config_sheet.h), .xml and folders of .xml (channel maps of DDD, put together into
 * one); any other file is one payload as it is, which says its type itself. Every payload
 * is checked whole (payload_check.h) before it is given on.
 */
#ifndef SPILLWAY_COORDINATOR_DRAFT_H
#define SPILLWAY_COORDINATOR_DRAFT_H

#include "conditions/validity.h"
#include "coordinator/payload_check.h"

/* Borrowed during the call. */
struct draft {
    const char *origin; /* file, and line where there are several in one */
    const struct payload_type *type;
    const struct bytes *text;
    struct payload_marks marks;
    struct validity validity; /* not known: the file does not say it */
    struct interval part;     /* of that: where this payload holds, of several */
};

typedef bool (*draft_seen)(void *user, const struct draft *draft, struct err *err);

bool draft_read(const char *path, draft_seen seen, void *user, struct err *err);

/* SDC texts: folders first, then files, each alphabetically; they overlay each other in
 * that order. Every piece of the run axis is a payload. */
struct draft_sdc {
    const char *type;    /* of the payloads */
    const char *name;    /* what the texts call it; "" when they say no type */
    const char *columns; /* sdc_sheet.h */
    const char *constants;
};

bool draft_read_sdc(const char *const *paths, size_t count, const struct draft_sdc *sdc,
                    draft_seen seen, void *user, struct err *err);

#endif
