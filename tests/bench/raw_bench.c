/* raw_bench.c - reading, walking, decoding a raw file: bytes, events, channels a second.
 * SPDX-License-Identifier: Apache-2.0
 *
 * raw_bench FILE MAP: CPU time of this process, three rounds, the file in the page cache.
 * "read" is a bare loop of read(), "walk" the structure walker with checksum and event
 * digest, "decode" the samples of all MSADC sources that the map names.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/disk.h"
#include "raw/map.h"
#include "raw/sadc.h"
#include "raw/walk.h"

#define FILE_LIMIT ((size_t)4 << 30)
#define READ_BYTES ((size_t)1 << 20)
#define ROUNDS     3

static double cpu_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void check(bool done, const struct err *err)
{
    if (done)
        return;
    (void)fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static double read_bench(const char *path)
{
    uint8_t *buffer = mem_new(1, READ_BYTES);
    double start = cpu_s();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, buffer, READ_BYTES) > 0)
        ;
    (void)close(fd);
    free(buffer);
    return cpu_s() - start;
}

static double walk_bench(const char *path, struct walk_result *result)
{
    struct err err;
    const struct chunk_id id = {.run = 0, .builder = 1, .number = 1};
    double start = cpu_s();
    check(walk_chunk(path, &id, result, &err), &err);
    return cpu_s() - start;
}

static uint64_t event_decode(const struct date_event *event,
                             const struct channel_map *map, struct sadc_digits *digits,
                             struct sadc_faults *faults)
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
    struct sadc_faults faults = {.sum_differs = 0};
    sadc_digits_init(&digits);
    *channels = 0;
    double start = cpu_s();
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
    double seconds = cpu_s() - start;
    sadc_digits_release(&digits);
    return seconds;
}

int main(int count, char **arguments)
{
    struct bytes file;
    struct err err;
    if (count != 3) {
        (void)fprintf(stderr, "raw_bench FILE MAP\n");
        return 2;
    }
    bytes_init(&file, FILE_LIMIT);
    check(disk_read_file(arguments[1], &file, &err), &err);
    for (int round = 0; round < ROUNDS; round++) {
        struct walk_result walk;
        struct channel_map map;
        uint64_t channels;
        double megabytes = 1e-6 * (double)file.size;
        double read_s = read_bench(arguments[1]);
        double walk_s = walk_bench(arguments[1], &walk);
        check(map_read_path(arguments[2], walk.chunk.id.run, &map, &err), &err);
        double decode_s = decode_bench(&file, &walk, &map, &channels);
        (void)printf("read %.0f MB/s, walk %.0f MB/s, decode %.0f MB/s, %.0f events/s, "
                     "%.2f M channels/s (%" PRIu64 " events, %" PRIu64 " channels)\n",
                     megabytes / read_s, megabytes / walk_s, megabytes / decode_s,
                     (double)walk.digest.count / decode_s,
                     1e-6 * (double)channels / decode_s, walk.digest.count, channels);
        map_release(&map);
        walk_result_release(&walk);
    }
    bytes_release(&file);
    return 0;
}
