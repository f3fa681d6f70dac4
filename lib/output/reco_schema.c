/* reco_schema.c - the columns of model/reco_table.h as the schema of an RNTuple.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/reco_schema.h"

#include <stdio.h>

#include "output/columns.h"

static const struct {
    const char *name;

    struct {
        enum rntuple_type type;
        uint16_t bits;
    } of[3]; /* enum reco_encoding */
} types[] = {
    [RECO_U8] = {"std::uint8_t", {[RECO_PLAIN] = {RNTUPLE_U8, 8}}},
    [RECO_U32] =
        {"std::uint32_t",
         {[RECO_PLAIN] = {RNTUPLE_U32, 32}, [RECO_SPLIT] = {RNTUPLE_SPLIT_U32, 32}}},
    [RECO_F32] = {"float",
                  {[RECO_PLAIN] = {RNTUPLE_F32, 32},
                   [RECO_SPLIT] = {RNTUPLE_SPLIT_F32, 32},
                   [RECO_HALF] = {RNTUPLE_F16, 16}}},
};

/* Type of what is left of the shape from dimension `from` on. */
static void type_make(const struct reco_column_info *info, int from, char *out)
{
    char ends[RECO_SCHEMA_TYPE] = "";
    size_t at = 0;
    size_t end = sizeof ends - 1;
    out[0] = 0;
    for (int d = from; d < info->rank; d++) {
        char dimension[16];
        int length =
            snprintf(dimension, sizeof dimension, ",%u>", (unsigned)info->shape[d]);
        bug_if(length < 0 || (size_t)length > end);
        end -= (size_t)length; /* inner dimensions stand left of outer ones */
        memcpy(ends + end, dimension, (size_t)length);
        at += (size_t)snprintf(out + at, RECO_SCHEMA_TYPE - at, "std::array<");
    }
    int length =
        snprintf(out + at, RECO_SCHEMA_TYPE - at, "%s%.*s", types[info->type].name,
                 (int)(sizeof ends - 1 - end), ends + end);
    bug_if(length < 0 || at + (size_t)length >= RECO_SCHEMA_TYPE);
}

/* The field of a column and, below each other, those of its dimensions. */
static void column_add(struct reco_schema *made, int column)
{
    const struct reco_column_info *info = &reco_column_infos[column];
    char *description = made->descriptions[column];
    const char *unit = info->unit;
    (void)snprintf(description, RECO_SCHEMA_TEXT, "%s%s%s%s", info->meaning,
                   unit[0] == 0 ? "" : " [", unit, unit[0] == 0 ? "" : "]");
    for (int d = 0; d <= info->rank; d++) {
        uint32_t number = made->schema.field_count++;
        bug_if(number >= RECO_SCHEMA_FIELDS);
        type_make(info, d, made->types[number]);
        made->fields[number] =
            (struct rntuple_field){.name = d == 0 ? info->name : "_0",
                                   .type = made->types[number],
                                   .description = d == 0 ? description : "",
                                   .parent = d == 0 ? number : number - 1,
                                   .length = d < info->rank ? info->shape[d] : 0};
    }
    made->columns[column] =
        (struct rntuple_column){.type = types[info->type].of[info->encoding].type,
                                .bits = types[info->type].of[info->encoding].bits,
                                .field = made->schema.field_count - 1};
}

void reco_schema_make(struct reco_schema *schema, bool synthetic)
{
    char hex[SHA256_HEX];
    struct sha256 hash = columns_schema();
    sha256_to_hex(&hash, hex);
    (void)snprintf(schema->description, sizeof schema->description,
                   "%sspillway-columns-3 %s", synthetic ? "SYNTHETIC " : "", hex);
    schema->schema = (struct rntuple_schema){.name = RECO_SCHEMA_NAME,
                                             .description = schema->description,
                                             .writer = "Spillway",
                                             .fields = schema->fields,
                                             .columns = schema->columns,
                                             .column_count = RECO_COLUMN_COUNT};
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        column_add(schema, c);
}
