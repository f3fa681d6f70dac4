/* snapshot_write.c - a snapshot as it grows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/snapshot.h"

struct written {
    struct sha256 hash;
    uint64_t size;
    uint64_t offset;
    char *url;
};

struct snapshot_writer {
    char path[PATH_MAX];
    char part[PATH_MAX];
    int fd; /* -1: finished */
    bool thin;
    uint64_t offset; /* of the next byte */
    struct written *blobs;
    size_t count, room;
};

static bool put(struct snapshot_writer *writer, const void *data, size_t size,
                struct err *err)
{
    if (!disk_write(writer->fd, writer->part, data, size, err))
        return false;
    writer->offset += size;
    return true;
}

bool snapshot_begin(const char *path, bool thin, struct snapshot_writer **writer,
                    struct err *err)
{
    struct snapshot_writer *made = mem_new(1, sizeof *made);
    made->fd = -1;
    made->thin = thin;
    int length = snprintf(made->part, sizeof made->part, "%s.part", path);
    bool done = (length > 0 && length < (int)sizeof made->part &&
                 text_copy(made->path, sizeof made->path, path, err)) ||
                err_set(err, E_DISK_OPEN, "%.200s...: the path is too long", path);
    if (done) {
        (void)unlink(made->part); /* of one that was killed */
        done = disk_create(made->part, &made->fd, err) &&
               put(made, SNAPSHOT_START, strlen(SNAPSHOT_START), err);
    }
    if (done)
        *writer = made;
    else
        snapshot_end(made);
    return done;
}

bool snapshot_add(void *user, const struct tag_row *row, const struct sha256 *hash,
                  const struct bytes *bytes, struct err *err)
{
    struct snapshot_writer *writer = user;
    uint64_t offset = writer->offset;
    if (!writer->thin && !put(writer, bytes->data, bytes->size, err))
        return false;
    if (writer->count == writer->room) {
        writer->room = writer->room > 0 ? 2 * writer->room : 64;
        writer->blobs = mem_grow(writer->blobs, writer->room, sizeof *writer->blobs);
    }
    writer->blobs[writer->count++] =
        (struct written){*hash, bytes->size, offset, mem_text(row->url)};
    return true;
}

/* By hash; of equal ones the first that was written. */
static int written_compare(const void *left, const void *right)
{
    const struct written *a = left;
    const struct written *b = right;
    int sign = memcmp(a->hash.bytes, b->hash.bytes, SHA256_SIZE);
    return sign != 0 ? sign : (a->offset > b->offset) - (a->offset < b->offset);
}

static bool blobs_index(const struct snapshot_writer *writer, struct bytes *index,
                        struct err *err)
{
    for (size_t i = 0; i < writer->count; i++) {
        const struct written *blob = &writer->blobs[i];
        char hex[SHA256_HEX];
        if (i > 0 && sha256_equal(&blob[-1].hash, &blob->hash))
            continue;
        sha256_to_hex(&blob->hash, hex);
        if (!text_addf(index, err, "blob %s %" PRIu64 " ", hex, blob->size) ||
            !(writer->thin ? text_add(index, "-", err)
                           : text_addf(index, err, "%" PRIu64, blob->offset)) ||
            !text_addf(index, err, " %s\n", blob->url))
            return false;
    }
    return text_add(index, "end\n", err);
}

/* From "tag" to the end of the file. */
static bool index_write(const struct snapshot_writer *writer,
                        const struct snapshot_head *head, const struct bytes *manifest,
                        struct bytes *index, struct err *err)
{
    char hex[SHA256_HEX];
    struct sha256 hash = sha256_of(manifest->data, manifest->size);
    sha256_to_hex(&hash, hex);
    if (!text_addf(index, err, "tag %s %s\npayloads ", head->tag,
                   tag_status_name(head->status)) ||
        !(head->payloads ? text_add_percent(index, head->payloads, err)
                         : text_add(index, "-", err)) ||
        !text_addf(index, err, "\nmanifest %" PRIu64 " %zu %s\n",
                   writer->offset - manifest->size, manifest->size, hex) ||
        !blobs_index(writer, index, err))
        return false;
    hash = sha256_of(index->data, index->size);
    sha256_to_hex(&hash, hex);
    return text_addf(index, err, SNAPSHOT_END "%020" PRIu64 " %020" PRIu64 " %s\n",
                     writer->offset, (uint64_t)index->size, hex);
}

static bool part_publish(struct snapshot_writer *writer, struct err *err)
{
    int fd = writer->fd;
    if (fchmod(fd, 0444) != 0 || !disk_sync(fd, writer->part, err))
        return err_set(err, E_DISK_WRITE, "%s: cannot be finished", writer->part);
    writer->fd = -1;
    if (!disk_close(fd, writer->part, err) ||
        !disk_rename(writer->part, writer->path, err)) {
        (void)unlink(writer->part);
        return false;
    }
    return disk_sync_parent(writer->path, err);
}

bool snapshot_finish(struct snapshot_writer *writer, const struct snapshot_head *head,
                     struct err *err)
{
    struct bytes manifest;
    struct bytes index;
    bytes_init(&manifest, MANIFEST_TEXT);
    bytes_init(&index, SNAPSHOT_INDEX);
    if (writer->count > 0)
        qsort(writer->blobs, writer->count, sizeof *writer->blobs, written_compare);
    bool done = manifest_write(head->manifest, &manifest, err) &&
                put(writer, manifest.data, manifest.size, err) &&
                index_write(writer, head, &manifest, &index, err) &&
                put(writer, index.data, index.size, err) && part_publish(writer, err);
    bytes_release(&manifest);
    bytes_release(&index);
    return done;
}

void snapshot_end(struct snapshot_writer *writer)
{
    if (!writer)
        return;
    if (writer->fd >= 0) {
        (void)close(writer->fd);
        (void)unlink(writer->part);
    }
    for (size_t i = 0; i < writer->count; i++)
        free(writer->blobs[i].url);
    free(writer->blobs);
    free(writer);
}
