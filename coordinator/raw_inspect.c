/* raw_inspect.c - a raw file by event type, spill, source and damage.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/raw_file.h"
#include "raw/slink.h"

#define OUTPUT_LIMIT  ((size_t)64 << 20) /* 65 536 segments of some hundred bytes */
#define DAMAGE_SHOWN  20
#define FORMATS_SHOWN 4

static const char *const type_names[EVENT_TYPES] = {"other",
                                                    "start of run",
                                                    "end of run",
                                                    "start of run files",
                                                    "end of run files",
                                                    "start of burst",
                                                    "end of burst",
                                                    "physics",
                                                    "calibration",
                                                    "format error",
                                                    "start of data",
                                                    "end of data",
                                                    "system trigger",
                                                    "detector trigger",
                                                    "sync",
                                                    "type 15"};

struct source_count {
    uint64_t blocks, words;
    uint64_t lost;    /* blocks that a fault cost */
    uint64_t flagged; /* error flag or TCS error */
    uint64_t other_spill;
    uint8_t formats[FORMATS_SHOWN]; /* the first that were seen */
    uint8_t format_count;
};

struct inspect {
    struct raw_file file;
    uint64_t type_bytes[EVENT_TYPES];
    struct source_count source[SLINK_SOURCES + 1]; /* the last: not known */
    struct damage_counts damage;                   /* inside events */
    uint32_t version;                              /* of the first event */
};

static void format_note(struct source_count *source, uint8_t format)
{
    for (uint8_t i = 0; i < source->format_count; i++)
        if (source->formats[i] == format)
            return;
    if (source->format_count < FORMATS_SHOWN)
        source->formats[source->format_count++] = format;
}

static void block_count(struct inspect *inspect, const struct slink_block *block)
{
    struct source_count *source = &inspect->source[block->source];
    source->blocks++;
    source->words += block->count + SLINK_HEADER_WORDS;
    source->flagged += slink_block_flagged(block);
    source->other_spill += !block->spill_good;
    format_note(source, block->format);
}

static void event_count(struct inspect *inspect, const struct date_event *event)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    uint32_t type = event->header.type < EVENT_TYPES ? event->header.type : EVENT_OTHER;
    inspect->type_bytes[type] += event->header.size;
    if (inspect->version == 0)
        inspect->version = event->header.version;
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        if (found == LOOKUP_FOUND)
            block_count(inspect, &block);
        else {
            inspect->damage.of[fault.damage]++;
            inspect->source[fault.source].lost++;
        }
    }
}

static bool head_print(const struct inspect *inspect, struct bytes *out, struct err *err)
{
    const struct chunk *chunk = &inspect->file.walk.chunk;
    return text_addf(out, err,
                     "%s\nrun %" PRIu32 ", DATE version %" PRIu32 ".%" PRIu32 ", %" PRIu64
                     " bytes, adler32 %08" PRIx32 "\n",
                     inspect->file.path, chunk->id.run, inspect->version >> 16,
                     inspect->version & 0xFFFF, chunk->size, chunk->adler32);
}

static bool types_print(const struct inspect *inspect, struct bytes *out, struct err *err)
{
    const struct walk_result *walk = &inspect->file.walk;
    if (!text_addf(out, err, "\n%-20s %10s %14s\n", "event type", "events", "bytes"))
        return false;
    for (size_t i = 0; i < EVENT_TYPES; i++)
        if (walk->events[i] > 0 &&
            !text_addf(out, err, "%-20s %10" PRIu64 " %14" PRIu64 "\n", type_names[i],
                       walk->events[i], inspect->type_bytes[i]))
            return false;
    return true;
}

static bool spills_print(const struct inspect *inspect, struct bytes *out,
                         struct err *err)
{
    const struct walk_result *walk = &inspect->file.walk;
    if (!text_addf(out, err, "\n%8s %12s %12s %9s %9s %8s\n", "spill", "offset", "bytes",
                   "physics", "calib", "damaged"))
        return false;
    for (size_t i = 0; i < walk->segment_count; i++) {
        const struct segment *segment = &walk->segments[i];
        if (!text_addf(out, err,
                       "%8" PRIu32 " %12" PRIu64 " %12" PRIu64 " %9" PRIu32 " %9" PRIu32
                       " %8" PRIu64 "\n",
                       segment->spill, segment->offset, segment->length,
                       segment->events[EVENT_PHYSICS], segment->events[EVENT_CALIBRATION],
                       segment->damaged_bytes))
            return false;
    }
    return true;
}

static bool source_print(uint32_t number, const struct source_count *source,
                         struct bytes *out, struct err *err)
{
    char name[16] = "unknown";
    if (number < SLINK_SOURCES)
        (void)snprintf(name, sizeof name, "%" PRIu32, number);
    if (!text_addf(out, err,
                   "%8s %9" PRIu64 " %12" PRIu64 " %6" PRIu64 " %7" PRIu64 " %9" PRIu64
                   "  ",
                   name, source->blocks, source->words * 4, source->lost, source->flagged,
                   source->other_spill))
        return false;
    for (uint8_t i = 0; i < source->format_count; i++)
        if (!text_addf(out, err, " 0x%02X", source->formats[i]))
            return false;
    return text_add(out, "\n", err);
}

static bool sources_print(const struct inspect *inspect, struct bytes *out,
                          struct err *err)
{
    if (!text_addf(out, err, "\n%8s %9s %12s %6s %7s %9s   %s\n", "source", "blocks",
                   "bytes", "lost", "flagged", "spill no", "format"))
        return false;
    for (uint32_t i = 0; i <= SLINK_SOURCES; i++) {
        const struct source_count *source = &inspect->source[i];
        if (source->blocks + source->lost > 0 && !source_print(i, source, out, err))
            return false;
    }
    return true;
}

static bool places_print(const struct walk_result *walk, struct bytes *out,
                         struct err *err)
{
    size_t shown =
        walk->damage_listed < DAMAGE_SHOWN ? walk->damage_listed : DAMAGE_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        const struct walk_damage *damage = &walk->damage[i];
        if (!text_addf(out, err, "  %-16s at byte %" PRIu64 ", %" PRIu64 " bytes: %s\n",
                       damage_word(damage->damage), damage->offset, damage->length,
                       damage_text(damage->damage)))
            return false;
    }
    uint64_t more = walk->chunk.damage_count - shown;
    return more == 0 || text_addf(out, err, "  and %" PRIu64 " more places\n", more);
}

static bool damage_print(const struct inspect *inspect, struct bytes *out,
                         struct err *err)
{
    const struct walk_result *walk = &inspect->file.walk;
    if (walk->chunk.damage_count == 0 && damage_counts_total(&inspect->damage) == 0)
        return text_add(out, "\nno damage\n", err);
    if (!text_addf(out, err,
                   "\ndamage: %" PRIu64 " bytes in no good event, %" PRIu64
                   " pieces lost inside events\n",
                   walk->chunk.damaged_bytes, damage_counts_total(&inspect->damage)) ||
        !places_print(walk, out, err))
        return false;
    for (uint32_t i = 0; i < DAMAGE_CLASS_COUNT; i++)
        if (inspect->damage.of[i] > 0 &&
            !text_addf(out, err, "  %-16s %" PRIu64 " times: %s\n", damage_word(i),
                       inspect->damage.of[i], damage_text(i)))
            return false;
    return true;
}

static int summary(struct inspect *inspect)
{
    struct err err;
    struct bytes out;
    struct date_event event;
    uint64_t offset;
    while (raw_file_next(&inspect->file, &event, &offset) == LOOKUP_FOUND)
        event_count(inspect, &event);
    bytes_init(&out, OUTPUT_LIMIT);
    bool done = head_print(inspect, &out, &err) && types_print(inspect, &out, &err) &&
                spills_print(inspect, &out, &err) && sources_print(inspect, &out, &err) &&
                damage_print(inspect, &out, &err);
    int status = done ? command_print(&out) : command_error(&err);
    bytes_release(&out);
    return status;
}

int raw_inspect(int argc, char **argv)
{
    struct err err;
    if (!command_options(NULL, 0, &argc, argv, &err) ||
        !command_words(argc, 1, 1, "one raw file", &err))
        return command_error(&err);
    struct inspect *inspect = mem_new(1, sizeof *inspect);
    int status;
    if (raw_file_open(&inspect->file, argv[1], &err)) {
        status = summary(inspect);
        raw_file_close(&inspect->file);
    } else
        status = command_error(&err);
    free(inspect);
    return status;
}
