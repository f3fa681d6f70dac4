/* verify_bench.c - checking a merged ROOT file, against a loop of read() over it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * verify_bench FOLDER SEGMENTS PAIRS: columns of 16384 made-up events, 70 % of the
 * numbers zero, as each of SEGMENTS segments of one file in the folder.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/random.h"
#include "base/text.h"
#include "output/columns.h"
#include "output/merge.h"
#include "output/root_check.h"
#include "tests/bench/measure.h"

#define SEGMENTS 10000u

static void table_fill(struct reco_table *table)
{
    struct random random = {.state = 5};
    for (uint32_t r = 0; r < RECO_CLUSTER; r++)
        (void)reco_table_add(table);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        size_t numbers = (size_t)RECO_CLUSTER * info->width;
        for (size_t i = 0; i < numbers; i++) {
            bool zero = random_below(&random, 10) < 7;
            if (info->type == RECO_F32)
                ((float *)table->data[c])[i] = zero ? 0 : (float)random_unit(&random);
            else if (info->type == RECO_U8)
                ((uint8_t *)table->data[c])[i] = zero ? 1 : 7;
            else
                ((uint32_t *)table->data[c])[i] = (uint32_t)i;
        }
    }
}

static void part_write(const char *path, struct product *product)
{
    static const char key[] = "spillway-reco-1\n";
    struct err err;
    struct reco_table table;
    struct pack_writer pack;
    struct columns_writer writer;
    struct bytes account;
    uint64_t size;
    int fd = -1;
    struct pack_item item = {.key = sha256_of(key, sizeof key - 1),
                             .stream = "reco",
                             .run = 9000,
                             .spill = 1,
                             .entries = RECO_CLUSTER,
                             .key_text = (const uint8_t *)key,
                             .key_size = sizeof key - 1};
    reco_table_init(&table, RECO_CLUSTER);
    table_fill(&table);
    bytes_init(&account, 16);
    columns_writer_init(&writer);
    measure_must(disk_create(path, &fd, &err), &err);
    measure_must(pack_writer_start(&pack, fd, path, &err), &err);
    pack_begin(&pack);
    columns_start(&writer, &pack);
    measure_must(columns_put(&writer, &table, &err) &&
                     columns_end(&writer, &item.key, &account, &err) &&
                     pack_end(&pack, &item, product, &err) &&
                     pack_finish(&pack, &size, &err),
                 &err);
    pack_writer_release(&pack);
    columns_writer_release(&writer);
    reco_table_release(&table);
    bytes_release(&account);
    (void)close(fd);
}

static uint64_t file_write(const char *folder, const char *path, uint64_t segments)
{
    struct err err;
    char part[4200];
    struct merge_input *inputs = mem_new(segments, sizeof *inputs);
    struct merge_result result = {.offsets = mem_new(segments, sizeof *result.offsets)};
    (void)snprintf(part, sizeof part, "%s/part", folder);
    part_write(part, &inputs[0].product);
    (void)snprintf(inputs[0].product.place.file, PRODUCT_FILE, "part");
    for (uint64_t i = 1; i < segments; i++)
        inputs[i] = inputs[0];
    struct merge_request request = {.store = folder,
                                    .stream = "reco",
                                    .key = inputs[0].product.key,
                                    .inputs = inputs,
                                    .input_count = (uint32_t)segments,
                                    .path = path,
                                    .synthetic = true};
    measure_must(merge_write(&request, &result, &err), &err);
    measure_remove(part);
    free(inputs);
    free(result.offsets);
    return result.merged.place.length;
}

int main(int count, char **words)
{
    struct pairs pairs = {.count = 0};
    struct root_check check = {.faults = 0};
    struct bytes lines;
    struct err err = {.text = "verify_bench FOLDER SEGMENTS PAIRS"};
    uint64_t segments = 0, rounds = 0;
    char path[4200];
    measure_must(count == 4, &err);
    measure_must(text_to_u64(words[2], SEGMENTS, &segments, &err) &&
                     text_to_u64(words[3], MEASURE_PAIRS, &rounds, &err),
                 &err);
    (void)snprintf(path, sizeof path, "%s/file.root", words[1]);
    bytes_init(&lines, (size_t)1 << 20);
    double bytes = 1e-6 * (double)file_write(words[1], path, segments);
    measure_pin();
    for (uint64_t round = 0; round < rounds; round++) {
        double bare = measure_read(path).cpu_s;
        double start = measure_cpu_s();
        measure_must(root_check_file(path, &check, &lines, &err), &err);
        double ours = measure_cpu_s() - start;
        (void)snprintf(err.text, sizeof err.text, "%" PRIu64 " faults", check.faults);
        measure_must(check.faults == 0, &err);
        pairs_add(&pairs, bytes / ours, bytes / bare);
    }
    pairs_print(&pairs, "verify", "MB/s");
    (void)printf("# verify: %.1f MB, %" PRIu64 " entries, %" PRIu64 " pages\n", bytes,
                 check.entries, check.pages);
    bytes_release(&lines);
    measure_remove(path);
    return 0;
}
