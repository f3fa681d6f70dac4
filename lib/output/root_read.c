/* root_read.c - reads ROOT containers: header, keys, directories, payloads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/root_read.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "output/compress_read.h"

#define KEY_LEAST 26u /* header of a small key without texts: three length bytes more */
#define DEPTH     16  /* of directories in each other */

static bool wrong(const struct root_read *file, uint64_t offset, const char *what,
                  struct err *err)
{
    return err_set(err, E_ROOT_FORMAT, "%s: byte %" PRIu64 ": %s", file->path, offset,
                   what);
}

static uint64_t place_take(struct cursor *cursor, bool big)
{
    return big ? cursor_be64(cursor) : cursor_be32(cursor);
}

static bool all_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0)
            return false;
    return true;
}

static void header_take(struct cursor *cursor, struct root_header *header)
{
    uint32_t version = cursor_be32(cursor);
    header->big = version >= ROOT_READ_BIG_VERSION;
    header->version = header->big ? version - ROOT_READ_BIG_VERSION : version;
    (void)cursor_be32(cursor); /* where the keys start: checked by the caller */
    header->end = place_take(cursor, header->big);
    header->free_place = place_take(cursor, header->big);
    header->free_size = cursor_be32(cursor);
    header->free_count = cursor_be32(cursor);
    header->name_size = cursor_be32(cursor);
    header->units = cursor_u8(cursor);
    header->compression = cursor_be32(cursor);
    header->info_place = place_take(cursor, header->big);
    header->info_size = cursor_be32(cursor);
    const uint8_t *uuid = cursor_take(cursor, ROOT_READ_UUID);
    if (uuid != NULL)
        memcpy(header->uuid, uuid, ROOT_READ_UUID);
    size_t left = cursor_left(cursor);
    const uint8_t *rest = cursor_take(cursor, left);
    header->clean = rest != NULL && all_zero(rest, left);
}

static bool header_read(struct root_read *file, struct err *err)
{
    uint8_t bytes[ROOT_READ_BEGIN];
    if (file->size < ROOT_READ_BEGIN)
        return wrong(file, 0, "too short for a ROOT file", err);
    if (!disk_read_at(file->fd, file->path, 0, bytes, sizeof bytes, err))
        return false;
    if (memcmp(bytes, "root", 4) != 0)
        return wrong(file, 0, "no ROOT file starts here", err);
    if (be32_load(bytes + 8) != ROOT_READ_BEGIN)
        return wrong(file, 8, "the first key is not at byte 100", err);
    struct cursor cursor = cursor_over(bytes, sizeof bytes);
    (void)cursor_take(&cursor, 4);
    header_take(&cursor, &file->header);
    if (file->header.end > file->size)
        return err_set(err, E_ROOT_FORMAT,
                       "%s: truncated: it has %" PRIu64 " of %" PRIu64 " bytes",
                       file->path, file->size, file->header.end);
    if (file->header.end < file->size)
        return wrong(file, file->header.end, "bytes behind the end of the file", err);
    return true;
}

bool root_read_open(struct root_read *file, const char *path, struct err *err)
{
    struct root_read opened = {.fd = -1};
    if (!disk_open_read(path, &opened.fd, &opened.size, err))
        return false;
    opened.path = mem_text(path);
    if (!header_read(&opened, err)) {
        root_read_close(&opened);
        return false;
    }
    *file = opened;
    return true;
}

void root_read_close(struct root_read *file)
{
    if (file->path != NULL)
        (void)close(file->fd);
    free(file->path);
    *file = (struct root_read){.fd = -1};
}

bool root_read_is_root(const char *path)
{
    struct err err;
    int fd;
    uint64_t size;
    char magic[4];
    if (!disk_open_read(path, &fd, &size, &err))
        return false;
    bool is = disk_read_at(fd, path, 0, magic, sizeof magic, &err) &&
              memcmp(magic, "root", sizeof magic) == 0;
    (void)close(fd);
    return is;
}

static bool text_take(struct cursor *cursor, char out[ROOT_READ_TEXT])
{
    struct cursor_text text = cursor_tstring(cursor);
    if (cursor->failed || text.size >= ROOT_READ_TEXT ||
        memchr(text.data, 0, text.size) != NULL)
        return false;
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
    return true;
}

bool root_read_key(const struct root_read *file, uint64_t offset,
                   struct root_read_key *key, struct err *err)
{
    uint64_t left = offset < file->size ? file->size - offset : 0;
    size_t held = left < ROOT_READ_KEY_HEADER ? (size_t)left : ROOT_READ_KEY_HEADER;
    if (held < KEY_LEAST)
        return wrong(file, offset, "no room for a key", err);
    if (!disk_read_at(file->fd, file->path, offset, key->header, held, err))
        return false;
    struct cursor cursor = cursor_over(key->header, held);
    key->offset = offset;
    key->size = cursor_be32(&cursor);
    key->version = cursor_be16(&cursor);
    key->big = key->version >= ROOT_READ_BIG_KEY;
    key->version = key->big ? (uint16_t)(key->version - ROOT_READ_BIG_KEY) : key->version;
    key->object_size = cursor_be32(&cursor);
    key->date = cursor_be32(&cursor);
    key->header_size = cursor_be16(&cursor);
    key->cycle = cursor_be16(&cursor);
    key->place = place_take(&cursor, key->big);
    key->parent = place_take(&cursor, key->big);
    if (key->size < key->header_size || key->size > left || key->size > INT32_MAX)
        return wrong(file, offset, "the size of a key does not fit into the file", err);
    if (key->header_size > held)
        return wrong(file, offset, "the header of a key is above its limit", err);
    cursor.size = key->header_size;
    if (cursor.at > cursor.size || !text_take(&cursor, key->class_name) ||
        !text_take(&cursor, key->name) || !text_take(&cursor, key->title))
        return wrong(file, offset, "the texts of a key do not fit into its header", err);
    key->texts_end = cursor.at;
    return true;
}

bool root_read_object(const struct root_read *file, const struct root_read_key *key,
                      struct bytes *out, struct err *err)
{
    struct bytes stored;
    uint8_t *place = NULL;
    uint32_t size = key->size - key->header_size;
    uint64_t offset = key->offset + key->header_size;
    bytes_clear(out);
    if (key->object_size > out->limit || size > out->limit)
        return wrong(file, key->offset, "an object is above the limit for its kind", err);
    bytes_init(&stored, out->limit);
    bool plain = key->object_size == size;
    bool done = bytes_reserve(plain ? out : &stored, size, &place, err) &&
                disk_read_at(file->fd, file->path, offset, place, size, err);
    if (done && !plain) {
        uint8_t *unpacked = NULL;
        const char *why = NULL;
        done = bytes_reserve(out, key->object_size, &unpacked, err);
        if (done && !compress_unpack(place, size, unpacked, key->object_size, &why))
            done = wrong(file, offset, why, err);
    }
    bytes_release(&stored);
    if (done)
        out->size = key->object_size;
    return done;
}

bool root_read_directory(struct cursor *cursor, struct root_read_directory *directory)
{
    size_t start = cursor->at;
    directory->version = cursor_be16(cursor);
    directory->big = directory->version >= ROOT_READ_BIG_KEY;
    if (directory->big)
        directory->version = (uint16_t)(directory->version - ROOT_READ_BIG_KEY);
    directory->created = cursor_be32(cursor);
    directory->modified = cursor_be32(cursor);
    directory->keys_size = cursor_be32(cursor);
    directory->name_size = cursor_be32(cursor);
    directory->place = place_take(cursor, directory->big);
    directory->parent = place_take(cursor, directory->big);
    directory->keys_place = place_take(cursor, directory->big);
    const uint8_t *uuid = cursor_take(cursor, ROOT_READ_UUID);
    if (uuid == NULL)
        return false;
    memcpy(directory->uuid, uuid, ROOT_READ_UUID);
    size_t rest = ROOT_READ_DIRECTORY - (cursor->at - start);
    const uint8_t *zeros = cursor_take(cursor, rest);
    directory->clean = zeros != NULL && all_zero(zeros, rest);
    return zeros != NULL;
}

/* Name with the directories in front. */
static bool path_add(const struct root_read *file, const struct root_read_key *key,
                     struct bytes *out, struct err *err)
{
    char names[DEPTH][ROOT_READ_TEXT];
    struct root_read_key *above = mem_new(1, sizeof *above);
    uint64_t parent = key->parent;
    int depth = 0;
    bool done = true;
    while (done && parent != ROOT_READ_BEGIN && parent != 0) {
        done = depth < DEPTH || wrong(file, key->offset, "directories too deep", err);
        done = done && root_read_key(file, parent, above, err);
        if (done) {
            memcpy(names[depth++], above->name, ROOT_READ_TEXT);
            parent = above->parent;
        }
    }
    free(above);
    while (done && depth > 0)
        done = text_addf(out, err, "%s/", names[--depth]);
    return done && text_add(out, key->name, err);
}

/* Is it the key that is looked for? A name may stand alone or with its directories. */
static bool key_is(const struct root_read *file, const struct root_read_key *key,
                   const char *class_name, const char *name, bool *same, struct err *err)
{
    const char *last = strrchr(name, '/');
    *same = (class_name == NULL || strcmp(key->class_name, class_name) == 0) &&
            strcmp(key->name, last == NULL ? name : last + 1) == 0;
    if (!*same || last == NULL)
        return true;
    struct bytes path;
    bytes_init(&path, (size_t)ROOT_READ_TEXT * (DEPTH + 1));
    bool done = path_add(file, key, &path, err);
    *same = done && path.size == strlen(name) && memcmp(path.data, name, path.size) == 0;
    bytes_release(&path);
    return done;
}

enum lookup root_read_find(const struct root_read *file, const char *class_name,
                           const char *name, struct root_read_key *key, struct err *err)
{
    uint64_t offset = ROOT_READ_BEGIN;
    while (offset < file->header.end) {
        bool same;
        if (!root_read_key(file, offset, key, err) ||
            !key_is(file, key, class_name, name, &same, err))
            return LOOKUP_FAILED;
        if (same)
            return LOOKUP_FOUND;
        offset += key->size;
    }
    return LOOKUP_ABSENT;
}
