/* columns.c - writing reconstructed events of a segment as sealed clusters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/columns.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/half.h"
#include "base/text.h"
#include "output/columns_format.h"

#define FEW          12
#define SCHEMA_LIMIT ((size_t)1 << 16) /* some 50 lines of 100 characters */

/* Numbers are stored as they are in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are little endian");

static bool schema_text(struct bytes *out, struct err *err)
{
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        if (!text_addf(out, err, "%s\t%s\t", info->name, reco_type_name(info->type)))
            return false;
        for (int d = 0; d < info->rank; d++)
            if (!text_addf(out, err, "[%u]", info->shape[d]))
                return false;
        if (!text_addf(out, err, "\t%s\t%s\t%s\n", reco_encoding_name(info->encoding),
                       info->unit, info->meaning))
            return false;
    }
    return true;
}

static struct sha256 schema;
static pthread_once_t schema_once = PTHREAD_ONCE_INIT;

static void schema_make(void)
{
    struct bytes text;
    struct err err;
    bytes_init(&text, SCHEMA_LIMIT);
    bug_if(!schema_text(&text, &err));
    schema = sha256_of(text.data, text.size);
    bytes_release(&text);
}

struct sha256 columns_schema(void)
{
    bug_if(pthread_once(&schema_once, schema_make) != 0);
    return schema;
}

size_t columns_content(int column, uint32_t rows)
{
    const struct reco_column_info *info = &reco_column_infos[column];
    return (size_t)rows * info->width *
           (info->encoding == RECO_HALF ? 2 : reco_type_size(info->type));
}

/* For a full cluster, of which most segments need a part: without zeros, which would make
 * all of it memory. */
static void *room_make(size_t size)
{
    return mem_grow(NULL, size, 1);
}

void columns_page_init(struct columns_page *page)
{
    size_t most = 0;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        size_t size = columns_content(c, RECO_CLUSTER);
        most = size > most ? size : most;
    }
    *page = (struct columns_page){.compressor = compressor_new(),
                                  .coded = room_make(most),
                                  .stored = room_make(compress_bound(most) + 8)};
}

void columns_page_release(struct columns_page *page)
{
    compressor_free(page->compressor);
    free(page->coded);
    free(page->stored);
    *page = (struct columns_page){.compressor = NULL};
}

void columns_writer_init(struct columns_writer *writer)
{
    *writer = (struct columns_writer){.vector = cpu_has_half()};
    columns_page_init(&writer->page);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        writer->waiting[c] = room_make(columns_content(c, RECO_CLUSTER));
    bytes_init(&writer->table, (size_t)COLUMNS_CLUSTERS * COLUMNS_CLUSTER +
                                   COLUMNS_ACCOUNT + COLUMNS_TAIL);
}

void columns_writer_release(struct columns_writer *writer)
{
    columns_page_release(&writer->page);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        free(writer->waiting[c]);
    bytes_release(&writer->table);
}

void columns_start(struct columns_writer *writer, struct pack_writer *pack)
{
    writer->pack = pack;
    writer->rows = 0;
    writer->clusters = 0;
    writer->waiting_rows = 0;
    bytes_clear(&writer->table);
}

/* All first bytes of the numbers, then all second bytes, ... */
static void bytes_split(const uint8_t *numbers, size_t count, uint8_t *out)
{
    uint8_t *second = out + count, *third = second + count, *fourth = third + count;
    for (size_t i = 0; i < count; i++, numbers += 4) {
        out[i] = numbers[0];
        second[i] = numbers[1];
        third[i] = numbers[2];
        fourth[i] = numbers[3];
    }
}

/* Between their runs of zeros the columns with few numbers are noise: coding it takes a
 * tenth of all time for less than a fifth of their bytes. */
static size_t page_compress(const struct columns_page *page, int column,
                            const void *coded, size_t size)
{
    const struct reco_column_info *info = &reco_column_infos[column];
    if (info->encoding == RECO_HALF || info->type == RECO_U8)
        return compress_runs(page->compressor, coded, size, info->width > FEW,
                             page->stored);
    return compress_data(page->compressor, coded, size, page->stored);
}

static bool page_put(struct columns_writer *writer, int column, struct err *err)
{
    struct columns_page *page = &writer->page;
    uint8_t row[COLUMNS_ROW];
    size_t size = columns_content(column, writer->waiting_rows);
    const void *coded = writer->waiting[column];
    if (reco_column_infos[column].encoding == RECO_SPLIT) {
        bytes_split(coded, size / 4, page->coded);
        coded = page->coded;
    }
    size_t stored = page_compress(page, column, coded, size);
    uint64_t sum = xxh3_of(page->stored, stored);
    le32_store(row, (uint32_t)stored);
    le64_store(row + 4, sum);
    le64_store(page->stored + stored, sum);
    return bytes_append(&writer->table, row, sizeof row, err) &&
           pack_add(writer->pack, page->stored, stored + COLUMNS_CHECK, err);
}

/* What waits becomes a cluster. */
static bool cluster_put(struct columns_writer *writer, struct err *err)
{
    uint8_t rows[4];
    if (writer->waiting_rows == 0)
        return true;
    le32_store(rows, writer->waiting_rows);
    if (!bytes_append(&writer->table, rows, sizeof rows, err))
        return false;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        if (!page_put(writer, c, err))
            return false;
    if (writer->pack->offset - writer->pack->payload > COLUMNS_LIMIT)
        return err_set(err, E_LIMIT,
                       "columns of a segment take more than %" PRIu64
                       " bytes: scan the chunk into smaller segments",
                       (uint64_t)COLUMNS_LIMIT);
    writer->clusters++;
    writer->rows += writer->waiting_rows;
    writer->waiting_rows = 0;
    return true;
}

/* Rows of one column behind those that wait. */
static void numbers_add(struct columns_writer *writer, int column,
                        const struct reco_table *table, uint32_t from, uint32_t rows)
{
    const struct reco_column_info *info = &reco_column_infos[column];
    size_t size = info->width * reco_type_size(info->type);
    const uint8_t *numbers = (const uint8_t *)table->data[column] + from * size;
    uint8_t *place =
        writer->waiting[column] + columns_content(column, writer->waiting_rows);
    if (info->encoding == RECO_HALF)
        half_pack((const void *)numbers, (size_t)rows * info->width, writer->vector,
                  (void *)place);
    else
        memcpy(place, numbers, rows * size);
}

bool columns_put(struct columns_writer *writer, const struct reco_table *table,
                 struct err *err)
{
    for (uint32_t from = 0; from < table->rows;) {
        if (writer->waiting_rows == RECO_CLUSTER && !cluster_put(writer, err))
            return false;
        uint32_t left = table->rows - from, room = RECO_CLUSTER - writer->waiting_rows;
        uint32_t rows = left < room ? left : room;
        for (int c = 0; c < RECO_COLUMN_COUNT; c++)
            numbers_add(writer, c, table, from, rows);
        writer->waiting_rows += rows;
        from += rows;
    }
    return true;
}

bool columns_end(struct columns_writer *writer, const struct sha256 *key,
                 const struct bytes *account, struct err *err)
{
    uint8_t tail[COLUMNS_TAIL] = COLUMNS_MAGIC;
    struct bytes *table = &writer->table;
    bug_if(account->size > COLUMNS_ACCOUNT);
    if (!cluster_put(writer, err))
        return false;
    struct sha256 own = columns_schema();
    le32_store(tail + 8, writer->clusters);
    le32_store(tail + 12, RECO_COLUMN_COUNT);
    le64_store(tail + 16, writer->rows);
    le32_store(tail + 24, (uint32_t)account->size);
    memcpy(tail + COLUMNS_SCHEMA, own.bytes, SHA256_SIZE);
    memcpy(tail + COLUMNS_KEY, key->bytes, SHA256_SIZE);
    if (!bytes_append(table, account->data, account->size, err) ||
        !bytes_append(table, tail, sizeof tail, err))
        return false;
    uint8_t *sum = table->data + table->size - COLUMNS_CHECK;
    le64_store(sum, xxh3_of(table->data, table->size - COLUMNS_CHECK));
    return pack_add(writer->pack, table->data, table->size, err);
}
