/* walk_book.c - what the walker has found so far: segments, events, damage.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/walk_book.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/numbers.h"

#define ADLER_BASE    65521u
#define SEEN_LEAST    64u               /* words: 4096 numbers */
#define NUMBERS_BYTES ((size_t)1 << 30) /* a number is at most 4, its event 68 */

void walk_book_init(struct walk_book *book, const char *name,
                    const struct walk_result *found, struct walk_result *result)
{
    *book = (struct walk_book){.name = name, .found = found, .result = result};
    bytes_init(&result->numbers, NUMBERS_BYTES);
}

void walk_book_release(struct walk_book *book)
{
    free(book->seen);
    free(book->first);
}

static void damage_list(struct walk_book *book, const struct walk_damage *damage)
{
    struct walk_result *result = book->result;
    result->chunk.damage_count++;
    if (result->damage_listed == WALK_DAMAGE)
        return;
    if (result->damage_listed == book->damage_room) {
        book->damage_room = book->damage_room == 0 ? 64 : 2 * book->damage_room;
        result->damage = mem_grow(result->damage, book->damage_room, sizeof *damage);
    }
    result->damage[result->damage_listed++] = *damage;
}

void walk_book_gap(struct walk_book *book, const struct walk_damage *gap)
{
    struct segment *segment = walk_book_segment(book);
    segment->damaged_bytes += gap->length;
    book->result->chunk.damaged_bytes += gap->length;
    damage_list(book, gap);
}

/* Adds the events that were counted to the digest of the current segment. */
static void names_flush(struct walk_book *book)
{
    struct event_digest digests[WALK_NAMES];
    struct segment *segment = walk_book_segment(book);
    event_digests_of(book->names, book->name_count, digests);
    for (size_t i = 0; i < book->name_count; i++)
        event_digest_merge(&segment->digest, &digests[i]);
    book->name_count = 0;
}

static void elsewhere_copy(const struct segment *from, struct segment *to)
{
    memcpy(to->elsewhere, from->elsewhere, sizeof to->elsewhere);
    to->elsewhere_count = from->elsewhere_count;
}

/* Packs the numbers of the current segment. */
static bool numbers_close(struct walk_book *book, struct err *err)
{
    struct walk_result *result = book->result;
    return numbers_add(&result->numbers, walk_book_segment(book)->spill, book->seen,
                       book->seen_words, err) ||
           err_wrap(err, "%s", book->name);
}

bool walk_book_open(struct walk_book *book, uint32_t spill, uint64_t offset,
                    struct err *err)
{
    struct walk_result *result = book->result;
    if (result->segment_count > 0) {
        names_flush(book);
        if (!numbers_close(book, err))
            return false;
    }
    if (result->segment_count == WALK_SEGMENTS)
        return err_set(err, E_RAW_SEGMENTS,
                       "%s: more than %u changes of spill, the last at offset %" PRIu64,
                       book->name, WALK_SEGMENTS, offset);
    if (result->segment_count == book->segment_room) {
        book->segment_room = book->segment_room == 0 ? 16 : 2 * book->segment_room;
        result->segments =
            mem_grow(result->segments, book->segment_room, sizeof *result->segments);
    }
    result->segments[result->segment_count] = (struct segment){
        .id = {.chunk = result->chunk.id, .ordinal = (uint32_t)result->segment_count},
        .spill = spill,
        .offset = offset,
        .adler32 = ADLER32_START};
    if (book->found != NULL && result->segment_count < book->found->segment_count)
        elsewhere_copy(&book->found->segments[result->segment_count],
                       &result->segments[result->segment_count]);
    result->segment_count++;
    if (book->seen_words > 0)
        memset(book->seen, 0, book->seen_words * sizeof *book->seen);
    book->seen_words = 0;
    return true;
}

/* Remembers where the event of this number is. The tables are as large as the largest
 * number needs: most spills have some thousand events, of the million that may be. */
static void first_set(struct walk_book *book, uint32_t event, uint64_t at)
{
    const size_t word = event / 64;
    if (word >= book->seen_room) {
        const size_t before = book->seen_room;
        while (word >= book->seen_room)
            book->seen_room = book->seen_room == 0 ? SEEN_LEAST : 2 * book->seen_room;
        book->seen = mem_grow(book->seen, book->seen_room, sizeof *book->seen);
        book->first = mem_grow(book->first, 64 * book->seen_room, sizeof *book->first);
        memset(book->seen + before, 0, (book->seen_room - before) * sizeof *book->seen);
    }
    book->seen[word] |= (uint64_t)1 << event % 64;
    book->seen_words = word < book->seen_words ? book->seen_words : word + 1;
    book->first[event] = at;
}

static void burst_end_add(struct walk_book *book, uint64_t at,
                          const struct walk_head *head)
{
    struct walk_result *result = book->result;
    if (result->burst_end_count == book->burst_room) {
        book->burst_room = book->burst_room == 0 ? 16 : 2 * book->burst_room;
        result->burst_ends =
            mem_grow(result->burst_ends, book->burst_room, sizeof *result->burst_ends);
    }
    result->burst_ends[result->burst_end_count++] =
        (struct walk_burst_end){.spill = head->spill, .offset = at, .length = head->size};
}

void walk_book_event(struct walk_book *book, uint64_t at, const struct walk_head *head)
{
    struct segment *segment = walk_book_segment(book);
    struct walk_result *result = book->result;
    uint32_t type = head->type < EVENT_TYPES ? head->type : EVENT_OTHER;
    segment->events[type]++;
    if (book->name_count == WALK_NAMES)
        names_flush(book);
    book->names[book->name_count++] =
        (struct event_name){head->run, head->spill, head->event, head->type};
    struct walk_event self = {
        .known = true, .spill = head->spill, .event = head->event, .type = head->type};
    if (event_type_is_event(head->type))
        first_set(book, head->event, at);
    if (head->type == EVENT_END_OF_BURST)
        burst_end_add(book, at, head);
    for (; book->open_damage < result->damage_listed; book->open_damage++)
        result->damage[book->open_damage].after = self;
    book->last = self;
}

bool walk_book_is_elsewhere(const struct walk_book *book, const struct walk_head *head)
{
    return event_type_is_event(head->type) &&
           segment_elsewhere(walk_book_segment(book), head->event);
}

void walk_book_elsewhere(struct walk_book *book, uint64_t at,
                         const struct walk_head *head)
{
    walk_book_gap(book, &(struct walk_damage){.damage = DAMAGE_ELSEWHERE,
                                              .offset = at,
                                              .length = head->size,
                                              .before = book->last});
}

bool walk_book_seen(const struct walk_book *book, const struct walk_head *head)
{
    return event_type_is_event(head->type) && book->result->segment_count > 0 &&
           walk_book_segment(book)->spill == head->spill &&
           head->event / 64 < book->seen_words &&
           (book->seen[head->event / 64] >> head->event % 64 & 1) != 0;
}

/* Checksum of two neighbours from theirs: a = 1 + sum of bytes, b = sum of the a, both
 * modulo 65521 (RFC 1950). */
static uint32_t adler32_join(uint32_t first, uint32_t second, uint64_t second_length)
{
    uint32_t length = (uint32_t)(second_length % ADLER_BASE);
    uint32_t a1 = first & 0xFFFF, b1 = first >> 16;
    uint32_t a2 = second & 0xFFFF, b2 = second >> 16;
    uint32_t a = (a1 + a2 + ADLER_BASE - 1) % ADLER_BASE;
    uint64_t b = (uint64_t)b1 + b2 + (uint64_t)length * (a1 + ADLER_BASE - 1);
    return (uint32_t)(b % ADLER_BASE) << 16 | a;
}

bool walk_book_close(struct walk_book *book, uint32_t run, uint64_t file_size,
                     struct err *err)
{
    struct walk_result *result = book->result;
    if (!numbers_close(book, err))
        return false;
    names_flush(book);
    result->chunk.id.run = run;
    result->chunk.size = file_size;
    result->chunk.adler32 = ADLER32_START;
    result->chunk.scanned = true;
    result->chunk.segments = (uint32_t)result->segment_count;
    for (size_t i = 0; i < result->segment_count; i++) {
        struct segment *segment = &result->segments[i];
        segment->id.chunk.run = run;
        result->chunk.adler32 =
            adler32_join(result->chunk.adler32, segment->adler32, segment->length);
        event_digest_merge(&result->digest, &segment->digest);
        for (size_t type = 0; type < EVENT_TYPES; type++)
            result->events[type] += segment->events[type];
    }
    return true;
}
