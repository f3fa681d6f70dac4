/* export_events.h - wanted columns and entries of a file as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_EXPORT_EVENTS_H
#define SPILLWAY_COORDINATOR_EXPORT_EVENTS_H

#include "base/err.h"

/* One form is set. */
struct export_options {
    bool csv, json;
    const char *columns; /* "a,b,c", NULL: all */
    const char *entries; /* "A-B" or "A-", NULL: all */
};

/* On standard output; `path` is a published .root file or a part. */
bool export_events(const char *path, const struct export_options *options,
                   struct err *err);

#endif
