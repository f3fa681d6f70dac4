/* root_values_columns.c - random numbers of all types, and how dump.mjs says them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/system/root_values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/half.h"
#include "base/random.h"

#define SHOWN  64u /* entries, as in dump.mjs */
#define VALUES ((size_t)1 << 30)

static const char *const type_names[TTREE_TYPES] = {
    "bool", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"};

void must(bool done, const struct err *err)
{
    if (done)
        return;
    (void)fprintf(stderr, "root_values_helper: %s\n", err->text);
    exit(1);
}

void values_begin(struct root_file *file, const char *path, uint32_t filler)
{
    static const uint8_t nothing[1 << 20];
    static const struct root_key blob = {
        .class_name = "RBlob", .name = "", .title = "", .hidden = true, .sealed = true};
    struct err err;
    struct sha256 key = sha256_of("values", 6);
    struct root_target target = {.path = path,
                                 .name = "values.root",
                                 .key = &key,
                                 .compression = COMPRESS_SETTING};
    must(disk_create(path, &target.fd, &err), &err);
    must(root_file_begin(file, &target, &err), &err);
    for (; filler > 0; filler--) {
        must(root_key_begin(file, &blob, NULL, &err), &err);
        must(root_key_add(file, nothing, sizeof nothing, &err), &err);
        bug_if(file->buffer.size != 0);
        file->at += 999 * sizeof nothing; /* a hole: no disk space, no time */
        must(root_key_end(file, 0, NULL, &err), &err);
    }
}

void values_end(struct root_file *file, uint64_t classes)
{
    struct err err;
    uint64_t size;
    must(root_file_end(file, classes, &size, &err), &err);
    must(disk_close(file->target.fd, file->target.path, &err), &err);
    root_file_release(file);
}

static uint64_t f32_bits(struct random *random)
{
    static const uint32_t edges[] = {0x00000000, 0x80000000, 0x7f800000, 0xff800000,
                                     0x7fc00000, 0x00000001, 0x7f7fffff};
    uint64_t turn = random_below(random, 16);
    if (turn < sizeof edges / sizeof edges[0])
        return edges[turn];
    uint32_t bits = (uint32_t)random_next(random);
    return (bits & 0x7f800000u) == 0x7f800000u ? bits & 0x3fffffffu : bits;
}

/* Floats that 16 bits hold: zeros, the smallest, the first with all its precision, the
 * largest, NaN; what half_round() makes of ties and of what is out of range. */
static uint64_t half_bits(struct random *random)
{
    static const uint16_t edges[] = {0x0000, 0x8000, 0x0001, 0x8001, 0x03ff,
                                     0x0400, 0x7bff, 0xfbff, 0x7e00};
    static const float rounded[] = {2049.0F,    2051.0F,      -2051.0F, 0.1F,  0x1p-25F,
                                    0x1.8p-24F, 0x1.ffep-15F, 65519.0F, -1e30F};
    const uint64_t edge_count = sizeof edges / sizeof edges[0];
    const uint64_t count = edge_count + sizeof rounded / sizeof rounded[0];
    uint64_t turn = random_below(random, 2 * count);
    uint16_t half = (uint16_t)random_next(random);
    if ((half & 0x7c00u) == 0x7c00u)
        half &= 0xbfffu;
    float number;
    uint32_t bits;
    half_unpack(turn < edge_count ? &edges[turn] : &half, 1, false, &number);
    if (turn >= edge_count && turn < count)
        number = half_round(rounded[turn - edge_count]);
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static uint64_t f64_bits(struct random *random)
{
    static const uint64_t edges[] = {0, UINT64_C(1) << 63, 0x7ff0000000000000,
                                     0x7ff8000000000000, 1};
    uint64_t turn = random_below(random, 16);
    if (turn < sizeof edges / sizeof edges[0])
        return edges[turn];
    uint64_t bits = random_next(random);
    return (bits >> 52 & 0x7ff) == 0x7ff ? bits & 0x3fffffffffffffff : bits;
}

/* A number of the type as its bits. jsroot takes 64-bit integers as double, and reads
 * those below -2^31 in a tree wrongly, so they stay within what it can. */
static uint64_t number_bits(struct random *random, enum ttree_type type)
{
    uint64_t edge = random_below(random, 8);
    switch (type) {
    case TTREE_BOOL:
        return edge & 1;
    case TTREE_I64:
        return edge == 0 ? (uint64_t)-5 : random_next(random) >> 11;
    case TTREE_U64:
        return random_next(random) >> 11;
    case TTREE_F32:
        return f32_bits(random);
    case TTREE_F64:
        return f64_bits(random);
    case TTREE_I8:
    case TTREE_U8:
    case TTREE_I16:
    case TTREE_U16:
    case TTREE_I32:
    case TTREE_U32:
        break;
    }
    return edge == 0   ? UINT64_MAX
           : edge == 1 ? UINT64_C(0x80808080)
                       : random_next(random);
}

struct column *column_add(struct columns *columns, enum ttree_type type, const char *kind)
{
    struct column *column = &columns->of[columns->count++];
    (void)snprintf(column->name, sizeof column->name, "%s%s", kind, type_names[type]);
    column->is = (struct ttree_column){.name = column->name, .type = type};
    column->width = 1;
    bytes_init(&column->values, VALUES);
    return column;
}

uint32_t column_length(const struct columns *columns, const struct column *column,
                       uint32_t entry)
{
    if (column->width > 0)
        return column->width;
    return le32_load(columns->of[column->counter].values.data + (size_t)entry * 4);
}

static void column_fill(const struct columns *columns, struct column *column,
                        uint64_t seed)
{
    struct random random = {.state = seed};
    struct err err;
    uint8_t size = ttree_form(column->is.type)->size;
    for (uint32_t entry = 0; entry < columns->entries; entry++)
        for (uint32_t i = column_length(columns, column, entry); i > 0; i--) {
            uint8_t bits[8];
            /* A whole basket of empty lists now and then. */
            uint64_t few = entry / 32 % 4 == 1 ? 1 : 5;
            le64_store(bits, column->counts ? random_below(&random, few)
                             : column->half ? half_bits(&random)
                                            : number_bits(&random, column->is.type));
            must(bytes_append(&column->values, bits, size, &err), &err);
        }
}

void columns_fill(struct columns *columns)
{
    for (uint32_t c = 0; c < columns->count; c++)
        column_fill(columns, &columns->of[c], 1 + c);
}

/* As dump.mjs prints a number: integers in decimal, floating point as bits. */
static void number_print(enum ttree_type type, const uint8_t *place)
{
    uint8_t size = ttree_form(type)->size;
    uint8_t wide[8] = {0};
    memcpy(wide, place, size);
    uint64_t bits = le64_load(wide);
    unsigned unused = 64 - 8u * size;
    if (type == TTREE_F32 || type == TTREE_F64)
        (void)printf(" %0*" PRIx64, 2 * size, bits);
    else if (ttree_form(type)->is_unsigned || type == TTREE_BOOL)
        (void)printf(" %" PRIu64, bits);
    else
        (void)printf(" %" PRId64, (int64_t)(bits << unused) >> unused);
}

static void column_print(const struct columns *columns, const struct column *column)
{
    uint8_t size = ttree_form(column->is.type)->size;
    struct sha256_stream *stream = sha256_new();
    sha256_start(stream);
    size_t at = 0;
    for (uint32_t entry = 0; entry < columns->entries; entry++) {
        uint8_t word[4];
        uint32_t length = column_length(columns, column, entry);
        le32_store(word, length);
        if (column->width == 0)
            sha256_add(stream, word, sizeof word);
        if (length > 0)
            sha256_add(stream, column->values.data + at, (size_t)length * size);
        at += (size_t)length * size;
    }
    struct sha256 hash = sha256_end(stream);
    sha256_free(stream);
    char hex[SHA256_HEX];
    sha256_to_hex(&hash, hex);
    (void)printf("column %s %s %u %zu %s\n", column->name, type_names[column->is.type],
                 column->width, at / size, hex);
    at = 0;
    for (uint32_t entry = 0; columns->entries <= SHOWN && entry < columns->entries;
         entry++) {
        (void)printf("%s %u", column->name, entry);
        for (uint32_t i = column_length(columns, column, entry); i > 0; i--, at += size)
            number_print(column->is.type, column->values.data + at);
        (void)printf("\n");
    }
}

/* Name, shape or counter, as in the title of a leaf. */
static void title_print(const struct column *column)
{
    (void)printf(" %s", column->name);
    if (column->width == 0)
        (void)printf("[%s]", column->is.counter);
    for (uint32_t i = 0; i < column->is.rank; i++)
        (void)printf("[%u]", column->is.shape[i]);
}

static void leaf_print(const struct column *column)
{
    (void)printf("leaf %s", column->name);
    title_print(column);
    title_print(column);
    (void)printf("/%c\n", ttree_form(column->is.type)->code);
}

void columns_print(const struct columns *columns, const char *name, bool tree)
{
    for (uint32_t c = 0; tree && c < columns->count; c++)
        leaf_print(&columns->of[c]);
    (void)printf("columns %s %s %u\n", name, tree ? "TTree" : "RNTuple",
                 columns->entries);
    for (uint32_t c = 0; c < columns->count; c++)
        if (tree || !columns->of[c].counts)
            column_print(columns, &columns->of[c]);
}
