/* select.c - run x selection.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/select.h"

#include <string.h>

#include "base/text.h"

static const char *const reason_names[SELECT_REASONS] = {
    "taken", "run",    "period",  "setup",    "particle",
    "type",  "origin", "quality", "synthetic"};

const char *select_reason_name(enum select_reason reason)
{
    return reason_names[reason];
}

static bool number_in(const struct selection *selection, uint32_t number)
{
    for (uint32_t i = 0; i < selection->run_count; i++)
        if (number >= selection->runs[i].first && number <= selection->runs[i].last)
            return true;
    return selection->run_count == 0;
}

static bool word_in(const struct select_words *words, const char *word)
{
    for (uint32_t i = 0; i < words->count; i++)
        if (strcmp(words->list[i], word) == 0)
            return true;
    return words->count == 0;
}

bool run_range_read(const char *word, struct run_range *range, struct err *err)
{
    char first[16];
    struct err inner;
    uint64_t from;
    uint64_t to;
    const char *dash = strchr(word, '-');
    size_t length = dash == NULL ? strlen(word) : (size_t)(dash - word);
    if (length < sizeof first) {
        memcpy(first, word, length);
        first[length] = 0;
        if (text_to_u64(first, RUN_MAXIMUM, &from, &inner) &&
            text_to_u64(dash == NULL ? first : dash + 1, RUN_MAXIMUM, &to, &inner) &&
            from <= to) {
            *range = (struct run_range){(uint32_t)from, (uint32_t)to};
            return true;
        }
    }
    return err_set(err, E_USAGE, "\"%.40s\": expected RUN or FIRST-LAST", word);
}

enum select_reason selection_takes(const struct selection *selection,
                                   const struct run *run)
{
    if (!number_in(selection, run->number))
        return SELECT_NUMBER;
    if (!word_in(&selection->periods, run->period))
        return SELECT_PERIOD;
    if (!word_in(&selection->setups, run->setup))
        return SELECT_SETUP;
    if (!word_in(&selection->particles, run->particle))
        return SELECT_PARTICLE;
    if ((selection->types & 1u << run->type) == 0)
        return SELECT_TYPE;
    if ((selection->origins & 1u << run->origin) == 0)
        return SELECT_ORIGIN;
    if ((selection->qualities & 1u << run->quality) == 0)
        return SELECT_QUALITY;
    if (run->synthetic && !selection->synthetic)
        return SELECT_SYNTHETIC;
    return SELECT_TAKEN;
}
