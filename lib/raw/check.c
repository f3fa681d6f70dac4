/* check.c - what is regular in a file, and every place that is not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "model/segment.h"
#include "raw/walk_event.h"

/* One event in the second round. */
struct round {
    struct check *check;
    const struct date_event *event;
    struct walk_sum sum;          /* of the pieces that the decoder's code sees */
    uint64_t sources[CHECK_MASK]; /* that are there, or known to be damaged */
    bool unknown;                 /* a piece without known source is lost */
};

void check_init(struct check *check, const struct map_chips *maps)
{
    *check = (struct check){.walk = NULL};
    check->sums = mem_new(DAMAGE_CLASS_COUNT, sizeof *check->sums);
    check->chips = mem_new(1, sizeof *check->chips);
    check_chips_init(check->chips, maps);
    numbers_init(&check->numbers);
}

void check_start(struct check *check, const struct walk_result *walk)
{
    const struct check before = *check;
    free(before.gap_missing);
    *check = (struct check){.walk = walk,
                            .places = before.places,
                            .room = before.room,
                            .sums = before.sums,
                            .chips = before.chips,
                            .numbers = before.numbers};
    memset(check->sums, 0, DAMAGE_CLASS_COUNT * sizeof *check->sums);
    check->gap_missing = mem_new(walk->damage_listed, sizeof *check->gap_missing);
    check_chips_start(check->chips);
    numbers_start(&check->numbers);
}

void check_release(struct check *check)
{
    numbers_release(&check->numbers);
    if (check->chips != NULL)
        check_chips_release(check->chips);
    free(check->chips);
    free(check->places);
    free(check->sums);
    free(check->gap_missing);
    *check = (struct check){.walk = NULL};
}

static void place_add(struct check *check, const struct check_place *place)
{
    struct check_sum *sum = &check->sums[place->damage][place->source];
    sum->places++;
    sum->loss += place->loss;
    check->total++;
    if (check->listed == CHECK_PLACES)
        return;
    if (check->listed == check->room) {
        check->room = check->room == 0 ? 64 : 2 * check->room;
        check->places = mem_grow(check->places, check->room, sizeof *place);
    }
    check->places[check->listed++] = *place;
}

static void source_set(uint64_t mask[CHECK_MASK], uint32_t source)
{
    mask[source / 64] |= (uint64_t)1 << source % 64;
}

/* 0 and 1 for the kinds of events, 2 for records. */
static uint32_t kind_of(const struct date_header *header)
{
    if (!event_type_is_event(header->type))
        return CHECK_KINDS;
    return header->type == EVENT_PHYSICS ? 0 : 1;
}

void check_learn(struct check *check, const struct date_event *event)
{
    uint32_t kind = kind_of(&event->header);
    uint64_t here[CHECK_MASK] = {0};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    numbers_learn(&check->numbers, &event->header);
    if (kind == CHECK_KINDS)
        return;
    check->events[kind]++;
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
        if (found == LOOKUP_FOUND) {
            source_set(here, block.source);
            check_chips_learn(check->chips, &block);
        }
    for (uint32_t i = 0; i < CHECK_MASK; i++)
        for (uint64_t left = here[i]; left != 0; left &= left - 1)
            check->with[kind][64 * i + (uint32_t)__builtin_ctzll(left)]++;
}

/* A place inside of the event that is shown. */
static void inside_add(struct check *check, const struct damage_place *place)
{
    place_add(check,
              &(struct check_place){.damage = place->damage,
                                    .source = place->source,
                                    .offset = check->shown_at +
                                              (uint64_t)(place->at - check->shown_data),
                                    .length = place->length,
                                    .loss = place->loss,
                                    .before = check->shown,
                                    .after = check->shown});
    check->lost_inside += place->loss;
}

/* Something about the whole event, by which nothing is lost. */
static void event_mark(struct round *round, enum damage_class damage, uint32_t source)
{
    inside_add(round->check, &(struct damage_place){.damage = damage,
                                                    .source = source,
                                                    .at = round->event->data,
                                                    .length = round->event->header.size});
}

static void places_add(struct check *check, const struct damage_place *places,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        inside_add(check, &places[i]);
}

static void block_found(struct round *round, const struct slink_block *block)
{
    enum { MARKS = 8 };

    struct check *check = round->check;
    struct damage_place places[MARKS];
    struct damage_log log = {.places = places, .room = MARKS};
    const uint8_t *at = block->words - 4 * (size_t)SLINK_HEADER_WORDS;
    size_t length = 4 * ((size_t)block->count + SLINK_HEADER_WORDS);
    walk_sum_add(&round->sum,
                 &(struct walk_piece){.source = block->source,
                                      .offset = (size_t)(at - round->event->data),
                                      .length = length});
    source_set(round->sources, block->source);
    check->first_of_run += (block->format & SLINK_FIRST_OF_RUN) != 0;
    slink_block_marks(block, &log);
    if (check->chips->maps != NULL && !map_chips_know(check->chips->maps, block))
        damage_note(&log, &(struct damage_place){.damage = DAMAGE_SOURCE_UNKNOWN,
                                                 .source = block->source,
                                                 .at = at,
                                                 .length = (uint32_t)length});
    places_add(check, places, log.listed);
    places_add(check, check->chips->places, check_chips_look(check->chips, block));
}

static void block_lost(struct round *round, const struct slink_fault *fault)
{
    walk_sum_add(&round->sum, &(struct walk_piece){.lost = true,
                                                   .damage = fault->damage,
                                                   .source = fault->source,
                                                   .offset = fault->offset,
                                                   .length = fault->length});
    if (fault->source < SLINK_SOURCES)
        source_set(round->sources, fault->source);
    else
        round->unknown = true;
    inside_add(round->check,
               &(struct damage_place){.damage = fault->damage,
                                      .source = fault->source,
                                      .at = round->event->data + fault->offset,
                                      .length = (uint32_t)fault->length,
                                      .loss = (uint32_t)fault->length});
}

/* The same event by the walker's code. */
static void round_compare(struct round *round)
{
    struct walk_sum walked = {.blocks = 0};
    walk_event_pieces(round->event->data, round->event->header.size, &walked);
    round->check->disagreements += !walk_sum_equal(&walked, &round->sum);
}

/* A source is regular when more than half of the events of a kind have it. What a lost
 * piece without a name was is not told twice. */
static void sources_missing(struct round *round)
{
    const struct check *check = round->check;
    uint32_t kind = kind_of(&round->event->header);
    if (kind == CHECK_KINDS || round->unknown)
        return;
    for (uint32_t source = 0; source < SLINK_SOURCES; source++)
        if (2 * check->with[kind][source] > check->events[kind] &&
            (round->sources[source / 64] >> source % 64 & 1) == 0)
            event_mark(round, DAMAGE_SOURCE_MISSING, source);
}

static void header_marks(struct round *round)
{
    const struct date_header *header = &round->event->header;
    if (!date_type_known(header))
        event_mark(round, DAMAGE_EVENT_TYPE, SLINK_SOURCES);
    if (header->bad || date_is_format_error(header))
        event_mark(round, DAMAGE_EVENT_FLAGS, SLINK_SOURCES);
}

/* Index of the walker's first gap between two offsets; damage_listed: none. */
static size_t gap_between(const struct walk_result *walk, uint64_t from, uint64_t to)
{
    size_t low = 0, high = walk->damage_listed;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (walk->damage[middle].offset > from)
            high = middle;
        else
            low = middle + 1;
    }
    while (low < walk->damage_listed && walk->damage[low].offset < to &&
           walk->damage[low].damage == DAMAGE_REPEATED)
        low++;
    bool found = low < walk->damage_listed && walk->damage[low].offset < to;
    return found ? low : walk->damage_listed;
}

/* A gap explains the numbers that are missing over it. */
static void numbers_told(void *user, const struct numbers_found *found)
{
    struct check *check = user;
    size_t gap = gap_between(check->walk, found->from, found->offset);
    check->missing += found->missing;
    if (gap < check->walk->damage_listed && found->damage != DAMAGE_EVENT_ORDER)
        check->gap_missing[gap] += found->missing;
    else
        place_add(check, &(struct check_place){.damage = found->damage,
                                               .source = SLINK_SOURCES,
                                               .offset = found->offset,
                                               .missing = found->missing,
                                               .before = found->before,
                                               .after = found->after});
}

void check_event(struct check *check, const struct date_event *event, uint64_t offset)
{
    const struct date_header *header = &event->header;
    struct round round = {.check = check, .event = event};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    if (check->good_bytes == 0) {
        numbers_settle(&check->numbers);
        check_chips_settle(check->chips);
    }
    check->good_bytes += header->size;
    check->shown = (struct walk_event){.known = true,
                                       .spill = header->spill,
                                       .event = header->event,
                                       .type = header->type};
    check->shown_at = offset;
    check->shown_data = event->data;
    numbers_show(&check->numbers, header, offset, numbers_told, check);
    header_marks(&round);
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
        if (found == LOOKUP_FOUND)
            block_found(&round, &block);
        else
            block_lost(&round, &fault);
    sources_missing(&round);
    round_compare(&round);
}

static int place_compare(const void *left, const void *right)
{
    const struct check_place *a = left, *b = right;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    if (a->damage != b->damage)
        return a->damage < b->damage ? -1 : 1;
    return a->source < b->source ? -1 : a->source > b->source;
}

void check_finish(struct check *check)
{
    const struct walk_result *walk = check->walk;
    numbers_finish(&check->numbers, numbers_told, check);
    for (size_t i = 0; i < walk->damage_listed; i++) {
        const struct walk_damage *damage = &walk->damage[i];
        place_add(check, &(struct check_place){.damage = damage->damage,
                                               .source = SLINK_SOURCES,
                                               .offset = damage->offset,
                                               .length = damage->length,
                                               .loss = damage->length,
                                               .missing = check->gap_missing[i],
                                               .before = damage->before,
                                               .after = damage->after});
    }
    check->total += walk->chunk.damage_count - walk->damage_listed;
    if (check->listed > 0)
        qsort(check->places, check->listed, sizeof *check->places, place_compare);
}
