/* tag.h - a global tag as a source tells it: rows (type, interval, URL, checksum).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read from hostile JSON in every form that sources have: the nested dump of a tag, rows
 * of the point query (arrays of 7, 8 or 9, or objects), the file of a folder. Always true
 * for a tag that tag_check accepted: rows are sorted by (type, start), no two rows of a
 * type have one start, URLs are safe relative paths, checksums are MD5 or SHA-256.
 */
#ifndef SPILLWAY_CONDITIONS_TAG_H
#define SPILLWAY_CONDITIONS_TAG_H

#include "base/arena.h"
#include "base/json.h"
#include "conditions/interval.h"

#define TAG_NAME   81                    /* 80 characters in the service; with the NUL */
#define TAG_ROWS   ((size_t)1 << 19)     /* the largest tag measured had 5.2 * 10^5 */
#define TAG_JSON   ((uint64_t)192 << 20) /* 284 bytes a row in the nested dump */
#define TAG_MEMORY ((size_t)1 << 30)     /* rows and texts, twice while growing */

enum tag_status { TAG_UNLOCKED, TAG_LOCKED, TAG_FROZEN, TAG_OTHER };

struct tag_row {
    const char *type;
    const char *url;      /* below the payload base of the source */
    const char *checksum; /* hexadecimal, lower case */
    int64_t size;         /* bytes, -1 unknown */
    struct interval interval;
};

struct tag {
    char name[TAG_NAME];
    enum tag_status status;
    size_t count;
    struct tag_row *rows; /* texts and rows in the arena of the caller */
    const char *payloads; /* path of them on the host that was asked; NULL: not said */
};

/* Called for each tag of a source; false with *err ends the list. */
struct tag_listing {
    char name[TAG_NAME];
    enum tag_status status;
    int64_t rows; /* -1 unknown */
};

typedef bool (*tag_seen)(void *user, const struct tag_listing *listing, struct err *err);

const char *tag_status_name(enum tag_status status);
enum tag_status tag_status_from(const char *word);

/* A name that may stand in a path and a URL. */
bool tag_name_is_fine(const char *name);

/* A relative path of plain letters without "." or ".." or empty parts: joined to a base
 * it stays below that base whatever the base is. */
bool tag_url_is_safe(const char *url);

/* `what` is the URL or file, for messages. E_CONDITIONS_REPLY when the document is not
 * of the form; E_TAG_ROW for a row that cannot be read. */
bool tag_read_dump(const struct json *document, const char *what, struct arena *arena,
                   struct tag *tag, struct err *err);
bool tag_read_folder(const struct json *document, const char *what, struct arena *arena,
                     struct tag *tag, struct err *err);
bool tag_read_point(const struct json *document, const char *what, struct arena *arena,
                    struct tag *tag, struct err *err);

/* Checks each row and sorts by (type, start, URL, checksum, size, end). The message names
 * type and start of the row. */
bool tag_sort(struct tag *tag, const char *what, struct err *err);

/* The same, and no two rows of a type have one start. */
bool tag_check(struct tag *tag, const char *what, struct err *err);

/* Called for a type with its rows; false with *err ends the walk. */
typedef bool (*tag_type_seen)(void *user, const char *type, const struct tag_row *rows,
                              size_t count, struct err *err);

/* The types of a sorted tag in their order: all (`types` NULL), or those wanted, each
 * once; one that the tag does not have is seen with no rows. */
bool tag_each_type(const struct tag *tag, const char *const *types, size_t type_count,
                   tag_type_seen seen, void *user, struct err *err);

/* Same rows and status. Both were checked. */
bool tag_equal(const struct tag *a, const struct tag *b);

#endif
