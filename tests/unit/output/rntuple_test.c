/* rntuple_test.c - envelopes equal those of a file that two foreign readers read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * tests/golden/root/rntuple.root: ntpl with run (uint32), ecal (float), hit_e (vector of
 * float) in clusters of two entries and one. Its layout has 32-bit places, ours 64-bit
 * ones: only the heads of the keys around the envelopes differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/disk.h"
#include "output/columns.h"
#include "output/reco_schema.h"

#define GOLDEN "tests/golden/root/rntuple.root"

static const struct rntuple_field fields[] = {
    {"run", "std::uint32_t", "", 0, false, 0},
    {"ecal", "float", "", 1, false, 0},
    {"hit_e", "std::vector<float>", "", 2, true, 0},
    {"_0", "float", "", 2, false, 0},
};

static const struct rntuple_column columns[] = {
    {RNTUPLE_U32, 32, 0},
    {RNTUPLE_F32, 32, 1},
    {RNTUPLE_INDEX64, 64, 2},
    {RNTUPLE_F32, 32, 3},
};

static const struct rntuple_schema schema = {
    "ntpl", "", "c", fields, 4, columns, 4,
};

static struct bytes golden;

static int golden_read(void **state)
{
    (void)state;
    struct err err;
    bytes_init(&golden, 1 << 16);
    return disk_read_file(GOLDEN, &golden, &err) ? 0 : -1;
}

static int golden_release(void **state)
{
    (void)state;
    bytes_release(&golden);
    return 0;
}

static void envelope_check(const struct bytes *envelope, size_t place, size_t size)
{
    assert_int_equal(envelope->size, size);
    assert_memory_equal(envelope->data, golden.data + place, size);
}

static void envelopes_are_those_of_the_golden_file(void **state)
{
    (void)state;
    struct err err;
    struct bytes out;
    bytes_init(&out, 1 << 16);
    assert_true(rntuple_header(&schema, &out, &err));
    envelope_check(&out, 242, 384);
    uint64_t check = rntuple_check(&out);

    static const struct rntuple_page pages[2][4] = {
        {{660, 8, 2}, {676, 8, 2}, {692, 16, 2}, {716, 4, 1}},
        {{762, 4, 1}, {774, 4, 1}, {786, 8, 1}, {802, 8, 2}},
    };

    struct rntuple_clusters clusters;
    rntuple_clusters_init(&clusters, 4, 0);
    assert_true(rntuple_cluster_add(&clusters, 2, pages[0], &err));
    assert_true(rntuple_cluster_add(&clusters, 1, pages[1], &err));
    bytes_clear(&out);
    assert_true(rntuple_page_list(&clusters, check, &out, &err));
    envelope_check(&out, 852, 440);
    const struct rntuple_link header = {242, 384}, list = {852, 440},
                              footer = {1326, 148};
    bytes_clear(&out);
    assert_true(rntuple_footer(&clusters, check, &list, &out, &err));
    envelope_check(&out, 1326, 148);
    uint8_t anchor[RNTUPLE_ANCHOR];
    rntuple_anchor(&header, &footer, anchor);
    assert_memory_equal(anchor, golden.data + 1520, RNTUPLE_ANCHOR);
    rntuple_clusters_release(&clusters);
    bytes_release(&out);
}

static void a_column_without_elements_has_no_page(void **state)
{
    (void)state;
    struct err err;
    struct rntuple_clusters clusters;
    static const struct rntuple_page none[1] = {{0, 0, 0}};
    rntuple_clusters_init(&clusters, 1, 0);
    assert_true(rntuple_cluster_add(&clusters, 3, none, &err));
    /* List of columns (12), list of no page (12), element offset, setting. */
    assert_int_equal(clusters.pages.size, 12 + 12 + 8 + 4);
    assert_int_equal(le32_load(clusters.pages.data + 20), 0);
    assert_int_equal(clusters.entries, 3);
    rntuple_clusters_release(&clusters);
}

static void reco_columns_are_fields_with_nested_arrays(void **state)
{
    (void)state;
    static struct reco_schema made;
    reco_schema_make(&made, false);
    assert_int_equal(made.schema.column_count, RECO_COLUMN_COUNT);
    for (uint32_t c = 0; c < RECO_COLUMN_COUNT; c++) {
        uint32_t field = made.columns[c].field;
        uint64_t width = 1;
        for (uint32_t up = field; up != made.fields[up].parent;) {
            up = made.fields[up].parent;
            width *= made.fields[up].length;
            if (up == made.fields[up].parent)
                field = up;
        }
        assert_int_equal(width, reco_column_infos[c].width);
        assert_string_equal(made.fields[field].name, reco_column_infos[c].name);
        if (reco_column_infos[c].encoding == RECO_HALF) {
            assert_int_equal(made.columns[c].type, 0x0b); /* Real16 */
            assert_int_equal(made.columns[c].bits, 16);
        }
    }
    const struct rntuple_field *ecal =
        &made.fields[made.columns[RECO_ECAL_ENE].field - 3];
    assert_string_equal(ecal->type, "std::array<std::array<std::array<float,6>,6>,2>");
    assert_string_equal(ecal[2].type, "std::array<float,6>");
    assert_string_equal(ecal[3].type, "float");
    assert_int_equal(ecal->length, 2);
    assert_string_equal(ecal->description, "all; 0 pre-shower, 1 main [GeV]");
    assert_int_equal(strncmp(made.schema.description, "spillway-columns-3 ", 19), 0);
}

static void simulated_data_are_marked(void **state)
{
    (void)state;
    static struct reco_schema made;
    reco_schema_make(&made, true);
    assert_int_equal(strncmp(made.schema.description, "SYNTHETIC ", 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelopes_are_those_of_the_golden_file),
        cmocka_unit_test(a_column_without_elements_has_no_page),
        cmocka_unit_test(reco_columns_are_fields_with_nested_arrays),
        cmocka_unit_test(simulated_data_are_marked),
    };
    return cmocka_run_group_tests(tests, golden_read, golden_release);
}
