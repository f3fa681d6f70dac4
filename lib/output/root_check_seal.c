/* root_check_seal.c - what stands behind the pages of a segment in its RBlob.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table of pages with the account and a tail (output/columns.h), the foot of the
 * record (output/pack.h), the size of pages, table, account and tail. The tail ends with
 * the XXH3 of table, account and itself, the foot with the sha256 of itself. Or, without
 * pages, the histograms of a segment (output/hist_bytes.h), which end with an XXH3 too.
 */
#include <inttypes.h>

#include "base/disk.h"
#include "output/root_check_internal.h"

#define SIZE      8u
#define TAIL      104u
#define FOOT      56u
#define XXH3      8u
#define REST      ((size_t)16 << 20) /* table of 4096 clusters, account, key text */
#define PAGE_ROW  12u
#define PAGE_SUM  8u /* behind a page */
#define TABLE_ROW 4u

/* Pages in the table with what stands behind them: the bytes before the table. */
static uint64_t table_pages(const uint8_t *table, uint32_t clusters, uint32_t columns)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < clusters; i++) {
        table += TABLE_ROW;
        for (uint32_t c = 0; c < columns; c++, table += PAGE_ROW)
            bytes += le32_load(table) + (uint64_t)PAGE_SUM;
    }
    return bytes;
}

static const char *seal_check(const uint8_t *seal, uint64_t size, uint64_t covered)
{
    const uint8_t *tail = seal + size - TAIL;
    if (xxh3_of(seal, (size_t)size - XXH3) != le64_load(tail + TAIL - XXH3))
        return "the checksum of its table of pages is another";
    uint64_t clusters = le32_load(tail + 8), columns = le32_load(tail + 12);
    uint64_t row = TABLE_ROW + PAGE_ROW * columns;
    uint64_t left = size - TAIL;
    uint64_t account = le32_load(tail + 24);
    /* Versions 2 and 3 differ in what the columns are. */
    bool known = memcmp(tail, "SPWYCOL2", 8) == 0 || memcmp(tail, "SPWYCOL3", 8) == 0;
    if (!known || columns > UINT16_MAX || account > left ||
        clusters * row != left - account)
        return "its table of pages is damaged";
    if (table_pages(seal, (uint32_t)clusters, (uint32_t)columns) != covered)
        return "its table has other pages than the page list";
    return NULL;
}

static const char *foot_check(const uint8_t *foot, uint64_t size, uint64_t payload)
{
    if (size < FOOT + SHA256_SIZE || memcmp(foot, "SPWYFOOT", 8) != 0 ||
        size - FOOT - SHA256_SIZE !=
            (uint64_t)le32_load(foot + 8) + le32_load(foot + 12) ||
        le64_load(foot + 16) != payload)
        return "the foot of its record is damaged";
    struct sha256 hash = sha256_of(foot, (size_t)size - SHA256_SIZE);
    if (memcmp(hash.bytes, foot + size - SHA256_SIZE, SHA256_SIZE) != 0)
        return "the sha256 of its record's foot is another";
    return NULL;
}

/* `rest`: the bytes behind `covered` bytes of pages. */
static const char *rest_check(const uint8_t *rest, uint64_t size, uint64_t covered)
{
    if (covered == 0 && size > 8 + XXH3 && memcmp(rest, "SPWYHIS1", 8) == 0)
        return xxh3_of(rest, (size_t)size - XXH3) == le64_load(rest + size - XXH3)
                   ? NULL
                   : "the checksum of its histograms is another";
    uint64_t payload = size < SIZE ? 0 : le64_load(rest + size - SIZE);
    if (payload < covered + TAIL || payload - covered > size - SIZE)
        return "no page, no envelope and no end of a segment";
    uint64_t seal = payload - covered;
    const char *what = seal_check(rest, seal, covered);
    return what != NULL ? what : foot_check(rest + seal, size - seal - SIZE, payload);
}

bool root_check_rest(struct root_checker *checker, const struct root_mark *mark,
                     uint64_t covered, struct err *err)
{
    uint64_t start = mark->offset + mark->header_size + covered;
    uint64_t size = mark->offset + mark->size - start;
    const char *what = "too many bytes are no page and no envelope";
    uint8_t *place = NULL;
    bytes_clear(checker->piece);
    if (size <= REST) {
        if (!bytes_reserve(checker->piece, (size_t)size, &place, err) ||
            !disk_read_at(checker->file.fd, checker->file.path, start, place,
                          (size_t)size, err))
            return false;
        what = rest_check(place, size, covered);
    }
    if (what != NULL)
        root_fault(checker, start,
                   "%" PRIu64 " bytes at the end of the RBlob at byte %" PRIu64 ": %s",
                   size, mark->offset, what);
    return true;
}
