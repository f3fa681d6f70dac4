/* value_table.h - the effective values of a plan, each once, and the sets of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A value is (type, hash, level); its bytes stand inline when they are small, else in a
 * blob of the store. A set is the list of values that a step of one (run, spill) reads,
 * sorted by type; set 0 is the empty one.
 */
#ifndef SPILLWAY_COORDINATOR_VALUE_TABLE_H
#define SPILLWAY_COORDINATOR_VALUE_TABLE_H

#include "coordinator/number_index.h"
#include "model/task.h"

/* A LED row of 500 channels; 60 000 spills of it are 1 GB in the catalog. Larger rows are
 * blobs: one fetch a node for each. */
#define VALUE_INLINE ((size_t)16 << 10)

struct value_span {
    uint32_t first, count; /* in value_table.items */
};

struct value_table {
    struct task_value *values; /* inlined bytes are owned */
    uint32_t count, room;
    uint32_t *items; /* value numbers of all sets */
    size_t item_count, item_room;
    struct value_span *sets;
    uint32_t set_count, set_room;
    struct number_index value_index, set_index;
};

void value_table_init(struct value_table *table);
void value_table_release(struct value_table *table);

/* Number of the value; *added tells whether it is new. `row` NULL: a payload of `size`
 * bytes that stands in a blob; otherwise copied when small enough. */
uint32_t value_table_add(struct value_table *table, const struct effective *effective,
                         const struct bytes *row, uint64_t size, bool *added);

/* Number of the set with these values in this order. */
uint32_t value_table_set(struct value_table *table, const uint32_t *values,
                         uint32_t count);

#endif
