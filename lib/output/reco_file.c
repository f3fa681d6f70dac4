/* reco_file.c - the records of a merged reco file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/reco_file.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/disk.h"
#include "output/columns.h"
#include "output/pack_format.h"

#define BEGIN      100u /* place of the first key */
#define END        12u  /* of the size of the file in the header */
#define KEY        40u  /* head of a key up to the name of class RBlob */
#define KEY_LENGTH 14u
#define KEY_CLASS  34u

static bool file_wrong(const struct reco_file *file, const char *what, struct err *err)
{
    return err_set(err, E_PACK_FORMAT, "%s: byte %" PRIu64 ": %s", file->path, file->at,
                   what);
}

bool reco_file_open(struct reco_file *file, const char *path, struct err *err)
{
    struct reco_file opened = {.fd = -1, .path = path};
    uint8_t head[BEGIN];
    if (!disk_open_read(path, &opened.fd, &opened.size, err))
        return false;
    bool done = opened.size >= BEGIN
                    ? disk_read_at(opened.fd, path, 0, head, sizeof head, err)
                    : file_wrong(&opened, "too small for a ROOT file", err);
    if (done && (memcmp(head, "root", 4) != 0 || be32_load(head + 8) != BEGIN ||
                 be64_load(head + END) != opened.size))
        done = file_wrong(&opened, "no ROOT file of this size starts here", err);
    if (!done) {
        (void)close(opened.fd);
        return false;
    }
    opened.at = BEGIN;
    *file = opened;
    return true;
}

void reco_file_close(struct reco_file *file)
{
    (void)close(file->fd);
    file->fd = -1;
}

/* Whether the payload of a blob, `size` bytes at `offset`, is a record. */
static bool record_find(const struct reco_file *file, uint64_t offset, uint64_t size,
                        struct place *place, bool *found, struct err *err)
{
    uint8_t last[RECO_FILE_SIZE], magic[8];
    *found = false;
    if (size < PACK_FOOT + SHA256_SIZE + RECO_FILE_SIZE)
        return true;
    if (!disk_read_at(file->fd, file->path, offset + size - sizeof last, last,
                      sizeof last, err))
        return false;
    *place = (struct place){.offset = offset, .length = le64_load(last)};
    if (place->length > size - PACK_FOOT - SHA256_SIZE - RECO_FILE_SIZE)
        return true;
    if (!disk_read_at(file->fd, file->path, offset + place->length, magic, sizeof magic,
                      err))
        return false;
    *found = memcmp(magic, PACK_FOOT_MAGIC, sizeof magic) == 0;
    return true;
}

enum lookup reco_file_next(struct reco_file *file, struct pack_entry *entry,
                           struct err *err)
{
    while (file->at < file->size) {
        uint8_t key[KEY];
        struct place place;
        bool found = false;
        if (file->size - file->at < sizeof key) {
            (void)file_wrong(file, "the file ends in a key", err);
            return LOOKUP_FAILED;
        }
        if (!disk_read_at(file->fd, file->path, file->at, key, sizeof key, err))
            return LOOKUP_FAILED;
        uint64_t size = be32_load(key);
        uint64_t length = (uint64_t)key[KEY_LENGTH] << 8 | key[KEY_LENGTH + 1];
        if (size > file->size - file->at || length > size || size < sizeof key) {
            (void)file_wrong(file, "the head of a key is damaged", err);
            return LOOKUP_FAILED;
        }
        uint64_t end = file->at + size;
        if (memcmp(key + KEY_CLASS, "\5RBlob", 6) == 0 &&
            !record_find(file, file->at + length, size - length, &place, &found, err))
            return LOOKUP_FAILED;
        if (found && !pack_read_at(file->fd, file->path, &place, entry, err))
            return LOOKUP_FAILED;
        if (found && entry->end + RECO_FILE_SIZE != end) {
            (void)file_wrong(file, "a record does not end with its key", err);
            return LOOKUP_FAILED;
        }
        file->at = end;
        if (found)
            return LOOKUP_FOUND;
    }
    return LOOKUP_ABSENT;
}

static bool record_verify(const struct reco_file *file, const struct pack_entry *entry,
                          struct columns_reader *reader, struct err *err)
{
    const struct pack_item *item = &entry->item;
    bool done =
        pack_check_bytes(file->fd, file->path, &entry->place, &entry->bytes_hash, err) &&
        columns_open(reader, file->fd, file->path, &entry->place, &item->key, err);
    if (done && reader->rows != item->entries)
        done =
            err_set(err, E_COLUMNS_FORMAT, "%s: %" PRIu64 " rows for %" PRIu64 " events",
                    file->path, reader->rows, item->entries);
    return done || err_wrap(err, "record of run %" PRIu32 " spill %" PRIu32, item->run,
                            item->spill);
}

bool reco_file_verify(const char *path, struct event_digest *events, struct err *err)
{
    struct reco_file file;
    struct pack_entry entry;
    struct columns_reader reader;
    enum lookup found;
    if (!reco_file_open(&file, path, err))
        return false;
    *events = (struct event_digest){.count = 0};
    pack_entry_init(&entry);
    columns_reader_init(&reader);
    while ((found = reco_file_next(&file, &entry, err)) == LOOKUP_FOUND) {
        if (!record_verify(&file, &entry, &reader, err)) {
            found = LOOKUP_FAILED;
            break;
        }
        event_digest_merge(events, &entry.item.events);
    }
    columns_reader_release(&reader);
    pack_entry_release(&entry);
    reco_file_close(&file);
    return found == LOOKUP_ABSENT;
}
