/* columns_read.c - reading sealed clusters; nothing in them is believed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "base/cpu.h"
#include "base/disk.h"
#include "base/half.h"
#include "output/columns_format.h"

void columns_reader_init(struct columns_reader *reader)
{
    *reader = (struct columns_reader){.fd = -1, .vector = cpu_has_half()};
    columns_page_init(&reader->page);
    bytes_init(&reader->table, (size_t)COLUMNS_CLUSTERS * COLUMNS_CLUSTER +
                                   COLUMNS_ACCOUNT + COLUMNS_TAIL);
}

void columns_reader_release(struct columns_reader *reader)
{
    columns_page_release(&reader->page);
    bytes_release(&reader->table);
}

static bool reader_wrong(const struct columns_reader *reader, uint64_t offset,
                         const char *what, struct err *err)
{
    return err_set(err, E_COLUMNS_FORMAT, "%s: columns at byte %" PRIu64 ": %s",
                   reader->path, offset, what);
}

uint32_t columns_cluster_rows(const struct columns_reader *reader, uint32_t n)
{
    bug_if(n >= reader->clusters);
    return le32_load(reader->table.data + (size_t)n * COLUMNS_CLUSTER);
}

static const uint8_t *page_row(const struct columns_reader *reader, uint32_t n,
                               int column)
{
    bug_if(n >= reader->clusters);
    return reader->table.data + (size_t)n * COLUMNS_CLUSTER + 4 +
           (size_t)column * COLUMNS_ROW;
}

uint32_t columns_page_size(const struct columns_reader *reader, uint32_t n, int column)
{
    return le32_load(page_row(reader, n, column));
}

/* The numbers of the tail against the place and what was asked for. */
static bool tail_check(struct columns_reader *reader, const uint8_t *tail,
                       const struct place *place, const struct sha256 *key,
                       struct err *err)
{
    uint64_t at = place->offset + place->length - COLUMNS_TAIL;
    struct sha256 schema = columns_schema();
    reader->clusters = le32_load(tail + 8);
    reader->rows = le64_load(tail + 16);
    reader->account = le32_load(tail + 24);
    memcpy(reader->key.bytes, tail + COLUMNS_KEY, SHA256_SIZE);
    if (memcmp(tail, COLUMNS_MAGIC, 8) != 0)
        return reader_wrong(reader, at, "no columns of this version end here", err);
    if (le32_load(tail + 12) != RECO_COLUMN_COUNT ||
        memcmp(tail + COLUMNS_SCHEMA, schema.bytes, SHA256_SIZE) != 0)
        return reader_wrong(reader, at, "they are described otherwise: another version",
                            err);
    if (!sha256_equal(&reader->key, key))
        return reader_wrong(reader, at, "they are those of another key", err);
    if (reader->clusters > COLUMNS_CLUSTERS || reader->account > COLUMNS_ACCOUNT ||
        le32_load(tail + 28) != 0 ||
        (uint64_t)reader->clusters * COLUMNS_CLUSTER + reader->account + COLUMNS_TAIL >
            place->length)
        return reader_wrong(reader, at, "the tail is damaged", err);
    return true;
}

/* Clusters tile the payload up to the table, and their rows add up. */
static bool table_check(const struct columns_reader *reader, uint64_t pages,
                        struct err *err)
{
    uint64_t rows = 0;
    uint64_t size = 0;
    bool good = true;
    for (uint32_t n = 0; n < reader->clusters; n++) {
        uint32_t own = columns_cluster_rows(reader, n);
        good = good && own <= RECO_CLUSTER && own > 0 &&
               (own == RECO_CLUSTER || n + 1 == reader->clusters);
        rows += own;
        for (int c = 0; good && c < RECO_COLUMN_COUNT; c++) {
            uint32_t stored = columns_page_size(reader, n, c);
            good = stored > 0 && stored <= columns_content(c, own);
            size += stored + COLUMNS_CHECK;
        }
    }
    return (good && rows == reader->rows && size == pages) ||
           reader_wrong(reader, reader->offset + pages, "the table is damaged", err);
}

static bool table_read(struct columns_reader *reader, const struct place *place,
                       struct err *err)
{
    size_t size =
        (size_t)reader->clusters * COLUMNS_CLUSTER + reader->account + COLUMNS_TAIL;
    uint64_t pages = place->length - size;
    uint8_t *data;
    bytes_clear(&reader->table);
    if (!bytes_reserve(&reader->table, size, &data, err) ||
        !disk_read_at(reader->fd, reader->path, place->offset + pages, data, size, err))
        return false;
    reader->table.size = size;
    if (xxh3_of(data, size - COLUMNS_CHECK) != le64_load(data + size - COLUMNS_CHECK))
        return reader_wrong(reader, place->offset + pages,
                            "table and tail do not match their checksum", err);
    return table_check(reader, pages, err);
}

bool columns_open(struct columns_reader *reader, int fd, const char *path,
                  const struct place *place, const struct sha256 *key, struct err *err)
{
    uint8_t tail[COLUMNS_TAIL];
    reader->fd = fd;
    reader->path = path;
    reader->offset = place->offset;
    reader->clusters = 0;
    reader->next = 0;
    if (place->length < COLUMNS_TAIL || place->length > INT64_MAX - place->offset)
        return reader_wrong(reader, place->offset, "impossible place", err);
    bool done = disk_read_at(fd, path, place->offset + place->length - COLUMNS_TAIL, tail,
                             COLUMNS_TAIL, err) &&
                tail_check(reader, tail, place, key, err) &&
                table_read(reader, place, err);
    if (!done)
        reader->clusters = 0;
    return done;
}

/* The reverse of splitting. */
static void bytes_join(const uint8_t *split, size_t count, uint8_t *numbers)
{
    const uint8_t *second = split + count, *third = second + count,
                  *fourth = third + count;
    for (size_t i = 0; i < count; i++, numbers += 4) {
        numbers[0] = split[i];
        numbers[1] = second[i];
        numbers[2] = third[i];
        numbers[3] = fourth[i];
    }
}

/* A page as stored, with the bytes behind it. */
static bool page_check(const struct columns_reader *reader, int column,
                       const uint8_t *page)
{
    const uint8_t *row = page_row(reader, reader->next, column);
    uint32_t stored = le32_load(row);
    uint64_t sum = xxh3_of(page, stored);
    return sum == le64_load(row + 4) && sum == le64_load(page + stored);
}

static bool page_read(struct columns_reader *reader, int column, uint64_t offset,
                      void *numbers, struct err *err)
{
    struct columns_page *page = &reader->page;
    size_t stored = columns_page_size(reader, reader->next, column);
    size_t size = columns_content(column, columns_cluster_rows(reader, reader->next));
    enum reco_encoding encoding = reco_column_infos[column].encoding;
    if (!disk_read_at(reader->fd, reader->path, offset, page->stored,
                      stored + COLUMNS_CHECK, err))
        return false;
    if (!page_check(reader, column, page->stored))
        return reader_wrong(reader, offset, "a page does not match its checksum", err);
    if (!decompress_data(page->compressor, page->stored, stored,
                         encoding == RECO_PLAIN ? numbers : page->coded, size, err))
        return err_wrap(err, "%s: page of column %s at byte %" PRIu64, reader->path,
                        reco_column_infos[column].name, offset);
    if (encoding == RECO_SPLIT)
        bytes_join(page->coded, size / 4, numbers);
    if (encoding == RECO_HALF)
        half_unpack(page->coded, size / 2, reader->vector, numbers);
    return true;
}

bool columns_next(struct columns_reader *reader, uint64_t wanted,
                  struct reco_table *table, struct err *err)
{
    bug_if(table->capacity < RECO_CLUSTER);
    table->rows = 0;
    if (reader->next == reader->clusters)
        return true;
    uint64_t offset = reader->offset;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        if ((wanted & reco_set((enum reco_column)c)) != 0 &&
            !page_read(reader, c, offset, table->data[c], err))
            return false;
        offset += columns_page_size(reader, reader->next, c) + COLUMNS_CHECK;
    }
    table->rows = columns_cluster_rows(reader, reader->next);
    reader->offset = offset;
    reader->next++;
    return true;
}

bool columns_copy(struct columns_reader *reader, struct bytes *out, struct err *err)
{
    size_t size = 0;
    uint8_t *data;
    bytes_clear(out);
    if (reader->next == reader->clusters)
        return true;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        size += columns_page_size(reader, reader->next, c) + COLUMNS_CHECK;
    if (!bytes_reserve(out, size, &data, err) ||
        !disk_read_at(reader->fd, reader->path, reader->offset, data, size, err))
        return false;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        uint32_t stored = columns_page_size(reader, reader->next, c);
        if (!page_check(reader, c, data))
            return reader_wrong(reader, reader->offset,
                                "a page does not match its checksum", err);
        reader->offset += stored + COLUMNS_CHECK;
        data += stored + COLUMNS_CHECK;
    }
    out->size = size;
    reader->next++;
    return true;
}

bool columns_account(const struct columns_reader *reader, struct bytes *out,
                     struct err *err)
{
    bytes_clear(out);
    return bytes_append(out,
                        reader->table.data + (size_t)reader->clusters * COLUMNS_CLUSTER,
                        reader->account, err);
}
