/* snapshot.c - reading a snapshot: nothing in it is believed before it was checked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"

#define SNAPSHOT_WORDS 5

struct blob {
    struct sha256 hash;
    uint64_t size;
    uint64_t offset; /* 0: not in the file */
    const char *url; /* in `index` */
};

struct snapshot {
    char *path;
    int fd;
    uint64_t end; /* of the payloads: where the manifest begins */
    char tag[TAG_NAME];
    enum tag_status status;
    char *payloads; /* NULL: not known */
    struct manifest manifest;
    struct bytes index; /* its text; lines and words end in NUL */
    struct blob *blobs; /* sorted */
    size_t count;
};

static bool damaged(const struct snapshot *snapshot, const char *what, struct err *err)
{
    return err_set(err, E_SNAPSHOT, "%s: %s", snapshot->path, what);
}

static bool read_piece(const struct snapshot *snapshot, uint64_t offset, uint64_t size,
                       struct bytes *out, struct err *err)
{
    uint8_t *place = NULL;
    if (!bytes_reserve(out, (size_t)size, &place, err) ||
        !disk_read_at(snapshot->fd, snapshot->path, offset, place, (size_t)size, err))
        return false;
    out->size += (size_t)size;
    return true;
}

/* ---- the last line ---- */

struct tail {
    uint64_t offset;
    uint64_t size;
    struct sha256 hash;
};

static bool tail_read(const struct snapshot *snapshot, uint64_t file_size,
                      struct tail *tail, struct err *err)
{
    char line[SNAPSHOT_TAIL + 1] = "";
    char start[sizeof SNAPSHOT_START] = "";
    struct err unused;
    uint64_t least = strlen(SNAPSHOT_START) + SNAPSHOT_TAIL;
    if (file_size < least)
        return damaged(snapshot, "no snapshot: too short", err);
    if (!disk_read_at(snapshot->fd, snapshot->path, 0, start, sizeof start - 1, err) ||
        !disk_read_at(snapshot->fd, snapshot->path, file_size - SNAPSHOT_TAIL, line,
                      SNAPSHOT_TAIL, err))
        return false;
    size_t word = strlen(SNAPSHOT_END);
    if (strcmp(start, SNAPSHOT_START) != 0)
        return damaged(snapshot, "no snapshot: does not begin with 'spillway-snapshot 1'",
                       err);
    if (strncmp(line, SNAPSHOT_END, word) != 0 || line[word + 20] != ' ' ||
        line[word + 41] != ' ' || line[SNAPSHOT_TAIL - 1] != '\n')
        return damaged(snapshot, "cut short: its last line is missing", err);
    line[word + 20] = line[word + 41] = line[SNAPSHOT_TAIL - 1] = '\0';
    bool known = text_to_u64(line + word, INT64_MAX, &tail->offset, &unused) &&
                 text_to_u64(line + word + 21, SNAPSHOT_INDEX, &tail->size, &unused) &&
                 sha256_from_hex(line + word + 42, &tail->hash, &unused) &&
                 tail->offset >= strlen(SNAPSHOT_START) &&
                 tail->offset + tail->size + SNAPSHOT_TAIL == file_size;
    return known || damaged(snapshot, "its last line does not fit the file", err);
}

/* ---- the index ---- */

/* The next line as exactly `count` words, NULL when it is not so. */
static bool line_next(struct snapshot *snapshot, size_t *at, size_t count,
                      const char *words[SNAPSHOT_WORDS])
{
    char *line = (char *)snapshot->index.data + *at;
    size_t left = snapshot->index.size - *at;
    char *end = left > 0 ? memchr(line, '\n', left) : NULL;
    if (!end || memchr(line, '\0', (size_t)(end - line)))
        return false;
    *end = '\0';
    *at += (size_t)(end - line) + 1;
    for (size_t i = 0; i < count; i++) {
        char *space = strchr(line, ' ');
        words[i] = line;
        if ((i + 1 < count) != (space != NULL) || *line == '\0')
            return false;
        if (space)
            *space++ = '\0';
        line = space;
    }
    return true;
}

/* In place: "%3A" -> ":". */
static char *percent_decoded(const char *text)
{
    char *out = mem_text(text);
    size_t length = 0;
    struct err unused;
    for (const char *c = text; *c; c++) {
        uint8_t byte = 0;
        char pair[3] = {0};
        if (*c == '%' && c[1] && c[2]) {
            memcpy(pair, c + 1, 2);
            if (text_from_hex(pair, &byte, 1, &unused) && byte) {
                out[length++] = (char)byte;
                c += 2;
                continue;
            }
        }
        out[length++] = *c;
    }
    out[length] = '\0';
    return out;
}

static bool head_read(struct snapshot *snapshot, size_t *at, struct err *err)
{
    const char *words[SNAPSHOT_WORDS];
    if (!line_next(snapshot, at, 3, words) || strcmp(words[0], "tag") != 0 ||
        !tag_name_is_fine(words[1]) || !text_copy(snapshot->tag, TAG_NAME, words[1], err))
        return damaged(snapshot, "its index names no tag", err);
    snapshot->status = tag_status_from(words[2]);
    if (!line_next(snapshot, at, 2, words) || strcmp(words[0], "payloads") != 0)
        return damaged(snapshot, "its index has no line 'payloads'", err);
    if (strcmp(words[1], "-") != 0)
        snapshot->payloads = percent_decoded(words[1]);
    return true;
}

static bool manifest_read(struct snapshot *snapshot, size_t *at, const struct tail *tail,
                          struct err *err)
{
    const char *words[SNAPSHOT_WORDS];
    struct bytes text;
    struct err unused;
    struct sha256 wanted;
    uint64_t size = 0;
    if (!line_next(snapshot, at, 4, words) || strcmp(words[0], "manifest") != 0 ||
        !text_to_u64(words[1], tail->offset, &snapshot->end, &unused) ||
        !text_to_u64(words[2], MANIFEST_TEXT, &size, &unused) ||
        !sha256_from_hex(words[3], &wanted, &unused) ||
        snapshot->end + size != tail->offset)
        return damaged(snapshot, "its index names no manifest", err);
    bytes_init(&text, MANIFEST_TEXT);
    bool done = read_piece(snapshot, snapshot->end, size, &text, err);
    struct sha256 hash = sha256_of(text.data, text.size);
    if (done && !sha256_equal(&hash, &wanted))
        done = damaged(snapshot, "the manifest has another hash", err);
    done = done &&
           manifest_parse(text.data, text.size, snapshot->path, &snapshot->manifest, err);
    bytes_release(&text);
    return done;
}

static bool blob_read(const struct snapshot *snapshot, const char *const *words,
                      struct blob *blob, struct err *err)
{
    struct err unused;
    *blob = (struct blob){.url = words[4]};
    bool inside = strcmp(words[3], "-") != 0;
    bool known =
        strcmp(words[0], "blob") == 0 &&
        sha256_from_hex(words[1], &blob->hash, &unused) &&
        text_to_u64(words[2], INT64_MAX, &blob->size, &unused) &&
        (!inside || text_to_u64(words[3], snapshot->end, &blob->offset, &unused)) &&
        tag_url_is_safe(blob->url);
    if (known && inside)
        known = blob->offset >= strlen(SNAPSHOT_START) &&
                blob->size <= snapshot->end - blob->offset;
    return known || damaged(snapshot, "a line of its index is no payload", err);
}

static bool blobs_read(struct snapshot *snapshot, size_t at, struct err *err)
{
    const char *words[SNAPSHOT_WORDS];
    size_t room = 0;
    const char *rest = (const char *)snapshot->index.data + at;
    while (snapshot->index.size - at != 4 || memcmp(rest, "end\n", 4) != 0) {
        struct blob blob;
        if (!line_next(snapshot, &at, SNAPSHOT_WORDS, words))
            return damaged(snapshot, "its index stops early", err);
        if (!blob_read(snapshot, words, &blob, err))
            return false;
        if (snapshot->count > 0 && memcmp(snapshot->blobs[snapshot->count - 1].hash.bytes,
                                          blob.hash.bytes, SHA256_SIZE) >= 0)
            return damaged(snapshot, "its index is not sorted", err);
        if (snapshot->count == room) {
            room = room > 0 ? 2 * room : 64;
            snapshot->blobs = mem_grow(snapshot->blobs, room, sizeof *snapshot->blobs);
        }
        snapshot->blobs[snapshot->count++] = blob;
        rest = (const char *)snapshot->index.data + at;
    }
    return true;
}

static bool index_read(struct snapshot *snapshot, const struct tail *tail,
                       struct err *err)
{
    size_t at = 0;
    if (!read_piece(snapshot, tail->offset, tail->size, &snapshot->index, err))
        return false;
    struct sha256 hash = sha256_of(snapshot->index.data, snapshot->index.size);
    if (!sha256_equal(&hash, &tail->hash))
        return damaged(snapshot, "its index has another hash", err);
    return head_read(snapshot, &at, err) && manifest_read(snapshot, &at, tail, err) &&
           blobs_read(snapshot, at, err);
}

bool snapshot_open(const char *path, struct snapshot **snapshot, struct err *err)
{
    struct snapshot *made = mem_new(1, sizeof *made);
    struct tail tail;
    uint64_t size = 0;
    *made = (struct snapshot){.path = mem_text(path), .fd = -1};
    bytes_init(&made->index, SNAPSHOT_INDEX);
    if (disk_open_read(path, &made->fd, &size, err) &&
        tail_read(made, size, &tail, err) && index_read(made, &tail, err)) {
        *snapshot = made;
        return true;
    }
    snapshot_close(made);
    return false;
}

void snapshot_close(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    if (snapshot->fd >= 0)
        (void)close(snapshot->fd);
    manifest_release(&snapshot->manifest);
    bytes_release(&snapshot->index);
    free(snapshot->blobs);
    free(snapshot->payloads);
    free(snapshot->path);
    free(snapshot);
}

/* ---- as a source ---- */

const char *snapshot_payloads(const struct snapshot *snapshot)
{
    return snapshot->payloads;
}

static int blob_compare(const void *wanted, const void *element)
{
    const struct blob *blob = element;
    return memcmp(wanted, blob->hash.bytes, SHA256_SIZE);
}

static const struct blob *blob_find(const struct snapshot *snapshot,
                                    const struct sha256 *hash)
{
    return snapshot->count == 0 ? NULL
                                : bsearch(hash->bytes, snapshot->blobs, snapshot->count,
                                          sizeof *snapshot->blobs, blob_compare);
}

static bool row_of(const struct snapshot *snapshot, const struct manifest_entry *entry,
                   struct arena *arena, struct tag_row *row, struct err *err)
{
    char hex[SHA256_HEX];
    const struct blob *blob = blob_find(snapshot, &entry->hash);
    sha256_to_hex(&entry->hash, hex);
    if (!blob || blob->size != entry->size)
        return damaged(snapshot, "its index and its manifest do not agree", err);
    *row = (struct tag_row){.type = arena_text(arena, entry->type),
                            .url = arena_text(arena, blob->url),
                            .checksum = arena_text(arena, hex),
                            .size = (int64_t)entry->size,
                            .interval = entry->interval};
    return (row->type && row->url && row->checksum) ||
           err_set(err, E_LIMIT, "%s: the tag is above the memory limit", snapshot->path);
}

bool snapshot_read_tag(const struct snapshot *snapshot, const char *name,
                       struct arena *arena, struct tag *tag, struct err *err)
{
    const struct manifest *manifest = &snapshot->manifest;
    struct tag made = {.status = snapshot->status};
    void *rows = NULL;
    if (strcmp(name, snapshot->tag) != 0)
        return err_set(err, E_TAG_UNKNOWN, "%s has tag '%s', not '%s'", snapshot->path,
                       snapshot->tag, name);
    if (!arena_take(arena, manifest->count + 1, sizeof *made.rows, &rows, err) ||
        !text_copy(made.name, sizeof made.name, name, err))
        return false;
    made.rows = rows;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (!entry->gap && !row_of(snapshot, entry, arena, &made.rows[made.count++], err))
            return false;
    }
    *tag = made;
    return true;
}

bool snapshot_list_tags(const struct snapshot *snapshot, tag_seen seen, void *user,
                        struct err *err)
{
    struct tag_listing listing = {.status = snapshot->status, .rows = 0};
    for (size_t i = 0; i < snapshot->manifest.count; i++)
        listing.rows += !snapshot->manifest.entries[i].gap;
    return text_copy(listing.name, sizeof listing.name, snapshot->tag, err) &&
           seen(user, &listing, err);
}

enum lookup snapshot_read_payload(const struct snapshot *snapshot,
                                  const struct tag_row *row, struct bytes *out,
                                  struct err *err)
{
    struct sha256 hash;
    if (!sha256_from_hex(row->checksum, &hash, err))
        return LOOKUP_FAILED;
    const struct blob *blob = blob_find(snapshot, &hash);
    if (!blob || blob->offset == 0)
        return LOOKUP_ABSENT;
    return read_piece(snapshot, blob->offset, blob->size, out, err) ? LOOKUP_FOUND
                                                                    : LOOKUP_FAILED;
}
