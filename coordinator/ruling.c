/* ruling.c - a manager's word on segments of a campaign as lines of JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/ruling.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

#define RULINGS_LIMIT  ((size_t)64 << 20)
#define RULINGS_MEMORY ((size_t)1 << 30)
#define RULING_NAME    32

static const char *const names[] = {[RULING_CLOSE] = "close",
                                    [RULING_RECOVER] = "recover",
                                    [RULING_SKIP] = "skip",
                                    [RULING_UNSKIP] = "unskip"};

static bool is_of_event(enum ruling_kind kind)
{
    return kind == RULING_SKIP || kind == RULING_UNSKIP;
}

bool ruling_word(const char *option, const char *word, char *out, size_t size,
                 struct err *err)
{
    if (word == NULL || word[0] == 0)
        return err_set(err, E_USAGE, "--%s is needed: it is recorded", option);
    for (const char *c = word; *c != 0; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return err_set(err, E_USAGE, "--%s: a control character", option);
    if (strlen(word) >= size)
        return err_set(err, E_USAGE, "--%s: more than %zu bytes", option, size - 1);
    memcpy(out, word, strlen(word) + 1);
    return true;
}

static void text_name(uint32_t campaign, char out[RULING_NAME])
{
    (void)snprintf(out, RULING_NAME, "rulings/%" PRIu32, campaign);
}

/* Segments as [first, count, first, count, ...]: a lost chunk is one pair. */
static void put_segments(struct json_writer *json, const struct ruling *ruling)
{
    json_open_array(json, "segments");
    for (uint32_t i = 0, end; i < ruling->segment_count; i = end) {
        for (end = i + 1; end < ruling->segment_count &&
                          ruling->segments[end] == ruling->segments[end - 1] + 1;)
            end++;
        json_put_u64(json, NULL, ruling->segments[i]);
        json_put_u64(json, NULL, end - i);
    }
    json_close_array(json);
}

bool ruling_add(struct catalog_txn *txn, uint32_t campaign, const struct ruling *ruling,
                struct err *err)
{
    char name[RULING_NAME];
    struct bytes text;
    struct json_writer json;
    text_name(campaign, name);
    bytes_init(&text, RULINGS_LIMIT);
    bool done = catalog_get_text(txn, name, &text, err) != LOOKUP_FAILED;
    if (done) {
        json_begin(&json, &text);
        json_open_object(&json, NULL);
        json_put_text(&json, "ruling", names[ruling->kind]);
        json_put_text(&json, "by", ruling->by);
        json_put_text(&json, "reason", ruling->reason);
        json_put_i64(&json, "unix_s", ruling->unix_s);
        if (is_of_event(ruling->kind)) {
            json_put_u64(&json, "event", ruling->event);
            json_put_u64(&json, "type", ruling->type);
        }
        put_segments(&json, ruling);
        json_close_object(&json);
        done = json_end(&json, err) && text_add(&text, "\n", err) &&
               catalog_put_text(txn, name, text.data, text.size, err);
    }
    bytes_release(&text);
    return done;
}

static bool kind_read(const char *word, enum ruling_kind *kind)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(word, names[i]) == 0) {
            *kind = (enum ruling_kind)i;
            return true;
        }
    return false;
}

/* Pairs into numbers. */
static bool segments_read(const struct json *pairs, struct arena *arena,
                          struct ruling *ruling)
{
    struct err err;
    uint64_t total = 0;
    void *memory;
    size_t count = json_count(pairs);
    for (size_t i = 0; i + 1 < count; i += 2) {
        int64_t first, length;
        if (!json_i64(json_at(pairs, i), &first) ||
            !json_i64(json_at(pairs, i + 1), &length) || first < 0 || length <= 0 ||
            first > UINT32_MAX || length > UINT32_MAX - first)
            return false;
        total += (uint64_t)length;
    }
    if (count % 2 != 0 || total > UINT32_MAX ||
        !arena_take(arena, (size_t)total, sizeof(uint32_t), &memory, &err))
        return false;
    uint32_t *numbers = memory;
    for (size_t i = 0; i < count; i += 2) {
        int64_t first = 0, length = 0;
        (void)json_i64(json_at(pairs, i), &first);
        (void)json_i64(json_at(pairs, i + 1), &length);
        for (int64_t k = 0; k < length; k++)
            numbers[ruling->segment_count++] = (uint32_t)(first + k);
    }
    ruling->segments = numbers;
    return true;
}

static bool event_read(const struct json *line, struct ruling *ruling)
{
    int64_t event, type;
    if (!is_of_event(ruling->kind))
        return true;
    if (!json_i64(json_get(line, "event"), &event) || event < 0 || event > UINT32_MAX ||
        !json_i64(json_get(line, "type"), &type) || type < 0 || type >= EVENT_TYPES)
        return false;
    ruling->event = (uint32_t)event;
    ruling->type = (uint32_t)type;
    return true;
}

static bool line_read(const struct json *line, struct arena *arena, struct ruling *ruling)
{
    const char *kind, *by, *reason;
    struct err err;
    *ruling = (struct ruling){.unix_s = 0};
    return json_text(json_get(line, "ruling"), &kind) && kind_read(kind, &ruling->kind) &&
           json_text(json_get(line, "by"), &by) &&
           text_copy(ruling->by, sizeof ruling->by, by, &err) &&
           json_text(json_get(line, "reason"), &reason) &&
           text_copy(ruling->reason, sizeof ruling->reason, reason, &err) &&
           json_i64(json_get(line, "unix_s"), &ruling->unix_s) &&
           event_read(line, ruling) && json_is_array(json_get(line, "segments")) &&
           segments_read(json_get(line, "segments"), arena, ruling);
}

static bool lines_read(struct rulings *rulings, const char *name,
                       const struct bytes *text, struct err *err)
{
    size_t room = 0;
    for (size_t at = 0, end; at < text->size; at = end + 1) {
        struct json *line;
        for (end = at; end < text->size && text->data[end] != '\n';)
            end++;
        if (!json_parse(text->data + at, end - at, name, &line, err))
            return false;
        if (rulings->count == room) {
            room = room == 0 ? 8 : 2 * room;
            rulings->list = mem_grow(rulings->list, room, sizeof *rulings->list);
        }
        bool good = line_read(line, &rulings->arena, &rulings->list[rulings->count]);
        json_free(line);
        if (!good)
            return err_set(err, E_CATALOG_DAMAGED, "%s: line %zu is no ruling", name,
                           rulings->count + 1);
        rulings->count++;
    }
    return true;
}

bool rulings_read(struct rulings *rulings, struct catalog_txn *txn, uint32_t campaign,
                  struct err *err)
{
    char name[RULING_NAME];
    struct bytes text;
    *rulings = (struct rulings){.count = 0};
    arena_init(&rulings->arena, RULINGS_MEMORY);
    text_name(campaign, name);
    bytes_init(&text, RULINGS_LIMIT);
    bool done = catalog_get_text(txn, name, &text, err) != LOOKUP_FAILED &&
                lines_read(rulings, name, &text, err);
    bytes_release(&text);
    if (!done)
        rulings_release(rulings);
    return done;
}

void rulings_release(struct rulings *rulings)
{
    arena_release(&rulings->arena);
    free(rulings->list);
    *rulings = (struct rulings){.count = 0};
}

static int number_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static bool names_segment(const struct ruling *ruling, uint32_t segment)
{
    return ruling->segment_count > 0 &&
           bsearch(&segment, ruling->segments, ruling->segment_count,
                   sizeof *ruling->segments, number_compare) != NULL;
}

const struct ruling *rulings_last(const struct rulings *rulings, uint32_t segment)
{
    for (size_t i = rulings->count; i-- > 0;) {
        const struct ruling *ruling = &rulings->list[i];
        if (!is_of_event(ruling->kind) && names_segment(ruling, segment))
            return ruling;
    }
    return NULL;
}

const struct ruling *rulings_last_event(const struct rulings *rulings, uint32_t segment,
                                        uint32_t event)
{
    for (size_t i = rulings->count; i-- > 0;) {
        const struct ruling *ruling = &rulings->list[i];
        if (is_of_event(ruling->kind) && ruling->event == event &&
            names_segment(ruling, segment))
            return ruling;
    }
    return NULL;
}
