/* simulation.c - the loop over runs, spills and events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two event builders take the events in turn, by their number. Start and end of a run are
 * in the files of both and belong to no spill (number 0); the records of a spill are in
 * one of them, so a beam count is there once.
 */
#include "tests/simulate/simulation.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "tests/simulate/builder.h"
#include "tests/simulate/catalogue.h"
#include "tests/simulate/encode.h"
#include "tests/simulate/payloads.h"
#include "tests/simulate/spill.h"
#include "tests/simulate/truth.h"

#define BUILDERS      2
#define PATH          512
#define EPOCH_S       1660000000 /* of run 0 */
#define RUN_SECONDS   3600
#define SPILL_SECONDS 20

struct simulation {
    const struct sim_options *options;
    struct pulse pulse;
    struct layout_channel channels[LAYOUT_CHANNELS];
    struct sadc_digits digits;
    struct encode encode;
    struct builder builders[BUILDERS];
    struct sink truth, catalogue;
    char raw[PATH], conditions[PATH];
    struct simulation_counts counts;
};

static bool path_make(char path[PATH], const char *folder, const char *name,
                      struct err *err)
{
    int size = snprintf(path, PATH, "%s/%s", folder, name);
    return (size >= 0 && size < PATH) ||
           err_set(err, E_LIMIT, "%s: the path is too long", folder);
}

static uint32_t run_start(uint32_t run)
{
    return EPOCH_S + (run % 100000) * RUN_SECONDS;
}

static struct encode_head head_of(const struct simulation *simulation, uint32_t run,
                                  uint32_t spill, uint32_t event, enum event_type type)
{
    uint32_t a_spill = simulation->options->events + simulation->options->led_events;
    return (struct encode_head){.run = run,
                                .spill = spill,
                                .event = event,
                                .event_in_run =
                                    spill == 0 ? 0 : (spill - 1) * a_spill + event,
                                .type = type,
                                .time_s = run_start(run) + spill * SPILL_SECONDS};
}

static bool record_give(struct simulation *simulation, const struct encode_head *head,
                        uint32_t builder, struct err *err)
{
    uint32_t beam = spill_beam_count(simulation->options->seed, head->run, head->spill);
    return encode_record(&simulation->encode, head, beam, err) &&
           builder_add(&simulation->builders[builder], &simulation->encode.writer.out,
                       err);
}

static bool event_give(struct simulation *simulation, const struct digitise *digitise,
                       const struct sim_numbers *numbers, struct err *err)
{
    const struct sim_options *options = simulation->options;
    bool led = numbers->event <= options->led_events;
    enum event_type type = led ? EVENT_CALIBRATION : EVENT_PHYSICS;
    struct encode_head head =
        head_of(simulation, numbers->run, numbers->spill, numbers->event, type);
    struct sim_event event;
    sim_event_make(numbers, led, &options->mixture, &event);
    digitise_event(digitise, &event, &simulation->digits);
    simulation->counts.events++;
    return encode_event(&simulation->encode, &head, &event, &simulation->digits, err) &&
           builder_add(&simulation->builders[(numbers->event + 1) % BUILDERS],
                       &simulation->encode.writer.out, err) &&
           truth_add(&simulation->truth, &event, type, digitise_is_bad(digitise, &event),
                     err);
}

static bool spill_give(struct simulation *simulation, uint32_t run, uint32_t spill,
                       struct err *err)
{
    const struct sim_options *options = simulation->options;
    uint32_t events = options->events + options->led_events;
    struct digitise digitise = {.pulse = &simulation->pulse,
                                .channels = simulation->channels,
                                .bad_from = spill_bad_from(run, spill, events)};
    for (size_t i = 0; i < LAYOUT_CHANNELS; i++)
        digitise.drift[i] =
            spill_drift(options->seed, run, spill, &simulation->channels[i]);
    struct encode_head head = head_of(simulation, run, spill, 0, EVENT_START_OF_BURST);
    if (!record_give(simulation, &head, spill % BUILDERS, err))
        return false;
    for (uint32_t event = 1; event <= events; event++) {
        const struct sim_numbers numbers = {options->seed, run, spill, event};
        if (!event_give(simulation, &digitise, &numbers, err))
            return false;
    }
    head = head_of(simulation, run, spill, events, EVENT_END_OF_BURST);
    return record_give(simulation, &head, spill % BUILDERS, err);
}

static bool frame_give(struct simulation *simulation, uint32_t run, enum event_type type,
                       struct err *err)
{
    struct encode_head head = head_of(simulation, run, 0, 0, type);
    for (uint32_t builder = 0; builder < BUILDERS; builder++)
        if (!record_give(simulation, &head, builder, err))
            return false;
    return true;
}

static bool builders_start(struct simulation *simulation, uint32_t run, struct err *err)
{
    for (uint16_t i = 0; i < BUILDERS; i++) {
        const struct chunk_id first = {
            .run = run, .builder = (uint16_t)(i + 1), .number = 1};
        if (!builder_start(&simulation->builders[i], simulation->raw,
                           simulation->options->chunk_bytes, &first, err))
            return false;
    }
    return true;
}

static bool builders_finish(struct simulation *simulation, struct err *err)
{
    for (size_t i = 0; i < BUILDERS; i++) {
        struct builder *builder = &simulation->builders[i];
        if (!builder_finish(builder, err) ||
            !catalogue_chunks_add(&simulation->catalogue, builder->chunks, builder->count,
                                  err))
            return false;
        for (size_t c = 0; c < builder->count; c++)
            simulation->counts.bytes += builder->chunks[c].size;
        simulation->counts.chunks += (uint32_t)builder->count;
        builder_release(builder);
    }
    return true;
}

static bool run_give(struct simulation *simulation, uint32_t run, struct err *err)
{
    const struct sim_options *options = simulation->options;
    struct catalogue_run line = {.run = run, .start_s = run_start(run)};
    line.stop_s = line.start_s + (int64_t)(options->spills + 1) * SPILL_SECONDS;
    if (!catalogue_run_add(&simulation->catalogue, &line, err) ||
        !builders_start(simulation, run, err) ||
        !frame_give(simulation, run, EVENT_START_OF_RUN, err))
        return false;
    for (uint32_t spill = 1; spill <= options->spills; spill++)
        if (!spill_give(simulation, run, spill, err))
            return false;
    return frame_give(simulation, run, EVENT_END_OF_RUN, err) &&
           builders_finish(simulation, err);
}

static bool folders_start(struct simulation *simulation, struct err *err)
{
    char path[PATH];
    const char *out = simulation->options->out;
    return path_make(simulation->raw, out, "raw", err) &&
           path_make(simulation->conditions, out, "conditions", err) &&
           disk_make_path(simulation->raw, err) &&
           path_make(path, out, "runs.yaml", err) &&
           sink_open(&simulation->catalogue, path, err) &&
           path_make(path, out, "truth.txt", err) &&
           sink_open(&simulation->truth, path, err) &&
           catalogue_head(&simulation->catalogue, err) &&
           truth_head(&simulation->truth, err);
}

static bool everything_give(struct simulation *simulation, struct err *err)
{
    const struct sim_options *options = simulation->options;
    const struct payloads payloads = {.options = options,
                                      .channels = simulation->channels,
                                      .pulse = &simulation->pulse};
    if (!folders_start(simulation, err) ||
        !payloads_write(&payloads, simulation->conditions, err))
        return false;
    for (uint32_t run = options->first_run; run <= options->last_run; run++)
        if (!run_give(simulation, run, err))
            return false;
    return sink_close(&simulation->truth, err) && sink_close(&simulation->catalogue, err);
}

bool simulation_run(const struct sim_options *options, struct simulation_counts *counts,
                    struct err *err)
{
    struct simulation *simulation = mem_new(1, sizeof *simulation);
    simulation->options = options;
    simulation->truth.fd = simulation->catalogue.fd = -1;
    for (size_t i = 0; i < BUILDERS; i++)
        simulation->builders[i].sink.fd = -1;
    pulse_make(&simulation->pulse);
    layout_make(options->seed, simulation->channels);
    sadc_digits_init(&simulation->digits);
    form_channels(&options->form, simulation->channels, LAYOUT_CHANNELS);
    bool done = encode_init(&simulation->encode, &options->form, err) &&
                everything_give(simulation, err);
    if (done)
        *counts = simulation->counts;
    for (size_t i = 0; i < BUILDERS; i++)
        builder_release(&simulation->builders[i]);
    sink_release(&simulation->truth);
    sink_release(&simulation->catalogue);
    encode_release(&simulation->encode);
    sadc_digits_release(&simulation->digits);
    free(simulation);
    return done;
}
