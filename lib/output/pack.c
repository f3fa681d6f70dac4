/* pack.c - writing the container.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/pack.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "output/pack_format.h"

static bool writer_flush(struct pack_writer *writer, struct err *err)
{
    size_t size = writer->held;
    writer->held = 0;
    return disk_write(writer->fd, writer->path, writer->buffer, size, err);
}

static bool writer_put(struct pack_writer *writer, const void *data, size_t size,
                       struct err *err)
{
    const uint8_t *bytes = data;
    writer->offset += size;
    while (size > 0) {
        size_t room = PACK_BLOCK - writer->held;
        size_t part = size < room ? size : room;
        memcpy(writer->buffer + writer->held, bytes, part);
        writer->held += part;
        bytes += part;
        size -= part;
        if (writer->held == PACK_BLOCK && !writer_flush(writer, err))
            return false;
    }
    return true;
}

void pack_head_store(uint8_t head[PACK_HEAD])
{
    static const uint8_t magic[8] = PACK_HEAD_MAGIC;
    memcpy(head, magic, sizeof magic);
    le32_store(head + 8, PACK_VERSION);
    le32_store(head + 12, 0);
}

bool pack_writer_start(struct pack_writer *writer, int fd, const char *path,
                       struct err *err)
{
    uint8_t head[PACK_HEAD];
    pack_head_store(head);
    *writer = (struct pack_writer){
        .fd = fd, .path = path, .buffer = mem_grow(NULL, PACK_BLOCK, 1)};
    if (!writer_put(writer, head, sizeof head, err))
        return false;
    writer->hash = sha256_new();
    writer->feet = sha256_new();
    sha256_start(writer->feet);
    sha256_add(writer->feet, head, sizeof head);
    bytes_init(&writer->index, PACK_RECORDS * PACK_INDEX_ROW);
    return true;
}

void pack_begin(struct pack_writer *writer)
{
    bug_if(writer->open);
    writer->open = true;
    writer->payload = writer->offset;
    sha256_start(writer->hash);
}

bool pack_add(struct pack_writer *writer, const void *data, size_t size, struct err *err)
{
    bug_if(!writer->open);
    sha256_add(writer->hash, data, size);
    return writer_put(writer, data, size, err);
}

bool pack_meta_text(const struct pack_item *item, struct bytes *out, struct err *err)
{
    char hex[SHA256_HEX];
    char events[EVENT_DIGEST_TEXT];
    sha256_to_hex(&item->key, hex);
    event_digest_text(&item->events, events);
    return text_addf(out, err,
                     "key=%s\nstream=%s\nrun=%" PRIu32 "\nspill=%" PRIu32
                     "\nentries=%" PRIu64 "\nevents=%s\n",
                     hex, item->stream, item->run, item->spill, item->entries, events);
}

static bool foot_make(const struct pack_item *item, uint64_t length,
                      const struct sha256 *hash, struct bytes *foot, struct err *err)
{
    uint8_t fixed[PACK_FOOT] = PACK_FOOT_MAGIC;
    struct bytes meta;
    bytes_init(&meta, PACK_META_LIMIT);
    bool done = pack_meta_text(item, &meta, err);
    if (done) {
        le32_store(fixed + 8, (uint32_t)meta.size);
        le32_store(fixed + 12, (uint32_t)item->key_size);
        le64_store(fixed + 16, length);
        memcpy(fixed + 24, hash->bytes, SHA256_SIZE);
        done = bytes_append(foot, fixed, sizeof fixed, err) &&
               bytes_append(foot, meta.data, meta.size, err) &&
               bytes_append(foot, item->key_text, item->key_size, err);
    }
    if (done) {
        struct sha256 own = sha256_of(foot->data, foot->size);
        done = bytes_append(foot, own.bytes, SHA256_SIZE, err);
    }
    bytes_release(&meta);
    return done;
}

static bool index_add(struct pack_writer *writer, uint64_t length, uint64_t foot,
                      struct err *err)
{
    uint8_t row[PACK_INDEX_ROW];
    le64_store(row, writer->payload);
    le64_store(row + 8, length);
    le64_store(row + 16, foot);
    return bytes_append(&writer->index, row, sizeof row, err) ||
           err_wrap(err, "%s: too many records", writer->path);
}

bool pack_end(struct pack_writer *writer, const struct pack_item *item,
              struct product *product, struct err *err)
{
    bug_if(!writer->open);
    struct sha256 key = sha256_of(item->key_text, item->key_size);
    bug_if(!sha256_equal(&key, &item->key));
    writer->open = false;
    uint64_t length = writer->offset - writer->payload;
    struct product made = {.key = item->key,
                           .bytes_hash = sha256_end(writer->hash),
                           .events = item->events,
                           .entries = item->entries,
                           .place = {.offset = writer->payload, .length = length}};
    struct bytes foot;
    bytes_init(&foot, PACK_FOOT + PACK_META_LIMIT + KEY_TEXT_LIMIT + SHA256_SIZE);
    bool done = text_copy(made.stream, sizeof made.stream, item->stream, err) &&
                foot_make(item, length, &made.bytes_hash, &foot, err) &&
                index_add(writer, length, foot.size, err) &&
                writer_put(writer, foot.data, foot.size, err);
    if (done) {
        sha256_add(writer->feet, foot.data + foot.size - SHA256_SIZE, SHA256_SIZE);
        *product = made;
    }
    bytes_release(&foot);
    return done;
}

bool pack_finish(struct pack_writer *writer, uint64_t *size, struct err *err)
{
    bug_if(writer->open);
    uint8_t tail[PACK_TAIL] = PACK_TAIL_MAGIC;
    le64_store(tail + 8, writer->index.size / PACK_INDEX_ROW);
    le64_store(tail + 16, writer->offset);
    sha256_add(writer->feet, writer->index.data, writer->index.size);
    sha256_add(writer->feet, tail, PACK_TAIL - SHA256_SIZE);
    struct sha256 hash = sha256_end(writer->feet);
    memcpy(tail + PACK_TAIL - SHA256_SIZE, hash.bytes, SHA256_SIZE);
    if (!writer_put(writer, writer->index.data, writer->index.size, err) ||
        !writer_put(writer, tail, sizeof tail, err) || !writer_flush(writer, err))
        return false;
    *size = writer->offset;
    return true;
}

void pack_writer_release(struct pack_writer *writer)
{
    sha256_free(writer->hash);
    sha256_free(writer->feet);
    bytes_release(&writer->index);
    free(writer->buffer);
    *writer = (struct pack_writer){.fd = -1};
}
