/* raw_summary.c - counting what is in a raw file, and the tables of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/raw_digits.h"
#include "raw/decode.h"

#define DAMAGE_SHOWN  20
#define FORMATS_SHOWN 4

struct source_count {
    enum chip chip; /* of its last block */
    uint64_t blocks, words, digits;
    uint64_t damage;                /* pieces that were lost or marked */
    uint64_t flagged;               /* error flag or TCS error */
    uint64_t other_spill;           /* spill number of another spill */
    uint8_t formats[FORMATS_SHOWN]; /* the first that were seen */
    uint8_t format_count;
};

struct summary {
    const struct raw_file *file;
    const struct raw_rules *rules;
    struct digits digits;
    uint64_t type_bytes[EVENT_TYPES];
    const char *type_words[EVENT_TYPES];
    struct source_count source[SLINK_SOURCES + 1]; /* the last: not known */
    struct damage_counts damage;                   /* inside events */
    struct date_header first;
};

static void format_note(struct source_count *source, uint8_t format)
{
    for (uint8_t i = 0; i < source->format_count; i++)
        if (source->formats[i] == format)
            return;
    if (source->format_count < FORMATS_SHOWN)
        source->formats[source->format_count++] = format;
}

static void counts_add(struct damage_counts *sum, const struct damage_counts *part)
{
    for (size_t i = 0; i < DAMAGE_CLASS_COUNT; i++)
        sum->of[i] += part->of[i];
}

static void block_count(struct summary *summary, const struct slink_block *block)
{
    struct source_count *source = &summary->source[block->source];
    const struct chip_rule rule = raw_rule_of(summary->rules, block);
    struct faults faults = {.sum_differs = 0};
    digits_clear(&summary->digits);
    (void)digits_take(block, &rule, &summary->digits, &faults);
    slink_block_marks(block, &faults.log);
    counts_add(&summary->damage, &faults.log.counts);
    source->chip = rule.chip;
    source->blocks++;
    source->words += block->count + SLINK_HEADER_WORDS;
    source->digits += raw_digits_count(&summary->digits);
    source->damage += damage_counts_total(&faults.log.counts);
    source->flagged += slink_block_flagged(block);
    source->other_spill += !block->spill_good;
    format_note(source, block->format);
}

static void event_count(struct summary *summary, const struct date_event *event)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    uint32_t type = event->header.type < EVENT_TYPES ? event->header.type : EVENT_OTHER;
    summary->type_bytes[type] += event->header.size;
    summary->type_words[type] = date_type_word(&event->header);
    if (summary->first.size == 0)
        summary->first = event->header;
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        if (found == LOOKUP_FOUND)
            block_count(summary, &block);
        else {
            summary->damage.of[fault.damage]++;
            summary->source[fault.source].damage++;
        }
    }
}

static bool head_text(const struct summary *summary, struct bytes *out, struct err *err)
{
    const struct chunk *chunk = &summary->file->walk.chunk;
    const struct date_header *first = &summary->first;
    char version[32] = "before 3 (event.h 2.18)";
    if (first->layout != DATE_LAYOUT_OLD)
        (void)snprintf(version, sizeof version, "%" PRIu32 ".%" PRIu32,
                       first->version >> 16, first->version & 0xFFFF);
    return text_addf(out, err,
                     "%s\nrun %" PRIu32 ", DATE version %s, %s, %" PRIu64
                     " bytes, adler32 %08" PRIx32 "\n",
                     summary->file->path, chunk->id.run, version,
                     first->super ? "super-events" : "plain events", chunk->size,
                     chunk->adler32);
}

static bool types_text(const struct summary *summary, struct bytes *out, struct err *err)
{
    const struct walk_result *walk = &summary->file->walk;
    if (!text_addf(out, err, "\n%-20s %10s %14s\n", "event type", "events", "bytes"))
        return false;
    for (size_t i = 0; i < EVENT_TYPES; i++)
        if (walk->events[i] > 0 &&
            !text_addf(out, err, "%-20s %10" PRIu64 " %14" PRIu64 "\n",
                       summary->type_words[i] == NULL ? "other" : summary->type_words[i],
                       walk->events[i], summary->type_bytes[i]))
            return false;
    return true;
}

static bool spills_text(const struct summary *summary, struct bytes *out, struct err *err)
{
    const struct walk_result *walk = &summary->file->walk;
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

static bool chips_text(const struct summary *summary, struct bytes *out, struct err *err)
{
    if (!text_addf(out, err, "\n%-8s %8s %9s %12s %12s %8s\n", "chip", "sources",
                   "blocks", "bytes", "digits", "damage"))
        return false;
    for (uint32_t chip = 0; chip < CHIP_COUNT; chip++) {
        struct source_count sum = {.blocks = 0};
        uint32_t sources = 0;
        for (uint32_t i = 0; i < SLINK_SOURCES; i++) {
            const struct source_count *source = &summary->source[i];
            if (source->blocks == 0 || source->chip != (enum chip)chip)
                continue;
            sources++;
            sum.blocks += source->blocks;
            sum.words += source->words;
            sum.digits += source->digits;
            sum.damage += source->damage;
        }
        if (sources > 0 && !text_addf(out, err,
                                      "%-8s %8" PRIu32 " %9" PRIu64 " %12" PRIu64
                                      " %12" PRIu64 " %8" PRIu64 "\n",
                                      chip_word((enum chip)chip), sources, sum.blocks,
                                      4 * sum.words, sum.digits, sum.damage))
            return false;
    }
    return true;
}

static bool source_text(uint32_t number, const struct source_count *source,
                        struct bytes *out, struct err *err)
{
    char name[16] = "unknown";
    if (number < SLINK_SOURCES)
        (void)snprintf(name, sizeof name, "%" PRIu32, number);
    if (!text_addf(out, err,
                   "%8s  %-8s %9" PRIu64 " %12" PRIu64 " %12" PRIu64 " %8" PRIu64
                   " %7" PRIu64 " %8" PRIu64 " ",
                   name, number < SLINK_SOURCES ? chip_word(source->chip) : "-",
                   source->blocks, source->words * 4, source->digits, source->damage,
                   source->flagged, source->other_spill))
        return false;
    for (uint8_t i = 0; i < source->format_count; i++)
        if (!text_addf(out, err, " 0x%02X", source->formats[i]))
            return false;
    return text_add(out, "\n", err);
}

static bool sources_text(const struct summary *summary, struct bytes *out,
                         struct err *err)
{
    if (!text_addf(out, err, "\n%8s  %-8s %9s %12s %12s %8s %7s %8s  %s\n", "source",
                   "chip", "blocks", "bytes", "digits", "damage", "flagged", "spill no",
                   "format"))
        return false;
    for (uint32_t i = 0; i <= SLINK_SOURCES; i++) {
        const struct source_count *source = &summary->source[i];
        if (source->blocks + source->damage > 0 && !source_text(i, source, out, err))
            return false;
    }
    return true;
}

static bool places_text(const struct walk_result *walk, struct bytes *out,
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

static bool damage_report(const struct summary *summary, struct bytes *out,
                          struct err *err)
{
    const struct walk_result *walk = &summary->file->walk;
    if (walk->chunk.damage_count == 0 && damage_counts_total(&summary->damage) == 0)
        return text_add(out, "\nno damage\n", err);
    if (!text_addf(out, err,
                   "\ndamage: %" PRIu64 " bytes in no good event, %" PRIu64
                   " pieces inside events\n",
                   walk->chunk.damaged_bytes, damage_counts_total(&summary->damage)) ||
        !places_text(walk, out, err))
        return false;
    for (uint32_t i = 0; i < DAMAGE_CLASS_COUNT; i++)
        if (summary->damage.of[i] > 0 &&
            !text_addf(out, err, "  %-16s %" PRIu64 " times: %s\n", damage_word(i),
                       summary->damage.of[i], damage_text(i)))
            return false;
    return true;
}

bool raw_summary_text(struct raw_file *file, const struct raw_rules *rules,
                      struct bytes *out, struct err *err)
{
    struct summary *summary = mem_new(1, sizeof *summary);
    struct date_event event;
    uint64_t offset;
    summary->file = file;
    summary->rules = rules;
    digits_init(&summary->digits);
    while (raw_file_next(file, &event, &offset) == LOOKUP_FOUND)
        event_count(summary, &event);
    bool done = head_text(summary, out, err) && types_text(summary, out, err) &&
                spills_text(summary, out, err) && chips_text(summary, out, err) &&
                sources_text(summary, out, err) && damage_report(summary, out, err);
    digits_release(&summary->digits);
    free(summary);
    return done;
}
