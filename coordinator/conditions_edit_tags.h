/* conditions_edit_tags.h - changes of statuses, types, lists and tags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each prepares an edit (conditions_edit.h); `made` of the edit is the number of what was
 * made or changed. The bodies are those of nopayloaddb.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_EDIT_TAGS_H
#define SPILLWAY_COORDINATOR_CONDITIONS_EDIT_TAGS_H

#include "coordinator/conditions_edit.h"

/* {"name"}: 400 for a name that is taken. */
bool edit_make_status(struct edit *edit, const struct json *body,
                      struct refusal *refusal);
bool edit_make_type(struct edit *edit, const struct json *body, struct refusal *refusal);

/* {"name", "status"[, "author"]} */
bool edit_make_tag(struct edit *edit, const struct json *body, struct refusal *refusal);

/* {"payload_type"} */
bool edit_make_list(struct edit *edit, const struct json *body, struct refusal *refusal);

/* {"payload_list", "global_tag"}: the tag's list of the same type leaves it, and the
 * list leaves the tag that it is in. */
bool edit_attach_list(struct edit *edit, const struct json *body,
                      struct refusal *refusal);

/* Where rows of a type go in a tag. */
struct edit_place {
    const struct index_list *list; /* NULL: it is made by this change */
    uint64_t id;                   /* of the list */
};

/* The list of a type in a tag; type and list are made when they are not there, and the
 * tag with `create`. The tag is touched. */
bool edit_need_list(struct edit *edit, const char *tag, const char *type, bool create,
                    struct edit_place *place, struct refusal *refusal);

/* Any status but away from frozen. Freezing is prepared by conditions_freeze.h. */
bool edit_set_status(struct edit *edit, struct index_tag *tag, const char *status,
                     struct refusal *refusal);

/* A copy of a tag with its lists and rows, unlocked. */
bool edit_clone(struct edit *edit, const char *source, const char *name,
                struct refusal *refusal);

bool edit_delete_tag(struct edit *edit, const char *name, struct refusal *refusal);
bool edit_delete_type(struct edit *edit, const char *name, struct refusal *refusal);
bool edit_delete_list(struct edit *edit, const char *name, struct refusal *refusal);

#endif
