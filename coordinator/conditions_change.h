/* conditions_change.h - spillway conditions put, clone, freeze, copy.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_CHANGE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_CHANGE_H

#include "conditions/interval.h"
#include "coordinator/conditions_remote.h"

struct change_put {
    const char *file;
    const char *tag;
    const char *type;
    struct interval interval;
    bool replace; /* an open interval wipes what follows */
    bool create;  /* the tag, when it is not there */
};

/* Checks the payload against its type and makes it valid; the list of the type is made
 * when the tag has none. What is refused leaves nothing behind. Each says on stdout what
 * it did. */
bool change_put(struct remote *remote, const struct change_put *put, struct err *err);

/* The same with bytes that were checked; the file is only a name, and nothing is said.
 * Refused when the tag is not at *sequence any more (0: whatever it is), which becomes
 * that after the change. */
bool change_put_bytes(struct remote *remote, const struct change_put *put,
                      const struct bytes *bytes, uint64_t *sequence, struct err *err);

/* Unlocked; refused when there is one of that name. */
bool change_make_tag(struct remote *remote, const char *tag, struct err *err);
bool change_clone(struct remote *remote, const char *source, const char *name,
                  struct err *err);
bool change_freeze(struct remote *remote, const char *tag, struct err *err);

/* A copy of the store in `folder`, also while it is served: records and bytes, each
 * checked; not the tokens. */
bool change_copy(const char *folder, const char *to, struct err *err);

#endif
