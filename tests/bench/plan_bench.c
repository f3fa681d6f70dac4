/* plan_bench.c - planning a campaign, without and with conditions for every spill.
 * SPDX-License-Identifier: Apache-2.0
 *
 * plan_bench FOLDER RUNS: runs of 200 spills from twenty event builders, 4000 segments
 * each. "plan.raw" only skims raw events; "plan.led" reconstructs, with SYNTHETIC
 * conditions: a table of 102 LED amplitudes for six of seven spills in a payload a run.
 * What `spillway plan` does, from the campaign file to the stored plan, wall time.
 * Yardstick: the records of the plan in a flat file, synced once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/plan.h"
#include "tests/bench/measure.h"
#include "tests/bench/stock.h"
#include "tests/simulate/payloads.h"

#define PLAN_FILE   ((size_t)64 << 10)
#define FLUSH_BYTES ((size_t)1 << 20)

static void conditions_make(const char *folder, const struct stock *stock)
{
    static struct layout_channel channels[LAYOUT_CHANNELS];
    const struct sim_options options = {.setup = LAYOUT_SETUP,
                                        .first_run = STOCK_RUN,
                                        .last_run = STOCK_RUN + stock->runs - 1,
                                        .spills = stock->chunks * stock->spills,
                                        .events = 1,
                                        .seed = 1};
    struct pulse pulse;
    struct err err;
    char path[4200];
    pulse_make(&pulse);
    layout_make(options.seed, channels);
    (void)snprintf(path, sizeof path, "%s/conditions", folder);
    const struct payloads payloads = {
        .options = &options, .channels = channels, .pulse = &pulse};
    measure_must(payloads_write(&payloads, path, &err), &err);
}

static void campaign_make(const char *folder, const char *name, bool reconstruct,
                          char path[4200])
{
    struct bytes text;
    struct err err;
    bytes_init(&text, PLAN_FILE);
    measure_must(text_addf(&text, &err,
                           "name: %s\npurpose: test\nstore: %s/store\n"
                           "select:\n  types: [physics]\n"
                           "%s%s%s"
                           "skims:\n"
                           "  - {name: random, kind: random, fraction: 0.01, "
                           "events: [physics]}\n",
                           name, folder,
                           reconstruct ? "reconstruct:\n  setup: " LAYOUT_SETUP
                                         "\nconditions:\n  tag: sim-1\n  source: file:"
                                       : "",
                           reconstruct ? folder : "", reconstruct ? "/conditions\n" : ""),
                 &err);
    (void)snprintf(path, 4200, "%s/%s.yaml", folder, name);
    measure_must(disk_write_durable(path, text.data, text.size, 0644, &err), &err);
    bytes_release(&text);
}

/* The same records of segments and states, written to a flat file and synced once. */
static double flat(const struct area *area, const char *folder, const char *name)
{
    struct area own = *area;
    struct catalog *catalog = NULL;
    struct catalog_txn *txn;
    struct campaign campaign;
    struct bytes out;
    struct err err = {.text = "the plan is not stored"};
    char path[4200];
    int fd;
    measure_must(area_catalog(&own, CATALOG_READ, &catalog, &err), &err);
    measure_must(catalog_begin(catalog, &txn, &err), &err);
    measure_must(catalog_get_campaign(txn, name, &campaign, &err) == LOOKUP_FOUND, &err);
    struct plan_segment *segments = mem_new(campaign.segment_count, sizeof *segments);
    for (uint32_t i = 0; i < campaign.segment_count; i++)
        measure_must(catalog_get_plan_segment(txn, campaign.id, i, &segments[i], &err) ==
                         LOOKUP_FOUND,
                     &err);
    catalog_abort(txn);
    catalog_close(catalog);
    bytes_init(&out, 2 * FLUSH_BYTES);
    (void)snprintf(path, sizeof path, "%s/flat", folder);
    double start = measure_cpu_s();
    measure_must(disk_create(path, &fd, &err), &err);
    for (uint32_t i = 0; i < campaign.segment_count; i++) {
        const uint8_t state[16] = {SEGMENT_READY};
        measure_must(wire_plan_segment_pack(&segments[i], &out, &err) &&
                         bytes_append(&out, state, sizeof state, &err),
                     &err);
        if (out.size < FLUSH_BYTES && i + 1 < campaign.segment_count)
            continue;
        measure_must(disk_write(fd, path, out.data, out.size, &err), &err);
        bytes_clear(&out);
    }
    measure_must(disk_sync(fd, path, &err) && disk_close(fd, path, &err), &err);
    double taken_s = measure_cpu_s() - start;
    measure_remove(path);
    bytes_release(&out);
    free(segments);
    return taken_s;
}

static void plan(const struct area *area, const char *folder, const char *name,
                 bool reconstruct)
{
    struct pairs pairs = {.count = 0};
    char path[4200], planned[CAMPAIGN_NAME], stage[CAMPAIGN_NAME + 8];
    struct err err;
    campaign_make(folder, name, reconstruct, path);
    int64_t start_ns = clock_now_ns();
    double start = measure_cpu_s();
    measure_must(plan_file(area, path, planned, &err), &err);
    double taken_s = measure_cpu_s() - start, wall_s = measure_since_s(start_ns);
    pairs_add(&pairs, taken_s, flat(area, folder, name));
    (void)snprintf(stage, sizeof stage, "plan.%s", name);
    pairs_print(&pairs, stage, "s");
    (void)printf("# %s: %.2f s on the wall\n", stage, wall_s);
}

int main(int count, char **words)
{
    struct stock stock = {.builders = 20, .chunks = 2, .spills = 100};
    struct area area = {.folder = ""};
    char token[AREA_TOKEN];
    struct catalog *catalog = NULL;
    struct err err = {.text = "plan_bench FOLDER RUNS"};
    uint64_t runs = 0;
    bool made;
    measure_must(count == 3, &err);
    measure_must(text_to_u64(words[2], 5000, &runs, &err), &err);
    stock.runs = (uint32_t)runs;
    (void)snprintf(area.folder, sizeof area.folder, "%s/area", words[1]);
    memset(token, '0', sizeof token - 1);
    token[sizeof token - 1] = 0;
    measure_must(area_init(&area, token, &made, &err) &&
                     area_catalog(&area, CATALOG_WRITE, &catalog, &err),
                 &err);
    stock_runs(catalog, &stock);
    catalog_close(catalog);
    conditions_make(words[1], &stock);
    (void)printf("# plan: %u segments in %u runs\n", stock_segments(&stock), stock.runs);
    plan(&area, words[1], "raw", false);
    plan(&area, words[1], "led", true);
    return 0;
}
