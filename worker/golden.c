/* golden.c - the built-in segment by which builds and machines are compared.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SYNTHETIC: the numbers are made by a generator and mean nothing.
 */
#include "worker/golden.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "base/random.h"
#include "base/text.h"
#include "raw/writer.h"
#include "release_id.h"
#include "worker/process.h"

#define GOLDEN_RUN    1u
#define GOLDEN_SPILL  1u
#define GOLDEN_EVENTS 64u
#define GOLDEN_WORDS  96u
#define GOLDEN_LIMIT  ((size_t)4 << 20)

/* Folders that every node has; the second where the first may not be written. */
static const char *const folders[] = {"/dev/shm", "/tmp"};

struct golden {
    struct raw_writer writer;
    struct task task;
    struct recipe recipe;
    struct task_segment segment;
    char store[64];
    struct arena arena;
    struct report report;
};

static bool event_write(struct raw_writer *writer, uint32_t number, uint32_t type,
                        struct err *err)
{
    struct random random = {.state = number};
    uint32_t words[GOLDEN_WORDS];
    for (size_t i = 0; i < GOLDEN_WORDS; i++)
        words[i] = (uint32_t)random_next(&random);
    struct raw_event_spec spec = {.header = {.type = type,
                                             .run = GOLDEN_RUN,
                                             .event_in_run = number,
                                             .event = number,
                                             .spill = GOLDEN_SPILL,
                                             .time_s = 1}};
    struct raw_block_spec block = {.source = 1, .words = words, .count = GOLDEN_WORDS};
    if (!raw_event_begin(writer, &spec, err) || !raw_subevent_begin(writer, 1, err) ||
        !raw_block(writer, &block, err))
        return false;
    raw_subevent_end(writer);
    raw_event_end(writer);
    return true;
}

static uint32_t type_of(uint32_t number)
{
    if (number == 0)
        return EVENT_START_OF_BURST;
    if (number == GOLDEN_EVENTS)
        return EVENT_END_OF_BURST;
    return number % 8 == 0 ? EVENT_CALIBRATION : EVENT_PHYSICS;
}

static bool segment_write(struct golden *golden, struct err *err)
{
    struct segment *segment = &golden->segment.segment;
    raw_writer_init(&golden->writer, GOLDEN_LIMIT);
    for (uint32_t number = 0; number <= GOLDEN_EVENTS; number++) {
        uint32_t type = type_of(number);
        if (!event_write(&golden->writer, number, type, err))
            return false;
        segment->events[type]++;
        event_digest_add(&segment->digest, GOLDEN_RUN, GOLDEN_SPILL, number, type);
    }
    const struct bytes *out = &golden->writer.out;
    segment->id.chunk = (struct chunk_id){GOLDEN_RUN, 1, 1};
    segment->spill = GOLDEN_SPILL;
    segment->length = out->size;
    segment->adler32 = adler32_add(ADLER32_START, out->data, out->size);
    return true;
}

static bool task_make(struct golden *golden, int fd, struct err *err)
{
    struct recipe *recipe = &golden->recipe;
    const uint32_t types = 1u << EVENT_PHYSICS | 1u << EVENT_CALIBRATION;
    if (!sha256_from_hex(SPILLWAY_RELEASE_ID, &recipe->release, err))
        return false;
    recipe->skim_count = 2;
    recipe->skims[0] =
        (struct skim){.name = "all", .kind = SKIM_ALL, .event_types = types};
    recipe->skims[1] = (struct skim){.name = "random",
                                     .kind = SKIM_RANDOM,
                                     .fraction = 0.25,
                                     .event_types = 1u << EVENT_PHYSICS};
    struct task *task = &golden->task;
    task->kind = TASK_PROCESS;
    task->steps = STEP_SELECT;
    task->recipe = recipe;
    task->run = run_unknown(GOLDEN_RUN);
    task->chunk = (struct chunk){.id = golden->segment.segment.id.chunk,
                                 .size = golden->segment.segment.length,
                                 .adler32 = golden->segment.segment.adler32};
    (void)snprintf(task->chunk.url, sizeof task->chunk.url, "/proc/self/fd/%d", fd);
    (void)snprintf(task->store, sizeof task->store, "%s", golden->store);
    task->segments = &golden->segment;
    task->segment_count = 1;
    struct bytes reco, select;
    bytes_init(&reco, KEY_TEXT_LIMIT);
    bytes_init(&select, KEY_TEXT_LIMIT);
    struct key_input input = {
        .chunk = &task->chunk, .segment = &golden->segment.segment, .recipe = recipe};
    bool done = key_segment_texts(&input, &reco, &select, err);
    golden->segment.select_key = key_of(&select);
    bytes_release(&reco);
    bytes_release(&select);
    return done;
}

static bool golden_begin(void *user, uint32_t index, struct err *err)
{
    (void)user;
    (void)index;
    (void)err;
    return true;
}

static bool golden_stop(void *user)
{
    (void)user;
    return false;
}

static struct sha256 report_hash(const struct report *report)
{
    struct sha256_stream *stream = sha256_new();
    struct sha256 hash;
    sha256_start(stream);
    for (uint32_t i = 0; i < report->segments[0].product_count; i++) {
        const struct product *product = &report->segments[0].products[i];
        char events[EVENT_DIGEST_TEXT];
        event_digest_text(&product->events, events);
        sha256_add(stream, product->stream, strlen(product->stream) + 1);
        sha256_add(stream, product->bytes_hash.bytes, SHA256_SIZE);
        sha256_add(stream, events, strlen(events) + 1);
    }
    hash = sha256_end(stream);
    sha256_free(stream);
    return hash;
}

/* Removes what was written, and the folders that part_name() made. */
static void store_remove(const struct golden *golden)
{
    char path[PRODUCT_FILE + 64];
    for (uint32_t i = 0; i < golden->report.part_count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", golden->store,
                       golden->report.parts[i].file);
        (void)unlink(path);
        for (char *slash; (slash = strrchr(path, '/')) != NULL;) {
            *slash = 0;
            if (strcmp(path, golden->store) == 0)
                break;
            (void)rmdir(path);
        }
    }
    (void)rmdir(golden->store);
}

static bool golden_run(struct golden *golden, int fd, struct sha256 *fingerprint,
                       struct err *err)
{
    const struct process_options options = {
        .host = "", .begin = golden_begin, .stop = golden_stop};
    const struct bytes *out = &golden->writer.out;
    if (!segment_write(golden, err) ||
        !disk_write(fd, "golden segment", out->data, out->size, err) ||
        !task_make(golden, fd, err))
        return false;
    process_task(&golden->task, &options, &golden->arena, &golden->report);
    if (golden->report.status != REPORT_DONE) {
        *err = golden->report.failure;
        return err_wrap(err, "golden segment");
    }
    *fingerprint = report_hash(&golden->report);
    return true;
}

bool golden_fingerprint(struct sha256 *fingerprint, struct err *err)
{
    struct golden golden = {.task = {.kind = TASK_PROCESS}};
    bool folder = false;
    for (size_t i = 0; !folder && i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(golden.store, sizeof golden.store, "%s/spillway-golden-XXXXXX",
                       folders[i]);
        folder = mkdtemp(golden.store) != NULL;
    }
    if (!folder)
        return err_errno(err, E_DISK_WRITE, errno, "%s: no temporary folder",
                         golden.store);
    int fd = memfd_create("golden", MFD_CLOEXEC);
    arena_init(&golden.arena, GOLDEN_LIMIT);
    bool done = fd >= 0 ? golden_run(&golden, fd, fingerprint, err)
                        : err_errno(err, E_DISK_WRITE, errno, "memory file");
    store_remove(&golden);
    if (fd >= 0)
        (void)close(fd);
    arena_release(&golden.arena);
    raw_writer_release(&golden.writer);
    return done;
}
