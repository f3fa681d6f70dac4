/* rntuple_read.c - reads RNTuples: anchor, envelopes, page lists.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An envelope: u64 type and length (16 and 48 bits), payload, u64 XXH3 of all before.
 */
#include "output/rntuple_read.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/disk.h"
#include "output/compress_read.h"

#define ANCHOR        78u
#define ANCHOR_COUNT  0x40000042u /* bytes behind it, without the checksum */
#define ANCHOR_START  6u          /* of what the checksum covers */
#define ANCHOR_HASHED 64u
#define CHECKSUM      8u
#define HEAD          8u

enum envelope { ENVELOPE_HEADER = 1, ENVELOPE_FOOTER = 2, ENVELOPE_PAGES = 3 };

static const char *const envelope_names[] = {"", "header", "footer", "page list"};

struct link {
    struct rntuple_extent stored;
    uint64_t length; /* unpacked */
};

static bool wrong(const struct root_read *file, uint64_t offset, const char *what,
                  struct err *err)
{
    return err_set(err, E_RNTUPLE_FORMAT, "%s: byte %" PRIu64 ": %s", file->path, offset,
                   what);
}

static bool envelope_wrong(const struct rntuple *tuple, const struct link *link,
                           enum envelope type, const char *what, struct err *err)
{
    return err_set(err, E_RNTUPLE_FORMAT, "%s: byte %" PRIu64 ": RNTuple %s: %s",
                   tuple->file->path, link->stored.offset, envelope_names[type], what);
}

/* Bytes of the file, stored as they are or packed. */
static bool bytes_read(const struct rntuple *tuple, const struct link *link,
                       struct bytes *out, const char **why, struct err *err)
{
    const struct root_read *file = tuple->file;
    struct bytes stored;
    uint8_t *place = NULL;
    uint8_t *unpacked = NULL;
    bool plain = link->stored.size == link->length;
    bytes_clear(out);
    *why = "it does not lie in the file or is above its limit";
    if (link->length > out->limit || link->stored.size > link->length ||
        link->stored.offset > file->size ||
        link->stored.size > file->size - link->stored.offset)
        return false;
    *why = NULL;
    bytes_init(&stored, out->limit);
    bool done = bytes_reserve(plain ? out : &stored, link->stored.size, &place, err) &&
                disk_read_at(file->fd, file->path, link->stored.offset, place,
                             link->stored.size, err);
    if (done && !plain)
        done = compress_sizes(place, link->stored.size, link->length, why) &&
               bytes_reserve(out, link->length, &unpacked, err) &&
               compress_unpack(place, link->stored.size, unpacked, link->length, why);
    bytes_release(&stored);
    if (done)
        out->size = link->length;
    return done;
}

/* The envelope's payload; its bytes are in `out`. */
static bool envelope_read(struct rntuple *tuple, const struct link *link,
                          enum envelope type, struct bytes *out, struct cursor *payload,
                          struct err *err)
{
    const char *why = NULL;
    if (!bytes_read(tuple, link, out, &why, err))
        return why != NULL ? envelope_wrong(tuple, link, type, why, err) : false;
    if (out->size < HEAD + CHECKSUM)
        return envelope_wrong(tuple, link, type, "too short", err);
    size_t hashed = out->size - CHECKSUM;
    if (xxh3_of(out->data, hashed) != le64_load(out->data + hashed))
        return envelope_wrong(tuple, link, type, "its checksum is another", err);
    uint64_t head = le64_load(out->data);
    if ((head & UINT16_MAX) != type || head >> 16 != out->size)
        return envelope_wrong(tuple, link, type, "its type or length is another", err);
    *payload = cursor_over(out->data + HEAD, hashed - HEAD);
    uint32_t count = tuple->envelope_count++;
    tuple->envelopes =
        mem_grow(tuple->envelopes, tuple->envelope_count, sizeof *tuple->envelopes);
    tuple->envelopes[count] = link->stored;
    return true;
}

static bool anchor_read(const struct root_read *file, const struct root_read_key *key,
                        struct link *header, struct link *footer, struct err *err)
{
    struct bytes bytes;
    uint64_t offset = key->offset + key->header_size;
    bytes_init(&bytes, ANCHOR);
    if (key->object_size != ANCHOR || key->size - key->header_size != ANCHOR)
        return wrong(file, offset, "the anchor of an RNTuple has another size", err);
    bool done = root_read_object(file, key, &bytes, err);
    if (done && xxh3_of(bytes.data + ANCHOR_START, ANCHOR_HASHED) !=
                    be64_load(bytes.data + ANCHOR_START + ANCHOR_HASHED))
        done = wrong(file, offset, "the checksum of the RNTuple anchor is another", err);
    if (done) {
        struct cursor cursor = cursor_over(bytes.data, bytes.size);
        bool known = cursor_be32(&cursor) == ANCHOR_COUNT && cursor_be16(&cursor) == 2 &&
                     cursor_be16(&cursor) == 1 && cursor_be16(&cursor) == 0;
        (void)cursor_be32(&cursor); /* minor and patch: readers may ignore */
        header->stored.offset = cursor_be64(&cursor);
        header->stored.size = cursor_be64(&cursor);
        header->length = cursor_be64(&cursor);
        footer->stored.offset = cursor_be64(&cursor);
        footer->stored.size = cursor_be64(&cursor);
        footer->length = cursor_be64(&cursor);
        done = known || wrong(file, offset, "an RNTuple of another version", err);
    }
    bytes_release(&bytes);
    return done;
}

/* Size and place; only the plain kind, below 2 GiB. */
static struct rntuple_extent locator_take(struct cursor *cursor)
{
    struct rntuple_extent extent;
    extent.size = cursor_le32(cursor);
    extent.offset = cursor_le64(cursor);
    if (extent.size > INT32_MAX)
        cursor->failed = true;
    return extent;
}

static void page_put(struct rntuple *tuple, struct rntuple_page page)
{
    uint64_t count = tuple->page_count++;
    if ((count & (count - 1)) == 0)
        tuple->pages = mem_grow(tuple->pages, count == 0 ? 1 : 2 * count, sizeof page);
    tuple->pages[count] = page;
}

static void range_put(struct rntuple *tuple, uint64_t count, struct rntuple_range range)
{
    if ((count & (count - 1)) == 0)
        tuple->ranges = mem_grow(tuple->ranges, count == 0 ? 1 : 2 * count, sizeof range);
    tuple->ranges[count] = range;
}

/* The pages of one column in one cluster. */
static bool range_take(struct rntuple *tuple, struct cursor *columns, uint64_t number)
{
    struct rntuple_range range = {.first = tuple->page_count};
    uint64_t size = 0 - cursor_le64(columns);
    uint32_t count = cursor_le32(columns);
    if (columns->failed || size != 12 + 16 * (uint64_t)count + 12 ||
        size - 12 > cursor_left(columns) || tuple->page_count + count > RNTUPLE_PAGES)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        int32_t elements = (int32_t)cursor_le32(columns);
        struct rntuple_extent extent = locator_take(columns);
        /* Minus: a checksum stands behind the page, as in all files that we write. */
        if (elements >= 0 || elements == INT32_MIN || columns->failed ||
            extent.offset > tuple->file->size ||
            extent.size + CHECKSUM > tuple->file->size - extent.offset)
            return false;
        struct rntuple_page page = {.offset = extent.offset,
                                    .size = (uint32_t)extent.size,
                                    .elements = (uint32_t)-elements};
        range.elements += page.elements;
        page_put(tuple, page);
    }
    range.count = count;
    range.offset = cursor_le64(columns);
    range.compression = cursor_le32(columns);
    range_put(tuple, number, range);
    return !columns->failed;
}

static bool clusters_take(struct rntuple *tuple, struct cursor *payload)
{
    uint32_t count;
    struct cursor list = rntuple_list(payload, RNTUPLE_CLUSTERS, &count);
    if (list.failed || count > RNTUPLE_CLUSTERS - tuple->cluster_count)
        return false;
    tuple->clusters = mem_grow(tuple->clusters, tuple->cluster_count + count + 1u,
                               sizeof *tuple->clusters);
    for (uint32_t i = 0; i < count; i++) {
        struct cursor record = rntuple_record(&list);
        struct rntuple_cluster *cluster = &tuple->clusters[tuple->cluster_count++];
        cluster->first = cursor_le64(&record);
        cluster->entries = cursor_le64(&record);
        if (record.failed || cursor_left(&record) != 0 ||
            cluster->first != tuple->entries || cluster->entries == 0 ||
            cluster->entries > UINT32_MAX)
            return false;
        tuple->entries += cluster->entries;
    }
    return cursor_left(&list) == 0;
}

/* A page list: header checksum, clusters, for each the pages of its columns. */
static const char *pages_take(struct rntuple *tuple, struct cursor *payload)
{
    uint32_t first = tuple->cluster_count;
    uint32_t count, columns;
    if (cursor_le64(payload) != tuple->checksum)
        return "the header that it belongs to is another";
    if (!clusters_take(tuple, payload))
        return "entries of its clusters do not follow one another";
    struct cursor list = rntuple_list(payload, RNTUPLE_CLUSTERS, &count);
    if (count != tuple->cluster_count - first ||
        (uint64_t)tuple->cluster_count * tuple->schema.column_count > RNTUPLE_RANGES)
        return "its clusters are not those that it lists pages of";
    for (uint32_t i = 0; i < count; i++) {
        struct cursor inner = rntuple_list(&list, RNTUPLE_COLUMNS, &columns);
        if (columns != tuple->schema.column_count)
            return "a cluster has another number of columns than the header";
        uint64_t number = (uint64_t)(first + i) * columns;
        for (uint32_t c = 0; c < columns; c++)
            if (!range_take(tuple, &inner, number + c))
                return "a page is damaged or does not lie in the file";
        if (inner.failed || cursor_left(&inner) != 0)
            return "the list of a cluster is damaged";
    }
    if (list.failed || cursor_left(&list) != 0 || cursor_left(payload) != 0)
        return "bytes behind its lists";
    return NULL;
}

static bool group_read(struct rntuple *tuple, struct cursor *list, struct err *err)
{
    struct cursor record = rntuple_record(list);
    struct link link;
    struct cursor payload;
    uint64_t first = cursor_le64(&record);
    uint64_t span = cursor_le64(&record);
    uint32_t clusters = cursor_le32(&record);
    link.length = cursor_le64(&record);
    link.stored = locator_take(&record);
    if (record.failed || cursor_left(&record) != 0 || first != tuple->entries)
        return wrong(tuple->file, tuple->envelopes[1].offset,
                     "RNTuple footer: a cluster group is damaged", err);
    uint32_t before = tuple->cluster_count;
    struct bytes bytes;
    bytes_init(&bytes, RNTUPLE_ENVELOPE);
    bool done = envelope_read(tuple, &link, ENVELOPE_PAGES, &bytes, &payload, err);
    if (done) {
        const char *what = pages_take(tuple, &payload);
        if (what == NULL &&
            (tuple->cluster_count - before != clusters || tuple->entries - first != span))
            what = "its counts are not those of the footer";
        done = what == NULL || envelope_wrong(tuple, &link, ENVELOPE_PAGES, what, err);
    }
    bytes_release(&bytes);
    return done;
}

static bool footer_read(struct rntuple *tuple, const struct link *link, struct err *err)
{
    struct bytes bytes;
    struct cursor payload;
    bytes_init(&bytes, RNTUPLE_ENVELOPE);
    bool done = envelope_read(tuple, link, ENVELOPE_FOOTER, &bytes, &payload, err);
    const char *what = NULL;
    if (done && cursor_le64(&payload) != 0)
        what = "features that are not known here";
    if (done && what == NULL && cursor_le64(&payload) != tuple->checksum)
        what = "the header that it belongs to is another";
    if (done && what == NULL) {
        struct cursor extension = rntuple_record(&payload);
        uint32_t count = 0;
        for (int i = 0; i < 4; i++)
            (void)rntuple_list(&extension, 0, &count);
        struct cursor list = rntuple_list(&payload, RNTUPLE_GROUPS, &tuple->group_count);
        if (extension.failed || cursor_left(&extension) != 0 || payload.failed ||
            cursor_left(&payload) != 0)
            what = "damaged, or with an extended schema, which is not read here";
        for (uint32_t i = 0; done && what == NULL && i < tuple->group_count; i++)
            done = group_read(tuple, &list, err);
        if (done && what == NULL && cursor_left(&list) != 0)
            what = "bytes behind its groups";
    }
    bytes_release(&bytes);
    return what == NULL ? done : envelope_wrong(tuple, link, ENVELOPE_FOOTER, what, err);
}

/* Elements of the columns: as many as entries ask for, and each where the ones before
 * end. What a collection counts is known once its pages are read: not here. */
static bool counts_check(const struct rntuple *tuple, struct err *err)
{
    uint32_t columns = tuple->schema.column_count;
    for (uint32_t c = 0; c < columns; c++) {
        const struct rntuple_column *column = &tuple->schema.columns[c];
        uint64_t before = 0;
        for (uint32_t i = 0; i < tuple->cluster_count; i++) {
            const struct rntuple_range *range = rntuple_range_of(tuple, i, c);
            bool counted = column->index != RNTUPLE_NONE ||
                           range->elements == tuple->clusters[i].entries * column->width;
            if (!counted || range->offset != before)
                return err_set(err, E_RNTUPLE_FORMAT,
                               "%s: RNTuple column %u in cluster %u: its %s", //
                               tuple->file->path, c, i,
                               counted ? "place is not behind the clusters before"
                                       : "elements are not those of the entries");
            before += range->elements;
        }
    }
    return true;
}

bool rntuple_open(struct rntuple *tuple, const struct root_read *file,
                  const struct root_read_key *anchor, struct err *err)
{
    struct rntuple opened = {.file = file};
    struct link header = {.length = 0}, footer = {.length = 0};
    struct cursor payload;
    char where[64];
    if (!anchor_read(file, anchor, &header, &footer, err))
        return false;
    bytes_init(&opened.header, RNTUPLE_ENVELOPE);
    (void)snprintf(where, sizeof where, "byte %" PRIu64 ": RNTuple header",
                   header.stored.offset);
    bool done =
        envelope_read(&opened, &header, ENVELOPE_HEADER, &opened.header, &payload, err);
    if (done) {
        opened.checksum = le64_load(opened.header.data + opened.header.size - CHECKSUM);
        done = rntuple_schema_read(&opened.schema, payload, where, err) ||
               err_wrap(err, "%s", file->path);
    }
    done = done && footer_read(&opened, &footer, err) && counts_check(&opened, err);
    if (done)
        *tuple = opened;
    else
        rntuple_release(&opened);
    return done;
}

void rntuple_release(struct rntuple *tuple)
{
    bytes_release(&tuple->header);
    rntuple_schema_release(&tuple->schema);
    free(tuple->envelopes);
    free(tuple->clusters);
    free(tuple->ranges);
    free(tuple->pages);
    *tuple = (struct rntuple){.file = NULL};
}

const struct rntuple_range *rntuple_range_of(const struct rntuple *tuple,
                                             uint32_t cluster, uint32_t column)
{
    return &tuple->ranges[(uint64_t)cluster * tuple->schema.column_count + column];
}

uint64_t rntuple_page_bytes(const struct rntuple_column *column, uint64_t elements)
{
    return (elements * column->bits + 7) / 8;
}
