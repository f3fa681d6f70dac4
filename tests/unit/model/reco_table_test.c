/* reco_table_test.c - the page about columns is the table of columns.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/text.h"
#include "model/reco_table.h"

#define PAGE  "lib/model/columns.md"
#define LIMIT ((size_t)1 << 16)

static void row_add(struct bytes *out, const struct reco_column_info *info)
{
    struct err err;
    assert_true(text_addf(out, &err, "| `%s", info->name));
    for (int d = 0; d < info->rank; d++)
        assert_true(text_addf(out, &err, "[%u]", info->shape[d]));
    assert_true(text_addf(out, &err, "` | %s | %s | %s | %s |\n",
                          reco_type_name(info->type), info->unit,
                          reco_encoding_name(info->encoding), info->meaning));
}

static void the_page_lists_every_column(void **state)
{
    (void)state;
    struct err err;
    struct bytes page, rows;
    const char *text, *wanted;
    bytes_init(&page, LIMIT);
    bytes_init(&rows, LIMIT);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++)
        row_add(&rows, &reco_column_infos[c]);
    assert_true(text_terminate(&rows, &wanted, &err));
    assert_true(disk_read_file(PAGE, &page, &err));
    assert_true(text_terminate(&page, &text, &err));
    if (strstr(text, wanted) == NULL)
        fail_msg(PAGE ": the table must be\n%s", wanted);
    bytes_release(&page);
    bytes_release(&rows);
}

static void names_are_names_for_every_reader(void **state)
{
    (void)state;
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const char *name = reco_column_infos[c].name;
        if (strspn(name,
                   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
            strlen(name))
            fail_msg("%s: letters, digits and underscores only", name);
        for (int d = 0; d < c; d++)
            assert_string_not_equal(name, reco_column_infos[d].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_lists_every_column),
        cmocka_unit_test(names_are_names_for_every_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
