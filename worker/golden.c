/* golden.c - the built-in segment by which builds and machines are compared.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SYNTHETIC: the numbers are made by a generator and mean nothing.
 */
#include "worker/golden.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>

#include "base/disk.h"
#include "base/text.h"
#include "release_id.h"
#include "worker/golden_data.h"
#include "worker/process.h"

#define GOLDEN_RUN    1u
#define GOLDEN_SPILL  1u
#define GOLDEN_EVENTS 64u
#define GOLDEN_LIMIT  ((size_t)4 << 20)

struct golden {
    struct raw_writer writer;
    struct sadc_digits digits;
    struct golden_values values;
    struct task task;
    struct recipe recipe;
    struct task_segment segment;
    const char *store; /* NULL: in memory */
    struct arena arena;
    struct report report;
};

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
    for (uint32_t number = 0; number <= GOLDEN_EVENTS; number++) {
        struct golden_event event = {GOLDEN_RUN, GOLDEN_SPILL, number, type_of(number)};
        if (!golden_event_write(&golden->writer, &event, &golden->digits, err))
            return false;
        segment->events[event.type]++;
        event_digest_add(&segment->digest, GOLDEN_RUN, GOLDEN_SPILL, number, event.type);
    }
    const struct bytes *out = &golden->writer.out;
    segment->id.chunk = (struct chunk_id){GOLDEN_RUN, 1, 1};
    segment->spill = GOLDEN_SPILL;
    segment->length = out->size;
    segment->adler32 = adler32_add(ADLER32_START, out->data, out->size);
    return true;
}

static bool recipe_make(struct recipe *recipe, struct err *err)
{
    const uint32_t types = 1u << EVENT_PHYSICS | 1u << EVENT_CALIBRATION;
    recipe->reconstruct = true;
    recipe->skim_count = 3;
    recipe->skims[0] =
        (struct skim){.name = "all", .kind = SKIM_ALL, .event_types = types};
    recipe->skims[1] = (struct skim){.name = "cuts",
                                     .kind = SKIM_CUTS,
                                     .event_types = 1u << EVENT_PHYSICS,
                                     .cut_count = 1,
                                     .cuts = {{"ecal_gev", 100.0, 200.0}}};
    recipe->skims[2] = (struct skim){.name = "random",
                                     .kind = SKIM_RANDOM,
                                     .fraction = 0.25,
                                     .event_types = 1u << EVENT_PHYSICS};
    return text_copy(recipe->setup, sizeof recipe->setup, GOLDEN_SETUP, err) &&
           sha256_from_hex(SPILLWAY_RELEASE_ID, &recipe->release, err);
}

static bool keys_make(struct golden *golden, struct err *err)
{
    struct bytes reco, select;
    struct effective values[GOLDEN_TYPES];
    bytes_init(&reco, KEY_TEXT_LIMIT);
    bytes_init(&select, KEY_TEXT_LIMIT);
    for (uint32_t i = 0; i < GOLDEN_TYPES; i++)
        values[i] = golden->values.values[i].effective;
    struct key_input input = {.chunk = &golden->task.chunk,
                              .segment = &golden->segment.segment,
                              .recipe = &golden->recipe,
                              .reco_values = values,
                              .reco_count = GOLDEN_TYPES};
    bool done = key_segment_texts(&input, &reco, &select, err);
    golden->segment.reco_key = key_of(&reco);
    golden->segment.select_key = key_of(&select);
    bytes_release(&reco);
    bytes_release(&select);
    return done;
}

static bool task_make(struct golden *golden, int fd, struct err *err)
{
    struct task *task = &golden->task;
    task->kind = TASK_PROCESS;
    task->steps = STEP_RECO | STEP_SELECT;
    task->recipe = &golden->recipe;
    task->run = run_unknown(GOLDEN_RUN);
    task->chunk = (struct chunk){.id = golden->segment.segment.id.chunk,
                                 .size = golden->segment.segment.length,
                                 .adler32 = golden->segment.segment.adler32};
    (void)snprintf(task->chunk.url, sizeof task->chunk.url, "/proc/self/fd/%d", fd);
    (void)snprintf(task->store, sizeof task->store, "%s",
                   golden->store == NULL ? "" : golden->store);
    task->values = golden->values.values;
    task->value_count = GOLDEN_TYPES;
    golden->segment.reco_values = golden->values.indices;
    golden->segment.reco_value_count = GOLDEN_TYPES;
    task->segments = &golden->segment;
    task->segment_count = 1;
    return recipe_make(&golden->recipe, err) && keys_make(golden, err);
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

static bool golden_run(struct golden *golden, int fd, struct sha256 *fingerprint,
                       struct err *err)
{
    const struct process_options options = {.in_memory = golden->store == NULL,
                                            .host = "",
                                            .begin = golden_begin,
                                            .stop = golden_stop};
    const struct bytes *out = &golden->writer.out;
    if (!golden_values_make(&golden->values, err) || !segment_write(golden, err) ||
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

bool golden_fingerprint(const char *store, struct sha256 *fingerprint, struct err *err)
{
    struct golden golden = {.store = store};
    int fd = memfd_create("golden", MFD_CLOEXEC);
    arena_init(&golden.arena, GOLDEN_LIMIT);
    raw_writer_init(&golden.writer, GOLDEN_LIMIT);
    sadc_digits_init(&golden.digits);
    bool done = fd >= 0 ? golden_run(&golden, fd, fingerprint, err)
                        : err_errno(err, E_DISK_WRITE, errno, "memory file");
    if (fd >= 0)
        (void)close(fd);
    arena_release(&golden.arena);
    golden_values_release(&golden.values);
    sadc_digits_release(&golden.digits);
    raw_writer_release(&golden.writer);
    return done;
}
