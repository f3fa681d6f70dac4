/* raw_bench.c - walking and decoding a raw file, against a bare read() loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * raw_bench FILE MAP PAIRS: "walk" is the structure walker with checksum and event
 * digest; "decode" reads the file and unpacks the samples of all MSADC sources that the
 * map names; "pulses" measures pedestals, maxima and times of all channels as well, and
 * both sum the checksum of what they read. Bytes of the file per CPU second. "checksum"
 * is "pulses" with that sum against "pulses" without it. The values of the pulses are
 * looked at in one more pass, that is not timed: their mean is printed.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "raw/map.h"
#include "raw/sadc.h"
#include "raw/walk.h"
#include "raw/window.h"
#include "reco/waveform.h"
#include "tests/bench/measure.h"

#define HEAD 128u /* more than a header has */

/* What is done with the bytes. */
enum stage { STAGE_DECODE, STAGE_PULSES, STAGE_PULSES_UNSUMMED, STAGE_LOOK };

struct bench {
    const char *path;
    const struct walk_result *walk;
    const struct channel_map *map;
    struct waveform_rules rules;
    enum stage stage;
    struct window window; /* on the file, as the walker has it */
    struct sadc_digits digits;
    struct faults faults;
    uint64_t channels, maxima;
    double counts; /* sum of amplitudes and times */
};

static double walk_bench(const char *path, struct walk_result *result)
{
    struct err err;
    const struct chunk_id id = {.run = 0, .builder = 1, .number = 1};
    double start = measure_cpu_s();
    measure_must(walk_chunk(path, &id, result, &err), &err);
    return measure_cpu_s() - start;
}

static void pulses_look(struct bench *bench, const struct waveform *pulses,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t m = 0; m < pulses[i].count; m++)
            bench->counts += pulses[i].maxima[m].amplitude + pulses[i].maxima[m].time_ns;
}

static void pulses_measure(struct bench *bench)
{
    const struct sadc_digits *digits = &bench->digits;
    for (uint32_t d = 0; d < digits->count;) {
        const uint16_t *samples[WAVEFORM_ROW];
        struct waveform pulses[WAVEFORM_ROW];
        uint32_t count = 0;
        for (; d < digits->count && count < WAVEFORM_ROW; d++)
            if (digits->sample_count[d] == bench->rules.samples)
                samples[count++] = digits->samples + digits->first[d];
        waveform_measure(samples, count, &bench->rules, pulses);
        for (uint32_t i = 0; i < count; i++)
            bench->maxima += pulses[i].count;
        if (bench->stage == STAGE_LOOK)
            pulses_look(bench, pulses, count);
    }
}

static void event_do(struct bench *bench, const struct date_event *event)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    sadc_digits_clear(&bench->digits);
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
        if (found == LOOKUP_FOUND && bench->map->format[block.source] == SADC_FORMAT_3)
            (void)sadc_decode(&block, &bench->digits, &bench->faults);
    bench->channels += bench->digits.count;
    if (bench->stage != STAGE_DECODE)
        pulses_measure(bench);
}

/* Are the event at `at` and the header behind it in the window? */
static bool event_ready(const struct bench *bench, const struct segment *segment,
                        uint64_t at)
{
    const struct window *window = &bench->window;
    uint64_t left = segment->offset + segment->length - at;
    size_t here = window_left(window, at);
    if (here < HEAD)
        return here >= left;
    uint64_t size = (uint64_t)le32_load(window->data + (at - window->at)) + HEAD;
    return here >= (size < left ? size : left);
}

/* Sums what the window has of the segment and is not summed yet, as the executor sums
 * each piece when it has read it. */
static void window_sum(const struct bench *bench, const struct segment *segment,
                       uint64_t *summed, uint32_t *adler32)
{
    const struct window *window = &bench->window;
    const uint64_t end = segment->offset + segment->length;
    const uint64_t here = window->at + window->size;
    const uint64_t upto = here < end ? here : end;
    if (bench->stage == STAGE_PULSES_UNSUMMED || upto <= *summed)
        return;
    *adler32 = adler32_add(*adler32, window->data + (*summed - window->at),
                           (size_t)(upto - *summed));
    *summed = upto;
}

/* The file is undamaged super-events. */
static void segment_do(struct bench *bench, const struct segment *segment)
{
    const uint32_t run = bench->walk->chunk.id.run;
    struct window *window = &bench->window;
    struct date_reader reader = {.size = 0};
    struct date_event event;
    struct date_gap gap;
    struct err err;
    uint32_t adler32 = ADLER32_START;
    const uint64_t end = segment->offset + segment->length;
    uint64_t summed = segment->offset;
    for (uint64_t at = summed; at < end; at += event.header.size) {
        if (reader.size == 0 || !event_ready(bench, segment, at)) {
            if (!event_ready(bench, segment, at))
                measure_must(window_slide(window, at, &err), &err);
            window_sum(bench, segment, &summed, &adler32);
            size_t left = window_left(window, at);
            date_reader_start(&reader, window->data + (at - window->at),
                              left < end - at ? left : (size_t)(end - at), run,
                              segment->spill);
        }
        bug_if(date_reader_next(&reader, &event, &gap) != LOOKUP_FOUND || gap.length > 0);
        event_do(bench, &event);
    }
    bug_if(bench->stage != STAGE_PULSES_UNSUMMED && adler32 != segment->adler32);
}

/* CPU seconds. */
static double stage_do(struct bench *bench, enum stage stage)
{
    const struct walk_result *walk = bench->walk;
    struct err err;
    uint64_t size;
    int fd;
    bench->stage = stage;
    bench->channels = bench->maxima = 0;
    bench->counts = 0;
    sadc_digits_init(&bench->digits);
    measure_must(disk_open_read(bench->path, &fd, &size, &err), &err);
    measure_must(window_init(&bench->window, fd, bench->path, &err), &err);
    double start = measure_cpu_s();
    for (size_t i = 0; i < walk->segment_count; i++)
        segment_do(bench, &walk->segments[i]);
    double seconds = measure_cpu_s() - start;
    window_release(&bench->window);
    (void)close(fd);
    sadc_digits_release(&bench->digits);
    return seconds;
}

/* As the simulated conditions say. */
static void rules_make(struct waveform_rules *rules)
{
    struct err err;
    *rules = (struct waveform_rules){.samples = 25,
                                     .period_ns = 12.5,
                                     .pedestal_samples = 8,
                                     .spread = 20,
                                     .search_first = 8,
                                     .threshold = 6,
                                     .noise = 4,
                                     .tail_ns = 30};
    measure_must(waveform_rules_set(rules, &err), &err);
}

int main(int count, char **words)
{
    struct pairs walks = {.count = 0}, decodes = walks, pulses = walks, sums = walks;
    struct walk_result walk;
    struct channel_map map;
    struct err err = {.text = "raw_bench FILE MAP PAIRS"};
    uint64_t rounds = 0;
    measure_must(count == 4, &err);
    measure_must(text_to_u64(words[3], MEASURE_PAIRS, &rounds, &err), &err);
    measure_pin();
    (void)measure_read(words[1]);
    (void)walk_bench(words[1], &walk);
    measure_must(map_read_path(words[2], walk.chunk.id.run, &map, &err), &err);
    double bytes = 1e-6 * (double)walk.chunk.size;
    struct bench bench = {.path = words[1], .walk = &walk, .map = &map};
    rules_make(&bench.rules);
    for (uint64_t round = 0; round < rounds; round++) {
        struct walk_result again;
        double bare = bytes / measure_read(words[1]).cpu_s;
        pairs_add(&walks, bytes / walk_bench(words[1], &again), bare);
        pairs_add(&decodes, bytes / stage_do(&bench, STAGE_DECODE), bare);
        pairs_add(&pulses, bytes / stage_do(&bench, STAGE_PULSES), bare);
        walk_result_release(&again);
    }
    for (uint64_t round = 0; round < 2 * rounds + 1; round++) {
        double with = bytes / stage_do(&bench, STAGE_PULSES);
        pairs_add(&sums, with, bytes / stage_do(&bench, STAGE_PULSES_UNSUMMED));
    }
    (void)stage_do(&bench, STAGE_LOOK);
    pairs_print(&walks, "walk", "MB/s");
    pairs_print(&decodes, "decode", "MB/s");
    pairs_print(&pulses, "pulses", "MB/s");
    pairs_print(&sums, "checksum", "MB/s");
    (void)printf("# walk: %.1f MB, %" PRIu64 " events, %" PRIu64 " channels, %" PRIu64
                 " maxima, mean %.1f\n",
                 bytes, walk.digest.count, bench.channels, bench.maxima,
                 bench.counts / (double)(bench.maxima + 1));
    map_release(&map);
    walk_result_release(&walk);
    return 0;
}
