/* root_values_tree.c - a tree of all types with known values.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "output/root_classes.h"
#include "tests/system/root_values.h"

static void tree_write(const struct columns *columns, const char *path, uint32_t basket,
                       uint32_t filler)
{
    struct err err;
    struct ttree_column described[VALUES_COLUMNS];
    const void *values[VALUES_COLUMNS];
    for (uint32_t c = 0; c < columns->count; c++) {
        described[c] = columns->of[c].is;
        values[c] = columns->of[c].values.data;
    }
    struct root_file file;
    struct ttree tree;
    values_begin(&file, path, filler);
    must(ttree_begin(&tree,
                     &(struct ttree_target){.file = &file,
                                            .name = "tree",
                                            .title = "all types",
                                            .columns = described,
                                            .column_count = columns->count,
                                            .basket = basket,
                                            .compressed = true},
                     &err),
         &err);
    must(ttree_put(&tree, values, columns->entries, &err), &err);
    must(ttree_end(&tree, &err), &err);
    ttree_release(&tree);
    values_end(&file, ROOT_SET_TTREE);
}

void tree_values(struct columns *columns, const char *path, uint32_t basket,
                 uint32_t filler)
{
    tree_write(columns, path, basket, filler);
    (void)printf("key tree TTree all types\n");
    columns_print(columns, "tree", true);
}
