/* root_check.c - walks the keys of a ROOT file and has their content checked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/root_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "output/root_check_internal.h"
#include "output/root_read_histogram.h"

#define VERSION 63600u /* what our files say: 6.36/00 */
#define CYCLE   1u
#define PIECE   ((size_t)256 << 10) /* of a payload, for the digest */

void root_fault(struct root_checker *checker, uint64_t offset, const char *format, ...)
{
    struct err err;
    char what[400];
    va_list values;
    if (checker->check->faults++ >= ROOT_CHECK_LINES)
        return;
    va_start(values, format);
    (void)vsnprintf(what, sizeof what, format, values);
    va_end(values);
    for (char *c = what; *c != 0; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    (void)text_addf(checker->out, &err, "byte %" PRIu64 ": %s\n", offset, what);
}

void root_fault_err(struct root_checker *checker, const struct err *err)
{
    struct err full;
    const char *text = err->text;
    size_t path = strlen(checker->file.path);
    if (strncmp(text, checker->file.path, path) == 0 && text[path] == ':')
        text += path + 2;
    if (checker->check->faults++ < ROOT_CHECK_LINES)
        (void)text_addf(checker->out, &full, "%s\n", text);
}

struct root_mark *root_mark_at(const struct root_checker *checker, uint64_t offset)
{
    uint64_t low = 0, high = checker->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (checker->marks[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < checker->count && checker->marks[low].offset == offset;
    return found ? &checker->marks[low] : NULL;
}

const struct root_mark *root_mark_around(const struct root_checker *checker,
                                         uint64_t offset, uint64_t size)
{
    uint64_t low = 0, high = checker->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (checker->marks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct root_mark *mark = &checker->marks[low - 1];
    uint64_t start = mark->offset + mark->header_size;
    uint64_t end = mark->offset + mark->size;
    return offset >= start && offset <= end && size <= end - offset ? mark : NULL;
}

/* Of what was read with the head; enough for a key without names. */
static bool payload_starts(const struct root_read_key *key, const char *mark)
{
    size_t size = strlen(mark);
    return key->size - key->header_size >= size &&
           key->header_size + size <= sizeof key->header &&
           memcmp(key->header + key->header_size, mark, size) == 0;
}

static enum root_kind kind_of(const struct root_checker *checker,
                              const struct root_read_key *key)
{
    const struct root_header *header = &checker->file.header;
    if (key->offset == ROOT_READ_BEGIN)
        return ROOT_KIND_TOP;
    if (key->offset == header->info_place)
        return ROOT_KIND_INFO;
    if (key->offset == header->free_place)
        return ROOT_KIND_FREE;
    if (strcmp(key->class_name, ROOT_CLASS_BLOB) == 0)
        return payload_starts(key, ROOT_CHECK_HISTOGRAMS) ? ROOT_KIND_HISTOGRAMS
                                                          : ROOT_KIND_BLOB;
    if (strcmp(key->class_name, "TBasket") == 0 ||
        strcmp(key->name, ROOT_CHECK_DIGEST) == 0)
        return ROOT_KIND_HIDDEN;
    return ROOT_KIND_OBJECT; /* lists and directories: once directories are read */
}

/* What is the same in every key of ours. */
static void key_check(struct root_checker *checker, const struct root_read_key *key)
{
    bool basket = strcmp(key->class_name, "TBasket") == 0;
    bool blob = strcmp(key->class_name, ROOT_CLASS_BLOB) == 0; /* checksums not counted */
    uint32_t payload = key->size - key->header_size;
    const char *what = NULL;
    if (key->place != key->offset)
        what = "it says that it stands elsewhere";
    else if (key->version != 4)
        what = "another version of keys";
    else if (key->date != checker->date)
        what = "its date is not that of the file";
    else if (!basket && key->cycle != CYCLE)
        what = "its cycle is not 1";
    else if (!basket && key->texts_end != key->header_size)
        what = "bytes behind its title";
    else if (!blob && payload > key->object_size)
        what = "larger packed than unpacked";
    if (what != NULL)
        root_fault(checker, key->offset, "key \"%s\" (%s): %s", key->name,
                   key->class_name, what);
}

/* All keys, one behind the other to the end of the file. */
static bool keys_walk(struct root_checker *checker, struct err *err)
{
    const struct root_read *file = &checker->file;
    struct root_read_key *key = checker->key;
    uint64_t offset = ROOT_READ_BEGIN;
    while (offset < file->header.end) {
        if (!root_read_key(file, offset, key, err)) {
            root_fault_err(checker, err);
            return false;
        }
        if (checker->count == ROOT_CHECK_KEYS)
            return err_set(err, E_LIMIT, "%s: more keys than are checked", file->path);
        if (offset == ROOT_READ_BEGIN)
            checker->date = key->date;
        key_check(checker, key);
        uint64_t count = checker->count++;
        if ((count & (count - 1)) == 0)
            checker->marks = mem_grow(checker->marks, count == 0 ? 1 : 2 * count,
                                      sizeof *checker->marks);
        checker->marks[count] =
            (struct root_mark){.offset = offset,
                               .parent = key->parent,
                               .size = key->size,
                               .header_size = key->header_size,
                               .kind = (uint8_t)kind_of(checker, key)};
        offset += key->size;
    }
    checker->check->keys = checker->count;
    return true;
}

static bool payload_hash(struct root_checker *checker, const struct root_mark *mark,
                         struct err *err)
{
    uint64_t at = mark->offset + mark->header_size;
    uint64_t end = mark->offset + mark->size;
    const size_t most = end - at < PIECE ? (size_t)(end - at) : PIECE;
    uint8_t *place = NULL;
    bytes_clear(checker->piece);
    if (!bytes_reserve(checker->piece, most, &place, err))
        return false;
    while (at < end) {
        size_t size = end - at < PIECE ? (size_t)(end - at) : PIECE;
        if (!disk_read_at(checker->file.fd, checker->file.path, at, place, size, err))
            return false;
        sha256_add(checker->digest, place, size);
        at += size;
    }
    return true;
}

/* The digest record's payload as it must be. */
static bool digest_text(struct root_checker *checker, struct bytes *out, struct err *err)
{
    static const uint8_t head[] = {0x40, 0, 0, 84, 0, 1, 0, 1, 0,
                                   0,    0, 0, 3,  0, 0, 0, 71};
    struct sha256 hash = sha256_end(checker->digest);
    return bytes_append(out, head, sizeof head, err) && text_add(out, "sha256 ", err) &&
           text_add_hex(out, hash.bytes, sizeof hash.bytes, err);
}

static bool digest_compare(struct root_checker *checker, struct err *err)
{
    const struct root_read_key *key = checker->key;
    struct bytes stored, ours;
    bytes_init(&stored, 256);
    bytes_init(&ours, 256);
    bool done = digest_text(checker, &ours, err);
    if (done && !root_read_object(&checker->file, key, &stored, err))
        root_fault_err(checker, err);
    else if (done && (stored.size != ours.size || key->parent != ROOT_READ_BEGIN ||
                      key->title[0] != 0 || strcmp(key->class_name, "TObjString") != 0 ||
                      key->size - key->header_size != key->object_size ||
                      memcmp(stored.data, ours.data, ours.size) != 0))
        root_fault(checker, key->offset,
                   "the digest is another: in a key's head, a histogram, a text, the "
                   "class list or the header a byte changed");
    else if (done)
        checker->check->digest = true;
    bytes_release(&stored);
    bytes_release(&ours);
    return done;
}

/* Everything that no other checksum covers, see root_check.h. */
static bool digest_check(struct root_checker *checker, struct err *err)
{
    uint8_t setting[4];
    sha256_start(checker->digest);
    be32_store(setting, checker->file.header.compression);
    sha256_add(checker->digest, setting, sizeof setting);
    for (uint64_t i = 0; i < checker->count; i++) {
        const struct root_mark *mark = &checker->marks[i];
        if (!root_read_key(&checker->file, mark->offset, checker->key, err))
            return false;
        if (strcmp(checker->key->name, ROOT_CHECK_DIGEST) == 0) {
            if (i + 2 != checker->count)
                root_fault(checker, mark->offset, "keys behind the digest record");
            return digest_compare(checker, err);
        }
        bool other = mark->kind == ROOT_KIND_BLOB || mark->kind == ROOT_KIND_TOP ||
                     mark->kind == ROOT_KIND_DIRECTORY;
        if (!other && !payload_hash(checker, mark, err))
            return false;
        sha256_add(checker->digest, checker->key->header, mark->header_size);
    }
    return true;
}

static void header_check(struct root_checker *checker)
{
    const struct root_header *header = &checker->file.header;
    const struct root_mark *info = root_mark_at(checker, header->info_place);
    if (header->version != VERSION)
        root_fault(checker, 4, "header: another version of ROOT's layouts");
    if (header->units != (header->big ? 8 : 4))
        root_fault(checker, 4, "header: places have another size");
    if (!header->clean)
        root_fault(checker, 4, "header: bytes behind it are not zero");
    if (info == NULL || info->kind != ROOT_KIND_INFO || info->size != header->info_size)
        root_fault(checker, 4, "header: the class list is not where it says");
}

/* Objects that are read whole: histograms. */
static bool objects_check(struct root_checker *checker, struct err *err)
{
    for (uint64_t i = 0; i < checker->count; i++) {
        const struct root_mark *mark = &checker->marks[i];
        if (mark->kind != ROOT_KIND_OBJECT)
            continue;
        if (!root_read_key(&checker->file, mark->offset, checker->key, err))
            return false;
        if (!mark->listed)
            root_fault(checker, mark->offset, "key \"%s\" (%s) is in no directory's list",
                       checker->key->name, checker->key->class_name);
        if (!histogram_is(checker->key))
            continue;
        struct histogram_read histogram;
        if (histogram_read_key(&histogram, &checker->file, checker->key, err)) {
            checker->check->histograms++;
            histogram_read_release(&histogram);
        } else
            root_fault_err(checker, err);
    }
    return true;
}

static bool all_check(struct root_checker *checker, struct err *err)
{
    checker->check->bytes = checker->file.size;
    if (!keys_walk(checker, err))
        return checker->check->faults > 0;
    header_check(checker);
    bool done = root_check_directories(checker, err) && digest_check(checker, err) &&
                objects_check(checker, err) && root_check_tuples(checker, err);
    if (done || err_kind_of((enum err_code)err->code) != ERR_INPUT)
        return done;
    root_fault_err(checker, err);
    return true;
}

bool root_check_file(const char *path, struct root_check *check, struct bytes *out,
                     struct err *err)
{
    struct bytes piece;
    struct root_check checked = {.faults = 0};
    struct root_checker checker = {.check = &checked, .out = out, .piece = &piece};
    if (!root_read_open(&checker.file, path, err))
        return false;
    bytes_init(&piece, ROOT_READ_OBJECT);
    checker.key = mem_new(1, sizeof *checker.key);
    checker.digest = sha256_new();
    bool done = all_check(&checker, err);
    sha256_free(checker.digest);
    free(checker.key);
    free(checker.marks);
    bytes_release(&piece);
    root_read_close(&checker.file);
    if (done)
        *check = checked;
    return done;
}
