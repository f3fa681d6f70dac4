/* make_raw_helper.c - small raw files and their run catalogue, for tests. SYNTHETIC.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With records and spills over several chunks; for tests of everything but physics.
 *
 * make_raw_helper OUT FIRST_RUN LAST_RUN SPILLS EVENTS
 *
 * Each run has builders 1 and 2. Events alternate between them; builder 1 changes its
 * file in the middle of spill 2, so that spill lies in three chunks. Every builder writes
 * the end-of-burst record with the beam count 1000 x run + spill.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/text.h"
#include "model/chunk.h"
#include "model/segment.h"
#include "raw/burst.h"
#include "raw/writer.h"

#define SOURCE_EVENT  700
#define SOURCE_SCALER 800 /* from 896 on they are multiplexers */
#define FILE_LIMIT    ((size_t)1 << 30)

struct maker {
    const char *out;
    uint32_t spills;
    uint32_t events;
    struct raw_writer writer;
    FILE *catalogue;
    struct err err;
};

static void must(struct maker *maker, bool done)
{
    if (done)
        return;
    (void)fprintf(stderr, "make_raw_helper: %s\n", maker->err.text);
    exit(1);
}

struct event {
    uint32_t run, spill, number, type;
};

static void put_event(struct maker *maker, const struct event *event)
{
    uint32_t words[600];
    struct random dice = {random_mix(((uint64_t)event->run << 40) ^
                                     ((uint64_t)event->spill << 20) ^ event->number)};
    struct raw_event_spec spec = {.header = {.type = event->type,
                                             .run = event->run,
                                             .event_in_run = event->number,
                                             .event = event->number,
                                             .spill = event->spill,
                                             .time_s = 1700000000u}};
    struct raw_block_spec block = {.source = SOURCE_EVENT, .words = words};
    block.count = 20 + (size_t)random_below(&dice, 500);
    for (size_t i = 0; i < block.count; i++)
        words[i] = (uint32_t)random_next(&dice);
    if (event->type == EVENT_END_OF_BURST) {
        uint32_t counts[SCALER_WORDS] = {1000 * event->run + event->spill};
        scaler_frame(counts, event->number, 0, words);
        block = (struct raw_block_spec){.source = SOURCE_SCALER,
                                        .format = SCALER_SLINK_FORMAT,
                                        .words = words,
                                        .count = SCALER_FRAME};
    }
    must(maker, raw_event_begin(&maker->writer, &spec, &maker->err) &&
                    raw_subevent_begin(&maker->writer, 1, &maker->err) &&
                    raw_block(&maker->writer, &block, &maker->err));
    raw_subevent_end(&maker->writer);
    raw_event_end(&maker->writer);
}

static void put_file(struct maker *maker, const struct chunk_id *id)
{
    char name[CHUNK_NAME];
    char path[4096];
    chunk_name(id, name);
    (void)snprintf(path, sizeof path, "%s/raw/%s", maker->out, name);
    const struct bytes *out = &maker->writer.out;
    must(maker, disk_write_durable(path, out->data, out->size, 0644, &maker->err));
    (void)fprintf(maker->catalogue,
                  "      - file: raw/%s\n        size: %zu\n        adler32: \"%08x\"\n",
                  name, out->size, adler32_add(ADLER32_START, out->data, out->size));
    bytes_clear(&maker->writer.out);
}

static void put_builder(struct maker *maker, uint32_t run, uint16_t builder)
{
    struct chunk_id id = {.run = run, .builder = builder, .number = 1};
    put_event(maker, &(struct event){run, 0, 0, EVENT_START_OF_RUN});
    for (uint32_t spill = 1; spill <= maker->spills; spill++) {
        put_event(maker, &(struct event){run, spill, 0, EVENT_START_OF_BURST});
        for (uint32_t i = 1; i <= maker->events; i++) {
            if (builder == 1 && spill == 2 && i == maker->events / 2) {
                put_file(maker, &id);
                id.number++;
            }
            bool led = i % 50 == 0;
            if (i % 2 == builder % 2u)
                put_event(maker,
                          &(struct event){run, spill, i,
                                          led ? EVENT_CALIBRATION : EVENT_PHYSICS});
        }
        put_event(maker,
                  &(struct event){run, spill, maker->events + 1, EVENT_END_OF_BURST});
    }
    put_event(maker,
              &(struct event){run, maker->spills, maker->events + 2, EVENT_END_OF_RUN});
    put_file(maker, &id);
}

int main(int argc, char **argv)
{
    struct maker maker = {.out = argc == 6 ? argv[1] : NULL};
    uint64_t numbers[4];
    char path[4096];
    if (argc != 6)
        return 2;
    for (int i = 0; i < 4; i++)
        must(&maker, text_to_u64(argv[2 + i], 1000000, &numbers[i], &maker.err));
    maker.spills = (uint32_t)numbers[2];
    maker.events = (uint32_t)numbers[3];
    (void)snprintf(path, sizeof path, "%s/raw", maker.out);
    must(&maker, disk_make_path(path, &maker.err));
    (void)snprintf(path, sizeof path, "%s/runs.yaml", maker.out);
    maker.catalogue = fopen(path, "w");
    if (maker.catalogue == NULL)
        return 1;
    (void)fprintf(maker.catalogue,
                  "setups:\n  - name: test\n    eot:\n      source: %d\n"
                  "      scaler_word: 0\n      scale: 1\nruns:\n",
                  SOURCE_SCALER);
    raw_writer_init(&maker.writer, FILE_LIMIT);
    for (uint32_t run = (uint32_t)numbers[0]; run <= numbers[1]; run++) {
        (void)fprintf(maker.catalogue,
                      "  - run: %u\n    period: T1\n    setup: test\n"
                      "    particle: electron\n    momentum_gev: 100\n"
                      "    type: physics\n    origin: data\n    quality: good\n"
                      "    synthetic: true\n    chunks:\n",
                      run);
        put_builder(&maker, run, 1);
        put_builder(&maker, run, 2);
    }
    raw_writer_release(&maker.writer);
    return fclose(maker.catalogue) == 0 ? 0 : 1;
}
