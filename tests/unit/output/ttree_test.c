/* ttree_test.c - trees have the bytes of the golden one, however their entries arrive.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/root_classes.h"
#include "output/ttree.h"

#define GOLDEN "tests/golden/root/ttree.root"

static const struct ttree_column hits[] = {
    {.name = "nhit", .type = TTREE_I32},
    {.name = "hit_e", .type = TTREE_F32, .counter = "nhit"},
};
static const int32_t counts[] = {1, 0, 2};
static const float energies[] = {1.0F, 1.0F, 2.0F};

/* The file of a tree, put in pieces of so many entries. */
static void tree_write(const struct ttree_column *columns, uint32_t basket,
                       const uint32_t *pieces, bool compressed, struct bytes *out)
{
    char path[] = "/tmp/spillway-ttree-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct err err;
    struct root_file file;
    struct ttree tree;
    uint64_t size;
    struct sha256 key = sha256_of("key", 3);
    assert_true(root_file_begin(
        &file,
        &(struct root_target){.fd = fd, .path = path, .name = "g.root", .key = &key},
        &err));
    assert_true(ttree_begin(&tree,
                            &(struct ttree_target){.file = &file,
                                                   .name = "t",
                                                   .title = "",
                                                   .columns = columns,
                                                   .column_count = 2,
                                                   .basket = basket,
                                                   .compressed = compressed},
                            &err));
    uint32_t entry = 0;
    uint32_t value = 0;
    for (; *pieces > 0; pieces++) {
        const void *const from[] = {counts + entry, energies + value};
        assert_true(ttree_put(&tree, from, *pieces, &err));
        for (uint32_t i = 0; i < *pieces; i++)
            value += (uint32_t)counts[entry++];
    }
    assert_true(ttree_end(&tree, &err));
    assert_true(root_file_end(&file, ROOT_SET_TTREE, &size, &err));
    ttree_release(&tree);
    root_file_release(&file);
    bytes_init(out, (size_t)1 << 20);
    assert_true(disk_read_file(path, out, &err));
    assert_int_equal(out->size, size);
    (void)close(fd);
    (void)unlink(path);
}

/* The record that starts with this key, its place in the file taken out. */
static size_t record_find(const struct bytes *file, const char *class_name, unsigned n)
{
    size_t at = ROOT_BEGIN;
    while (at < file->size) {
        const uint8_t *key = file->data + at;
        bool big = key[5] == 0xec;
        const uint8_t *name = key + (big ? 34 : 26);
        if (name[0] == strlen(class_name) && memcmp(name + 1, class_name, name[0]) == 0 &&
            n-- == 0)
            return at;
        at += be32_load(key);
    }
    fail_msg("no %s in the file", class_name);
    return 0;
}

static void a_small_tree_has_the_golden_bytes(void **state)
{
    (void)state;
    struct err err;
    struct bytes golden;
    struct bytes ours;
    bytes_init(&golden, (size_t)1 << 20);
    assert_true(disk_read_file(GOLDEN, &golden, &err));
    tree_write(hits, 2, (const uint32_t[]){3, 0}, false, &ours);
    size_t places[4];
    for (unsigned i = 0; i < 4; i++) {
        size_t a = record_find(&golden, "TBasket", i);
        places[i] = record_find(&ours, "TBasket", i);
        uint32_t size = be32_load(golden.data + a);
        memset(golden.data + a + 18, 0, 8);
        assert_int_equal(be64_load(ours.data + places[i] + 18), places[i]);
        memset(ours.data + places[i] + 18, 0, 8);
        assert_memory_equal(golden.data + a, ours.data + places[i], size);
    }
    /* The layout of the golden file has 32-bit places: its first key ends 8 bytes earlier
     * and the tree's own key is 8 bytes shorter, so places of baskets and references,
     * which count from the start of the key, are 8 less. */
    static const uint32_t moved[] = {635, 643, 716, 976, 1140, 1148, 1242, 1246};
    const uint8_t *a = golden.data + record_find(&golden, "TTree", 0) + 35;
    uint8_t *b = ours.data + record_find(&ours, "TTree", 0) + 43;
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
        be32_store(b + moved[i], be32_load(b + moved[i]) - 8);
    assert_memory_equal(a, b, 1278);
    bytes_release(&golden);
    bytes_release(&ours);
}

static void bytes_do_not_depend_on_how_entries_arrive(void **state)
{
    (void)state;
    static const uint32_t pieces[][4] = {{3}, {1, 1, 1}, {1, 2}, {2, 1}};
    for (uint32_t basket = 1; basket < 5; basket++) {
        struct bytes first;
        tree_write(hits, basket, pieces[0], true, &first);
        for (size_t i = 1; i < sizeof pieces / sizeof pieces[0]; i++) {
            struct bytes other;
            tree_write(hits, basket, pieces[i], true, &other);
            assert_int_equal(other.size, first.size);
            assert_memory_equal(other.data, first.data, first.size);
            bytes_release(&other);
        }
        bytes_release(&first);
    }
}

/* What ttree_begin(), and ttree_put() of one entry with count -1, say of such columns. */
static void columns_refused(const struct ttree_column columns[2], const char *words)
{
    static const int32_t minus = -1;
    struct err err;
    struct root_file file = {.target = {.path = "file"}};
    struct ttree tree;
    bool begun = ttree_begin(&tree,
                             &(struct ttree_target){.file = &file,
                                                    .name = "t",
                                                    .title = "",
                                                    .columns = columns,
                                                    .column_count = 2,
                                                    .basket = 2},
                             &err);
    const void *const one[] = {&minus, energies};
    assert_false(begun && ttree_put(&tree, one, 1, &err));
    ttree_release(&tree);
    assert_int_equal(err.code, E_MODEL);
    assert_non_null(strstr(err.text, words));
}

static void columns_that_make_no_tree_are_refused(void **state)
{
    (void)state;
    struct ttree_column columns[2] = {hits[0], hits[1]};
    columns_refused(columns, "nhit of tree t is negative");
    columns[0].type = TTREE_U32;
    columns_refused(columns, "nhit of tree t counts");
    columns[0].name = "other";
    columns_refused(columns, "hit_e of tree t has no counter");
    columns[1] = (struct ttree_column){.name = "other", .type = TTREE_U8};
    columns_refused(columns, "is there twice");
    columns[1].name = "hit.e";
    columns_refused(columns, "name that is not allowed");
    columns[1] = (struct ttree_column){
        .name = "wide", .type = TTREE_U8, .rank = 2, .shape = {1 << 20, 1 << 20}};
    columns_refused(columns, "shape beyond its limit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_tree_has_the_golden_bytes),
        cmocka_unit_test(bytes_do_not_depend_on_how_entries_arrive),
        cmocka_unit_test(columns_that_make_no_tree_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
