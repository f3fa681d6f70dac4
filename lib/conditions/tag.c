/* tag.c - a global tag as a source tells it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The point query answers with arrays of 9 elements (type, URL, checksum, size, start
 * run, start spill, end run, end spill, extra); older services send 7 (without size and
 * extra) or 8 (without extra). `size` is null for all rows made over HTTP.
 */
#include "conditions/tag.h"

#include <ctype.h>

#include "base/text.h"

#define TAG_TEXT 256 /* 255 characters in the service; with the NUL */

static const char *const status_names[] = {[TAG_UNLOCKED] = "unlocked",
                                           [TAG_LOCKED] = "locked",
                                           [TAG_FROZEN] = "frozen",
                                           [TAG_OTHER] = "other"};

/* The four ends of an interval and the other members of a row, wherever they stood. */
struct row_parts {
    const char *type;
    const struct json *url;
    const struct json *checksum;
    const struct json *size;
    const struct json *ends[4]; /* start run, start spill, end run, end spill */
    bool needs_ends;            /* a folder may leave the last two out */
};

/* A document being read into rows. */
struct tag_reader {
    const char *what;
    struct arena *arena;
    struct tag *tag;
    size_t capacity;
};

const char *tag_status_name(enum tag_status status)
{
    return status_names[status];
}

enum tag_status tag_status_from(const char *word)
{
    for (int i = TAG_UNLOCKED; i < TAG_OTHER; i++) {
        if (strcmp(status_names[i], word) == 0)
            return (enum tag_status)i;
    }
    return TAG_OTHER;
}

bool tag_name_is_fine(const char *name)
{
    return text_is_name(name, TAG_NAME - 1);
}

/* ---- rows ---- */

static bool take_text(struct tag_reader *reader, const struct json *value,
                      const char *name, const char **out, struct err *err)
{
    const char *text = NULL;
    if (!json_text(value, &text) || strlen(text) >= TAG_TEXT)
        return err_set(err, E_TAG_ROW,
                       "%s: row %zu: '%s' is no text of up to %d characters",
                       reader->what, reader->tag->count, name, TAG_TEXT - 1);
    *out = arena_text(reader->arena, text);
    return *out ||
           err_set(err, E_LIMIT, "%s: the tag is above the memory limit", reader->what);
}

static bool take_ends(struct tag_reader *reader, const struct row_parts *parts,
                      struct interval *interval, struct err *err)
{
    static const char *const names[] = {"major_iov", "minor_iov", "major_iov_end",
                                        "minor_iov_end"};
    int64_t ends[4] = {0, 0, INT64_MAX, INT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        bool may_be_absent = i >= 2 && !parts->needs_ends && !parts->ends[i];
        if (!may_be_absent && !json_i64(parts->ends[i], &ends[i]))
            return err_set(err, E_TAG_ROW, "%s: row %zu (%s): '%s' is no 64-bit integer",
                           reader->what, reader->tag->count, parts->type, names[i]);
    }
    *interval = (struct interval){{ends[0], ends[1]}, {ends[2], ends[3]}};
    return true;
}

static bool row_place(struct tag_reader *reader, struct tag_row **row, struct err *err)
{
    struct tag *tag = reader->tag;
    if (tag->count == reader->capacity) {
        size_t capacity = reader->capacity > 0 ? 2 * reader->capacity : 256;
        void *rows = NULL;
        if (capacity > TAG_ROWS)
            return err_set(err, E_CONDITIONS_REPLY, "%s: more than %zu rows",
                           reader->what, TAG_ROWS);
        if (!arena_take(reader->arena, capacity, sizeof *tag->rows, &rows, err))
            return err_wrap(err, "%s", reader->what);
        if (tag->count > 0)
            memcpy(rows, tag->rows, tag->count * sizeof *tag->rows);
        tag->rows = rows;
        reader->capacity = capacity;
    }
    *row = &tag->rows[tag->count];
    return true;
}

static bool row_add(struct tag_reader *reader, const struct row_parts *parts,
                    struct err *err)
{
    struct tag_row *row = NULL;
    struct tag_row made = {.type = parts->type, .size = -1};
    if (!take_text(reader, parts->url, "payload_url", &made.url, err) ||
        !take_text(reader, parts->checksum, "checksum", &made.checksum, err) ||
        !take_ends(reader, parts, &made.interval, err))
        return false;
    bool has_size = parts->size && !json_is_null(parts->size);
    if (has_size && (!json_i64(parts->size, &made.size) || made.size < 0))
        return err_set(err, E_TAG_ROW, "%s: row %zu (%s): 'size' is no number of bytes",
                       reader->what, reader->tag->count, parts->type);
    if (!row_place(reader, &row, err))
        return false;
    *row = made;
    reader->tag->count++;
    return true;
}

/* A row written as an object: dump, folder, point query with shape=dict. */
static bool row_from_object(struct tag_reader *reader, const struct json *object,
                            const char *type, bool needs_ends, struct err *err)
{
    struct row_parts parts = {
        .type = type,
        .url = json_get(object, "payload_url"),
        .checksum = json_get(object, "checksum"),
        .size = json_get(object, "size"),
        .ends = {json_get(object, "major_iov"), json_get(object, "minor_iov"),
                 json_get(object, "major_iov_end"), json_get(object, "minor_iov_end")},
        .needs_ends = needs_ends};
    return row_add(reader, &parts, err);
}

static bool row_from_array(struct tag_reader *reader, const struct json *array,
                           const char *type, struct err *err)
{
    size_t columns = json_count(array);
    if (columns < 7 || columns > 9)
        return err_set(err, E_CONDITIONS_REPLY, "%s: row %zu has %zu columns, not 7 to 9",
                       reader->what, reader->tag->count, columns);
    size_t first = columns == 7 ? 3 : 4; /* of the ends */
    struct row_parts parts = {.type = type,
                              .url = json_at(array, 1),
                              .checksum = json_at(array, 2),
                              .size = columns == 7 ? NULL : json_at(array, 3),
                              .ends = {json_at(array, first), json_at(array, first + 1),
                                       json_at(array, first + 2),
                                       json_at(array, first + 3)},
                              .needs_ends = true};
    return row_add(reader, &parts, err);
}

/* ---- documents ---- */

/* "status" is a word in short forms and an object with a name in the dump. */
static bool read_status(struct tag_reader *reader, const struct json *document,
                        struct err *err)
{
    const struct json *status = json_get(document, "status");
    const char *word = NULL;
    if (json_is_object(status))
        status = json_get(status, "name");
    if (!json_text(status, &word))
        return err_set(err, E_CONDITIONS_REPLY, "%s: no tag: 'status' is missing",
                       reader->what);
    reader->tag->status = tag_status_from(word);
    return true;
}

static bool read_head(struct tag_reader *reader, const struct json *document,
                      struct err *err)
{
    const char *name = NULL;
    *reader->tag = (struct tag){.status = TAG_OTHER};
    if (!json_text(json_get(document, "name"), &name))
        return err_set(err, E_CONDITIONS_REPLY, "%s: no tag: 'name' is missing",
                       reader->what);
    if (!tag_name_is_fine(name))
        return err_set(err, E_CONDITIONS_REPLY,
                       "%s: the tag has a name that we do not take", reader->what);
    (void)text_copy(reader->tag->name, sizeof reader->tag->name, name, err);
    return read_status(reader, document, err);
}

static bool read_list(struct tag_reader *reader, const struct json *list, struct err *err)
{
    const char *type = NULL;
    const struct json *rows = json_get(list, "payload_iov");
    if (!json_is_array(rows))
        return err_set(err, E_CONDITIONS_REPLY, "%s: a list without 'payload_iov'",
                       reader->what);
    if (!take_text(reader, json_get(list, "payload_type"), "payload_type", &type, err))
        return false;
    for (size_t i = 0; i < json_count(rows); i++) {
        if (!row_from_object(reader, json_at(rows, i), type, true, err))
            return false;
    }
    return true;
}

/* What our service says beside the rows; anything else than a plain path is not heard. */
static void take_payloads(const struct tag_reader *reader, const struct json *document)
{
    const char *path = NULL;
    bool said = json_text(json_get(document, "payloads"), &path) && path[0] == '/' &&
                tag_url_is_safe(path + 1);
    reader->tag->payloads = said ? arena_text(reader->arena, path) : NULL;
}

bool tag_read_dump(const struct json *document, const char *what, struct arena *arena,
                   struct tag *tag, struct err *err)
{
    struct tag made;
    struct tag_reader reader = {.what = what, .arena = arena, .tag = &made};
    const struct json *lists = json_get(document, "payload_lists");
    if (!read_head(&reader, document, err))
        return false;
    if (!json_is_array(lists))
        return err_set(err, E_CONDITIONS_REPLY, "%s: no tag: 'payload_lists' is missing",
                       what);
    for (size_t i = 0; i < json_count(lists); i++) {
        if (!read_list(&reader, json_at(lists, i), err))
            return false;
    }
    take_payloads(&reader, document);
    *tag = made;
    return true;
}

bool tag_read_folder(const struct json *document, const char *what, struct arena *arena,
                     struct tag *tag, struct err *err)
{
    struct tag made;
    struct tag_reader reader = {.what = what, .arena = arena, .tag = &made};
    const struct json *rows = json_get(document, "payloads");
    if (!read_head(&reader, document, err))
        return false;
    if (!json_is_array(rows))
        return err_set(err, E_CONDITIONS_REPLY, "%s: no tag: 'payloads' is missing",
                       what);
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        const char *type = NULL;
        if (!take_text(&reader, json_get(row, "payload_type_name"), "payload_type_name",
                       &type, err) ||
            !row_from_object(&reader, row, type, false, err))
            return false;
    }
    *tag = made;
    return true;
}

bool tag_read_point(const struct json *document, const char *what, struct arena *arena,
                    struct tag *tag, struct err *err)
{
    struct tag made = {.status = TAG_OTHER};
    struct tag_reader reader = {.what = what, .arena = arena, .tag = &made};
    if (!json_is_array(document))
        return err_set(err, E_CONDITIONS_REPLY, "%s: the answer is no list of rows",
                       what);
    for (size_t i = 0; i < json_count(document); i++) {
        const struct json *row = json_at(document, i);
        bool is_array = json_is_array(row);
        const struct json *type =
            is_array ? json_at(row, 0) : json_get(row, "payload_type_name");
        const char *name = NULL;
        if (!take_text(&reader, type, "payload_type_name", &name, err) ||
            !(is_array ? row_from_array(&reader, row, name, err)
                       : row_from_object(&reader, row, name, true, err)))
            return false;
    }
    *tag = made;
    return true;
}

/* ---- checks ---- */

bool tag_url_is_safe(const char *url)
{
    size_t part = 0;
    bool dots = true; /* the part so far is all dots */
    for (const char *c = url;; c++) {
        if (*c == '/' || *c == '\0') {
            if (part == 0 || (dots && part <= 2))
                return false;
            if (*c == '\0')
                return true;
            part = 0;
            dots = true;
            continue;
        }
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("_.-+", *c);
        if (!plain)
            return false;
        dots = dots && *c == '.';
        part++;
    }
}

static bool checksum_is_known(const char *checksum)
{
    size_t length = strlen(checksum);
    return (length == 32 || length == 64) &&
           strspn(checksum, "0123456789abcdef") == length;
}

/* `checksum` in lower case, in its own place in the arena. */
static void checksum_lower(const struct tag_row *row)
{
    union {
        const char *constant;
        char *plain;
    } place = {.constant = row->checksum};

    for (char *c = place.plain; *c; c++)
        *c = (char)tolower((unsigned char)*c);
}

static bool row_check(const struct tag_row *row, const char *what, struct err *err)
{
    const char *problem = NULL;
    checksum_lower(row);
    if (!text_is_name(row->type, TAG_NAME - 1))
        problem = "the type is no name";
    else if (!tag_url_is_safe(row->url))
        problem = "payload_url is not a plain relative path";
    else if (!checksum_is_known(row->checksum))
        problem = "checksum is neither MD5 nor SHA-256 in hexadecimal";
    else if (interval_is_empty(row->interval))
        problem = "the end is not after the start";
    if (!problem)
        return true;
    return err_set(err, E_TAG_ROW, "%s: %.80s from %lld.%lld: %s", what, row->type,
                   (long long)row->interval.start.run,
                   (long long)row->interval.start.spill, problem);
}

static int place_compare(const struct tag_row *a, const struct tag_row *b)
{
    int sign = strcmp(a->type, b->type);
    return sign != 0 ? sign : moment_compare(a->interval.start, b->interval.start);
}

/* Rows with one start stand in one order, however they came. */
static int row_compare(const void *left, const void *right)
{
    const struct tag_row *a = left;
    const struct tag_row *b = right;
    int sign = place_compare(a, b);
    sign = sign != 0 ? sign : strcmp(a->url, b->url);
    sign = sign != 0 ? sign : strcmp(a->checksum, b->checksum);
    sign = sign != 0 ? sign : (a->size > b->size) - (a->size < b->size);
    return sign != 0 ? sign : moment_compare(a->interval.end, b->interval.end);
}

bool tag_sort(struct tag *tag, const char *what, struct err *err)
{
    for (size_t i = 0; i < tag->count; i++) {
        if (!row_check(&tag->rows[i], what, err))
            return false;
    }
    if (tag->count > 0)
        qsort(tag->rows, tag->count, sizeof *tag->rows, row_compare);
    return true;
}

bool tag_check(struct tag *tag, const char *what, struct err *err)
{
    if (!tag_sort(tag, what, err))
        return false;
    for (size_t i = 1; i < tag->count; i++) {
        const struct tag_row *row = &tag->rows[i];
        if (place_compare(row - 1, row) == 0)
            return err_set(err, E_TAG_ROW, "%s: %s has two rows from %lld.%lld", what,
                           row->type, (long long)row->interval.start.run,
                           (long long)row->interval.start.spill);
    }
    return true;
}

static bool row_equal(const struct tag_row *a, const struct tag_row *b)
{
    return strcmp(a->type, b->type) == 0 && strcmp(a->url, b->url) == 0 &&
           strcmp(a->checksum, b->checksum) == 0 && a->size == b->size &&
           moment_compare(a->interval.start, b->interval.start) == 0 &&
           moment_compare(a->interval.end, b->interval.end) == 0;
}

/* How many rows from `first` on are of one type; the tag is sorted. */
static size_t rows_of_type(const struct tag *tag, size_t first, const char *type)
{
    size_t count = 0;
    while (first + count < tag->count && strcmp(tag->rows[first + count].type, type) == 0)
        count++;
    return count;
}

static bool each_of_all(const struct tag *tag, tag_type_seen seen, void *user,
                        struct err *err)
{
    for (size_t first = 0; first < tag->count;) {
        const char *type = tag->rows[first].type;
        size_t count = rows_of_type(tag, first, type);
        if (!seen(user, type, &tag->rows[first], count, err))
            return false;
        first += count;
    }
    return true;
}

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;
    return strcmp(*a, *b);
}

bool tag_each_type(const struct tag *tag, const char *const *types, size_t type_count,
                   tag_type_seen seen, void *user, struct err *err)
{
    size_t first = 0;
    bool done = true;
    if (!types)
        return each_of_all(tag, seen, user, err);
    const char **sorted = mem_new(type_count + 1, sizeof *sorted);
    for (size_t i = 0; i < type_count; i++)
        sorted[i] = types[i];
    qsort(sorted, type_count, sizeof *sorted, compare_names);
    for (size_t i = 0; done && i < type_count; i++) {
        if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0)
            continue;
        while (first < tag->count && strcmp(tag->rows[first].type, sorted[i]) < 0)
            first++;
        size_t count = rows_of_type(tag, first, sorted[i]);
        done = seen(user, sorted[i], count > 0 ? &tag->rows[first] : NULL, count, err);
    }
    free(sorted);
    return done;
}

bool tag_equal(const struct tag *a, const struct tag *b)
{
    bool same = a->count == b->count && a->status == b->status;
    for (size_t i = 0; same && i < a->count; i++)
        same = row_equal(&a->rows[i], &b->rows[i]);
    return same;
}
