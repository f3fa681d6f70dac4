/* conditions_library.h - the tags of a folder in memory, read again when a file changes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Used by one thread (that of the embedded conditions service). A tag file that cannot be
 * read does not stop the others: its tag has an error text instead of rows.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_LIBRARY_H
#define SPILLWAY_COORDINATOR_CONDITIONS_LIBRARY_H

#include "conditions/tag.h"

#define LIBRARY_TAGS  10000u
#define LIBRARY_ERROR 256

/* The rows of one type in a tag, as the service's "payload list". */
struct library_list {
    uint32_t id; /* unique over all tags */
    size_t first;
    size_t count;
};

struct library_tag {
    uint32_t id; /* from 1, in the order of names; may change when tags come or go */
    char name[TAG_NAME];
    char error[LIBRARY_ERROR]; /* "" when the tag was read */
    struct tag tag;
    size_t list_count;
    struct library_list *lists; /* sorted by type; in the arena */
    uint64_t first_row_id;
    struct arena arena;
    /* What the file looked like when it was read. */
    int64_t changed_ns;
    int64_t size;
    uint64_t inode;
};

struct library;

/* E_CONDITIONS_FETCH when FOLDER/tags is no folder. */
bool library_open(const char *folder, struct library **library, struct err *err);
void library_close(struct library *library);

/* Looks at the folder and reads what is new or changed. */
void library_refresh(struct library *library);

size_t library_count(const struct library *library);

/* Borrowed until the next refresh. In the order of names; NULL when absent. */
const struct library_tag *library_at(const struct library *library, size_t index);
const struct library_tag *library_find(const struct library *library, const char *name);

/* The row that the service's rule gives for a moment: greatest start at or before it,
 * whatever its end. NULL when there is none. */
const struct tag_row *library_row_at(const struct library_tag *tag,
                                     const struct library_list *list,
                                     struct moment moment);

#endif
