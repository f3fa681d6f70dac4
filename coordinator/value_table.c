/* value_table.c - values and sets, each once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/value_table.h"

#include <stdlib.h>

void value_table_init(struct value_table *table)
{
    *table = (struct value_table){.values = NULL};
    number_index_init(&table->value_index);
    number_index_init(&table->set_index);
    (void)value_table_set(table, NULL, 0);
}

void value_table_release(struct value_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        union {
            const uint8_t *borrowed;
            uint8_t *owned;
        } bytes = {.borrowed = table->values[i].inlined};

        free(bytes.owned);
    }
    free(table->values);
    free(table->items);
    free(table->sets);
    number_index_release(&table->value_index);
    number_index_release(&table->set_index);
    *table = (struct value_table){.values = NULL};
}

static bool effective_equal(const struct effective *a, const struct effective *b)
{
    return a->level == b->level && sha256_equal(&a->value, &b->value) &&
           strcmp(a->type, b->type) == 0;
}

uint32_t value_table_add(struct value_table *table, const struct effective *effective,
                         const struct bytes *row, uint64_t size, bool *added)
{
    uint64_t hash = le64_load(effective->value.bytes) + (uint64_t)effective->level +
                    number_hash(effective->type, strlen(effective->type));
    size_t place = 0;
    uint32_t number;
    *added = false;
    while (number_index_next(&table->value_index, hash, &place, &number))
        if (effective_equal(&table->values[number].effective, effective))
            return number;
    if (table->count == table->room) {
        table->room = table->room == 0 ? 64 : 2 * table->room;
        table->values = mem_grow(table->values, table->room, sizeof table->values[0]);
    }
    number = table->count++;
    table->values[number] = (struct task_value){.effective = *effective, .size = size};
    if (row != NULL && row->size <= VALUE_INLINE) {
        uint8_t *copy = mem_new(row->size, 1);
        if (row->size > 0)
            memcpy(copy, row->data, row->size);
        table->values[number].inlined = copy;
    }
    number_index_add(&table->value_index, hash, number);
    *added = true;
    return number;
}

static bool set_equal(const struct value_table *table, uint32_t set,
                      const uint32_t *values, uint32_t count)
{
    const struct value_span *known = &table->sets[set];
    return known->count == count &&
           (count == 0 ||
            memcmp(table->items + known->first, values, count * sizeof *values) == 0);
}

uint32_t value_table_set(struct value_table *table, const uint32_t *values,
                         uint32_t count)
{
    uint64_t hash = number_hash(values, count * sizeof *values);
    size_t place = 0;
    uint32_t number;
    while (number_index_next(&table->set_index, hash, &place, &number))
        if (set_equal(table, number, values, count))
            return number;
    if (table->set_count == table->set_room) {
        table->set_room = table->set_room == 0 ? 64 : 2 * table->set_room;
        table->sets = mem_grow(table->sets, table->set_room, sizeof table->sets[0]);
    }
    while (table->item_count + count > table->item_room) {
        table->item_room = table->item_room == 0 ? 256 : 2 * table->item_room;
        table->items = mem_grow(table->items, table->item_room, sizeof table->items[0]);
    }
    if (count > 0)
        memcpy(table->items + table->item_count, values, count * sizeof *values);
    number = table->set_count++;
    table->sets[number] = (struct value_span){(uint32_t)table->item_count, count};
    table->item_count += count;
    number_index_add(&table->set_index, hash, number);
    return number;
}
