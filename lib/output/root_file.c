/* root_file.c - a ROOT file, written front to back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/root_file.h"

#include <stdlib.h>

#include "output/root_classes.h"

#define BUFFER       ((size_t)1 << 18)
#define BIG          1000000u /* added to the version: 64-bit places in the header */
#define BIG_KEY      1004u
#define BIG_FOLDER   1005u
#define BIG_FREE     1001u
#define KEY_HEAD     34u /* a key before its three texts */
#define KEY_SIZES    10u /* its bytes up to the size of the object */
#define HEADER_USED  75u
#define FOLDER_LISTS 10u         /* size of the key list in a directory's record */
#define FOLDER_SEEK  34u         /* and its place */
#define FREE_STEP    1000000000u /* the limit of the last free range grows by this */

uint32_t root_key_length(const char *class_name, const char *name, const char *title)
{
    return KEY_HEAD + (uint32_t)(root_text_size(class_name) + root_text_size(name) +
                                 root_text_size(title));
}

static bool buffer_flush(struct root_file *file, struct err *err)
{
    struct bytes *buffer = &file->buffer;
    if (buffer->size > 0 &&
        !disk_write_at(file->target.fd, file->target.path, file->at - buffer->size,
                       buffer->data, buffer->size, err))
        return false;
    bytes_clear(buffer);
    return true;
}

static bool counting(const struct root_file *file)
{
    return file->target.fd < 0;
}

static bool out_put(struct root_file *file, const void *data, size_t size,
                    struct err *err)
{
    struct root_front *front = file->target.front;
    if (counting(file)) {
        if (front != NULL && file->at + size <= sizeof front->bytes)
            memcpy(front->bytes + file->at, data, size);
        file->at += size;
        return true;
    }
    if (size > BUFFER - file->buffer.size && !buffer_flush(file, err))
        return false;
    bool done = size > BUFFER ? disk_write_at(file->target.fd, file->target.path,
                                              file->at, data, size, err)
                              : bytes_append(&file->buffer, data, size, err);
    if (done)
        file->at += size;
    return done;
}

/* Changes bytes that were put before; they lie in the file or in the buffer, a patch over
 * both is made in the file. */
static bool out_patch(struct root_file *file, uint64_t place, const void *data,
                      size_t size, struct err *err)
{
    uint64_t start = file->at - file->buffer.size;
    struct root_front *front = file->target.front;
    bool known = front != NULL && place + size <= front->size;
    if (counting(file)) {
        if (known)
            memcpy(front->bytes + place, data, size);
        return true;
    }
    if (known)
        return memcmp(front->bytes + place, data, size) == 0 ||
               err_set(err, E_MERGE_INPUT, "%s: what it is made of changes meanwhile",
                       file->target.path);
    if (place >= start) {
        memcpy(file->buffer.data + (place - start), data, size);
        return true;
    }
    return buffer_flush(file, err) &&
           disk_write_at(file->target.fd, file->target.path, place, data, size, err);
}

static void head_put(struct root_stream *head, const struct root_key *key, uint64_t seek,
                     uint64_t folder)
{
    uint32_t length =
        root_key_length(key->class_name, key->name, key->title) + key->extra_size;
    root_put_u32(head, key->size == 0 ? 0 : length + (uint32_t)key->size);
    root_put_u16(head, BIG_KEY);
    root_put_u32(head, (uint32_t)key->size); /* or see record_end() */
    root_put_u32(head, ROOT_DATE);
    root_put_u16(head, (uint16_t)length);
    bool baskets = key->extra_size > 0;
    root_put_u16(head, key->cycle == 0 && !baskets ? 1 : key->cycle);
    root_put_u64(head, seek);
    root_put_u64(head, folder);
    root_put_text(head, key->class_name);
    root_put_text(head, key->name);
    root_put_text(head, key->title);
    root_put_bytes(head, key->extra, key->extra_size);
}

/* Opens a record whose directory is at `folder`. */
static bool record_begin(struct root_file *file, const struct root_key *key,
                         uint64_t folder, struct err *err)
{
    bug_if(file->open);
    size_t texts = strlen(key->class_name) + strlen(key->name) + strlen(key->title) + 15;
    if (KEY_HEAD + texts + key->extra_size > UINT16_MAX)
        return err_set(err, E_LIMIT, "%s: name and title of an object have %zu bytes",
                       file->target.path, texts);
    struct root_stream head;
    root_stream_init(&head, 0);
    bug_if(key->size > ROOT_KEY_LIMIT);
    head_put(&head, key, file->at, folder);
    file->expected = key->size;
    bytes_release(&file->head);
    file->head = head.bytes;
    file->key =
        (struct root_place){.key = file->at, .payload = file->at + file->head.size};
    file->open = true;
    file->digested = !key->sealed;
    return root_stream_check(&head, err) &&
           out_put(file, file->head.data, file->head.size, err);
}

bool root_key_begin(struct root_file *file, const struct root_key *key, uint64_t *payload,
                    struct err *err)
{
    bug_if(key->directory >= file->directory_count);
    file->directory = key->directory;
    file->hidden = key->hidden;
    if (!record_begin(file, key, file->directories[key->directory].seek, err))
        return false;
    if (payload != NULL)
        *payload = file->key.payload;
    return true;
}

static bool size_check(const struct root_file *file, uint64_t size, struct err *err)
{
    uint64_t stored = file->at - file->key.payload;
    if (size <= ROOT_KEY_LIMIT && stored <= ROOT_KEY_LIMIT - size)
        return true;
    return err_set(err, E_LIMIT, "%s: the object at %llu passes 1 GiB", file->target.path,
                   (unsigned long long)file->key.key);
}

bool root_key_add(struct root_file *file, const void *data, size_t size, struct err *err)
{
    bug_if(!file->open);
    if (file->digested)
        sha256_add(file->digest, data, size);
    return size_check(file, size, err) && out_put(file, data, size, err);
}

bool root_key_copy(struct root_file *file, const struct disk_place *from, uint64_t size,
                   struct err *err)
{
    bug_if(!file->open || file->digested);
    struct disk_place to = {file->target.fd, file->target.path, file->at};
    if (counting(file)) {
        file->at += size;
        return true;
    }
    if (!size_check(file, size, err) || !buffer_flush(file, err) ||
        !disk_copy(from, &to, size, err))
        return false;
    file->at += size;
    return true;
}

/* Fills the sizes in, in the file and in the copy of the head. */
static bool record_end(struct root_file *file, uint32_t object_size, struct err *err)
{
    struct root_place *key = &file->key;
    key->size = file->at - key->payload;
    bug_if(file->expected != 0 && file->expected != key->size);
    be32_store(file->head.data, (uint32_t)(file->at - key->key));
    be32_store(file->head.data + KEY_SIZES - 4,
               object_size == 0 ? (uint32_t)key->size : object_size);
    file->open = false;
    sha256_add(file->digest, file->head.data, file->head.size);
    return (file->expected != 0 && object_size == 0) ||
           out_patch(file, key->key, file->head.data, KEY_SIZES, err);
}

uint64_t root_file_final(const struct root_file *file)
{
    uint64_t written = file->at - file->buffer.size;
    if (file->target.front == NULL || file->target.front->size == 0)
        return 0;
    return file->open && file->expected == 0 && file->key.key < written ? file->key.key
                                                                        : written;
}

bool root_key_end(struct root_file *file, uint32_t object_size, struct root_place *place,
                  struct err *err)
{
    bug_if(!file->open);
    if (!record_end(file, object_size, err))
        return false;
    struct root_directory *directory = &file->directories[file->directory];
    if (!file->hidden) {
        if (!bytes_append(&directory->heads, file->head.data, file->head.size, err))
            return false;
        directory->count++;
    }
    if (place != NULL)
        *place = file->key;
    return true;
}

bool root_key_put(struct root_file *file, const struct root_key *key,
                  const struct bytes *payload, struct root_place *place, struct err *err)
{
    struct root_key sized = *key;
    sized.size = payload->size <= ROOT_KEY_LIMIT ? payload->size : 0;
    return root_key_begin(file, &sized, NULL, err) &&
           root_key_add(file, payload->data, payload->size, err) &&
           root_key_end(file, 0, place, err);
}

static void uuid_put(struct root_stream *out, const struct root_file *file)
{
    root_put_u16(out, 1);
    root_put_bytes(out, file->uuid, sizeof file->uuid);
}

/* The record of a directory; its key list is filled in at the end. */
static void folder_put(struct root_stream *out, const struct root_file *file,
                       const struct root_directory *directory)
{
    root_put_u16(out, BIG_FOLDER);
    root_put_u32(out, ROOT_DATE);
    root_put_u32(out, ROOT_DATE);
    root_put_u32(out, 0);
    root_put_u32(out, directory->name_size);
    root_put_u64(out, directory->seek);
    root_put_u64(out, directory->parent);
    root_put_u64(out, 0);
    uuid_put(out, file);
}

/* Puts what was built to the open record and frees it. */
static bool stream_put(struct root_file *file, struct root_stream *stream,
                       struct err *err)
{
    bool done = root_stream_check(stream, err) &&
                root_key_add(file, stream->bytes.data, stream->bytes.size, err);
    root_stream_release(stream);
    return done;
}

/* Completes a new directory; its key record is open. */
static bool folder_write(struct root_file *file, uint32_t name_size, struct err *err)
{
    struct root_directory *directory = &file->directories[file->directory_count];
    struct root_stream out;
    directory->seek = file->key.key;
    directory->name_size = name_size;
    directory->at = file->at;
    root_stream_init(&out, 0);
    folder_put(&out, file, directory);
    file->digested = false; /* its key list is not known yet */
    return stream_put(file, &out, err);
}

/* The place of the next directory; not counted yet. */
static struct root_directory *folder_new(struct root_file *file, const char *name)
{
    struct root_directory *directory = &file->directories[file->directory_count];
    *directory = (struct root_directory){.name = mem_text(name)};
    bytes_init(&directory->heads, ROOT_LIST_LIMIT);
    return directory;
}

bool root_directory_add(struct root_file *file, uint32_t parent, const char *name,
                        uint32_t *directory, struct err *err)
{
    if (file->directory_count == ROOT_DIRECTORIES)
        return err_set(err, E_LIMIT, "%s: more than %u directories", file->target.path,
                       ROOT_DIRECTORIES);
    struct root_key key = {
        .class_name = "TDirectory", .name = name, .title = "", .directory = parent};
    if (!root_key_begin(file, &key, NULL, err))
        return false;
    folder_new(file, name)->parent = file->directories[parent].seek;
    uint32_t number = file->directory_count;
    bool done = folder_write(file, (uint32_t)file->head.size, err);
    file->directory_count++; /* it owns memory now */
    if (!done || !root_key_end(file, 0, NULL, err))
        return false;
    *directory = number;
    return true;
}

/* The file's own record: names and the top directory. */
static bool top_write(struct root_file *file, struct err *err)
{
    const char *name = file->target.name;
    struct root_key key = {.class_name = "TFile", .name = name, .title = ""};
    if (!record_begin(file, &key, 0, err))
        return false;
    file->digested = false;
    struct root_stream names;
    root_stream_init(&names, 0);
    root_put_text(&names, name);
    root_put_text(&names, "");
    uint32_t size = (uint32_t)(file->head.size + names.bytes.size);
    folder_new(file, name);
    bool done = stream_put(file, &names, err) && folder_write(file, size, err);
    file->directory_count++;
    return done && record_end(file, 0, err);
}

bool root_file_begin(struct root_file *file, const struct root_target *target,
                     struct err *err)
{
    *file = (struct root_file){.target = *target};
    bytes_init(&file->buffer, BUFFER);
    file->directories = mem_new(ROOT_DIRECTORIES, sizeof *file->directories);
    memcpy(file->uuid, target->key->bytes, sizeof file->uuid);
    file->uuid[6] = (uint8_t)((file->uuid[6] & 0x0F) | 0x80); /* version 8: ours */
    file->uuid[8] = (uint8_t)((file->uuid[8] & 0x3F) | 0x80); /* variant of RFC 9562 */
    static const uint8_t header[ROOT_BEGIN];
    uint8_t setting[4];
    be32_store(setting, target->compression);
    file->digest = sha256_new();
    sha256_add(file->digest, setting, sizeof setting);
    struct root_front *front = file->target.front;
    if (front != NULL && counting(file))
        front->size = sizeof front->bytes;
    if (!out_put(file, header, sizeof header, err) || !top_write(file, err))
        return false;
    if (front == NULL)
        return true;
    if (counting(file))
        front->size = file->at <= sizeof front->bytes ? (size_t)file->at : 0;
    else
        memcpy(file->buffer.data, front->bytes, front->size);
    return true;
}

void root_file_release(struct root_file *file)
{
    for (uint32_t i = 0; i < file->directory_count; i++) {
        free(file->directories[i].name);
        bytes_release(&file->directories[i].heads);
    }
    free(file->directories);
    bytes_release(&file->buffer);
    bytes_release(&file->head);
    sha256_free(file->digest);
    *file = (struct root_file){.directories = NULL};
}

/* The list of a directory's keys; the directory learns where it is. */
static bool list_write(struct root_file *file, uint32_t number, struct err *err)
{
    struct root_directory *directory = &file->directories[number];
    struct root_key key = {.class_name = number == ROOT_TOP ? "TFile" : "TDirectory",
                           .name = directory->name,
                           .title = ""};
    uint8_t count[4];
    uint8_t size[4];
    uint8_t seek[8];
    be32_store(count, directory->count);
    if (!record_begin(file, &key, directory->seek, err) ||
        !root_key_add(file, count, sizeof count, err) ||
        !root_key_add(file, directory->heads.data, directory->heads.size, err) ||
        !record_end(file, 0, err))
        return false;
    be32_store(size, (uint32_t)(file->at - file->key.key));
    be64_store(seek, file->key.key);
    return out_patch(file, directory->at + FOLDER_LISTS, size, sizeof size, err) &&
           out_patch(file, directory->at + FOLDER_SEEK, seek, sizeof seek, err);
}

static bool classes_write(struct root_file *file, uint64_t classes, struct err *err)
{
    struct root_key key = {
        .class_name = "TList", .name = "StreamerInfo", .title = "Doubly linked list"};
    if (!record_begin(file, &key, ROOT_BEGIN, err))
        return false;
    struct root_stream list;
    root_stream_init(&list, (uint32_t)file->head.size);
    root_classes_put(&list, classes);
    return stream_put(file, &list, err) && record_end(file, 0, err);
}

/* The digest of all that was written so far. */
static bool digest_write(struct root_file *file, struct err *err)
{
    struct root_key key = {.class_name = "TObjString", .name = ROOT_DIGEST, .title = ""};
    struct sha256 hash = sha256_end(file->digest);
    char text[sizeof "sha256 " + SHA256_HEX] = "sha256 ";
    sha256_to_hex(&hash, text + strlen(text));
    sha256_start(file->digest); /* what follows is not in it */
    if (!record_begin(file, &key, ROOT_BEGIN, err))
        return false;
    struct root_stream out;
    root_stream_init(&out, 0);
    size_t start = root_open(&out, 1);
    root_put_object(&out, 0);
    root_put_text(&out, text);
    root_close(&out, start);
    return stream_put(file, &out, err) && record_end(file, 0, err);
}

/* One free range: from the end of the file to a limit beyond. */
static bool free_write(struct root_file *file, struct err *err)
{
    struct root_key key = {.class_name = "TFile", .name = file->target.name, .title = ""};
    if (!record_begin(file, &key, ROOT_BEGIN, err))
        return false;
    uint64_t end = file->at + 18;
    uint64_t limit = 2 * (uint64_t)FREE_STEP;
    while (limit <= end)
        limit += FREE_STEP;
    struct root_stream out;
    root_stream_init(&out, 0);
    root_put_u16(&out, BIG_FREE);
    root_put_u64(&out, end);
    root_put_u64(&out, limit);
    return stream_put(file, &out, err) && record_end(file, 0, err);
}

static bool header_write(struct root_file *file, const struct root_place *classes,
                         struct err *err)
{
    const struct root_place *free_list = &file->key; /* written last */
    struct root_stream out;
    root_stream_init(&out, 0);
    root_put_bytes(&out, "root", 4);
    root_put_u32(&out, ROOT_VERSION + BIG);
    root_put_u32(&out, ROOT_BEGIN);
    root_put_u64(&out, file->at);
    root_put_u64(&out, free_list->key);
    root_put_u32(&out, (uint32_t)(file->at - free_list->key));
    root_put_u32(&out, 1); /* free ranges */
    root_put_u32(&out, file->directories[ROOT_TOP].name_size);
    root_put_u8(&out, 8); /* bytes of a place */
    root_put_u32(&out, file->target.compression);
    root_put_u64(&out, classes->key);
    root_put_u32(&out, (uint32_t)(classes->payload + classes->size - classes->key));
    uuid_put(&out, file);
    bug_if(out.bytes.size != HEADER_USED);
    bool done = root_stream_check(&out, err) &&
                out_patch(file, 0, out.bytes.data, out.bytes.size, err);
    root_stream_release(&out);
    return done;
}

bool root_file_end(struct root_file *file, uint64_t classes, uint64_t *size,
                   struct err *err)
{
    for (uint32_t i = file->directory_count; i-- > 0;)
        if (!list_write(file, i, err))
            return false;
    if (!classes_write(file, classes | ROOT_SET_STRING, err))
        return false;
    struct root_place list = file->key;
    if (!digest_write(file, err) || !free_write(file, err) ||
        !header_write(file, &list, err) || !buffer_flush(file, err))
        return false;
    *size = file->at;
    return true;
}
