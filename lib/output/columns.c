/* columns.c - reconstructed events of a segment as bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/columns.h"

#include <inttypes.h>

#include "base/disk.h"
#include "base/text.h"

#define START_MAGIC   "SPWYCOL1"
#define CLUSTER_MAGIC "CLST"
#define END_MAGIC     "CEND"
#define START         16u
#define CLUSTER       8u
#define END           20u
#define DESCRIPTION   ((size_t)1 << 16) /* some 40 lines of 100 characters */

/* Numbers are stored as they are in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are little endian");

static bool description_make(struct bytes *out, struct err *err)
{
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        if (!text_addf(out, err, "%s\t%s\t", info->name, reco_type_name(info->type)))
            return false;
        for (int d = 0; d < info->rank; d++)
            if (!text_addf(out, err, "[%u]", info->shape[d]))
                return false;
        if (!text_addf(out, err, "\t%s\t%s\n", info->unit, info->meaning))
            return false;
    }
    return true;
}

static size_t column_size(int column, uint32_t rows)
{
    const struct reco_column_info *info = &reco_column_infos[column];
    return (size_t)rows * info->width * reco_type_size(info->type);
}

bool columns_start(struct columns_writer *writer, struct pack_writer *pack,
                   struct err *err)
{
    *writer = (struct columns_writer){.pack = pack};
    uint8_t start[START] = START_MAGIC;
    struct bytes text;
    bytes_init(&text, DESCRIPTION);
    bool done = description_make(&text, err);
    if (done) {
        le32_store(start + 8, (uint32_t)text.size);
        le32_store(start + 12, RECO_COLUMN_COUNT);
        done = pack_add(pack, start, sizeof start, err) &&
               pack_add(pack, text.data, text.size, err);
    }
    bytes_release(&text);
    return done;
}

bool columns_put(struct columns_writer *writer, const struct reco_table *table,
                 struct err *err)
{
    if (table->rows == 0)
        return true;
    bug_if(writer->ended || table->rows > RECO_CLUSTER);
    writer->ended = table->rows < RECO_CLUSTER;
    uint8_t start[CLUSTER] = CLUSTER_MAGIC;
    le32_store(start + 4, table->rows);
    if (!pack_add(writer->pack, start, sizeof start, err))
        return false;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        if (!pack_add(writer->pack, table->data[c], column_size(c, table->rows), err))
            return false;
    writer->clusters++;
    writer->rows += table->rows;
    return true;
}

bool columns_end(struct columns_writer *writer, const struct bytes *account,
                 struct err *err)
{
    uint8_t end[END] = END_MAGIC;
    bug_if(account->size > COLUMNS_ACCOUNT);
    le32_store(end + 4, writer->clusters);
    le64_store(end + 8, writer->rows);
    le32_store(end + 16, (uint32_t)account->size);
    return pack_add(writer->pack, end, sizeof end, err) &&
           pack_add(writer->pack, account->data, account->size, err);
}

static bool reader_wrong(const struct columns_reader *reader, const char *what,
                         struct err *err)
{
    return err_set(err, E_COLUMNS_FORMAT, "%s: columns at byte %" PRIu64 ": %s",
                   reader->path, reader->offset, what);
}

/* `size` bytes inside the block. */
static bool reader_take(struct columns_reader *reader, void *out, size_t size,
                        struct err *err)
{
    if (size > reader->end - reader->offset)
        return reader_wrong(reader, "the block ends too early", err);
    if (!disk_read_at(reader->fd, reader->path, reader->offset, out, size, err))
        return false;
    reader->offset += size;
    return true;
}

static bool description_check(struct columns_reader *reader, const struct bytes *ours,
                              struct err *err)
{
    uint8_t start[START];
    if (!reader_take(reader, start, sizeof start, err))
        return false;
    if (memcmp(start, START_MAGIC, 8) != 0)
        return reader_wrong(reader, "no block of columns starts here", err);
    bool same =
        le32_load(start + 8) == ours->size && le32_load(start + 12) == RECO_COLUMN_COUNT;
    struct bytes theirs;
    bytes_init(&theirs, DESCRIPTION);
    uint8_t *text = NULL;
    bool done = !same || (bytes_reserve(&theirs, ours->size, &text, err) &&
                          reader_take(reader, text, ours->size, err));
    if (done && (!same || memcmp(text, ours->data, ours->size) != 0))
        done = reader_wrong(reader, "they are described otherwise: another version", err);
    bytes_release(&theirs);
    return done;
}

bool columns_open(struct columns_reader *reader, int fd, const char *path,
                  const struct place *place, struct err *err)
{
    struct columns_reader opened = {.fd = fd,
                                    .path = path,
                                    .offset = place->offset,
                                    .end = place->offset + place->length};
    if (opened.end < opened.offset)
        return reader_wrong(&opened, "impossible place", err);
    struct bytes text;
    bytes_init(&text, DESCRIPTION);
    bool done = description_make(&text, err) && description_check(&opened, &text, err);
    bytes_release(&text);
    if (done)
        *reader = opened;
    return done;
}

static bool end_check(struct columns_reader *reader, uint32_t clusters, struct err *err)
{
    uint8_t rest[END - CLUSTER];
    if (!reader_take(reader, rest, sizeof rest, err))
        return false;
    if (clusters != reader->clusters || le64_load(rest) != reader->rows)
        return reader_wrong(reader, "rows were lost: the counts differ", err);
    reader->account = le32_load(rest + 8);
    if (reader->account > COLUMNS_ACCOUNT ||
        reader->offset + reader->account != reader->end)
        return reader_wrong(reader, "the account is not what ends the block", err);
    reader->finished = true;
    return true;
}

bool columns_next(struct columns_reader *reader, struct reco_table *table,
                  struct err *err)
{
    bug_if(table->capacity < RECO_CLUSTER);
    uint8_t start[CLUSTER];
    table->rows = 0;
    if (reader->finished)
        return true;
    if (!reader_take(reader, start, sizeof start, err))
        return false;
    uint32_t rows = le32_load(start + 4);
    if (memcmp(start, END_MAGIC, 4) == 0)
        return end_check(reader, rows, err);
    if (memcmp(start, CLUSTER_MAGIC, 4) != 0 || reader->ended || rows == 0 ||
        rows > RECO_CLUSTER)
        return reader_wrong(reader, "the start of a cluster is damaged", err);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        if (!reader_take(reader, table->data[c], column_size(c, rows), err))
            return false;
    table->rows = rows;
    reader->ended = rows < RECO_CLUSTER;
    reader->clusters++;
    reader->rows += rows;
    return true;
}

bool columns_account(const struct columns_reader *reader, struct bytes *out,
                     struct err *err)
{
    uint8_t *place;
    bug_if(!reader->finished);
    bytes_clear(out);
    if (!bytes_reserve(out, reader->account, &place, err) ||
        !disk_read_at(reader->fd, reader->path, reader->end - reader->account, place,
                      reader->account, err))
        return false;
    out->size = reader->account;
    return true;
}
