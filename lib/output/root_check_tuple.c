/* root_check_tuple.c - RNTuples of a ROOT file: every page, and nothing else in RBlobs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "output/ahead.h"
#include "output/compress_read.h"
#include "output/rntuple_read.h"
#include "output/root_check_internal.h"

#define CHECKSUM 8u
#define INDICES  ((size_t)256 << 20) /* numbers of an index column in a cluster */
#define ENVELOPE UINT64_MAX

/* A piece of a blob: an envelope, or a page with its checksum. */
struct piece {
    uint64_t offset;
    uint64_t size;
    uint64_t page;
};

struct pieces {
    struct piece *data;
    uint64_t count;
};

/* What of a blob is pages and envelopes. */
struct cover {
    uint64_t bytes;
    uint64_t end; /* of the last one */
};

static int piece_order(const void *a, const void *b)
{
    const struct piece *left = a, *right = b;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static struct pieces pieces_make(const struct rntuple *tuple)
{
    struct pieces pieces = {.count = tuple->page_count + tuple->envelope_count};
    uint64_t at = 0;
    pieces.data = mem_new(pieces.count, sizeof *pieces.data);
    for (uint32_t i = 0; i < tuple->envelope_count; i++)
        pieces.data[at++] = (struct piece){tuple->envelopes[i].offset,
                                           tuple->envelopes[i].size, ENVELOPE};
    for (uint64_t i = 0; i < tuple->page_count; i++)
        pieces.data[at++] =
            (struct piece){tuple->pages[i].offset, tuple->pages[i].size + CHECKSUM, i};
    qsort(pieces.data, pieces.count, sizeof *pieces.data, piece_order);
    return pieces;
}

/* Where a page belongs: the range whose pages it is one of. */
static uint64_t page_range(const struct rntuple *tuple, uint64_t page)
{
    uint64_t low = 0;
    uint64_t high = (uint64_t)tuple->cluster_count * tuple->schema.column_count;
    while (low + 1 < high) {
        uint64_t middle = low + (high - low) / 2;
        if (tuple->ranges[middle].first <= page)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The name of a column's field; one without a name of its own is `_0` of the field
 * above it. */
static struct cursor_text column_name(const struct rntuple *tuple, uint32_t column)
{
    const struct rntuple_field *field =
        &tuple->schema.fields[tuple->schema.columns[column].field];
    for (uint32_t i = 0; i < RNTUPLE_DEPTH; i++) {
        const struct rntuple_field *above = &tuple->schema.fields[field->parent];
        if (above == field)
            break;
        field = above;
    }
    return field->name;
}

static void page_fault(struct root_checker *checker, const struct rntuple *tuple,
                       const struct piece *piece, const char *what)
{
    uint64_t range = page_range(tuple, piece->page);
    uint32_t column = (uint32_t)(range % tuple->schema.column_count);
    struct cursor_text name = column_name(tuple, column);
    root_fault(checker, piece->offset,
               "page %" PRIu64 " of column %u (%.*s), cluster %" PRIu64 ": %s",
               piece->page - tuple->ranges[range].first, column, (int)name.size,
               name.data, range / tuple->schema.column_count, what);
}

static void page_check(struct root_checker *checker, const struct rntuple *tuple,
                       const struct piece *piece, const uint8_t *place)
{
    const struct rntuple_page *page = &tuple->pages[piece->page];
    uint32_t column =
        (uint32_t)(page_range(tuple, piece->page) % tuple->schema.column_count);
    uint64_t size = rntuple_page_bytes(&tuple->schema.columns[column], page->elements);
    const char *why = NULL;
    if (xxh3_of(place, page->size) != le64_load(place + page->size))
        page_fault(checker, tuple, piece, "its checksum is another");
    else if (size > RNTUPLE_PAGE || page->size > size)
        page_fault(checker, tuple, piece, "its size is not that of its elements");
    else if (page->size != size && !compress_sizes(place, page->size, size, &why))
        page_fault(checker, tuple, piece, why);
}

/* Every piece lies in an RBlob, none in another, and pages are what they were. */
static bool pieces_check(struct root_checker *checker, const struct rntuple *tuple,
                         const struct pieces *pieces, struct cover *covered,
                         struct err *err)
{
    const struct root_read *file = &checker->file;
    struct ahead ahead;
    uint64_t end = 0;
    bool done = true;
    ahead_init(&ahead, file->fd, file->path, file->size);
    for (uint64_t i = 0; i < pieces->count && done; i++) {
        const struct piece *piece = &pieces->data[i];
        const uint8_t *place = NULL;
        const struct root_mark *mark =
            root_mark_around(checker, piece->offset, piece->size);
        if (mark == NULL || mark->kind != ROOT_KIND_BLOB) {
            root_fault(checker, piece->offset,
                       "a page or envelope of an RNTuple is in no RBlob");
            continue;
        }
        if (piece->offset < end)
            root_fault(checker, piece->offset, "a page or envelope lies over another");
        end = piece->offset + piece->size;
        covered[mark - checker->marks].bytes += piece->size;
        covered[mark - checker->marks].end = end;
        if (piece->page == ENVELOPE)
            continue;
        done = ahead_at(&ahead, piece->offset, (size_t)piece->size, &place, err);
        if (done)
            page_check(checker, tuple, piece, place);
    }
    ahead_release(&ahead);
    return done;
}

/* What a collection's index says against the elements of the columns it counts. */
static bool index_check(struct root_checker *checker, const struct rntuple *tuple,
                        uint32_t cluster, uint32_t column, struct bytes *numbers)
{
    struct err err;
    uint64_t before = 0;
    if (!rntuple_column_read(tuple, cluster, column, numbers, &err)) {
        root_fault_err(checker, &err);
        return false;
    }
    for (size_t i = 0; i < numbers->size / 8; i++) {
        uint64_t end = le64_load(numbers->data + 8 * i);
        if (end < before) {
            root_fault(checker, 0,
                       "column %u, cluster %u: element %zu ends before it "
                       "starts",
                       column, cluster, i);
            return false;
        }
        before = end;
    }
    for (uint32_t c = 0; c < tuple->schema.column_count; c++)
        if (tuple->schema.columns[c].index == column &&
            rntuple_range_of(tuple, cluster, c)->elements !=
                before * tuple->schema.columns[c].width) {
            root_fault(checker, 0,
                       "column %u, cluster %u: its elements are not those "
                       "that column %u counts",
                       c, cluster, column);
            return false;
        }
    return true;
}

static void indices_check(struct root_checker *checker, const struct rntuple *tuple)
{
    struct bytes numbers;
    bytes_init(&numbers, INDICES);
    bool done = true;
    for (uint32_t c = 0; c < tuple->schema.column_count; c++)
        for (uint32_t i = 0; i < tuple->cluster_count && done; i++)
            if (tuple->schema.columns[c].kind == RNTUPLE_INDEX)
                done = index_check(checker, tuple, i, c, &numbers);
    bytes_release(&numbers);
}

static bool tuple_check(struct root_checker *checker, struct cover *covered,
                        struct err *err)
{
    struct rntuple tuple;
    if (!rntuple_open(&tuple, &checker->file, checker->key, err)) {
        root_fault_err(checker, err);
        return true;
    }
    struct root_check *check = checker->check;
    uint64_t faults = check->faults;
    check->tuples++;
    check->entries += tuple.entries;
    check->clusters += tuple.cluster_count;
    check->pages += tuple.page_count;
    if (!cursor_text_is(tuple.schema.name, checker->key->name))
        root_fault(checker, checker->key->offset,
                   "RNTuple \"%s\": its own name is another", checker->key->name);
    struct pieces pieces = pieces_make(&tuple);
    bool done = pieces_check(checker, &tuple, &pieces, covered, err);
    free(pieces.data);
    if (done && check->faults == faults)
        indices_check(checker, &tuple);
    rntuple_release(&tuple);
    return done;
}

/* Pages and envelopes stand from its start; behind them only what ends a segment. */
static bool blob_check(struct root_checker *checker, const struct root_mark *mark,
                       const struct cover *cover, struct err *err)
{
    uint64_t start = mark->offset + mark->header_size;
    if (cover->bytes == mark->size - (uint64_t)mark->header_size)
        return true;
    if (cover->bytes == 0 || cover->end - start == cover->bytes)
        return root_check_rest(checker, mark, cover->bytes, err);
    root_fault(checker, mark->offset, "RBlob: bytes between its pages are no page");
    return true;
}

bool root_check_tuples(struct root_checker *checker, struct err *err)
{
    struct cover *covered = mem_new(checker->count, sizeof *covered);
    bool done = true;
    bool all = true;
    for (uint64_t i = 0; i < checker->count && done; i++) {
        if (checker->marks[i].kind != ROOT_KIND_OBJECT)
            continue;
        done = root_read_key(&checker->file, checker->marks[i].offset, checker->key, err);
        if (!done || strcmp(checker->key->class_name, ROOT_CLASS_TUPLE) != 0)
            continue;
        uint64_t tuples = checker->check->tuples;
        done = tuple_check(checker, covered, err);
        all = all && checker->check->tuples > tuples;
    }
    for (uint64_t i = 0; i < checker->count && done && all; i++)
        if (checker->marks[i].kind == ROOT_KIND_BLOB)
            done = blob_check(checker, &checker->marks[i], &covered[i], err);
    free(covered);
    return done;
}
