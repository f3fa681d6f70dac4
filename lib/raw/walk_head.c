/* walk_head.c - event headers by a table of layouts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing here is shared with date.c, on purpose: an error there must not hide itself.
 */
#include "raw/walk_head.h"

#include <string.h>

#include "base/bytes.h"

#define EVENT_MAXIMUM ((uint32_t)64 << 20)
#define SPILLS        (1u << 12)
#define MAGIC_SWAPPED 0xFE5A1EDAu

/* Places of words in bytes. The word at 12 tells the layout. */
struct layout {
    uint32_t low, high;      /* of the word at 12 */
    uint32_t length, longer; /* what the header length may be */
    uint32_t at_length;
    uint32_t at_type, at_run, at_event_in_run;
    uint32_t at_super, or_super, super_bit;
};

static const struct layout layouts[] = {
    /* event.h 2.18: spill at 20, event at 28, words of their own */
    {0, 0xFFFE, 80, 80, 12, 8, 16, 24, 40, 48, 1u << 31},
    /* 3.0 to 3.13: both in the word at 28 */
    {0x30000, 0x3000D, 68, 72, 8, 16, 20, 24, 52, 52, 1u << 4},
    /* 3.14: everything behind the trigger pattern two words later */
    {0x3000E, 0x3000E, 80, 80, 8, 16, 20, 24, 60, 60, 1u << 4},
};

static const struct layout *layout_find(uint32_t version)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (version >= layouts[i].low && version <= layouts[i].high)
            return &layouts[i];
    return NULL;
}

bool walk_head_known(uint32_t version)
{
    return layout_find(version) != NULL;
}

static bool length_good(const uint8_t *p, const struct layout *layout)
{
    uint32_t length = le32_load(p + layout->at_length);
    return length == layout->length || length == layout->longer;
}

/* Does another header begin inside of this one? Its magic is then at most one word
 * behind. The first LOOKED words are looked at together. */
static bool overlapped(const uint8_t *p, size_t left, size_t length)
{
    enum { LOOKED = 16 };

    const size_t end = left >= length + 4 ? length + 4 : length;
    size_t at = 8;
    uint32_t word[LOOKED], magic, found = 0;
    if (end >= at + sizeof word) {
        le32_store(&magic, WALK_MAGIC);
        memcpy(word, p + at, sizeof word);
        for (size_t i = 0; i < LOOKED; i++)
            found |= word[i] == magic;
        at += sizeof word;
    }
    for (; at < end; at += 4)
        found |= le32_load(p + at) == WALK_MAGIC;
    return found != 0;
}

bool walk_head_read(const uint8_t *p, size_t left, struct walk_head *head)
{
    const struct layout *layout = layout_find(le32_load(p + 12));
    if (le32_load(p + 4) != WALK_MAGIC || layout == NULL || !length_good(p, layout) ||
        left < le32_load(p + layout->at_length))
        return false;
    bool old = layout == &layouts[0];
    uint32_t word = le32_load(p + 28);
    *head = (struct walk_head){
        .size = le32_load(p),
        .length = le32_load(p + layout->at_length),
        .version = le32_load(p + 12),
        .type = le32_load(p + layout->at_type) & 0xFFFF,
        .run = le32_load(p + layout->at_run),
        .spill = old ? le32_load(p + 20) : word >> 20,
        .event = old ? word : word & (WALK_EVENTS - 1),
        .event_in_run = le32_load(p + layout->at_event_in_run),
        .super = ((le32_load(p + layout->at_super) | le32_load(p + layout->or_super)) &
                  layout->super_bit) != 0,
        .old = old};
    if (head->size < head->length || head->size % 4 != 0 || head->size > EVENT_MAXIMUM ||
        overlapped(p, left, head->length))
        return false;
    return !old || (head->type >= 1 && head->type <= 10 && head->spill < SPILLS &&
                    head->event < WALK_EVENTS);
}

enum damage_class walk_head_gap(const uint8_t *p, size_t left, uint32_t run)
{
    if (left < WALK_HEAD_LEAST)
        return DAMAGE_TRUNCATED;
    const struct layout *layout = layout_find(le32_load(p + 12));
    uint32_t magic = le32_load(p + 4);
    bool known = layout != NULL && length_good(p, layout);
    int good = (magic == WALK_MAGIC || magic == MAGIC_SWAPPED) + (known ? 1 : 0);
    if (le32_load(p + (layout == &layouts[0] ? 16 : 20)) == run)
        good++;
    if (good < 2)
        return DAMAGE_FOREIGN;
    if (layout == NULL)
        return DAMAGE_EVENT_HEADER;
    return left < (known ? le32_load(p + layout->at_length) : layout->length)
               ? DAMAGE_TRUNCATED
               : DAMAGE_EVENT_HEADER;
}
