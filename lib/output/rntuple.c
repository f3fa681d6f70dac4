/* rntuple.c - the envelopes of an RNTuple 1.0.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/rntuple.h"

#include <stdlib.h>

#include "base/digest.h"

#define ENVELOPE_HEADER    1u
#define ENVELOPE_FOOTER    2u
#define ENVELOPE_PAGE_LIST 3u
#define ROLE_COLLECTION    1u
#define FLAG_ARRAY         1u
#define KEY_LIMIT          0x40000000u /* of ROOT's keys */

/* An envelope that grows; the first error stays. */
struct envelope {
    struct bytes *out;
    struct err *err;
    size_t start;
    bool failed;
};

static void put(struct envelope *envelope, const void *data, size_t size)
{
    if (!envelope->failed && size > 0)
        envelope->failed = !bytes_append(envelope->out, data, size, envelope->err);
}

static void put_u16(struct envelope *envelope, uint16_t value)
{
    uint8_t word[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    put(envelope, word, sizeof word);
}

static void put_u32(struct envelope *envelope, uint32_t value)
{
    uint8_t word[4];
    le32_store(word, value);
    put(envelope, word, sizeof word);
}

static void put_u64(struct envelope *envelope, uint64_t value)
{
    uint8_t word[8];
    le64_store(word, value);
    put(envelope, word, sizeof word);
}

static void put_text(struct envelope *envelope, const char *text)
{
    put_u32(envelope, (uint32_t)strlen(text));
    put(envelope, text, strlen(text));
}

static void put_locator(struct envelope *envelope, uint64_t offset, uint32_t size)
{
    put_u32(envelope, size);
    put_u64(envelope, offset);
}

/* A frame starts with its size, which record_close() or list_close() fills in. */
static size_t record_open(struct envelope *envelope)
{
    size_t start = envelope->out->size;
    put_u64(envelope, 0);
    return start;
}

static size_t list_open(struct envelope *envelope, uint32_t count)
{
    size_t start = record_open(envelope);
    put_u32(envelope, count);
    return start;
}

static void record_close(struct envelope *envelope, size_t start)
{
    if (!envelope->failed)
        le64_store(envelope->out->data + start, envelope->out->size - start);
}

static void list_close(struct envelope *envelope, size_t start)
{
    if (!envelope->failed)
        le64_store(envelope->out->data + start, 0 - (envelope->out->size - start));
}

static void list_empty(struct envelope *envelope)
{
    list_close(envelope, list_open(envelope, 0));
}

static struct envelope envelope_open(struct bytes *out, struct err *err)
{
    struct envelope envelope = {.out = out, .err = err, .start = out->size};
    put_u64(&envelope, 0);
    return envelope;
}

static bool envelope_close(struct envelope *envelope, uint64_t type)
{
    struct bytes *out = envelope->out;
    if (envelope->failed)
        return err_wrap(envelope->err, "RNTuple envelope");
    size_t size = out->size - envelope->start;
    le64_store(out->data + envelope->start, type | (uint64_t)(size + 8) << 16);
    put_u64(envelope, xxh3_of(out->data + envelope->start, size));
    return !envelope->failed;
}

static void field_put(struct envelope *envelope, const struct rntuple_field *field)
{
    size_t frame = record_open(envelope);
    put_u32(envelope, 0); /* version of the field */
    put_u32(envelope, 0); /* and of its type */
    put_u32(envelope, field->parent);
    put_u16(envelope, field->collection ? ROLE_COLLECTION : 0);
    put_u16(envelope, field->length > 0 ? FLAG_ARRAY : 0);
    put_text(envelope, field->name);
    put_text(envelope, field->type);
    put_text(envelope, ""); /* alias */
    put_text(envelope, field->description);
    if (field->length > 0)
        put_u64(envelope, field->length);
    record_close(envelope, frame);
}

static void column_put(struct envelope *envelope, const struct rntuple_column *column)
{
    size_t frame = record_open(envelope);
    put_u16(envelope, (uint16_t)column->type);
    put_u16(envelope, column->bits);
    put_u32(envelope, column->field);
    put_u16(envelope, 0); /* flags */
    put_u16(envelope, 0); /* representation */
    record_close(envelope, frame);
}

bool rntuple_header(const struct rntuple_schema *schema, struct bytes *out,
                    struct err *err)
{
    struct envelope envelope = envelope_open(out, err);
    put_u64(&envelope, 0); /* features */
    put_text(&envelope, schema->name);
    put_text(&envelope, schema->description);
    put_text(&envelope, schema->writer);
    size_t list = list_open(&envelope, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        field_put(&envelope, &schema->fields[i]);
    list_close(&envelope, list);
    list = list_open(&envelope, schema->column_count);
    for (uint32_t i = 0; i < schema->column_count; i++)
        column_put(&envelope, &schema->columns[i]);
    list_close(&envelope, list);
    list_empty(&envelope); /* aliases */
    list_empty(&envelope); /* extra types */
    return envelope_close(&envelope, ENVELOPE_HEADER);
}

uint64_t rntuple_check(const struct bytes *envelope)
{
    bug_if(envelope->size < 8);
    return le64_load(envelope->data + envelope->size - 8);
}

void rntuple_clusters_init(struct rntuple_clusters *clusters, uint32_t column_count,
                           uint32_t setting)
{
    *clusters =
        (struct rntuple_clusters){.column_count = column_count,
                                  .setting = setting,
                                  .elements = mem_new(column_count, sizeof(uint64_t))};
    bytes_init(&clusters->summaries, RNTUPLE_LIMIT / 4);
    bytes_init(&clusters->pages, RNTUPLE_LIMIT / 2);
}

void rntuple_clusters_release(struct rntuple_clusters *clusters)
{
    free(clusters->elements);
    bytes_release(&clusters->summaries);
    bytes_release(&clusters->pages);
    *clusters = (struct rntuple_clusters){.count = 0};
}

bool rntuple_cluster_add(struct rntuple_clusters *clusters, uint32_t entries,
                         const struct rntuple_page *pages, struct err *err)
{
    struct envelope summary = {.out = &clusters->summaries, .err = err};
    struct envelope list = {.out = &clusters->pages, .err = err};
    size_t frame = record_open(&summary);
    put_u64(&summary, clusters->entries);
    put_u64(&summary, entries);
    record_close(&summary, frame);
    size_t columns = list_open(&list, clusters->column_count);
    for (uint32_t c = 0; c < clusters->column_count; c++) {
        const struct rntuple_page *page = &pages[c];
        size_t column = list_open(&list, page->elements > 0 ? 1 : 0);
        if (page->elements > 0) {
            put_u32(&list, 0 - page->elements); /* a checksum follows the page */
            put_locator(&list, page->offset, page->size);
        }
        put_u64(&list, clusters->elements[c]);
        put_u32(&list, clusters->setting);
        list_close(&list, column);
        clusters->elements[c] += page->elements;
    }
    list_close(&list, columns);
    if (summary.failed || list.failed)
        return err_wrap(err, "page list of an RNTuple");
    clusters->entries += entries;
    clusters->count++;
    return true;
}

bool rntuple_page_list(const struct rntuple_clusters *clusters, uint64_t header_check,
                       struct bytes *out, struct err *err)
{
    struct envelope envelope = envelope_open(out, err);
    put_u64(&envelope, header_check);
    size_t list = list_open(&envelope, clusters->count);
    put(&envelope, clusters->summaries.data, clusters->summaries.size);
    list_close(&envelope, list);
    list = list_open(&envelope, clusters->count);
    put(&envelope, clusters->pages.data, clusters->pages.size);
    list_close(&envelope, list);
    return envelope_close(&envelope, ENVELOPE_PAGE_LIST);
}

bool rntuple_footer(const struct rntuple_clusters *clusters, uint64_t header_check,
                    const struct rntuple_link *page_list, struct bytes *out,
                    struct err *err)
{
    struct envelope envelope = envelope_open(out, err);
    put_u64(&envelope, 0); /* features */
    put_u64(&envelope, header_check);
    size_t frame = record_open(&envelope); /* nothing is added to the schema */
    for (int i = 0; i < 4; i++)
        list_empty(&envelope);
    record_close(&envelope, frame);
    size_t groups = list_open(&envelope, 1);
    frame = record_open(&envelope);
    put_u64(&envelope, 0);
    put_u64(&envelope, clusters->entries);
    put_u32(&envelope, clusters->count);
    put_u64(&envelope, page_list->size); /* not compressed */
    put_locator(&envelope, page_list->offset, (uint32_t)page_list->size);
    record_close(&envelope, frame);
    list_close(&envelope, groups);
    return envelope_close(&envelope, ENVELOPE_FOOTER);
}

void rntuple_anchor(const struct rntuple_link *header, const struct rntuple_link *footer,
                    uint8_t out[RNTUPLE_ANCHOR])
{
    const uint64_t words[] = {header->offset, header->size, header->size, footer->offset,
                              footer->size,   footer->size, KEY_LIMIT};
    static const uint8_t head[] = {0x40, 0, 0, 0x42, 0, 2,        /* size, version */
                                   0,    1, 0, 0,    0, 0, 0, 0}; /* 1.0.0.0 */
    memcpy(out, head, sizeof head);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        be64_store(out + sizeof head + 8 * i, words[i]);
    be64_store(out + RNTUPLE_ANCHOR - 8, xxh3_of(out + 6, RNTUPLE_ANCHOR - 14));
}
