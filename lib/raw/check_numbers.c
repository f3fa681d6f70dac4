/* check_numbers.c - steps, jumps and the end of a burst.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/check_numbers.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "model/segment.h"

/* Spill numbers have 12 bits: behind the last eighth they may begin again. */
#define SPILL_EIGHTH (DATE_SPILL_LIMIT / 8)

static struct walk_event event_of(const struct date_header *header)
{
    return (struct walk_event){.known = true,
                               .spill = header->spill,
                               .event = header->event,
                               .type = header->type};
}

void numbers_init(struct check_numbers *numbers)
{
    *numbers = (struct check_numbers){.step = 0};
    numbers->seen = mem_new(DATE_EVENT_LIMIT / 64, sizeof *numbers->seen);
}

void numbers_start(struct check_numbers *numbers)
{
    const struct check_numbers before = *numbers;
    *numbers = (struct check_numbers){
        .jumps = before.jumps, .jump_room = before.jump_room, .seen = before.seen};
    memset(numbers->seen, 0, DATE_EVENT_LIMIT / 64 * sizeof *numbers->seen);
}

void numbers_release(struct check_numbers *numbers)
{
    free(numbers->jumps);
    free(numbers->seen);
    *numbers = (struct check_numbers){.step = 0};
}

void numbers_learn(struct check_numbers *numbers, const struct date_header *header)
{
    struct walk_event now = event_of(header);
    const struct walk_event *last = &numbers->learned;
    if (!event_type_is_event(header->type))
        return;
    if (last->known && last->spill == now.spill) {
        uint32_t distance = now.event > last->event ? now.event - last->event : 0;
        numbers->distance[distance <= NUMBERS_STEPS ? distance : 0]++;
    }
    numbers->learned = now;
}

void numbers_settle(struct check_numbers *numbers)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i <= NUMBERS_STEPS; i++)
        all += numbers->distance[i];
    for (uint32_t i = 1; i <= NUMBERS_STEPS; i++)
        if (all > 0 && 4 * numbers->distance[i] >= 3 * all)
            numbers->step = i;
}

static bool seen_already(const struct check_numbers *numbers, uint32_t event)
{
    return (numbers->seen[event / 64] >> event % 64 & 1) != 0;
}

static void jump_add(struct check_numbers *numbers, const struct numbers_jump *jump)
{
    if (numbers->jump_count == NUMBERS_JUMPS)
        return;
    if (numbers->jump_count == numbers->jump_room) {
        numbers->jump_room = numbers->jump_room == 0 ? 64 : 2 * numbers->jump_room;
        numbers->jumps = mem_grow(numbers->jumps, numbers->jump_room, sizeof *jump);
    }
    numbers->jumps[numbers->jump_count++] = *jump;
}

/* The spill is over: what was jumped over and did not come later is missing. */
static void spill_close(struct check_numbers *numbers, numbers_tell *tell, void *user)
{
    for (size_t i = 0; i < numbers->jump_count; i++) {
        const struct numbers_jump *jump = &numbers->jumps[i];
        struct numbers_found found = {.damage = DAMAGE_EVENT_MISSING,
                                      .from = jump->from,
                                      .offset = jump->offset,
                                      .before = jump->before,
                                      .after = jump->after};
        for (uint32_t n = jump->first; n < jump->after.event; n += numbers->step)
            found.missing += !seen_already(numbers, n);
        if (found.missing > 0)
            tell(user, &found);
    }
    numbers->jump_count = 0;
    numbers->highest.known = false;
    memset(numbers->seen, 0, DATE_EVENT_LIMIT / 8);
}

/* Does this spill number come too late? */
static bool spill_backwards(uint32_t last, uint32_t now)
{
    bool again = last >= DATE_SPILL_LIMIT - SPILL_EIGHTH && now < SPILL_EIGHTH;
    return now < last && !again;
}

/* The first event of a spill: numbers begin with 0 or 1, or with a builder's turn. */
static void spill_begin(struct check_numbers *numbers, const struct walk_event *now,
                        uint64_t offset)
{
    const struct walk_event *start = &numbers->start;
    if (start->known && start->spill == now->spill && numbers->step > 0 &&
        now->event > numbers->step)
        jump_add(numbers,
                 &(struct numbers_jump){.from = numbers->start_at,
                                        .offset = offset,
                                        .first = (now->event - 1) % numbers->step + 1,
                                        .before = *start,
                                        .after = *now});
}

static void event_show(struct check_numbers *numbers, const struct walk_event *now,
                       uint64_t offset, numbers_tell *tell, void *user)
{
    struct walk_event *highest = &numbers->highest;
    bool spill_late =
        numbers->last.known && spill_backwards(numbers->last.spill, now->spill);
    bool late = highest->known && now->event < highest->event &&
                !seen_already(numbers, now->event);
    if (late || spill_late)
        tell(user, &(struct numbers_found){.damage = DAMAGE_EVENT_ORDER,
                                           .from = offset,
                                           .offset = offset,
                                           .before = numbers->last,
                                           .after = *now});
    if (!highest->known)
        spill_begin(numbers, now, offset);
    else if (numbers->step > 0 && now->event > highest->event &&
             now->event - highest->event > numbers->step)
        jump_add(numbers, &(struct numbers_jump){.from = numbers->highest_at,
                                                 .offset = offset,
                                                 .first = highest->event + numbers->step,
                                                 .before = *highest,
                                                 .after = *now});
    numbers->seen[now->event / 64] |= (uint64_t)1 << now->event % 64;
    if (!highest->known || now->event >= highest->event) {
        *highest = *now;
        numbers->highest_at = offset;
    }
    numbers->last = *now;
}

void numbers_show(struct check_numbers *numbers, const struct date_header *header,
                  uint64_t offset, numbers_tell *tell, void *user)
{
    struct walk_event now = event_of(header);
    const struct walk_event *highest = &numbers->highest;
    if (highest->known && highest->spill != now.spill)
        spill_close(numbers, tell, user);
    if (event_type_is_event(header->type)) {
        event_show(numbers, &now, offset, tell, user);
    } else if (header->type == EVENT_START_OF_BURST) {
        numbers->start = now;
        numbers->start_at = offset;
    } else if (header->type == EVENT_END_OF_BURST && highest->known &&
               numbers->step > 0 &&
               (now.event < highest->event || now.event > highest->event + numbers->step))
        tell(user, &(struct numbers_found){.damage = DAMAGE_BURST_COUNT,
                                           .from = numbers->highest_at,
                                           .offset = offset,
                                           .before = *highest,
                                           .after = now});
}

void numbers_finish(struct check_numbers *numbers, numbers_tell *tell, void *user)
{
    spill_close(numbers, tell, user);
}
