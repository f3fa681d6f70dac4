/* walk.c - the structure walker.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It shares no code with date.c: an error there must not hide itself here. The rules
 * after damage are in the room's README and must be those of date.c; a property test
 * compares the two.
 */
#include "raw/walk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/disk.h"
#include "model/numbers.h"
#include "raw/walk_head.h"
#include "raw/window.h"

#define ADLER_BASE    65521u
#define NUMBERS_BYTES ((size_t)1 << 30) /* a number is at most 4, its event 68 */
#define NAMES         64u               /* of events, whose digests are made together */

struct walk {
    struct window window;
    uint32_t run;
    bool run_known;
    uint32_t foreign_run; /* of the first sane header of another run, 0 none */
    uint32_t version;     /* of the first header of an unknown layout, 0 none */
    bool super;           /* a file of super-events: others are pieces of these */
    uint64_t accounted;   /* bytes before are in the checksum of their segment */
    uint64_t owed;        /* bytes before and not accounted are of the current segment */
    uint64_t *seen;       /* bit map of the event numbers of this segment */
    size_t seen_words;    /* of it that may have bits */
    uint64_t *first;      /* by number, where its bit is set: offset of that event */
    size_t open_damage; /* listed from here on: the good event behind is not known yet */
    struct event_name names[NAMES]; /* of this segment, not in its digest yet */
    size_t name_count;
    struct walk_event last;
    struct walk_result *result;
    const struct walk_result *found; /* when the file was walked before, else NULL */
    size_t segment_room, damage_room, burst_room;
};

/* Is there an event at `at`? Remembers what stands in the way of the first one. */
static bool head_at(struct walk *walk, uint64_t at, struct walk_head *head, bool *found,
                    struct err *err)
{
    const uint8_t *p;
    uint64_t left = walk->window.file_size - at;
    size_t size = left < WALK_HEAD_LONGEST ? (size_t)left : WALK_HEAD_LONGEST;
    *found = false;
    if (size < WALK_HEAD_LEAST)
        return true;
    if (!window_peek(&walk->window, at, size, &p, err))
        return false;
    if (!walk_head_read(p, size, head)) {
        if (walk->version == 0 && le32_load(p + 4) == WALK_MAGIC &&
            !walk_head_known(le32_load(p + 12)))
            walk->version = le32_load(p + 12);
        return true;
    }
    if (walk->run_known && head->run != walk->run) {
        if (walk->foreign_run == 0)
            walk->foreign_run = head->run;
        return true;
    }
    *found = head->super || !walk->super || !event_type_is_event(head->type);
    return true;
}

/* The first event from `at` before `end`, without the super-event flag only where `flat`
 * allows it; *place is `end` if there is none. */
static bool search(struct walk *walk, uint64_t at, uint64_t end, bool flat,
                   uint64_t *place, struct err *err)
{
    *place = end;
    while (at < end && walk->window.file_size - at >= WALK_HEAD_LEAST) {
        size_t left = window_left(&walk->window, at);
        if (left < 8) {
            if (!window_slide(&walk->window, at, err))
                return false;
            continue;
        }
        const uint8_t *p = walk->window.data + (at - walk->window.at);
        if (le32_load(p + 4) == WALK_MAGIC) {
            struct walk_head head;
            bool found;
            if (!head_at(walk, at, &head, &found, err))
                return false;
            if (found && (flat || head.super)) {
                *place = at;
                return true;
            }
        }
        at += 4;
    }
    return true;
}

/* Adds the bytes that are owed to the checksum of the current segment. */
static bool account(struct walk *walk, struct err *err)
{
    const uint64_t end = walk->owed;
    struct segment *segment = &walk->result->segments[walk->result->segment_count - 1];
    while (walk->accounted < end) {
        size_t left = window_left(&walk->window, walk->accounted);
        if (left == 0) {
            if (!window_slide(&walk->window, walk->accounted, err))
                return false;
            continue;
        }
        uint64_t wanted = end - walk->accounted;
        size_t size = wanted < left ? (size_t)wanted : left;
        const uint8_t *data = walk->window.data + (walk->accounted - walk->window.at);
        segment->adler32 = adler32_add(segment->adler32, data, size);
        segment->length += size;
        walk->accounted += size;
    }
    return true;
}

/* Lets the window have the header at `at`, when it can have what is not summed yet too:
 * a header that is read on the side costs a call of the system. */
static bool approach(struct walk *walk, uint64_t at, struct err *err)
{
    const struct window *window = &walk->window;
    const uint64_t upto = at + WALK_HEAD_LONGEST;
    if (upto <= window->at + window->size || upto > window->file_size ||
        window_left(window, walk->accounted) == 0)
        return true;
    if (walk->result->segment_count > 0 && !account(walk, err))
        return false;
    return upto - walk->accounted > WINDOW_BYTES ||
           window_slide(&walk->window, walk->accounted, err);
}

/* Where the event at `at` ends; not *whole when an event inside it shows that its size is
 * wrong, or when the file ends first. */
static bool frame(struct walk *walk, uint64_t at, const struct walk_head *head,
                  uint64_t *end, bool *whole, struct err *err)
{
    uint64_t file_end = walk->window.file_size;
    struct walk_head next;
    bool follows = false;
    *end = at + head->size;
    *whole = *end <= file_end;
    if (*end == file_end)
        return true;
    if (*whole &&
        (!approach(walk, *end, err) || !head_at(walk, *end, &next, &follows, err)))
        return false;
    if (follows)
        return true;
    uint64_t limit = *whole ? *end : file_end;
    if (!search(walk, at + 4, limit, !walk->super, end, err))
        return false;
    if (*end < limit)
        *whole = false;
    return true;
}

/* The bytes up to `end` are of the current segment. They are summed while the window has
 * them, many events at a time. */
static bool owe(struct walk *walk, uint64_t end, struct err *err)
{
    walk->owed = end;
    return window_left(&walk->window, end) > 0 || account(walk, err);
}

static void damage_add(struct walk *walk, const struct walk_damage *damage)
{
    struct walk_result *result = walk->result;
    result->chunk.damage_count++;
    if (result->damage_listed == WALK_DAMAGE)
        return;
    if (result->damage_listed == walk->damage_room) {
        walk->damage_room = walk->damage_room == 0 ? 64 : 2 * walk->damage_room;
        result->damage = mem_grow(result->damage, walk->damage_room, sizeof *damage);
    }
    result->damage[result->damage_listed++] = *damage;
}

/* A gap without good event; belongs to the segment before, or to the first. */
static void gap_add(struct walk *walk, const struct walk_damage *gap,
                    struct segment *segment)
{
    segment->damaged_bytes += gap->length;
    walk->result->chunk.damaged_bytes += gap->length;
    damage_add(walk, gap);
}

/* Adds the events that were counted to the digest of the current segment. */
static void names_flush(struct walk *walk)
{
    struct event_digest digests[NAMES];
    struct segment *segment = &walk->result->segments[walk->result->segment_count - 1];
    event_digests_of(walk->names, walk->name_count, digests);
    for (size_t i = 0; i < walk->name_count; i++)
        event_digest_merge(&segment->digest, &digests[i]);
    walk->name_count = 0;
}

static void elsewhere_copy(const struct segment *from, struct segment *to)
{
    memcpy(to->elsewhere, from->elsewhere, sizeof to->elsewhere);
    to->elsewhere_count = from->elsewhere_count;
}

/* Packs the numbers of the current segment. */
static bool numbers_close(struct walk *walk, struct err *err)
{
    struct walk_result *result = walk->result;
    uint32_t spill = result->segments[result->segment_count - 1].spill;
    return numbers_add(&result->numbers, spill, walk->seen, walk->seen_words, err) ||
           err_wrap(err, "%s", walk->window.name);
}

static bool segment_open(struct walk *walk, uint32_t spill, struct err *err)
{
    struct walk_result *result = walk->result;
    if (result->segment_count > 0) {
        names_flush(walk);
        if (!numbers_close(walk, err))
            return false;
    }
    if (result->segment_count == WALK_SEGMENTS)
        return err_set(err, E_RAW_SEGMENTS,
                       "%s: more than %u changes of spill, the last at offset %" PRIu64,
                       walk->window.name, WALK_SEGMENTS, walk->accounted);
    if (result->segment_count == walk->segment_room) {
        walk->segment_room = walk->segment_room == 0 ? 16 : 2 * walk->segment_room;
        result->segments =
            mem_grow(result->segments, walk->segment_room, sizeof *result->segments);
    }
    result->segments[result->segment_count] = (struct segment){
        .id = {.chunk = result->chunk.id, .ordinal = (uint32_t)result->segment_count},
        .spill = spill,
        .offset = walk->accounted,
        .adler32 = ADLER32_START};
    if (walk->found != NULL && result->segment_count < walk->found->segment_count)
        elsewhere_copy(&walk->found->segments[result->segment_count],
                       &result->segments[result->segment_count]);
    result->segment_count++;
    memset(walk->seen, 0, walk->seen_words * sizeof *walk->seen);
    walk->seen_words = 0;
    return true;
}

static void burst_end_add(struct walk *walk, uint64_t at, const struct walk_head *head)
{
    struct walk_result *result = walk->result;
    if (result->burst_end_count == walk->burst_room) {
        walk->burst_room = walk->burst_room == 0 ? 16 : 2 * walk->burst_room;
        result->burst_ends =
            mem_grow(result->burst_ends, walk->burst_room, sizeof *result->burst_ends);
    }
    result->burst_ends[result->burst_end_count++] =
        (struct walk_burst_end){.spill = head->spill, .offset = at, .length = head->size};
}

/* Counts one good event in its segment. */
static void event_count(struct walk *walk, uint64_t at, const struct walk_head *head)
{
    struct segment *segment = &walk->result->segments[walk->result->segment_count - 1];
    uint32_t type = head->type < EVENT_TYPES ? head->type : EVENT_OTHER;
    segment->events[type]++;
    if (walk->name_count == NAMES)
        names_flush(walk);
    walk->names[walk->name_count++] =
        (struct event_name){walk->run, head->spill, head->event, head->type};
    struct walk_event self = {
        .known = true, .spill = head->spill, .event = head->event, .type = head->type};
    if (event_type_is_event(head->type)) {
        const size_t word = head->event / 64;
        walk->seen[word] |= (uint64_t)1 << head->event % 64;
        walk->seen_words = word < walk->seen_words ? walk->seen_words : word + 1;
        walk->first[head->event] = at;
    }
    if (head->type == EVENT_END_OF_BURST)
        burst_end_add(walk, at, head);
    walk->last = self;
}

/* Does the event at `at` count in a segment of another chunk, or in an earlier one? */
static bool is_elsewhere(const struct walk *walk, const struct walk_head *head)
{
    const struct walk_result *result = walk->result;
    return event_type_is_event(head->type) &&
           segment_elsewhere(&result->segments[result->segment_count - 1], head->event);
}

static void elsewhere_add(struct walk *walk, uint64_t at, const struct walk_head *head)
{
    struct walk_result *result = walk->result;
    gap_add(walk,
            &(struct walk_damage){.damage = DAMAGE_ELSEWHERE,
                                  .offset = at,
                                  .length = head->size,
                                  .before = walk->last},
            &result->segments[result->segment_count - 1]);
}

/* One good event at `at`, with the damage that was passed over before it. */
static bool event_take(struct walk *walk, uint64_t at, const struct walk_head *head,
                       struct walk_damage *gap, struct err *err)
{
    struct walk_result *result = walk->result;
    gap->length = at - gap->offset;
    gap->after = (struct walk_event){
        .known = true, .spill = head->spill, .event = head->event, .type = head->type};
    if (result->segment_count == 0 && !segment_open(walk, head->spill, err))
        return false;
    struct segment *segment = &result->segments[result->segment_count - 1];
    walk->owed = at;
    if (gap->length > 0)
        gap_add(walk, gap, segment);
    if (segment->spill != head->spill &&
        (!account(walk, err) || !segment_open(walk, head->spill, err)))
        return false;
    if (!owe(walk, at + head->size, err))
        return false;
    if (is_elsewhere(walk, head)) {
        elsewhere_add(walk, at, head);
        return true;
    }
    for (; walk->open_damage < result->damage_listed; walk->open_damage++)
        result->damage[walk->open_damage].after = gap->after;
    event_count(walk, at, head);
    return true;
}

/* Was an event of this number in the segment that the event at `at` belongs to? */
static bool seen_before(const struct walk *walk, const struct walk_head *head)
{
    const struct walk_result *result = walk->result;
    return event_type_is_event(head->type) && result->segment_count > 0 &&
           result->segments[result->segment_count - 1].spill == head->spill &&
           (walk->seen[head->event / 64] >> head->event % 64 & 1) != 0;
}

/* An event whose number was there before is passed over, as a gap of its own. */
static bool repeated_pass(struct walk *walk, uint64_t at, const struct walk_head *head,
                          struct walk_damage *gap, struct err *err)
{
    struct segment *segment = &walk->result->segments[walk->result->segment_count - 1];
    bool same;
    if (!window_compare(&walk->window, walk->first[head->event], at, head->size, &same,
                        err))
        return false;
    gap->length = at - gap->offset;
    if (gap->length > 0)
        gap_add(walk, gap, segment);
    gap_add(walk,
            &(struct walk_damage){.damage = same ? DAMAGE_REPEATED : DAMAGE_CONFLICT,
                                  .offset = at,
                                  .length = head->size,
                                  .before = walk->last},
            segment);
    return owe(walk, at + head->size, err);
}

/* What stands at `at` is no event: how is that called? */
static bool gap_name(struct walk *walk, uint64_t at, struct walk_damage *gap,
                     struct err *err)
{
    const uint8_t *p;
    uint64_t left = walk->window.file_size - at;
    size_t size = left < WALK_HEAD_LONGEST ? (size_t)left : WALK_HEAD_LONGEST;
    if (!window_peek(&walk->window, at, size, &p, err))
        return false;
    gap->damage = walk_head_gap(p, size, walk->run);
    return true;
}

/* Looks at `at`: takes the event there, or passes over what is none. *next is where to
 * look then. */
static bool step(struct walk *walk, uint64_t at, struct walk_damage *gap, uint64_t *next,
                 struct err *err)
{
    uint64_t file_end = walk->window.file_size;
    struct walk_head head;
    bool found, whole;
    if (!head_at(walk, at, &head, &found, err))
        return false;
    if (!found) {
        if (at == gap->offset && !gap_name(walk, at, gap, err))
            return false;
        return search(walk, at + 4, file_end, !walk->super, next, err);
    }
    if (!frame(walk, at, &head, next, &whole, err))
        return false;
    if (whole) {
        if (seen_before(walk, &head) ? !repeated_pass(walk, at, &head, gap, err)
                                     : !event_take(walk, at, &head, gap, err))
            return false;
        *gap = (struct walk_damage){.offset = *next, .before = walk->last};
    } else if (at == gap->offset)
        gap->damage = *next < file_end ? DAMAGE_EVENT_SIZE : DAMAGE_TRUNCATED;
    return true;
}

/* The run of a file whose name does not tell: that of the first two events in a row, or
 * of the first at all. */
static bool run_find(struct walk *walk, struct err *err)
{
    uint64_t at = 0, file_end = walk->window.file_size;
    bool any = false, two = false;
    while (!two) {
        struct walk_head head = {.size = 0}, next = head;
        bool found;
        if (!search(walk, at, file_end, true, &at, err))
            return false;
        if (at == file_end)
            break;
        if (!head_at(walk, at, &head, &found, err))
            return false;
        if (head.size < file_end - at) {
            if (!head_at(walk, at + head.size, &next, &found, err))
                return false;
            two = found && next.run == head.run;
        }
        if (!any || two)
            walk->run = head.run;
        any = true;
        at += 4;
    }
    walk->run_known = true;
    return true;
}

/* Are there super-events? A flag that is set by damage is none: behind the header of a
 * super-event its first sub-event must begin. */
static bool super_find(struct walk *walk, struct err *err)
{
    uint64_t at = 0, file_end = walk->window.file_size;
    while (!walk->super) {
        struct walk_head head = {.size = 0}, inner = head;
        bool found;
        if (!search(walk, at, file_end, false, &at, err))
            return false;
        if (at == file_end)
            break;
        if (!head_at(walk, at, &head, &found, err))
            return false;
        if (head.length < file_end - at) {
            if (!head_at(walk, at + head.length, &inner, &found, err))
                return false;
            walk->super = found && inner.spill == head.spill && inner.event == head.event;
        }
        at += 4;
    }
    return true;
}

static bool walk_events(struct walk *walk, struct err *err)
{
    uint64_t at = 0, file_end = walk->window.file_size;
    struct walk_damage gap = {.damage = DAMAGE_FOREIGN};
    if ((!walk->run_known && !run_find(walk, err)) || !super_find(walk, err))
        return false;
    walk->result->super = walk->super;
    while (at < file_end)
        if (!step(walk, at, &gap, &at, err))
            return false;
    if (walk->result->segment_count == 0)
        return true;
    gap.length = file_end - gap.offset;
    if (gap.length > 0)
        gap_add(walk, &gap, &walk->result->segments[walk->result->segment_count - 1]);
    walk->owed = file_end;
    return account(walk, err);
}

/* Why a file without any event has none. */
static bool refuse(const struct walk *walk, struct err *err)
{
    const char *name = walk->window.name;
    if (walk->foreign_run != 0)
        return err_set(err, E_RAW_RUN, "%s: expected run %" PRIu32 ", holds run %" PRIu32,
                       name, walk->run, walk->foreign_run);
    if (walk->version != 0)
        return err_set(err, E_RAW_LAYOUT,
                       "%s: event headers of DATE %" PRIu32 ".%" PRIu32
                       ", whose layout is unknown",
                       name, walk->version >> 16, walk->version & 0xFFFF);
    return err_set(err, E_RAW_NO_EVENT, "%s: no event in %" PRIu64 " bytes", name,
                   walk->window.file_size);
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

/* What the chunk says is the sum of what its segments say. */
static void sum_up(struct walk *walk)
{
    struct walk_result *result = walk->result;
    names_flush(walk);
    result->chunk.id.run = walk->run;
    result->chunk.size = walk->window.file_size;
    result->chunk.adler32 = ADLER32_START;
    result->chunk.scanned = true;
    result->chunk.segments = (uint32_t)result->segment_count;
    for (size_t i = 0; i < result->segment_count; i++) {
        struct segment *segment = &result->segments[i];
        segment->id.chunk.run = walk->run;
        result->chunk.adler32 =
            adler32_join(result->chunk.adler32, segment->adler32, segment->length);
        event_digest_merge(&result->digest, &segment->digest);
        for (size_t type = 0; type < EVENT_TYPES; type++)
            result->events[type] += segment->events[type];
    }
}

/* `found` as in walk_again(), or NULL. */
static bool walk_open(int fd, const char *name, const struct chunk_id *id,
                      const struct walk_result *found, struct walk_result *result,
                      struct err *err)
{
    struct walk_result made = {.chunk.id = *id};
    struct walk walk = {
        .run = id->run, .run_known = id->run != 0, .found = found, .result = &made};
    bool done = false;
    bytes_init(&made.numbers, NUMBERS_BYTES);
    if (!window_init(&walk.window, fd, name, err))
        return false;
    walk.seen = mem_new(WALK_EVENTS / 64, sizeof *walk.seen);
    walk.first = mem_grow(NULL, WALK_EVENTS, sizeof *walk.first); /* no zeros needed */
    if (walk.window.file_size == 0)
        (void)err_set(err, E_RAW_EMPTY, "%s: the file is empty", name);
    else if (walk_events(&walk, err)) {
        done = made.segment_count > 0 ? numbers_close(&walk, err) : refuse(&walk, err);
        if (done)
            sum_up(&walk);
    }
    free(walk.seen);
    free(walk.first);
    window_release(&walk.window);
    if (done)
        *result = made;
    else
        walk_result_release(&made);
    return done;
}

bool walk_fd(int fd, const char *name, const struct chunk_id *id,
             struct walk_result *result, struct err *err)
{
    return walk_open(fd, name, id, NULL, result, err);
}

static bool walk_path(const char *path, const struct chunk_id *id,
                      const struct walk_result *found, struct walk_result *result,
                      struct err *err)
{
    int fd;
    uint64_t size;
    if (!disk_open_read(path, &fd, &size, err))
        return false;
    bool done = walk_open(fd, path, id, found, result, err);
    (void)close(fd);
    return done;
}

bool walk_chunk(const char *path, const struct chunk_id *id, struct walk_result *result,
                struct err *err)
{
    return walk_path(path, id, NULL, result, err);
}

bool walk_again(const char *path, const struct walk_result *found,
                struct walk_result *result, struct err *err)
{
    return walk_path(path, &found->chunk.id, found, result, err);
}

void walk_result_release(struct walk_result *result)
{
    free(result->segments);
    free(result->damage);
    free(result->burst_ends);
    bytes_release(&result->numbers);
    *result = (struct walk_result){.segments = NULL};
}
