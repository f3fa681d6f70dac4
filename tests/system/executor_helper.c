/* executor_helper.c - raw data, tasks and reports for the tests of executor and pilot.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   executor_helper make DIR           DIR/raw: one chunk of three spills, SYNTHETIC; the
 *       environment's LAST_EVENTS are in the last spill
 *   executor_helper task DIR FIRST COUNT STEPS TOKEN [REPORT]
 *       a task for segments FIRST ... of the chunk, store DIR, to stdout; STEPS "raw"
 *       (no reconstruction), "both", "reco", "select" (columns as in REPORT); the
 *       environment's CHUNK_URL is where the chunk is instead of DIR, TASK_MEMORY the
 *       bytes that its executor may have
 *   executor_helper merge DIR STREAM TOKEN REPORT     a merge task from a report
 *   executor_helper frame              stdin as one framed task
 *   executor_helper show REPORT        one line for the report, one a product
 *   executor_helper bytes DIR REPORT STREAM           all payloads of a stream
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "proto/wire.h"
#include "raw/walk.h"
#include "release_id.h"
#include "worker/frame.h"
#include "worker/golden_data.h"

#define RUN    7001u
#define SPILLS 3u
#define EVENTS 200u
#define LIMIT  ((size_t)256 << 20)

static struct err err;

static void must(bool done)
{
    if (done)
        return;
    (void)fprintf(stderr, "executor_helper: %s\n", err.text);
    exit(1);
}

static void put(const struct bytes *bytes)
{
    must(disk_write(STDOUT_FILENO, "stdout", bytes->data, bytes->size, &err));
}

/* Of the environment. */
static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t number = otherwise;
    must(text == NULL || text_to_u64(text, UINT32_MAX, &number, &err));
    return number;
}

static uint32_t type_of(uint32_t number, uint32_t last)
{
    if (number == 0)
        return EVENT_START_OF_BURST;
    if (number == last)
        return EVENT_END_OF_BURST;
    return number % 10 == 3 ? EVENT_CALIBRATION : EVENT_PHYSICS;
}

static void chunk_path(const char *directory, char path[256])
{
    (void)snprintf(path, 256, "%s/raw/cdr01001-%06u.dat", directory, RUN);
}

static void make(const char *directory)
{
    struct raw_writer writer;
    struct sadc_digits digits;
    char path[256];
    raw_writer_init(&writer, LIMIT);
    sadc_digits_init(&digits);
    struct golden_event start = {RUN, 1, 0, EVENT_START_OF_RUN};
    must(golden_event_write(&writer, &start, &digits, &err));
    for (uint32_t spill = 1; spill <= SPILLS; spill++) {
        uint32_t last = EVENTS;
        if (spill == SPILLS)
            last = (uint32_t)number_of("LAST_EVENTS", EVENTS);
        for (uint32_t number = 0; number <= last; number++) {
            struct golden_event event = {RUN, spill, number, type_of(number, last)};
            must(golden_event_write(&writer, &event, &digits, &err));
            if (spill == 2 && number == 77) /* foreign bytes between two events */
                must(bytes_append(&writer.out, "DAMAGEDAMAGE", 12, &err));
        }
    }
    chunk_path(directory, path);
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/raw", directory);
    must(disk_make_path(folder, &err));
    must(disk_write_durable(path, writer.out.data, writer.out.size, 0644, &err));
}

static struct report report_read(const char *path, struct arena *arena)
{
    struct bytes file;
    struct report report;
    bytes_init(&file, LIMIT);
    must(disk_read_file(path, &file, &err));
    arena_init(arena, LIMIT);
    must(wire_report_unpack(file.data, file.size, arena, &report, &err));
    return report;
}

static void recipe_make(struct recipe *recipe, bool reconstruct)
{
    const uint32_t both = 1u << EVENT_PHYSICS | 1u << EVENT_CALIBRATION;
    *recipe = (struct recipe){.reconstruct = reconstruct};
    struct skim *skim = recipe->skims;
    *skim++ = (struct skim){.name = "all", .kind = SKIM_ALL, .event_types = both};
    if (reconstruct) {
        must(text_copy(recipe->setup, sizeof recipe->setup, GOLDEN_SETUP, &err));
        *skim++ =
            (struct skim){.name = "cuts",
                          .kind = SKIM_CUTS,
                          .event_types = 1u << EVENT_PHYSICS,
                          .cut_count = 2,
                          .cuts = {{"ecal_gev", 100.0, 400.0}, {"hcal_gev", 0.0, 250.0}}};
    }
    *skim++ = (struct skim){.name = "random",
                            .kind = SKIM_RANDOM,
                            .fraction = 0.2,
                            .event_types = 1u << EVENT_PHYSICS};
    recipe->skim_count = (uint32_t)(skim - recipe->skims);
    must(sha256_from_hex(SPILLWAY_RELEASE_ID, &recipe->release, &err));
}

static const struct product *product_find(const struct report *report, uint32_t index,
                                          const char *stream)
{
    for (uint32_t i = 0; i < report->segment_count; i++)
        for (uint32_t p = 0; p < report->segments[i].product_count; p++)
            if (report->segments[i].index == index &&
                strcmp(report->segments[i].products[p].stream, stream) == 0)
                return &report->segments[i].products[p];
    (void)fprintf(stderr, "no product %s of segment %u\n", stream, index);
    exit(1);
}

static void keys_make(const struct task *task, struct task_segment *segment)
{
    struct bytes reco, select;
    struct effective values[GOLDEN_TYPES];
    bytes_init(&reco, KEY_TEXT_LIMIT);
    bytes_init(&select, KEY_TEXT_LIMIT);
    for (uint32_t i = 0; i < segment->reco_value_count; i++)
        values[i] = task->values[i].effective;
    struct key_input input = {.chunk = &task->chunk,
                              .segment = &segment->segment,
                              .recipe = task->recipe,
                              .reco_values = values,
                              .reco_count = segment->reco_value_count};
    must(key_segment_texts(&input, &reco, &select, &err));
    segment->reco_key = task->recipe->reconstruct ? key_of(&reco) : (struct sha256){{0}};
    segment->select_key = key_of(&select);
    bytes_release(&reco);
    bytes_release(&select);
}

/* argv: DIR FIRST COUNT STEPS TOKEN [REPORT] */
static void task_make(int argc, char **argv)
{
    static struct golden_values values;
    static struct task_segment segments[SPILLS + 1];
    struct walk_result walk;
    struct recipe recipe;
    struct arena arena;
    uint64_t first = 0;
    uint64_t count = 0;
    uint64_t token = 0;
    bool reconstruct = strcmp(argv[3], "raw") != 0;
    must(text_to_u64(argv[1], SPILLS, &first, &err) &&
         text_to_u64(argv[2], SPILLS, &count, &err) &&
         text_to_u64(argv[4], UINT64_MAX, &token, &err));
    struct task task = {.attempt = token,
                        .token = token,
                        .kind = TASK_PROCESS,
                        .memory_bytes = number_of("TASK_MEMORY", 0),
                        .run = run_unknown(RUN),
                        .recipe = &recipe,
                        .segments = segments,
                        .segment_count = (uint32_t)count};
    task.steps = strcmp(argv[3], "both") == 0   ? STEP_RECO | STEP_SELECT
                 : strcmp(argv[3], "reco") == 0 ? STEP_RECO
                                                : STEP_SELECT;
    recipe_make(&recipe, reconstruct);
    (void)snprintf(task.store, sizeof task.store, "%s", argv[0]);
    must(golden_values_make(&values, &err));
    task.values = values.values;
    task.value_count = reconstruct ? GOLDEN_TYPES : 0;
    char path[256];
    chunk_path(argv[0], path);
    struct chunk_id id = {RUN, 1, 1};
    must(chunk_name_parse(path, &id) || err_set(&err, E_USAGE, "%s: no chunk", path));
    must(walk_chunk(path, &id, &walk, &err));
    task.chunk = walk.chunk;
    const char *url = getenv("CHUNK_URL");
    (void)snprintf(task.chunk.url, sizeof task.chunk.url, "%s", url == NULL ? path : url);
    for (uint32_t i = 0; i < count; i++) {
        struct task_segment *segment = &segments[i];
        segment->index = (uint32_t)first + i;
        segment->segment = walk.segments[first + i];
        segment->reco_values = values.indices;
        segment->reco_value_count = task.value_count;
        keys_make(&task, segment);
        if (strcmp(argv[3], "select") == 0 && argc > 5) {
            struct report report = report_read(argv[5], &arena);
            segment->reco = *product_find(&report, segment->index, "reco");
        }
    }
    struct bytes packed;
    bytes_init(&packed, LIMIT);
    must(wire_task_pack(&task, &packed, &err));
    put(&packed);
}

/* argv: DIR STREAM TOKEN REPORT */
static void merge_make(char **argv)
{
    struct arena arena;
    struct report report = report_read(argv[3], &arena);
    struct merge_input inputs[SPILLS];
    struct sha256 keys[SPILLS];
    struct task task = {.kind = TASK_MERGE, .inputs = inputs};
    must(text_to_u64(argv[2], UINT64_MAX, &task.token, &err));
    task.attempt = task.token;
    task.input_count = report.segment_count;
    (void)snprintf(task.store, sizeof task.store, "%s", argv[0]);
    for (uint32_t i = 0; i < report.segment_count; i++) {
        inputs[i] = (struct merge_input){
            .product = *product_find(&report, report.segments[i].index, argv[1]),
            .run = RUN,
            .spill = i + 1};
        keys[i] = inputs[i].product.key;
    }
    task.merge_class = (struct merge_class){
        .period = "p", .setup = "s", .beam = "b", .origin = "data", .run = RUN};
    must(text_copy(task.merge_class.stream, sizeof task.merge_class.stream, argv[1],
                   &err));
    struct bytes text;
    bytes_init(&text, KEY_TEXT_LIMIT);
    must(key_merge_text(&text, &task.merge_class, keys, task.input_count, &err));
    task.merge_key = key_of(&text);
    bytes_clear(&text);
    must(wire_task_pack(&task, &text, &err));
    put(&text);
}

static void frame_make(void)
{
    struct bytes in, out;
    uint8_t *place;
    ssize_t n;
    bytes_init(&in, LIMIT);
    bytes_init(&out, LIMIT);
    do {
        must(bytes_reserve(&in, 65536, &place, &err));
        n = read(STDIN_FILENO, place, 65536);
        in.size += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    must(frame_pack_task(&out, in.data, in.size, &err));
    put(&out);
}

static void product_show(const struct product *product)
{
    char key[SHA256_HEX], hash[SHA256_HEX], events[EVENT_DIGEST_TEXT];
    sha256_to_hex(&product->key, key);
    sha256_to_hex(&product->bytes_hash, hash);
    event_digest_text(&product->events, events);
    (void)printf(
        "product %.16s %s entries=%" PRIu64 " events=%s hash=%s length=%" PRIu64 "\n",
        key, product->stream, product->entries, events, hash, product->place.length);
}

static void show(const char *path)
{
    static const char *const words[] = {"done", "prefix", "returned", "failed"};
    struct arena arena;
    struct report report = report_read(path, &arena);
    (void)printf("status=%s segments=%u code=%s blamed=%d parts=%u text=%s\n",
                 words[report.status], report.segment_count,
                 err_name((enum err_code)report.failure.code), (int)report.blamed,
                 report.part_count, report.failure.text);
    for (uint32_t i = 0; i < report.segment_count; i++)
        for (uint32_t p = 0; p < report.segments[i].product_count; p++)
            product_show(&report.segments[i].products[p]);
    if (report.input_count > 0)
        product_show(&report.merged);
}

static void payload_put(const char *directory, const struct product *product)
{
    char path[512];
    struct bytes payload;
    uint8_t *place;
    uint64_t size;
    int fd;
    bytes_init(&payload, LIMIT);
    (void)snprintf(path, sizeof path, "%s/%s", directory, product->place.file);
    must(disk_open_read(path, &fd, &size, &err));
    must(bytes_reserve(&payload, product->place.length, &place, &err));
    must(disk_read_at(fd, path, product->place.offset, place, product->place.length,
                      &err));
    payload.size = product->place.length;
    struct sha256 hash = sha256_of(place, payload.size);
    must(sha256_equal(&hash, &product->bytes_hash) ||
         err_set(&err, E_WORKER_PRODUCT, "%s: not the bytes that were reported", path));
    put(&payload);
    bytes_release(&payload);
    (void)close(fd);
}

static void bytes_put(const char *directory, const char *path, const char *stream)
{
    struct arena arena;
    struct report report = report_read(path, &arena);
    if (report.input_count > 0)
        payload_put(directory, &report.merged);
    for (uint32_t i = 0; i < report.segment_count; i++)
        payload_put(directory, product_find(&report, report.segments[i].index, stream));
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        make(argv[2]);
    else if (argc >= 7 && strcmp(argv[1], "task") == 0)
        task_make(argc - 2, argv + 2);
    else if (argc == 6 && strcmp(argv[1], "merge") == 0)
        merge_make(argv + 2);
    else if (argc == 2 && strcmp(argv[1], "frame") == 0)
        frame_make();
    else if (argc == 3 && strcmp(argv[1], "show") == 0)
        show(argv[2]);
    else if (argc == 5 && strcmp(argv[1], "bytes") == 0)
        bytes_put(argv[2], argv[3], argv[4]);
    else
        return 2;
    /* Its memory ends with the process, which is no leak. */
    _exit(fflush(stdout) == 0 ? 0 : 1);
}
