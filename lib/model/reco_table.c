/* reco_table.c - reconstructed events as columns.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/reco_table.h"

#include <stdlib.h>

#include "base/bytes.h"

#define TOGETHER 16u /* rows that become zero at once: 30 kB */

#define COLUMN_INFO(id, name, type, encoding, rank, a, b, c, unit, meaning)              \
    [RECO_##id] = {name, type, encoding, rank, {a, b, c}, (a) * (b) * (c), unit, meaning},

const struct reco_column_info reco_column_infos[RECO_COLUMN_COUNT] = {
    RECO_COLUMNS(COLUMN_INFO)};

const char *reco_type_name(enum reco_type type)
{
    static const char *const names[] = {"u8", "u32", "f32"};
    return names[type];
}

const char *reco_encoding_name(enum reco_encoding encoding)
{
    static const char *const names[] = {"plain", "split", "half"};
    return names[encoding];
}

size_t reco_type_size(enum reco_type type)
{
    return type == RECO_U8 ? 1 : 4;
}

static size_t row_size(int column)
{
    const struct reco_column_info *info = &reco_column_infos[column];
    return info->width * reco_type_size(info->type);
}

void reco_table_init(struct reco_table *table, uint32_t capacity)
{
    *table = (struct reco_table){.capacity = capacity};
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        table->data[c] = mem_new(capacity, row_size(c));
}

void reco_table_init_some(struct reco_table *table, uint32_t capacity, uint64_t columns)
{
    *table = (struct reco_table){.capacity = capacity};
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        if ((columns & reco_set((enum reco_column)c)) != 0)
            table->data[c] = mem_grow(NULL, capacity, row_size(c));
}

void reco_table_release(struct reco_table *table)
{
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        free(table->data[c]);
    *table = (struct reco_table){0};
}

uint32_t reco_table_add(struct reco_table *table)
{
    bug_if(table->rows >= table->capacity);
    uint32_t row = table->rows++;
    uint32_t left = table->capacity - row;
    if (row % TOGETHER != 0)
        return row;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        size_t size = row_size(c);
        memset((uint8_t *)table->data[c] + row * size, 0,
               size * (left < TOGETHER ? left : TOGETHER));
    }
    return row;
}
