/* merge_bench.c - merging the products of a chunk, against cp of the same bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * merge_bench AREA CAMPAIGN EXECUTOR PAIRS: products as one task made them, stream by
 * stream, COPIES times over into one file by an executor. The yardstick copies the merged
 * file with cp and syncs the copy, as a merge does. Wall time, since both wait for the
 * disk.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "tests/bench/chain.h"
#include "tests/bench/measure.h"
#include "worker/frame.h"

#define COPIES 16u /* files of some hundred megabytes, as they are published */

struct bench {
    struct chain chain;
    const char *executor;
    struct bytes task, report;
    char task_path[4200], report_path[4200], copy_path[4200];
};

/* Does bench->task; its report is in bench->report. */
static struct measured task_do(struct bench *bench)
{
    struct err err;
    measure_must(disk_write_durable(bench->task_path, bench->task.data, bench->task.size,
                                    0644, &err),
                 &err);
    struct measured measured = measure_child((const char *[]){
        bench->executor, "--task", bench->task_path, "--out", bench->report_path, NULL});
    bytes_clear(&bench->report);
    measure_must(disk_read_file(bench->report_path, &bench->report, &err), &err);
    return measured;
}

static struct measured copy(const struct bench *bench, const char *from)
{
    int64_t start_ns = clock_now_ns();
    struct measured measured =
        measure_child((const char *[]){"cp", from, bench->copy_path, NULL});
    int fd = open(bench->copy_path, O_WRONLY | O_CLOEXEC);
    struct err err = {.text = "the copy cannot be synced"};
    measure_must(fd >= 0 && fdatasync(fd) == 0, &err);
    (void)close(fd);
    measured.wall_s = measure_since_s(start_ns);
    measure_remove(bench->copy_path);
    return measured;
}

static void stream_merge(struct bench *bench, const struct bytes *products,
                         const char *stream, uint64_t rounds)
{
    struct pairs pairs = {.count = 0};
    double ours_cpu_s = 0, bare_cpu_s = 0;
    uint64_t size = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        struct report report;
        struct err err;
        char merged[4600], name[STREAM_NAME + 8];
        chain_merge_task(&bench->chain, products, stream, COPIES, &bench->task);
        struct measured ours = task_do(bench);
        measure_must(wire_report_unpack(bench->report.data, bench->report.size,
                                        &bench->chain.arena, &report, &err),
                     &err);
        (void)snprintf(merged, sizeof merged, "%s/%s", bench->chain.book.campaign.store,
                       report.merged.place.file);
        struct measured bare = copy(bench, merged);
        measure_remove(merged);
        size = report.merged.place.length;
        pairs_add(&pairs, 1e-6 * (double)size / ours.wall_s,
                  1e-6 * (double)size / bare.wall_s);
        ours_cpu_s += ours.cpu_s;
        bare_cpu_s += bare.cpu_s;
        (void)snprintf(name, sizeof name, "merge.%s", stream);
        if (i + 1 == rounds)
            pairs_print(&pairs, name, "MB/s");
    }
    (void)printf("# merge.%s: %.1f MB, CPU time of cp / ours %.2f\n", stream,
                 1e-6 * (double)size, bare_cpu_s / ours_cpu_s);
}

int main(int count, char **words)
{
    static struct bench bench;
    struct chain_chunk chunk;
    struct bytes products;
    struct err err = {.text = "merge_bench AREA CAMPAIGN EXECUTOR PAIRS"};
    uint64_t rounds = 0;
    char parts[4200];
    measure_must(count == 5, &err);
    measure_must(text_to_u64(words[4], MEASURE_PAIRS, &rounds, &err), &err);
    chain_open(&bench.chain, words[1], words[2]);
    const char *store = bench.chain.book.campaign.store;
    bench.executor = words[3];
    bytes_init(&bench.task, FRAME_LIMIT);
    bytes_init(&bench.report, FRAME_LIMIT);
    bytes_init(&products, FRAME_LIMIT);
    (void)snprintf(bench.task_path, sizeof bench.task_path, "%s/bench.task", store);
    (void)snprintf(bench.report_path, sizeof bench.report_path, "%s/bench.report", store);
    (void)snprintf(bench.copy_path, sizeof bench.copy_path, "%s/bench.copy", store);
    measure_must(chain_chunk(&bench.chain, 0, &chunk), &err);
    chain_task(&bench.chain, chunk.segments, chunk.count, &bench.task);
    (void)task_do(&bench);
    measure_must(bytes_append(&products, bench.report.data, bench.report.size, &err),
                 &err);
    stream_merge(&bench, &products, "reco", rounds);
    stream_merge(&bench, &products, "skim.ecal_calib", rounds);
    (void)snprintf(parts, sizeof parts, "%s/parts", store);
    measure_remove(parts);
    measure_remove(bench.task_path);
    measure_remove(bench.report_path);
    bytes_release(&bench.task);
    bytes_release(&bench.report);
    bytes_release(&products);
    chain_chunk_release(&chunk);
    chain_close(&bench.chain);
    return 0;
}
