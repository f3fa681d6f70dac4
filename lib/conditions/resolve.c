/* resolve.c - a tag for a window of runs -> manifest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/resolve.h"

#include <inttypes.h>
#include <limits.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/match.h"
#include "conditions/payload.h"

/* What is known of a row once its payload was fetched. */
struct fetched {
    const struct tag_row *row;
    bool done;
    const char *type; /* whose form was read last; NULL: the bytes were not */
    struct sha256 hash;
    uint64_t size;
};

struct resolving {
    struct source *source;
    const struct resolve_request *request;
    struct arena arena;
    struct tag tag;
    struct fetched *fetched; /* distinct (URL, checksum), sorted */
    size_t fetched_count;
    struct match match;
    struct manifest manifest;
};

/* ---- payloads ---- */

static int compare_fetched(const void *left, const void *right)
{
    const struct fetched *a = left;
    const struct fetched *b = right;
    int sign = strcmp(a->row->url, b->row->url);
    return sign != 0 ? sign : strcmp(a->row->checksum, b->row->checksum);
}

static bool list_payloads(struct resolving *resolving, struct err *err)
{
    void *memory = NULL;
    const struct tag *tag = &resolving->tag;
    if (!arena_take(&resolving->arena, tag->count, sizeof *resolving->fetched, &memory,
                    err))
        return false;
    resolving->fetched = memory;
    for (size_t i = 0; i < tag->count; i++)
        resolving->fetched[i].row = &tag->rows[i];
    qsort(resolving->fetched, tag->count, sizeof *resolving->fetched, compare_fetched);
    for (size_t i = 0; i < tag->count; i++) {
        struct fetched *last = &resolving->fetched[resolving->fetched_count];
        if (i > 0 && compare_fetched(last - 1, &resolving->fetched[i]) == 0)
            continue;
        *last = resolving->fetched[i];
        resolving->fetched_count++;
    }
    return true;
}

/* The form of a type that we know, and what it says about its companions. */
static bool read_form(struct resolving *resolving, const struct tag_row *row,
                      const struct sha256 *hash, const struct bytes *bytes,
                      struct err *err)
{
    const struct match_payload payload = {row->type, row->url, bytes, *hash};
    return match_read(&resolving->match, &payload, err);
}

static bool fetch(struct resolving *resolving, struct fetched *fetched, struct err *err)
{
    const struct resolve_request *request = resolving->request;
    struct bytes bytes;
    if (request->known &&
        request->known(request->user, fetched->row, &fetched->hash, &fetched->size)) {
        fetched->done = true;
        return true;
    }
    bytes_init(&bytes, PAYLOAD_LIMIT);
    bool done = source_read_payload(resolving->source, fetched->row, &bytes, err);
    if (done) {
        fetched->hash = sha256_of(bytes.data, bytes.size);
        fetched->size = bytes.size;
        fetched->done = true;
        fetched->type = fetched->row->type;
        done = read_form(resolving, fetched->row, &fetched->hash, &bytes, err);
    }
    if (done && request->seen)
        done = request->seen(request->user, fetched->row, &fetched->hash, &bytes, err);
    bytes_release(&bytes);
    return done;
}

/* A URL that rows of several types name: its bytes must be of the form of each. Types
 * come one after the other. */
static bool read_form_too(struct resolving *resolving, struct fetched *fetched,
                          const struct tag_row *row, struct err *err)
{
    struct bytes bytes;
    if (!fetched->type || strcmp(fetched->type, row->type) == 0)
        return true;
    fetched->type = row->type;
    bytes_init(&bytes, PAYLOAD_LIMIT);
    bool done = source_read_payload(resolving->source, row, &bytes, err) &&
                read_form(resolving, row, &fetched->hash, &bytes, err);
    bytes_release(&bytes);
    return done;
}

static bool entry_of_row(struct resolving *resolving, const struct tag_row *row,
                         struct manifest_entry *entry, struct err *err)
{
    struct fetched wanted = {.row = row};
    struct fetched *found = bsearch(&wanted, resolving->fetched, resolving->fetched_count,
                                    sizeof *resolving->fetched, compare_fetched);
    bug_if(!found);
    if (!found->done ? !fetch(resolving, found, err)
                     : !read_form_too(resolving, found, row, err))
        return false;
    entry->hash = found->hash;
    entry->size = found->size;
    return true;
}

/* ---- types ---- */

/* One entry; `row` is NULL for a gap. */
static bool add_piece(struct resolving *resolving, const char *type,
                      const struct tag_row *row, struct interval interval,
                      struct err *err)
{
    struct manifest_entry entry = {.gap = !row, .interval = interval};
    if (strlen(type) >= sizeof entry.type)
        return err_set(err, E_TAG_ROW, "type '%.80s' has more than %d characters", type,
                       TYPE_NAME - 1);
    memcpy(entry.type, type, strlen(type) + 1);
    return (!row || entry_of_row(resolving, row, &entry, err)) &&
           manifest_add(&resolving->manifest, &entry, err);
}

static bool add_type(void *user, const char *type, const struct tag_row *rows,
                     size_t count, struct err *err)
{
    struct resolving *resolving = user;
    const struct resolve_request *request = resolving->request;
    void *intervals_memory = NULL;
    void *pieces_memory = NULL;
    if (!arena_take(&resolving->arena, count, sizeof(struct interval), &intervals_memory,
                    err) ||
        !arena_take(&resolving->arena, 2 * count + 1, sizeof(struct interval_piece),
                    &pieces_memory, err))
        return false;
    struct interval *intervals = intervals_memory;
    struct interval_piece *pieces = pieces_memory;
    for (size_t i = 0; i < count; i++)
        intervals[i] = rows[i].interval;
    struct interval window = interval_of_runs(request->first_run, request->last_run);
    size_t made = interval_cut(window, intervals, count, pieces);
    for (size_t i = 0; i < made; i++) {
        bool gap = pieces[i].index == INTERVAL_GAP;
        if (!add_piece(resolving, type, gap ? NULL : &rows[pieces[i].index],
                       pieces[i].interval, err))
            return false;
    }
    return true;
}

bool resolve_tag(struct source *source, const struct resolve_request *request,
                 struct manifest *manifest, enum tag_status *status, struct err *err)
{
    struct resolving resolving = {.source = source, .request = request};
    bug_if(request->first_run > request->last_run);
    arena_init(&resolving.arena, TAG_MEMORY);
    manifest_init(&resolving.manifest, request->first_run, request->last_run);
    bool done =
        source_read_tag(source, request->tag, &resolving.arena, &resolving.tag, err) &&
        list_payloads(&resolving, err) &&
        tag_each_type(&resolving.tag, request->types, request->type_count, add_type,
                      &resolving, err) &&
        match_check(&resolving.match, &resolving.manifest, err);
    if (done) {
        *manifest = resolving.manifest;
        *status = resolving.tag.status;
    } else {
        manifest_release(&resolving.manifest);
        (void)err_wrap(err, "tag %.80s", request->tag);
    }
    match_release(&resolving.match);
    arena_release(&resolving.arena);
    return done;
}

/* ---- blobs ---- */

void resolve_blob_name(const struct sha256 *hash, char out[RESOLVE_NAME])
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    (void)snprintf(out, RESOLVE_NAME, "conditions/%.2s/%s", hex, hex);
}

/* Damaged bytes do not count: they are written again. */
static bool blob_is_there(const char *path, const struct sha256 *hash)
{
    struct bytes bytes;
    struct err unused;
    bytes_init(&bytes, PAYLOAD_LIMIT);
    bool there = disk_exists(path) && disk_read_file(path, &bytes, &unused);
    struct sha256 found = sha256_of(bytes.data, bytes.size);
    bytes_release(&bytes);
    return there && sha256_equal(&found, hash);
}

bool resolve_blob_put(const char *store, const struct sha256 *hash,
                      const struct bytes *bytes, struct err *err)
{
    char name[RESOLVE_NAME];
    char path[PATH_MAX];
    resolve_blob_name(hash, name);
    int length = snprintf(path, sizeof path, "%s/%s", store, name);
    if (length < 0 || length >= (int)sizeof path)
        return err_set(err, E_LIMIT, "%.200s...: the path of the store is too long",
                       store);
    return blob_is_there(path, hash) ||
           transfer_put(path, bytes->data, bytes->size, 0444, err);
}
