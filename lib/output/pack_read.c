/* pack_read.c - reading and verifying the container; nothing in it is believed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "output/pack_format.h"

#define PIECE ((size_t)1 << 20)

void pack_entry_init(struct pack_entry *entry)
{
    *entry = (struct pack_entry){0};
    bytes_init(&entry->key_bytes,
               PACK_FOOT + PACK_META_LIMIT + KEY_TEXT_LIMIT + SHA256_SIZE);
}

void pack_entry_release(struct pack_entry *entry)
{
    bytes_release(&entry->key_bytes);
}

/* "name=value\n" at *text; the value goes to out, *text behind the line. */
static bool line_take(const char **text, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    if (strncmp(*text, name, length) != 0 || (*text)[length] != '=')
        return false;
    const char *value = *text + length + 1;
    const char *end = strchr(value, '\n');
    if (end == NULL || (size_t)(end - value) >= size)
        return false;
    memcpy(out, value, (size_t)(end - value));
    out[end - value] = 0;
    *text = end + 1;
    return true;
}

static bool number_take(const char **text, const char *name, uint64_t maximum,
                        uint64_t *number)
{
    char value[32];
    struct err ignored;
    return line_take(text, name, value, sizeof value) &&
           text_to_u64(value, maximum, number, &ignored);
}

static bool digest_take(const char **text, struct event_digest *events)
{
    char value[EVENT_DIGEST_TEXT];
    struct err ignored;
    if (!line_take(text, "events", value, sizeof value))
        return false;
    char *colon = strchr(value, ':');
    if (colon == NULL)
        return false;
    *colon = 0;
    uint8_t sum[16];
    if (!text_to_u64(value, UINT64_MAX, &events->count, &ignored) ||
        !text_from_hex(colon + 1, sum, sizeof sum, &ignored))
        return false;
    events->high = be64_load(sum);
    events->low = be64_load(sum + 8);
    return true;
}

/* Only the text that the writer would make is taken. */
static bool meta_read(const char *text, size_t size, struct pack_item *item)
{
    char key[SHA256_HEX];
    uint64_t run = 0;
    uint64_t spill = 0;
    struct err ignored;
    const char *at = text;
    bool good = strlen(text) == size && line_take(&at, "key", key, sizeof key) &&
                sha256_from_hex(key, &item->key, &ignored) &&
                line_take(&at, "stream", item->stream, sizeof item->stream) &&
                text_is_name(item->stream, STREAM_NAME - 1) &&
                number_take(&at, "run", UINT32_MAX, &run) &&
                number_take(&at, "spill", UINT32_MAX, &spill) &&
                number_take(&at, "entries", UINT64_MAX, &item->entries) &&
                digest_take(&at, &item->events) && *at == 0;
    item->run = (uint32_t)run;
    item->spill = (uint32_t)spill;
    if (!good)
        return false;
    struct bytes again;
    bytes_init(&again, PACK_META_LIMIT);
    bool same = pack_meta_text(item, &again, &ignored) && again.size == size &&
                memcmp(again.data, text, size) == 0;
    bytes_release(&again);
    return same;
}

static bool foot_wrong(struct err *err, const char *path, uint64_t offset,
                       const char *what)
{
    return err_set(err, E_PACK_FORMAT, "%s: record that ends at byte %" PRIu64 ": %s",
                   path, offset, what);
}

/* Sizes of the foot at the end of the payload; *foot is its whole size. */
static bool foot_size(const uint8_t fixed[PACK_FOOT], const struct place *place,
                      size_t *foot)
{
    uint32_t meta = le32_load(fixed + 8);
    uint32_t key = le32_load(fixed + 12);
    if (memcmp(fixed, PACK_FOOT_MAGIC, 8) != 0 || meta > PACK_META_LIMIT ||
        key > KEY_TEXT_LIMIT || le64_load(fixed + 16) != place->length)
        return false;
    *foot = PACK_FOOT + (size_t)meta + key + SHA256_SIZE;
    return true;
}

/* `foot` holds the whole foot. */
static bool foot_parse(const struct bytes *foot, const char *path, uint64_t offset,
                       struct pack_entry *entry, struct err *err)
{
    const uint8_t *data = foot->data;
    size_t body = foot->size - SHA256_SIZE;
    struct sha256 own = sha256_of(data, body);
    if (memcmp(own.bytes, data + body, SHA256_SIZE) != 0)
        return err_set(err, E_PACK_HASH,
                       "%s: foot at byte %" PRIu64 " does not match its sha256", path,
                       offset);
    entry->foot_hash = own;
    memcpy(entry->bytes_hash.bytes, data + 24, SHA256_SIZE);
    size_t meta = le32_load(data + 8);
    char text[PACK_META_LIMIT + 1];
    memcpy(text, data + PACK_FOOT, meta);
    text[meta] = 0;
    if (!meta_read(text, meta, &entry->item))
        return foot_wrong(err, path, offset, "its meta text is not as written by us");
    entry->item.key_text = data + PACK_FOOT + meta;
    entry->item.key_size = le32_load(data + 12);
    struct sha256 key = sha256_of(entry->item.key_text, entry->item.key_size);
    if (!sha256_equal(&key, &entry->item.key))
        return foot_wrong(err, path, offset, "its key is not the hash of its key text");
    return true;
}

bool pack_read_at(int fd, const char *path, const struct place *place,
                  struct pack_entry *entry, struct err *err)
{
    uint8_t fixed[PACK_FOOT];
    size_t size;
    uint8_t *buffer;
    uint64_t offset = place->offset + place->length;
    if (offset < place->offset || offset > INT64_MAX / 2)
        return foot_wrong(err, path, offset, "impossible place");
    if (!disk_read_at(fd, path, offset, fixed, sizeof fixed, err))
        return false;
    if (!foot_size(fixed, place, &size))
        return foot_wrong(err, path, offset, "no foot of this length is here");
    bytes_clear(&entry->key_bytes);
    if (!bytes_reserve(&entry->key_bytes, size, &buffer, err) ||
        !disk_read_at(fd, path, offset, buffer, size, err))
        return false;
    entry->key_bytes.size = size;
    entry->place.offset = place->offset;
    entry->place.length = place->length;
    entry->end = offset + size;
    return foot_size(buffer, place, &size) && size == entry->key_bytes.size
               ? foot_parse(&entry->key_bytes, path, offset, entry, err)
               : foot_wrong(err, path, offset, "it changes while it is read");
}

/* The tail's numbers and the index; all of it must tile the file. */
static bool reader_load(struct pack_reader *reader, struct err *err)
{
    uint8_t head[PACK_HEAD];
    uint8_t expected[PACK_HEAD];
    uint8_t tail[PACK_TAIL];
    pack_head_store(expected);
    if (reader->size < PACK_HEAD + PACK_TAIL)
        return err_set(err, E_PACK_FORMAT, "%s: %" PRIu64 " bytes are no pack",
                       reader->path, reader->size);
    uint64_t end = reader->size - PACK_TAIL;
    if (!disk_read_at(reader->fd, reader->path, 0, head, sizeof head, err) ||
        !disk_read_at(reader->fd, reader->path, end, tail, sizeof tail, err))
        return false;
    if (memcmp(head, expected, sizeof head) != 0)
        return err_set(err, E_PACK_FORMAT, "%s: does not start as a pack of version %u",
                       reader->path, PACK_VERSION);
    reader->records = le64_load(tail + 8);
    uint64_t place = le64_load(tail + 16);
    memcpy(reader->tail_hash.bytes, tail + 24, SHA256_SIZE);
    if (memcmp(tail, PACK_TAIL_MAGIC, 8) != 0 || reader->records > PACK_RECORDS ||
        place > end || end - place != reader->records * PACK_INDEX_ROW)
        return err_set(err, E_PACK_FORMAT, "%s: the tail of the pack is damaged",
                       reader->path);
    uint8_t *index;
    size_t size = (size_t)(end - place);
    if (!bytes_reserve(&reader->index, size, &index, err) ||
        !disk_read_at(reader->fd, reader->path, place, index, size, err))
        return false;
    reader->index.size = size;
    uint64_t next = PACK_HEAD;
    for (uint64_t i = 0; i < reader->records; i++) {
        const uint8_t *row = index + i * PACK_INDEX_ROW;
        uint64_t length = le64_load(row + 8);
        uint64_t foot = le64_load(row + 16);
        if (le64_load(row) != next || length > place - next ||
            foot > place - next - length || foot < PACK_FOOT + SHA256_SIZE)
            return err_set(err, E_PACK_FORMAT,
                           "%s: record %" PRIu64 ": the index is damaged", reader->path,
                           i);
        next += length + foot;
    }
    return next == place || err_set(err, E_PACK_FORMAT,
                                    "%s: bytes %" PRIu64 " to %" PRIu64 " are in no "
                                    "record",
                                    reader->path, next, place);
}

bool pack_reader_open(struct pack_reader *reader, const char *path, struct err *err)
{
    struct pack_reader opened = {.fd = -1};
    if (!disk_open_read(path, &opened.fd, &opened.size, err))
        return false;
    opened.path = mem_text(path);
    bytes_init(&opened.index, PACK_RECORDS * PACK_INDEX_ROW);
    if (!reader_load(&opened, err)) {
        pack_reader_close(&opened);
        return false;
    }
    *reader = opened;
    return true;
}

void pack_reader_close(struct pack_reader *reader)
{
    (void)close(reader->fd);
    free(reader->path);
    bytes_release(&reader->index);
    *reader = (struct pack_reader){.fd = -1};
}

bool pack_read(const struct pack_reader *reader, uint64_t n, struct pack_entry *entry,
               struct err *err)
{
    bug_if(n >= reader->records);
    const uint8_t *row = reader->index.data + n * PACK_INDEX_ROW;
    struct place place = {.offset = le64_load(row), .length = le64_load(row + 8)};
    uint64_t end = place.offset + place.length + le64_load(row + 16);
    if (!pack_read_at(reader->fd, reader->path, &place, entry, err))
        return err_wrap(err, "record %" PRIu64, n);
    if (entry->end != end)
        return err_set(err, E_PACK_FORMAT,
                       "%s: record %" PRIu64 ": foot and index disagree", reader->path,
                       n);
    return true;
}

bool pack_check_bytes(int fd, const char *path, const struct place *place,
                      const struct sha256 *expected, struct err *err)
{
    uint8_t *buffer = mem_grow(NULL, PIECE, 1);
    struct sha256_stream *stream = sha256_new();
    sha256_start(stream);
    bool done = true;
    for (uint64_t at = 0; done && at < place->length; at += PIECE) {
        uint64_t left = place->length - at;
        size_t size = left < PIECE ? (size_t)left : PIECE;
        done = disk_read_at(fd, path, place->offset + at, buffer, size, err);
        if (done)
            sha256_add(stream, buffer, size);
    }
    struct sha256 hash = sha256_end(stream);
    if (done && !sha256_equal(&hash, expected))
        done = err_set(err, E_PACK_HASH,
                       "%s: %" PRIu64 " bytes from %" PRIu64 " do not match their sha256",
                       path, place->length, place->offset);
    sha256_free(stream);
    free(buffer);
    return done;
}

static bool verify_record(const struct pack_reader *reader, uint64_t n,
                          struct pack_entry *entry, struct pack_report *report,
                          struct err *err)
{
    if (!pack_read(reader, n, entry, err))
        return false;
    const struct pack_item *item = &entry->item;
    if (!pack_check_bytes(reader->fd, reader->path, &entry->place, &entry->bytes_hash,
                          err))
        return err_wrap(err, "record %" PRIu64 " (%s, run %u spill %u)", n, item->stream,
                        item->run, item->spill);
    report->records++;
    report->entries += item->entries;
    report->payload_bytes += entry->place.length;
    if (strcmp(item->stream, "reco") == 0)
        event_digest_merge(&report->events, &item->events);
    return true;
}

bool pack_verify(const char *path, struct pack_report *report, struct err *err)
{
    struct pack_reader reader;
    if (!pack_reader_open(&reader, path, err))
        return false;
    struct pack_report found = {0};
    struct pack_entry entry;
    pack_entry_init(&entry);
    struct sha256_stream *feet = sha256_new();
    uint8_t head[PACK_HEAD];
    pack_head_store(head);
    sha256_start(feet);
    sha256_add(feet, head, sizeof head);
    bool done = true;
    for (uint64_t i = 0; done && i < reader.records; i++) {
        done = verify_record(&reader, i, &entry, &found, err);
        if (done)
            sha256_add(feet, entry.foot_hash.bytes, SHA256_SIZE);
    }
    uint8_t tail[PACK_TAIL - SHA256_SIZE] = PACK_TAIL_MAGIC;
    le64_store(tail + 8, reader.records);
    le64_store(tail + 16, reader.size - PACK_TAIL - reader.index.size);
    sha256_add(feet, reader.index.data, reader.index.size);
    sha256_add(feet, tail, sizeof tail);
    struct sha256 hash = sha256_end(feet);
    if (done && !sha256_equal(&hash, &reader.tail_hash))
        done = err_set(err, E_PACK_HASH, "%s: index or tail do not match their sha256",
                       path);
    sha256_free(feet);
    pack_entry_release(&entry);
    pack_reader_close(&reader);
    if (done)
        *report = found;
    return done;
}
