/* raw_bench.c - walking and decoding a raw file, against a bare read() loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * raw_bench FILE MAP PAIRS: "walk" is the structure walker with checksum and event
 * digest; "decode" reads the file and unpacks the samples of all MSADC sources that the
 * map names; "pulses" measures pedestals, maxima and times of all channels as well, and
 * both sum the checksum of what they read. Bytes of the file per CPU second. "checksum"
 * is "pulses" with that sum against "pulses" without it.
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
#include "reco/waveform.h"
#include "tests/bench/measure.h"

#define PIECE ((size_t)256 << 10) /* of a read, as the executor does it */
#define HEAD  128u                /* more than a header has */

/* What is done with the bytes. */
enum stage { STAGE_DECODE, STAGE_PULSES, STAGE_PULSES_UNSUMMED };

struct bench {
    const char *path;
    const struct walk_result *walk;
    const struct channel_map *map;
    struct waveform_rules rules;
    enum stage stage;
    int fd;
    uint8_t *data; /* of the segment */
    size_t ready;
    uint32_t adler32;
    struct sadc_digits digits;
    struct faults faults;
    uint64_t channels, maxima; /* results, so that none of the work can be left out */
    double counts;
};

static double walk_bench(const char *path, struct walk_result *result)
{
    struct err err;
    const struct chunk_id id = {.run = 0, .builder = 1, .number = 1};
    double start = measure_cpu_s();
    measure_must(walk_chunk(path, &id, result, &err), &err);
    return measure_cpu_s() - start;
}

/* As much of the segment as an event needs. */
static void segment_ready(struct bench *bench, const struct segment *segment, size_t upto)
{
    struct err err;
    size_t length = (size_t)segment->length;
    while (bench->ready < upto && bench->ready < length) {
        size_t left = length - bench->ready, size = left < PIECE ? left : PIECE;
        uint8_t *place = bench->data + bench->ready;
        measure_must(disk_read_at(bench->fd, bench->path, segment->offset + bench->ready,
                                  place, size, &err),
                     &err);
        if (bench->stage != STAGE_PULSES_UNSUMMED)
            bench->adler32 = adler32_add(bench->adler32, place, size);
        bench->ready += size;
    }
}

static void pulses_measure(struct bench *bench)
{
    const struct sadc_digits *digits = &bench->digits;
    for (uint32_t d = 0; d < digits->count; d++) {
        struct waveform pulse;
        if (!waveform_measure(digits->samples + digits->first[d], digits->sample_count[d],
                              &bench->rules, &pulse))
            continue;
        bench->maxima += pulse.count;
        for (uint32_t i = 0; i < pulse.count; i++)
            bench->counts += pulse.maxima[i].amplitude + pulse.maxima[i].time_ns;
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

/* The file is undamaged super-events. */
static void segment_do(struct bench *bench, const struct segment *segment)
{
    struct date_reader reader;
    struct date_event event;
    struct date_gap gap;
    size_t length = (size_t)segment->length;
    bench->ready = 0;
    bench->adler32 = ADLER32_START;
    segment_ready(bench, segment, HEAD);
    date_reader_start(&reader, bench->data, length < HEAD ? length : HEAD,
                      bench->walk->chunk.id.run, segment->spill);
    reader.size = length;
    while (reader.offset < length) {
        size_t size = le32_load(bench->data + reader.offset);
        segment_ready(bench, segment, reader.offset + size + HEAD);
        if (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND)
            event_do(bench, &event);
    }
    bug_if(bench->stage != STAGE_PULSES_UNSUMMED && bench->adler32 != segment->adler32);
}

/* CPU seconds. */
static double stage_do(struct bench *bench, enum stage stage)
{
    const struct walk_result *walk = bench->walk;
    struct err err;
    uint64_t size, most = 0;
    for (size_t i = 0; i < walk->segment_count; i++)
        if (walk->segments[i].length > most)
            most = walk->segments[i].length;
    bench->stage = stage;
    bench->channels = bench->maxima = 0;
    bench->counts = 0;
    bench->data = mem_new(1, (size_t)most + HEAD);
    sadc_digits_init(&bench->digits);
    measure_must(disk_open_read(bench->path, &bench->fd, &size, &err), &err);
    double start = measure_cpu_s();
    for (size_t i = 0; i < walk->segment_count; i++)
        segment_do(bench, &walk->segments[i]);
    double seconds = measure_cpu_s() - start;
    (void)close(bench->fd);
    sadc_digits_release(&bench->digits);
    free(bench->data);
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
