/* made.h - small raw data made by the writer, for the tests of this room.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_UNIT_RAW_MADE_H
#define SPILLWAY_TESTS_UNIT_RAW_MADE_H

/* cmocka.h needs these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/random.h"
#include "model/segment.h"
#include "raw/burst.h"
#include "raw/sadc.h"
#include "raw/walk.h"
#include "raw/writer.h"

#define MADE_RUN     9001u
#define MADE_SADC    616
#define MADE_SCALER  3
#define MADE_LIMIT   ((size_t)64 << 20)
#define MADE_SAMPLES 5u

struct made_shape {
    bool flat;
    bool multiplexer;
    uint32_t head_bytes; /* 0: 68, in the layout 3.0 */
    enum date_layout layout;
};

/* Every layout that can be, flat and not, with and without a multiplexer. */
static const struct made_shape made_shapes[] = {
    {.flat = false},
    {.flat = true},
    {.multiplexer = true},
    {.head_bytes = 72},
    {.flat = true, .multiplexer = true},
    {.layout = DATE_LAYOUT_3_14},
    {.layout = DATE_LAYOUT_3_14, .flat = true, .multiplexer = true},
    {.layout = DATE_LAYOUT_OLD},
    {.layout = DATE_LAYOUT_OLD, .flat = true},
    {.layout = DATE_LAYOUT_OLD, .multiplexer = true}};

#define MADE_SHAPES (sizeof made_shapes / sizeof *made_shapes)

struct made_event {
    uint32_t spill, event, type;
};

/* Two ADCs with two channels each; contents follow from (spill, event). */
static inline void made_digits(struct sadc_digits *digits, const struct made_event *made)
{
    struct random random = {((uint64_t)made->spill << 32) + made->event};
    sadc_digits_clear(digits);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t sum = 0;
        digits->source[i] = MADE_SADC;
        digits->port[i] = 1;
        digits->adc[i] = (uint8_t)(i / 2);
        digits->channel[i] = (uint8_t)(3 * i);
        digits->sample_count[i] = MADE_SAMPLES;
        digits->first[i] = digits->sample_total;
        for (uint32_t s = 0; s < MADE_SAMPLES; s++) {
            uint32_t sample = (uint32_t)random_below(&random, 4096);
            digits->samples[digits->sample_total++] = (uint16_t)sample;
            sum += sample;
        }
        digits->sum[i] = (uint16_t)sum;
        digits->count++;
    }
}

static inline void made_sadc_block(struct raw_writer *writer,
                                   const struct made_event *made)
{
    static struct sadc_digits digits; /* for all events: its memory is dear */
    struct err err;
    struct bytes packed;
    if (digits.source == NULL)
        sadc_digits_init(&digits);
    bytes_init(&packed, 4096);
    made_digits(&digits, made);
    assert_true(sadc_encode(&digits, 0, digits.count, made->event, &packed, &err));
    assert_true(raw_block(
        writer, &(struct raw_block_spec){.source = MADE_SADC, .packed = &packed}, &err));
    bytes_release(&packed);
}

static inline void made_opaque_block(struct raw_writer *writer, uint16_t source)
{
    static const uint32_t words[3] = {0x11111111, 0x22222222, 0x33333333};
    struct err err;
    assert_true(raw_block(writer,
                          &(struct raw_block_spec){
                              .source = source, .format = 3, .words = words, .count = 3},
                          &err));
}

/* Beam count 1000 * spill + 7 in word 2 of the scaler. */
static inline void made_scaler_block(struct raw_writer *writer,
                                     const struct made_event *made)
{
    uint32_t counts[SCALER_WORDS] = {0}, words[SCALER_FRAME];
    struct err err;
    counts[2] = 1000 * made->spill + 7;
    scaler_frame(counts, made->event, 5, words);
    assert_true(raw_block(writer,
                          &(struct raw_block_spec){.source = MADE_SCALER,
                                                   .format = SCALER_SLINK_FORMAT,
                                                   .words = words,
                                                   .count = SCALER_FRAME},
                          &err));
}

static inline void made_first_part(struct raw_writer *writer,
                                   const struct made_event *made,
                                   const struct made_shape *shape)
{
    struct err err;
    if (shape->multiplexer)
        assert_true(raw_multiplexer_begin(writer, 900, &err));
    if (event_type_is_event(made->type))
        made_sadc_block(writer, made);
    made_opaque_block(writer, 2);
    if (shape->multiplexer)
        raw_multiplexer_end(writer);
}

static inline void made_second_part(struct raw_writer *writer,
                                    const struct made_event *made)
{
    made_opaque_block(writer, 380);
    if (made->type == EVENT_END_OF_BURST)
        made_scaler_block(writer, made);
}

static inline void made_event(struct raw_writer *writer, const struct made_event *made,
                              const struct made_shape *shape)
{
    struct err err;
    struct raw_event_spec spec = {
        .flat = shape->flat,
        .header = {.layout = shape->layout,
                   .head_bytes = shape->head_bytes,
                   .type = made->type,
                   .run = MADE_RUN,
                   .event_in_run = 100 * made->spill + made->event,
                   .event = made->event,
                   .spill = made->spill,
                   .trigger_mask = 0x80000005,
                   .trigger_valid = true,
                   .time_s = 1660000000}};
    assert_true(raw_event_begin(writer, &spec, &err));
    if (!shape->flat)
        assert_true(raw_subevent_begin(writer, 1, &err));
    made_first_part(writer, made, shape);
    if (!shape->flat) {
        raw_subevent_end(writer);
        assert_true(raw_subevent_begin(writer, 2, &err));
    }
    made_second_part(writer, made);
    if (!shape->flat)
        raw_subevent_end(writer);
    raw_event_end(writer);
}

/* `spills` spills from 1: start of burst, `events` events (every fourth a calibration
 * event), end of burst. */
static inline void made_file(struct raw_writer *writer, uint32_t spills, uint32_t events,
                             const struct made_shape *shape)
{
    for (uint32_t spill = 1; spill <= spills; spill++) {
        made_event(writer, &(struct made_event){spill, 0, EVENT_START_OF_BURST}, shape);
        for (uint32_t i = 1; i <= events; i++)
            made_event(writer,
                       &(struct made_event){
                           spill, i, i % 4 == 0 ? EVENT_CALIBRATION : EVENT_PHYSICS},
                       shape);
        made_event(writer, &(struct made_event){spill, events, EVENT_END_OF_BURST},
                   shape);
    }
}

static const struct made_shape made_super = {.flat = false};

/* Walks bytes as if they were a file. */
static inline bool made_walk_run(const void *data, size_t size, uint32_t run,
                                 struct walk_result *result, struct err *err)
{
    int fd = memfd_create("chunk", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    const struct chunk_id id = {.run = run, .builder = 1, .number = 1};
    bool done = walk_fd(fd, "chunk", &id, result, err);
    close(fd);
    return done;
}

static inline bool made_walk(const struct bytes *file, struct walk_result *result,
                             struct err *err)
{
    return made_walk_run(file->data, file->size, MADE_RUN, result, err);
}

/* What must hold for any file that could be walked. */
static inline void made_check_account(const struct walk_result *result, const void *data,
                                      size_t size)
{
    uint64_t at = 0, damaged = 0, events = 0, gaps = 0;
    assert_int_equal(result->chunk.size, size);
    assert_int_equal(result->chunk.adler32, adler32_add(ADLER32_START, data, size));
    for (size_t i = 0; i < result->segment_count; i++) {
        const struct segment *segment = &result->segments[i];
        assert_int_equal(segment->id.ordinal, i);
        assert_int_equal(segment->offset, at);
        assert_true(segment->length > 0);
        assert_int_equal(segment->adler32,
                         adler32_add(ADLER32_START, (const uint8_t *)data + at,
                                     (size_t)segment->length));
        for (size_t type = 0; type < EVENT_TYPES; type++)
            events += segment->events[type];
        at += segment->length;
        damaged += segment->damaged_bytes;
    }
    assert_int_equal(at, size);
    assert_int_equal(damaged, result->chunk.damaged_bytes);
    assert_int_equal(events, result->digest.count);
    assert_int_equal(result->segment_count, result->chunk.segments);
    for (size_t i = 0; i < result->damage_listed; i++)
        gaps += result->damage[i].length;
    assert_int_equal(gaps, damaged);
}

#endif
