/* raw_bench.c - walking and decoding a raw file, against a bare read() loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * raw_bench FILE MAP PAIRS: "walk" is the structure walker with checksum and event
 * digest, "decode" the samples of all MSADC sources that the map names, from memory.
 * Bytes of the file per CPU second.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/disk.h"
#include "base/text.h"
#include "raw/map.h"
#include "raw/sadc.h"
#include "raw/walk.h"
#include "tests/bench/measure.h"

#define FILE_LIMIT ((size_t)4 << 30)

static double walk_bench(const char *path, struct walk_result *result)
{
    struct err err;
    const struct chunk_id id = {.run = 0, .builder = 1, .number = 1};
    double start = measure_cpu_s();
    measure_must(walk_chunk(path, &id, result, &err), &err);
    return measure_cpu_s() - start;
}

static uint64_t event_decode(const struct date_event *event,
                             const struct channel_map *map, struct sadc_digits *digits,
                             struct faults *faults)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    sadc_digits_clear(digits);
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
        if (found == LOOKUP_FOUND && map->format[block.source] == SADC_FORMAT_3)
            (void)sadc_decode(&block, digits, faults);
    return digits->count;
}

static double decode_bench(const struct bytes *file, const struct walk_result *walk,
                           const struct channel_map *map, uint64_t *channels)
{
    struct sadc_digits digits;
    struct faults faults = {.sum_differs = 0};
    sadc_digits_init(&digits);
    *channels = 0;
    double start = measure_cpu_s();
    for (size_t i = 0; i < walk->segment_count; i++) {
        const struct segment *segment = &walk->segments[i];
        struct date_reader reader;
        struct date_event event;
        struct date_gap gap;
        date_reader_start(&reader, file->data + segment->offset, (size_t)segment->length,
                          walk->chunk.id.run, segment->spill);
        while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND)
            *channels += event_decode(&event, map, &digits, &faults);
    }
    double seconds = measure_cpu_s() - start;
    sadc_digits_release(&digits);
    return seconds;
}

int main(int count, char **words)
{
    struct pairs walks = {.count = 0}, decodes = {.count = 0};
    struct bytes file;
    struct err err = {.text = "raw_bench FILE MAP PAIRS"};
    uint64_t rounds = 0, events = 0, channels = 0;
    measure_must(count == 4, &err);
    measure_must(text_to_u64(words[3], MEASURE_PAIRS, &rounds, &err), &err);
    bytes_init(&file, FILE_LIMIT);
    measure_must(disk_read_file(words[1], &file, &err), &err);
    double bytes = 1e-6 * (double)file.size;
    measure_pin();
    for (uint64_t round = 0; round < rounds; round++) {
        struct walk_result walk;
        struct channel_map map;
        double bare = bytes / measure_read(words[1]).cpu_s;
        pairs_add(&walks, bytes / walk_bench(words[1], &walk), bare);
        measure_must(map_read_path(words[2], walk.chunk.id.run, &map, &err), &err);
        pairs_add(&decodes, bytes / decode_bench(&file, &walk, &map, &channels), bare);
        events = walk.digest.count;
        map_release(&map);
        walk_result_release(&walk);
    }
    pairs_print(&walks, "walk", "MB/s");
    pairs_print(&decodes, "decode", "MB/s");
    (void)printf("# walk: %.1f MB, %" PRIu64 " events, %" PRIu64 " channels\n", bytes,
                 events, channels);
    bytes_release(&file);
    return 0;
}
