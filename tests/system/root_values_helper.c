/* root_values_helper.c - ROOT files with known values, and those values as text.
 * SPDX-License-Identifier: Apache-2.0
 *
 * root_values_helper tree|ntuple FILE ENTRIES CLUSTER WIDTH FILLER
 *     all types as number, array and counted, from a fixed seed; one array of so many
 *     numbers more unless WIDTH is 0; behind FILLER GiB of nothing
 * root_values_helper hist FILE ENTRIES
 *     histograms with and without labels and a second axis, in directories
 * root_values_helper reco tree|ntuple FILE...
 *     no file is made, these published ones are read by our own reader
 *
 * Prints what tests/jsroot/dump.mjs must say of the file, or of the tree made of the
 * published ones.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "output/columns.h"
#include "output/reco_file.h"
#include "tests/system/root_values.h"

static void tree_choose(struct columns *columns, uint32_t wide)
{
    struct column *counter = column_add(columns, TTREE_I32, "n_");
    counter->counts = true;
    for (unsigned type = 0; type < TTREE_TYPES; type++) {
        column_add(columns, (enum ttree_type)type, "one_");
        if (type == TTREE_I8) /* jsroot takes an array of these for a text */
            continue;
        struct column *shaped = column_add(columns, (enum ttree_type)type, "six_");
        shaped->is.rank = 2;
        shaped->is.shape[0] = 2;
        shaped->is.shape[1] = 3;
        shaped->width = 6;
        struct column *counted = column_add(columns, (enum ttree_type)type, "list_");
        counted->is.counter = counter->name;
        counted->width = 0;
    }
    if (wide > 0) {
        struct column *column = column_add(columns, TTREE_F64, "wide_");
        column->is.rank = 1;
        column->is.shape[0] = wide;
        column->width = wide;
    }
}

/* As single number, array and list. */
static void halves_choose(struct columns *columns, const struct column *counter)
{
    column_add(columns, TTREE_F32, "half_")->half = true;
    struct column *shaped = column_add(columns, TTREE_F32, "sixhalf_");
    shaped->half = true;
    shaped->is.rank = 2;
    shaped->is.shape[0] = 2;
    shaped->is.shape[1] = 3;
    shaped->width = 6;
    struct column *counted = column_add(columns, TTREE_F32, "listhalf_");
    counted->half = true;
    counted->is.counter = counter->name;
    counted->width = 0;
}

static void ntuple_choose(struct columns *columns, uint32_t wide)
{
    static const enum ttree_type types[] = {TTREE_U8, TTREE_U32, TTREE_F32};
    struct column *counter = column_add(columns, TTREE_I32, "n_");
    counter->counts = true;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        column_add(columns, types[i], "one_");
        column_add(columns, types[i], "split_")->split = types[i] != TTREE_U8;
        struct column *shaped = column_add(columns, types[i], "six_");
        shaped->is.rank = 2;
        shaped->is.shape[0] = 2;
        shaped->is.shape[1] = 3;
        shaped->width = 6;
        struct column *counted = column_add(columns, types[i], "list_");
        counted->is.counter = counter->name;
        counted->width = 0;
    }
    halves_choose(columns, counter);
    if (wide > 0) {
        struct column *column = column_add(columns, TTREE_F32, "wide_");
        column->is.rank = 1;
        column->is.shape[0] = wide;
        column->width = wide;
        column->split = true;
    }
}

static void reco_choose(struct columns *columns)
{
    static const enum ttree_type types[] = {
        [RECO_U8] = TTREE_U8, [RECO_U32] = TTREE_U32, [RECO_F32] = TTREE_F32};

    for (uint32_t c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        struct column *column = column_add(columns, types[info->type], "");
        (void)snprintf(column->name, sizeof column->name, "%s", info->name);
        column->is.rank = info->rank;
        for (uint32_t i = 0; i < info->rank; i++)
            column->is.shape[i] = info->shape[i];
        column->width = info->width;
    }
}

static void reco_add(struct columns *columns, const struct reco_table *table)
{
    struct err err;
    for (uint32_t c = 0; c < columns->count; c++) {
        struct column *column = &columns->of[c];
        size_t size = (size_t)column->width * ttree_form(column->is.type)->size;
        must(bytes_append(&column->values, table->data[c], table->rows * size, &err),
             &err);
    }
    columns->entries += table->rows;
}

static void reco_read(struct columns *columns, const char *path)
{
    struct err err;
    struct reco_file file;
    struct pack_entry entry;
    struct columns_reader reader;
    struct reco_table table;
    enum lookup found;
    must(reco_file_open(&file, path, &err), &err);
    reco_table_init(&table, RECO_CLUSTER);
    columns_reader_init(&reader);
    pack_entry_init(&entry);
    while ((found = reco_file_next(&file, &entry, &err)) == LOOKUP_FOUND) {
        must(columns_open(&reader, file.fd, path, &entry.place, &entry.item.key, &err),
             &err);
        do {
            must(columns_next(&reader, RECO_ALL_COLUMNS, &table, &err), &err);
            reco_add(columns, &table);
        } while (table.rows > 0);
    }
    must(found == LOOKUP_ABSENT, &err);
    pack_entry_release(&entry);
    columns_reader_release(&reader);
    reco_table_release(&table);
    reco_file_close(&file);
}

static uint32_t number_read(const char *text)
{
    struct err err;
    uint64_t number;
    must(text_to_u64(text, UINT32_MAX, &number, &err), &err);
    return (uint32_t)number;
}

int main(int argc, char **argv)
{
    static struct columns columns;
    if (argc == 7 && strcmp(argv[1], "tree") == 0) {
        columns.entries = number_read(argv[3]);
        tree_choose(&columns, number_read(argv[5]));
        columns_fill(&columns);
        tree_values(&columns, argv[2], number_read(argv[4]), number_read(argv[6]));
    } else if (argc == 7 && strcmp(argv[1], "ntuple") == 0) {
        columns.entries = number_read(argv[3]);
        ntuple_choose(&columns, number_read(argv[5]));
        columns_fill(&columns);
        ntuple_values(&columns, argv[2], number_read(argv[4]), number_read(argv[6]));
    } else if (argc == 4 && strcmp(argv[1], "hist") == 0) {
        hist_values(argv[2], number_read(argv[3]));
    } else if (argc > 3 && strcmp(argv[1], "reco") == 0) {
        reco_choose(&columns);
        for (int i = 3; i < argc; i++)
            reco_read(&columns, argv[i]);
        columns_print(&columns, "reco", strcmp(argv[2], "tree") == 0);
    } else {
        (void)fprintf(stderr, "root_values_helper: see its first lines\n");
        return 2;
    }
    for (uint32_t c = 0; c < columns.count; c++)
        bytes_release(&columns.of[c].values);
    return 0;
}
