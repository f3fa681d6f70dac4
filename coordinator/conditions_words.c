/* conditions_words.c - runs and moments as words of a command.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_words.h"

#include "base/text.h"
#include "model/run.h"

bool words_runs(const char *text, uint32_t *first, uint32_t *last, struct err *err)
{
    char copy[32];
    uint64_t from = 0, to = 0;
    if (!text)
        return err_set(err, E_USAGE, "--runs FIRST-LAST is missing");
    if (!text_copy(copy, sizeof copy, text, err))
        return false;
    char *dash = strchr(copy, '-');
    if (dash)
        *dash++ = '\0';
    if (!text_to_u64(copy, RUN_MAXIMUM, &from, err) ||
        !text_to_u64(dash ? dash : copy, RUN_MAXIMUM, &to, err))
        return err_wrap(err, "--runs");
    *first = (uint32_t)from;
    *last = (uint32_t)to;
    return from <= to ||
           err_set(err, E_USAGE, "--runs %s: the last is before the first", text);
}

/* *has_spill tells whether a spill was named. */
static bool moment_read(const char *text, struct moment *moment, bool *has_spill,
                        struct err *err)
{
    char copy[32];
    uint64_t run = 0, spill = 0;
    if (!text_copy(copy, sizeof copy, text, err))
        return false;
    char *slash = strchr(copy, '/');
    if (slash)
        *slash++ = '\0';
    if (!text_to_u64(copy, RUN_MAXIMUM, &run, err) ||
        (slash && !text_to_u64(slash, UINT32_MAX, &spill, err)))
        return err_wrap(err, "RUN[/SPILL]");
    *moment = (struct moment){(int64_t)run, (int64_t)spill};
    *has_spill = slash != NULL;
    return true;
}

bool words_moment(const char *text, struct moment *moment, struct err *err)
{
    bool has_spill = false;
    return moment_read(text, moment, &has_spill, err);
}

/* The moment behind the last one that is meant. */
static struct moment moment_behind(struct moment last, bool has_spill)
{
    return has_spill ? (struct moment){last.run, last.spill + 1}
                     : (struct moment){last.run + 1, 0};
}

bool words_interval(const char *text, struct interval *interval, struct err *err)
{
    char copy[64];
    bool has_spill = false;
    struct moment last = {0};
    if (!text)
        return err_set(err, E_USAGE, "--runs FIRST-LAST or FIRST- is missing");
    if (!text_copy(copy, sizeof copy, text, err))
        return false;
    char *dash = strchr(copy, '-');
    if (dash)
        *dash++ = '\0';
    if (!moment_read(copy, &interval->start, &has_spill, err))
        return err_wrap(err, "--runs");
    last = interval->start;
    if (dash && *dash == '\0') {
        interval->end = MOMENT_OPEN;
        return true;
    }
    if (dash && !moment_read(dash, &last, &has_spill, err))
        return err_wrap(err, "--runs");
    interval->end = moment_behind(last, has_spill);
    return !interval_is_empty(*interval) ||
           err_set(err, E_USAGE, "--runs %s: the last is before the first", text);
}
