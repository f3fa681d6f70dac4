/* select.c - run x selection.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/select.h"

#include <string.h>

static const char *const reason_names[SELECT_REASONS] = {
    "taken", "run", "period", "setup", "particle", "type", "origin", "quality"};

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
    return SELECT_TAKEN;
}
