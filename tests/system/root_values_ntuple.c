/* root_values_ntuple.c - an RNTuple of all encodings that we write, with known values.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One page a column and cluster. Lists are std::vector; the column that counts them in a
 * tree becomes their index here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/half.h"
#include "output/rntuple.h"
#include "output/root_classes.h"
#include "tests/system/root_values.h"

#define FIELDS  (VALUES_COLUMNS * (TTREE_RANK + 1))
#define COLUMNS (VALUES_COLUMNS * 2)

/* The schema, and what its columns hold. */
struct ntuple {
    struct rntuple_schema schema;
    struct rntuple_field fields[FIELDS];
    struct rntuple_column columns[COLUMNS];
    const struct column *of[COLUMNS];
    size_t taken[COLUMNS]; /* bytes of its values in earlier clusters */
    char types[FIELDS][64];
    struct rntuple_clusters clusters;
    struct compressor *compressor;
    struct bytes page, stored;
};

static const struct root_key blob = {
    .class_name = "RBlob", .name = "", .title = "", .hidden = true, .sealed = true};

static const char *type_name(const struct column *column)
{
    switch (ttree_form(column->is.type)->code) {
    case 'b':
        return "std::uint8_t";
    case 'i':
        return "std::uint32_t";
    default:
        return "float";
    }
}

static enum rntuple_type encoding(const struct column *column)
{
    switch (ttree_form(column->is.type)->code) {
    case 'b':
        return RNTUPLE_U8;
    case 'i':
        return column->split ? RNTUPLE_SPLIT_U32 : RNTUPLE_U32;
    default:
        return column->split  ? RNTUPLE_SPLIT_F32
               : column->half ? RNTUPLE_F16
                              : RNTUPLE_F32;
    }
}

/* A field whose type is `inner` in what is left of the shape from dimension d on. */
static uint32_t field_add(struct ntuple *ntuple, const struct column *column, uint32_t d)
{
    uint32_t number = ntuple->schema.field_count++;
    char *type = ntuple->types[number];
    size_t room = sizeof ntuple->types[number];
    bool list = column->width == 0 && d == 0;
    int at = snprintf(type, room, "%s", list ? "std::vector<" : "");
    for (uint32_t i = d; i < column->is.rank; i++)
        at += snprintf(type + at, room - (size_t)at, "std::array<");
    at += snprintf(type + at, room - (size_t)at, "%s%s", type_name(column),
                   list ? ">" : "");
    for (uint32_t i = column->is.rank; i > d; i--)
        at += snprintf(type + at, room - (size_t)at, ",%u>", column->is.shape[i - 1]);
    ntuple->fields[number] =
        (struct rntuple_field){.name = d == 0 ? column->name : "_0",
                               .type = type,
                               .description = "",
                               .parent = d == 0 ? number : number - 1,
                               .collection = list,
                               .length = d < column->is.rank ? column->is.shape[d] : 0};
    return number;
}

static void number_add(struct ntuple *ntuple, const struct column *column,
                       enum rntuple_type type, uint32_t field)
{
    uint32_t number = ntuple->schema.column_count++;
    unsigned bits = type == RNTUPLE_INDEX64 ? 64
                    : type == RNTUPLE_F16   ? 16
                                            : 8u * ttree_form(column->is.type)->size;
    ntuple->columns[number] =
        (struct rntuple_column){.type = type, .bits = (uint16_t)bits, .field = field};
    ntuple->of[number] = column;
}

static void schema_make(struct ntuple *ntuple, const struct columns *columns)
{
    ntuple->schema = (struct rntuple_schema){.name = "ntuple",
                                             .description = "known values",
                                             .writer = "root_values",
                                             .fields = ntuple->fields,
                                             .columns = ntuple->columns};
    for (uint32_t c = 1; c < columns->count; c++) { /* behind the one that counts */
        const struct column *column = &columns->of[c];
        uint32_t depth = column->width == 0 ? 1 : column->is.rank;
        uint32_t field = field_add(ntuple, column, 0);
        if (column->width == 0)
            number_add(ntuple, column, RNTUPLE_INDEX64, field);
        for (uint32_t d = 1; d <= depth; d++)
            field = field_add(ntuple, column, d);
        number_add(ntuple, column, encoding(column), field);
    }
}

/* The numbers of a column in a cluster as the page has them before compression. */
static uint32_t page_make(struct ntuple *ntuple, const struct columns *columns,
                          uint32_t number, uint32_t first, uint32_t entries)
{
    const struct column *column = ntuple->of[number];
    struct err err;
    size_t size = ttree_form(column->is.type)->size;
    uint64_t sum = 0;
    bytes_clear(&ntuple->page);
    for (uint32_t entry = first; entry < first + entries; entry++) {
        uint8_t word[8];
        sum += column_length(columns, column, entry);
        le64_store(word, sum);
        if (ntuple->columns[number].type == RNTUPLE_INDEX64)
            must(bytes_append(&ntuple->page, word, sizeof word, &err), &err);
    }
    if (ntuple->columns[number].type == RNTUPLE_INDEX64)
        return entries;
    const uint8_t *from = column->values.data + ntuple->taken[number];
    for (size_t byte = 0; column->split && byte < size; byte++)
        for (uint64_t i = 0; i < sum; i++)
            must(bytes_append(&ntuple->page, from + i * size + byte, 1, &err), &err);
    for (uint64_t i = 0; column->half && i < sum; i++) {
        float value;
        uint16_t half;
        memcpy(&value, from + i * size, sizeof value);
        half_pack(&value, 1, false, &half);
        must(bytes_append(&ntuple->page, &half, sizeof half, &err), &err);
    }
    if (!column->split && !column->half && sum > 0)
        must(bytes_append(&ntuple->page, from, sum * size, &err), &err);
    ntuple->taken[number] += sum * size;
    return (uint32_t)sum;
}

static void cluster_write(struct ntuple *ntuple, struct root_file *file,
                          const struct columns *columns, uint32_t first, uint32_t entries)
{
    struct err err;
    struct rntuple_page pages[COLUMNS];
    uint64_t place;
    must(root_key_begin(file, &blob, &place, &err), &err);
    for (uint32_t c = 0; c < ntuple->schema.column_count; c++) {
        uint8_t check[8];
        uint8_t *room;
        pages[c].elements = page_make(ntuple, columns, c, first, entries);
        bytes_clear(&ntuple->stored);
        must(bytes_reserve(&ntuple->stored, compress_bound(ntuple->page.size), &room,
                           &err),
             &err);
        pages[c].size = (uint32_t)compress_data(ntuple->compressor, ntuple->page.data,
                                                ntuple->page.size, room);
        pages[c].offset = place;
        le64_store(check, xxh3_of(room, pages[c].size));
        if (pages[c].elements == 0)
            continue;
        must(root_key_add(file, room, pages[c].size, &err), &err);
        must(root_key_add(file, check, sizeof check, &err), &err);
        place += pages[c].size + sizeof check;
    }
    must(root_key_end(file, 0, NULL, &err), &err);
    must(rntuple_cluster_add(&ntuple->clusters, entries, pages, &err), &err);
}

static struct rntuple_link envelope_put(struct root_file *file,
                                        const struct bytes *envelope)
{
    struct err err;
    struct root_place place;
    must(root_key_put(file, &blob, envelope, &place, &err), &err);
    return (struct rntuple_link){.offset = place.payload, .size = place.size};
}

static void ends_write(struct ntuple *ntuple, struct root_file *file,
                       const struct rntuple_link *header, uint64_t check)
{
    static const struct root_key key = {
        .class_name = RNTUPLE_CLASS, .name = "ntuple", .title = ""};
    struct err err;
    uint8_t anchor[RNTUPLE_ANCHOR];
    bytes_clear(&ntuple->page);
    must(rntuple_page_list(&ntuple->clusters, check, &ntuple->page, &err), &err);
    struct rntuple_link list = envelope_put(file, &ntuple->page);
    bytes_clear(&ntuple->page);
    must(rntuple_footer(&ntuple->clusters, check, &list, &ntuple->page, &err), &err);
    struct rntuple_link footer = envelope_put(file, &ntuple->page);
    rntuple_anchor(header, &footer, anchor);
    must(root_key_begin(file, &key, NULL, &err), &err);
    must(root_key_add(file, anchor, sizeof anchor, &err), &err);
    must(root_key_end(file, 0, NULL, &err), &err);
}

void ntuple_values(struct columns *columns, const char *path, uint32_t cluster,
                   uint32_t filler)
{
    static struct ntuple ntuple;
    struct err err;
    struct root_file file;
    schema_make(&ntuple, columns);
    bytes_init(&ntuple.page, (size_t)1 << 30);
    bytes_init(&ntuple.stored, (size_t)1 << 30);
    ntuple.compressor = compressor_new();
    rntuple_clusters_init(&ntuple.clusters, ntuple.schema.column_count, COMPRESS_SETTING);
    values_begin(&file, path, filler);
    must(rntuple_header(&ntuple.schema, &ntuple.page, &err), &err);
    uint64_t check = rntuple_check(&ntuple.page);
    struct rntuple_link header = envelope_put(&file, &ntuple.page);
    for (uint32_t done = 0; done < columns->entries;) {
        uint32_t left = columns->entries - done;
        uint32_t some = left < cluster ? left : cluster;
        cluster_write(&ntuple, &file, columns, done, some);
        done += some;
    }
    ends_write(&ntuple, &file, &header, check);
    values_end(&file, ROOT_SET_NTUPLE);
    rntuple_clusters_release(&ntuple.clusters);
    compressor_free(ntuple.compressor);
    bytes_release(&ntuple.page);
    bytes_release(&ntuple.stored);
    (void)printf("key ntuple ROOT::RNTuple \ndescription ntuple known values\n");
    columns_print(columns, "ntuple", false);
}
