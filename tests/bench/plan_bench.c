/* plan_bench.c - planning a campaign of a million segments.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Usage: plan_bench [SEGMENTS [FOLDER]]. Prints "stage ours yardstick ratio" lines in CPU
 * seconds; a larger ratio is better. The run catalogue has runs of 200 spills, each spill
 * in 5 chunks; the tag has all payload types, LED rows for every spill. Yardsticks: for
 * keys, two sha256 over the key texts of each segment, which no planner with such keys
 * can save; for the store, the same records written to a file and synced. Fails when plan
 * and store together take more than 10 s for a million segments. SYNTHETIC.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/text.h"
#include "coordinator/plan_build.h"
#include "coordinator/write.h"

#define SPILLS      200u
#define BUILDERS    5u
#define FIRST_RUN   1000u
#define RUN_SIZE    (SPILLS * BUILDERS)
#define TEXT_SIZE   1300u /* bytes of a reco key text with seven payload types */
#define SELECT_SIZE 500u
#define MOST_S      10.0

struct bench {
    char folder[256];
    uint32_t runs;
    struct catalog *catalog;
    struct err err;
};

static void must(struct bench *bench, bool done)
{
    if (done)
        return;
    (void)fprintf(stderr, "plan_bench: %s\n", bench->err.text);
    exit(1);
}

static double cpu_s(void)
{
    return (double)clock_cpu_ns() / 1e9;
}

static void line(const char *stage, double ours, double yardstick)
{
    (void)printf("%-14s %8.2f s %8.2f s %7.2f\n", stage, ours, yardstick,
                 yardstick / ours);
}

static struct segment segment_make(struct random *dice, uint32_t run, uint16_t builder,
                                   uint32_t spill)
{
    struct segment segment = {.id = {{run, builder, 1}, spill - 1},
                              .spill = spill,
                              .offset = (uint64_t)(spill - 1) * 5000000,
                              .length = 5000000,
                              .adler32 = (uint32_t)random_next(dice)};
    segment.events[EVENT_PHYSICS] = 1000;
    segment.digest = (struct event_digest){1000, random_next(dice), random_next(dice)};
    return segment;
}

static bool run_put(struct catalog_txn *txn, void *context, struct err *err)
{
    uint32_t number = *(const uint32_t *)context;
    struct random dice = {number};
    struct run run = run_unknown(number);
    struct segment segments[SPILLS];
    run.type = RUN_TYPE_PHYSICS;
    run.origin = RUN_ORIGIN_DATA;
    run.synthetic = true;
    if (!catalog_put_run(txn, &run, err))
        return false;
    for (uint16_t builder = 1; builder <= BUILDERS; builder++) {
        struct chunk chunk = {.id = {number, builder, 1},
                              .size = (uint64_t)SPILLS * 5000000,
                              .adler32 = number + builder,
                              .scanned = true,
                              .segments = SPILLS};
        (void)snprintf(chunk.url, sizeof chunk.url, "/none/%u/%u", number, builder);
        for (uint32_t spill = 1; spill <= SPILLS; spill++)
            segments[spill - 1] = segment_make(&dice, number, builder, spill);
        if (!catalog_put_chunk(txn, &chunk, err) ||
            !catalog_put_segments(txn, &chunk.id, segments, SPILLS, err))
            return false;
    }
    for (uint32_t spill = 1; spill <= SPILLS; spill++) {
        const struct spill record = {
            .run = number, .number = spill, .beam_known = true, .beam_count = 5e6};
        if (!catalog_put_spill(txn, &record, err))
            return false;
    }
    return true;
}

static void catalogue_make(struct bench *bench)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/catalog", bench->folder);
    must(bench, catalog_open(path, CATALOG_WRITE, &bench->catalog, &bench->err));
    for (uint32_t i = 0; i < bench->runs; i++) {
        uint32_t number = FIRST_RUN + i;
        must(bench, write_catalog(bench->catalog, run_put, &number, &bench->err));
    }
}

/* One payload of each type, LED rows of two channels for each spill of each run. */
static const char *const payloads[][3] = {
    {"bad_spills", "", "columns run:count spill:count from_event:count\n"},
    {"calo_gain", "led_reference l1\n",
     "columns detector:name x:count y:count gain_gev_per_count:real\nECAL0 0 0 0.01\n"},
    {"channel_map", NULL, "<map><!-- spillway source=ours synthetic=yes --></map>\n"},
    {"led_reference", "id l1\n",
     "columns detector:name x:count y:count amplitude_counts:real\nECAL0 0 0 800\n"},
    {"led_spill", "",
     "columns run:count spill:count detector:name x:count y:count "
     "amplitude_counts:real\n"},
    {"pedestal", "",
     "columns first_sample:count sample_count:count spread_limit_counts:count "
     "search_from_sample:count threshold_counts:count noise_counts:count "
     "tail_ns:real\n0 4 50 4 20 2 30\n"},
    {"sampling", "", "columns sample_count:count period_ns:real\n32 12.5\n"},
    {"time_offset", "",
     "columns detector:name x:count y:count reference:name mean_ns:real sigma_ns:real "
     "window_sigma:real\nECAL0 0 0 none 100 2 5\n"}};

#define PAYLOADS (sizeof payloads / sizeof payloads[0])

static void led_rows(struct bench *bench, struct bytes *text)
{
    struct random dice = {7};
    for (uint32_t run = FIRST_RUN; run < FIRST_RUN + bench->runs; run++)
        for (uint32_t spill = 0; spill <= SPILLS; spill++)
            for (uint32_t x = 0; x < 2; x++)
                must(bench,
                     text_addf(text, &bench->err, "%u %u ECAL0 %u 0 %u\n", run, spill, x,
                               800 + (uint32_t)random_below(&dice, 100)));
}

static void payload_make(struct bench *bench, size_t index, struct bytes *tag)
{
    const char *const *payload = payloads[index];
    char path[400];
    char hex[SHA256_HEX];
    struct bytes text;
    bytes_init(&text, (size_t)64 << 20);
    if (payload[1] != NULL)
        must(bench, text_addf(&text, &bench->err,
                              "spillway-table 1\ntype %s\nsource ours\nsynthetic yes\n%s",
                              payload[0], payload[1]));
    must(bench, text_add(&text, payload[2], &bench->err));
    if (strcmp(payload[0], "led_spill") == 0)
        led_rows(bench, &text);
    if (payload[1] != NULL)
        must(bench, text_add(&text, "end\n", &bench->err));
    (void)snprintf(path, sizeof path, "%s/c/payloads/%s", bench->folder, payload[0]);
    must(bench, disk_write_durable(path, text.data, text.size, 0644, &bench->err));
    struct sha256 hash = sha256_of(text.data, text.size);
    sha256_to_hex(&hash, hex);
    must(bench, text_addf(tag, &bench->err,
                          "%s{\"payload_type_name\":\"%s\",\"payload_url\":\"%s\","
                          "\"checksum\":\"%s\",\"size\":%zu,\"major_iov\":1,"
                          "\"minor_iov\":0}",
                          index == 0 ? "" : ",", payload[0], payload[0], hex, text.size));
    bytes_release(&text);
}

static void conditions_make(struct bench *bench)
{
    char path[400];
    struct bytes tag;
    bytes_init(&tag, 1 << 20);
    (void)snprintf(path, sizeof path, "%s/c/payloads", bench->folder);
    must(bench, disk_make_path(path, &bench->err));
    (void)snprintf(path, sizeof path, "%s/c/tags", bench->folder);
    must(bench, disk_make_path(path, &bench->err));
    must(bench, text_add(&tag, "{\"name\":\"t\",\"status\":\"frozen\",\"payloads\":[",
                         &bench->err));
    for (size_t i = 0; i < PAYLOADS; i++)
        payload_make(bench, i, &tag);
    must(bench, text_add(&tag, "]}", &bench->err));
    (void)snprintf(path, sizeof path, "%s/c/tags/t.json", bench->folder);
    must(bench, disk_write_durable(path, tag.data, tag.size, 0644, &bench->err));
    bytes_release(&tag);
}

static struct campaign_file file_make(const struct bench *bench)
{
    struct campaign_file file = {.selection = {.types = 1u << RUN_TYPE_PHYSICS,
                                               .origins = 1u << RUN_ORIGIN_DATA,
                                               .qualities = 1u << RUN_QUALITY_UNKNOWN,
                                               .synthetic = true},
                                 .allowed = 0x1f};
    (void)snprintf(file.campaign.name, sizeof file.campaign.name, "bench");
    (void)snprintf(file.campaign.tag, sizeof file.campaign.tag, "t");
    (void)snprintf(file.campaign.source, sizeof file.campaign.source, "file:%s/c",
                   bench->folder);
    (void)snprintf(file.campaign.store, sizeof file.campaign.store, "%s/store",
                   bench->folder);
    struct recipe *recipe = &file.campaign.recipe;
    recipe->reconstruct = true;
    (void)snprintf(recipe->setup, sizeof recipe->setup, "electron");
    recipe->skim_count = 1;
    recipe->skims[0] = (struct skim){.name = "all", .event_types = 1u << EVENT_PHYSICS};
    return file;
}

static double hash_yardstick(uint32_t count)
{
    uint8_t text[TEXT_SIZE] = {0};
    uint8_t sum = 0;
    double start = cpu_s();
    for (uint32_t i = 0; i < count; i++) {
        le32_store(text, i);
        sum ^= sha256_of(text, TEXT_SIZE).bytes[0];
        sum ^= sha256_of(text, SELECT_SIZE).bytes[0];
    }
    text[0] = sum;
    return cpu_s() - start + 0 * (double)text[0];
}

static double write_yardstick(struct bench *bench, uint32_t count)
{
    char path[300];
    int fd;
    size_t size = sizeof(struct plan_segment) + sizeof(struct plan_state);
    uint8_t *block = mem_new(4096, size);
    (void)snprintf(path, sizeof path, "%s/yardstick", bench->folder);
    double start = cpu_s();
    must(bench, disk_create(path, &fd, &bench->err));
    for (uint32_t i = 0; i < count; i += 4096)
        must(bench, disk_write(fd, path, block, 4096 * size, &bench->err));
    must(bench, disk_sync(fd, path, &bench->err));
    must(bench, disk_close(fd, path, &bench->err));
    free(block);
    return cpu_s() - start;
}

int main(int argc, char **argv)
{
    struct bench bench = {.runs = 1000};
    uint64_t segments = 1000000;
    struct err err;
    if (argc > 1 && !text_to_u64(argv[1], 100000000, &segments, &err))
        return 2;
    bench.runs = (uint32_t)(segments / RUN_SIZE);
    (void)snprintf(bench.folder, sizeof bench.folder, "%s/plan_bench.XXXXXX",
                   argc > 2 ? argv[2] : "/tmp");
    if (mkdtemp(bench.folder) == NULL)
        return 1;
    catalogue_make(&bench);
    conditions_make(&bench);
    struct campaign_file file = file_make(&bench);
    struct plan plan;
    plan_init(&plan);
    double start = cpu_s();
    must(&bench,
         plan_build(&plan, bench.catalog, &file, file.campaign.store, &bench.err));
    must(&bench, plan_check(&plan, &bench.err));
    double built = cpu_s();
    must(&bench, plan_store(&plan, bench.catalog, 1, &bench.err));
    double stored = cpu_s();
    (void)printf("%u segments, %u values, %u sets\n", plan.count, plan.values.table.count,
                 plan.values.table.set_count);
    line("plan", built - start, hash_yardstick(plan.count));
    line("store", stored - built, write_yardstick(&bench, plan.count));
    double most = MOST_S * plan.count / 1e6;
    bool slow = stored - start > most;
    (void)printf("%.2f s in all, %.2f s are allowed; remove %s\n", stored - start, most,
                 bench.folder);
    plan_release(&plan);
    catalog_close(bench.catalog);
    return slow ? 1 : 0;
}
