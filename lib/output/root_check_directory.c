/* root_check_directory.c - directories of a ROOT file, their key lists, the free list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "output/root_check_internal.h"

#define FOLDER_VERSION 5u
#define FREE_VERSION   1u
#define FREE_LIMIT     UINT64_C(2000000000) /* grows until it is behind the file */
#define FREE_STEP      UINT64_C(1000000000)
#define KEYS_LIST      ((size_t)64 << 20)
#define KEY_PLACES     18u /* where a head says where its key stands */

/* Directories that are found and not read yet. */
struct pending {
    uint64_t *places;
    uint64_t count;
};

static void pending_put(struct pending *pending, uint64_t place)
{
    uint64_t count = pending->count++;
    if ((count & (count - 1)) == 0)
        pending->places = mem_grow(pending->places, count == 0 ? 1 : 2 * count,
                                   sizeof *pending->places);
    pending->places[count] = place;
}

/* The record against its key and the header. */
static const char *record_check(const struct root_checker *checker,
                                const struct root_read_key *key,
                                const struct root_read_directory *record,
                                uint32_t name_size)
{
    const struct root_header *header = &checker->file.header;
    if (record->version != FOLDER_VERSION || !record->clean)
        return "its record is damaged";
    if (record->created != checker->date || record->modified != checker->date)
        return "its dates are not that of the file";
    if (record->place != key->offset || record->parent != key->parent)
        return "it says that it stands elsewhere";
    if (record->name_size != name_size)
        return "the size of its names is another";
    if (memcmp(record->uuid, header->uuid, ROOT_READ_UUID) != 0)
        return "its UUID is not that of the header";
    if (key->offset == ROOT_READ_BEGIN && name_size != header->name_size)
        return "the header has another size of its names";
    return NULL;
}

/* Reads the record of the directory whose key is checker->key. */
static bool record_read(struct root_checker *checker, struct root_read_directory *record,
                        struct err *err)
{
    const struct root_read_key *key = checker->key;
    uint32_t name_size = key->header_size;
    bytes_clear(checker->piece);
    if (key->object_size > 2 * ROOT_READ_TEXT + ROOT_READ_DIRECTORY)
        return err_set(err, E_ROOT_FORMAT,
                       "%s: byte %" PRIu64 ": a directory's record is "
                       "too large",
                       checker->file.path, key->offset);
    if (!root_read_object(&checker->file, key, checker->piece, err))
        return false;
    struct cursor cursor = cursor_over(checker->piece->data, checker->piece->size);
    bool named = true;
    if (key->offset == ROOT_READ_BEGIN) {
        named = cursor_text_is(cursor_tstring(&cursor), key->name);
        named = cursor_text_is(cursor_tstring(&cursor), key->title) && named;
        name_size += (uint32_t)cursor.at;
    }
    const char *what = "its record is cut off";
    if (root_read_directory(&cursor, record) && cursor_left(&cursor) == 0)
        what = named ? record_check(checker, key, record, name_size)
                     : "its names are not those of its key";
    if (what == NULL)
        return true;
    return err_set(err, E_ROOT_FORMAT, "%s: byte %" PRIu64 ": directory \"%s\": %s",
                   checker->file.path, key->offset, key->name, what);
}

/* One head in the list of `directory`; it must be that of the key itself, byte for byte.
 */
static const char *entry_check(struct root_checker *checker, struct cursor *list,
                               uint64_t directory, struct pending *pending)
{
    struct err err;
    struct cursor head = cursor_over(list->data + list->at, cursor_left(list));
    (void)cursor_take(&head, 4);
    bool big = cursor_be16(&head) >= ROOT_READ_BIG_KEY;
    (void)cursor_take(&head, 8);
    uint16_t size = cursor_be16(&head);
    (void)cursor_take(&head, KEY_PLACES - 16);
    uint64_t place = big ? cursor_be64(&head) : cursor_be32(&head);
    const uint8_t *copy = cursor_take(list, size);
    struct root_mark *mark = head.failed ? NULL : root_mark_at(checker, place);
    if (copy == NULL || mark == NULL || mark->header_size != size ||
        !root_read_key(&checker->file, place, checker->key, &err) ||
        memcmp(copy, checker->key->header, size) != 0)
        return "an entry of its list is not the head of a key";
    if (mark->parent != directory || mark->kind != ROOT_KIND_OBJECT)
        return "an entry of its list does not belong there";
    if (mark->listed)
        return "an entry of its list stands there twice";
    mark->listed = true;
    if (strcmp(checker->key->class_name, ROOT_CLASS_FOLDER) == 0) {
        mark->kind = ROOT_KIND_DIRECTORY;
        pending_put(pending, place);
    }
    return NULL;
}

/* The list of the directory at `place`; its key must be like the directory's own. */
static bool list_check(struct root_checker *checker, uint64_t place,
                       const struct root_read_directory *record, struct pending *pending,
                       struct err *err)
{
    struct root_mark *mark = root_mark_at(checker, record->keys_place);
    struct root_read_key *list = mem_new(1, sizeof *list);
    struct bytes bytes;
    const char *what = NULL;
    bytes_init(&bytes, KEYS_LIST);
    if (mark == NULL || mark->size != record->keys_size || mark->listed ||
        !root_read_key(&checker->file, record->keys_place, list, err) ||
        mark->kind != ROOT_KIND_OBJECT || list->parent != place ||
        strcmp(list->class_name, checker->key->class_name) != 0 ||
        strcmp(list->name, checker->key->name) != 0 ||
        strcmp(list->title, checker->key->title) != 0)
        what = "its list of keys is not where it says";
    bool done = what != NULL || root_read_object(&checker->file, list, &bytes, err);
    if (done && what == NULL) {
        struct cursor cursor = cursor_over(bytes.data, bytes.size);
        uint32_t count = cursor_be32(&cursor);
        mark->kind = ROOT_KIND_LIST;
        mark->listed = true;
        for (uint32_t i = 0; i < count && what == NULL; i++)
            what = entry_check(checker, &cursor, place, pending);
        if (what == NULL && (cursor.failed || cursor_left(&cursor) != 0))
            what = "its list of keys is cut off";
    }
    if (what != NULL)
        root_fault(checker, place, "directory: %s", what);
    bytes_release(&bytes);
    free(list);
    return done;
}

static bool free_check(struct root_checker *checker, struct err *err)
{
    const struct root_header *header = &checker->file.header;
    const struct root_mark *mark = root_mark_at(checker, header->free_place);
    const struct root_read_key *key = checker->key;
    uint64_t limit = FREE_LIMIT;
    while (limit <= header->end)
        limit += FREE_STEP;
    if (mark == NULL || mark->kind != ROOT_KIND_FREE ||
        mark->offset + mark->size != header->end || mark->size != header->free_size ||
        header->free_count != 1 || mark->size > ROOT_READ_KEY_HEADER) {
        root_fault(checker, header->free_place,
                   "the free list is not where the header "
                   "says, or not the last key");
        return true;
    }
    if (!root_read_key(&checker->file, mark->offset, checker->key, err) ||
        !root_read_object(&checker->file, key, checker->piece, err))
        return false;
    struct cursor cursor = cursor_over(checker->piece->data, checker->piece->size);
    uint16_t version = cursor_be16(&cursor);
    bool big = version >= ROOT_READ_BIG_KEY;
    uint64_t start = big ? cursor_be64(&cursor) : cursor_be32(&cursor);
    uint64_t end = big ? cursor_be64(&cursor) : cursor_be32(&cursor);
    if (cursor.failed || cursor_left(&cursor) != 0 ||
        version != FREE_VERSION + (big ? ROOT_READ_BIG_KEY : 0) || big != header->big ||
        start != header->end || end != limit || key->parent != ROOT_READ_BEGIN ||
        key->title[0] != 0 || strcmp(key->class_name, ROOT_CLASS_FILE) != 0)
        root_fault(checker, mark->offset,
                   "the free list is not that of a file of this "
                   "size");
    return true;
}

static bool tree_check(struct root_checker *checker, struct pending *pending,
                       struct err *err)
{
    char name[ROOT_READ_TEXT];
    pending_put(pending, ROOT_READ_BEGIN);
    for (uint64_t i = 0; i < pending->count; i++) {
        struct root_read_directory record;
        if (!root_read_key(&checker->file, pending->places[i], checker->key, err))
            return false;
        if (i == 0)
            memcpy(name, checker->key->name, sizeof name);
        if (!record_read(checker, &record, err)) {
            root_fault_err(checker, err);
            continue;
        }
        checker->check->directories++;
        if (!list_check(checker, pending->places[i], &record, pending, err)) {
            root_fault_err(checker, err);
            continue;
        }
    }
    if (!free_check(checker, err))
        return false;
    if (strcmp(name, checker->key->name) != 0)
        root_fault(checker, checker->key->offset, "the free list has another file name");
    return true;
}

bool root_check_directories(struct root_checker *checker, struct err *err)
{
    struct pending pending = {.places = NULL};
    struct root_mark *top = root_mark_at(checker, ROOT_READ_BEGIN);
    if (top == NULL) {
        root_fault(checker, ROOT_READ_BEGIN, "no first key");
        return true;
    }
    if (top->parent != 0)
        root_fault(checker, ROOT_READ_BEGIN, "the first key has a parent");
    bool done = tree_check(checker, &pending, err);
    free(pending.places);
    return done;
}
