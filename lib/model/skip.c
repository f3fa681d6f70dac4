/* skip.c - events of a segment that are not processed, by a manager's word.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/skip.h"

#include "base/text.h"

/* The first place whose event is not smaller. */
static uint32_t place_of(const struct skip_list *list, uint32_t event)
{
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (list->events[middle] < event)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool skip_has(const struct skip_list *list, uint32_t event)
{
    uint32_t place = place_of(list, event);
    return place < list->count && list->events[place] == event;
}

bool skip_add(struct skip_list *list, uint32_t event, bool *added, struct err *err)
{
    uint32_t place = place_of(list, event);
    *added = place == list->count || list->events[place] != event;
    if (!*added)
        return true;
    if (list->count == SKIP_EVENTS)
        return err_set(err, E_LIMIT, "more than %u skipped events in a segment",
                       SKIP_EVENTS);
    for (uint32_t i = list->count++; i > place; i--)
        list->events[i] = list->events[i - 1];
    list->events[place] = event;
    return true;
}

bool skip_remove(struct skip_list *list, uint32_t event)
{
    uint32_t place = place_of(list, event);
    if (!skip_has(list, event))
        return false;
    list->count--;
    for (uint32_t i = place; i < list->count; i++)
        list->events[i] = list->events[i + 1];
    return true;
}

bool skip_text(const struct skip_list *list, struct bytes *out, struct err *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (!text_add_u64(out, list->events[i], err) || !text_add(out, "\n", err))
            return false;
    return true;
}

bool skip_parse(const void *text, size_t size, struct skip_list *list, struct err *err)
{
    const char *at = text;
    const char *end = at + size;
    list->count = 0;
    while (at < end) {
        char word[16];
        uint64_t event = 0;
        struct err inner;
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t length = line == NULL ? sizeof word : (size_t)(line - at);
        bool good = length > 0 && length < sizeof word && list->count < SKIP_EVENTS &&
                    (at[0] != '0' || length == 1);
        if (good) {
            memcpy(word, at, length);
            word[length] = 0;
            good = text_to_u64(word, UINT32_MAX, &event, &inner) &&
                   (list->count == 0 || list->events[list->count - 1] < event);
        }
        if (!good)
            return err_set(err, E_MODEL, "list of skipped events: line %u is wrong",
                           list->count + 1);
        list->events[list->count++] = (uint32_t)event;
        at = line + 1;
    }
    return list->count > 0 || err_set(err, E_MODEL, "list of skipped events: empty");
}
