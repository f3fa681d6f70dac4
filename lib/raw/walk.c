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
#include "raw/walk_book.h"
#include "raw/walk_head.h"
#include "raw/window.h"

#define NOWHERE UINT64_MAX

struct walk {
    struct window window;
    uint32_t run;
    bool run_known;
    uint32_t foreign_run; /* of the first sane header of another run, 0 none */
    uint32_t version;     /* of the first header of an unknown layout, 0 none */
    bool super;           /* a file of super-events: others are pieces of these */
    uint64_t accounted;   /* bytes before are in the checksum of their segment */
    uint64_t owed;        /* bytes before and not accounted are of the current segment */
    struct walk_book book;
    struct walk_head
        ahead;         /* the event that was found last, and where: asked again soon */
    uint64_t ahead_at; /* NOWHERE: none */
};

/* Is there an event at `at`? Remembers what stands in the way of the first one. */
static bool head_at(struct walk *walk, uint64_t at, struct walk_head *head, bool *found,
                    struct err *err)
{
    const uint8_t *p;
    uint64_t left = walk->window.file_size - at;
    size_t size = left < WALK_HEAD_SEEN ? (size_t)left : WALK_HEAD_SEEN;
    *found = at == walk->ahead_at;
    if (*found)
        *head = walk->ahead;
    if (*found || size < WALK_HEAD_LEAST)
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
    if (*found) {
        walk->ahead = *head;
        walk->ahead_at = at;
    }
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
    struct segment *segment = walk_book_segment(&walk->book);
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
    const uint64_t upto = at + WALK_HEAD_SEEN;
    if (upto <= window->at + window->size || upto > window->file_size ||
        window_left(window, walk->accounted) == 0)
        return true;
    if (walk->book.result->segment_count > 0 && !account(walk, err))
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

/* One good event at `at`, with the damage that was passed over before it. */
static bool event_take(struct walk *walk, uint64_t at, const struct walk_head *head,
                       struct walk_damage *gap, struct err *err)
{
    struct walk_book *book = &walk->book;
    gap->length = at - gap->offset;
    gap->after = (struct walk_event){
        .known = true, .spill = head->spill, .event = head->event, .type = head->type};
    if (book->result->segment_count == 0 &&
        !walk_book_open(book, head->spill, walk->accounted, err))
        return false;
    walk->owed = at;
    if (gap->length > 0)
        walk_book_gap(book, gap);
    if (walk_book_segment(book)->spill != head->spill &&
        (!account(walk, err) || !walk_book_open(book, head->spill, walk->accounted, err)))
        return false;
    if (!owe(walk, at + head->size, err))
        return false;
    if (walk_book_is_elsewhere(book, head))
        walk_book_elsewhere(book, at, head);
    else
        walk_book_event(book, at, head);
    return true;
}

/* An event whose number was there before is passed over, as a gap of its own. */
static bool repeated_pass(struct walk *walk, uint64_t at, const struct walk_head *head,
                          struct walk_damage *gap, struct err *err)
{
    struct walk_book *book = &walk->book;
    bool same;
    if (!window_compare(&walk->window, book->first[head->event], at, head->size, &same,
                        err))
        return false;
    gap->length = at - gap->offset;
    if (gap->length > 0)
        walk_book_gap(book, gap);
    walk_book_gap(
        book, &(struct walk_damage){.damage = same ? DAMAGE_REPEATED : DAMAGE_CONFLICT,
                                    .offset = at,
                                    .length = head->size,
                                    .before = book->last});
    return owe(walk, at + head->size, err);
}

/* What stands at `at` is no event: how is that called? */
static bool gap_name(struct walk *walk, uint64_t at, struct walk_damage *gap,
                     struct err *err)
{
    const uint8_t *p;
    uint64_t left = walk->window.file_size - at;
    size_t size = left < WALK_HEAD_SEEN ? (size_t)left : WALK_HEAD_SEEN;
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
        if (walk_book_seen(&walk->book, &head) ? !repeated_pass(walk, at, &head, gap, err)
                                               : !event_take(walk, at, &head, gap, err))
            return false;
        *gap = (struct walk_damage){.offset = *next, .before = walk->book.last};
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
    walk->book.result->super = walk->super;
    walk->ahead_at = NOWHERE; /* found by other rules */
    while (at < file_end)
        if (!step(walk, at, &gap, &at, err))
            return false;
    if (walk->book.result->segment_count == 0)
        return true;
    gap.length = file_end - gap.offset;
    if (gap.length > 0)
        walk_book_gap(&walk->book, &gap);
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

/* `found` as in walk_again(), or NULL. */
static bool walk_open(int fd, const char *name, const struct chunk_id *id,
                      const struct walk_result *found, struct walk_result *result,
                      struct err *err)
{
    struct walk_result made = {.chunk.id = *id};
    struct walk walk = {.run = id->run, .run_known = id->run != 0, .ahead_at = NOWHERE};
    bool done = false;
    if (!window_init(&walk.window, fd, name, err))
        return false;
    walk_book_init(&walk.book, name, found, &made);
    if (walk.window.file_size == 0)
        (void)err_set(err, E_RAW_EMPTY, "%s: the file is empty", name);
    else if (walk_events(&walk, err))
        done = made.segment_count == 0
                   ? refuse(&walk, err)
                   : walk_book_close(&walk.book, walk.run, walk.window.file_size, err);
    walk_book_release(&walk.book);
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
