/* validity.c - when a payload is valid, as people write it: by runs, or by time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/validity.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "model/run.h"

#define SPILL_MAXIMUM 4095u /* 12 bits in the event header */
#define TIME_FORM     "%Y-%m-%dT%H:%M:%SZ"

/* ---- runs ---- */

/* "RUN" or "RUN/SPILL"; without a spill *whole is true. */
static bool end_read(const char *text, size_t size, struct moment *moment, bool *whole)
{
    char copy[32];
    struct err unused;
    uint64_t run = 0, spill = 0;
    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    char *slash = strchr(copy, '/');
    if (slash)
        *slash++ = '\0';
    if (!text_to_u64(copy, RUN_MAXIMUM, &run, &unused) ||
        (slash && !text_to_u64(slash, SPILL_MAXIMUM, &spill, &unused)))
        return false;
    *moment = (struct moment){(int64_t)run, (int64_t)spill};
    *whole = !slash;
    return true;
}

bool validity_read_runs(const char *text, struct interval *interval, struct err *err)
{
    struct interval made = {.end = MOMENT_OPEN};
    bool whole = false;
    const char *dash = strchr(text, '-');
    size_t first = dash ? (size_t)(dash - text) : strlen(text);
    const char *last = dash ? dash + 1 : text;
    bool good = end_read(text, first, &made.start, &whole);
    if (good && *last) {
        good = end_read(last, strlen(last), &made.end, &whole);
        if (good && whole)
            made.end = (struct moment){made.end.run + 1, 0};
        else if (good)
            made.end.spill++;
    }
    if (!good || interval_is_empty(made))
        return err_set(err, E_VALIDITY,
                       "runs '%.60s' are no FIRST-LAST, FIRST- or RUN/SPILL-RUN/SPILL",
                       text);
    *interval = made;
    return true;
}

bool validity_write_runs(const struct interval *interval, struct bytes *out,
                         struct err *err)
{
    struct moment start = interval->start;
    struct moment end = interval->end;
    if (!text_addf(out, err, "%" PRId64, start.run) ||
        (start.spill > 0 && !text_addf(out, err, "/%" PRId64, start.spill)))
        return false;
    if (moment_compare(end, MOMENT_OPEN) == 0)
        return text_add(out, "-", err);
    if (end.spill == 0)
        return text_addf(out, err, "-%" PRId64, end.run - 1);
    return text_addf(out, err, "-%" PRId64 "/%" PRId64, end.run, end.spill - 1);
}

/* ---- time ---- */

bool validity_read_time(const char *text, int64_t *seconds, struct err *err)
{
    struct tm parts = {0};
    char again[VALIDITY_TIME];
    if (strcmp(text, "open") == 0) {
        *seconds = INT64_MAX;
        return true;
    }
    const char *end = strptime(text, TIME_FORM, &parts);
    if (end && *end == '\0' && strlen(text) == strlen("2018-05-09T12:00:00Z")) {
        int64_t made = timegm(&parts);
        validity_write_time(made, again);
        if (strcmp(again, text) == 0) { /* no 31 February, no second 61 */
            *seconds = made;
            return true;
        }
    }
    return err_set(err, E_VALIDITY, "'%.40s' is no time like 2018-05-09T12:00:00Z", text);
}

void validity_write_time(int64_t seconds, char out[VALIDITY_TIME])
{
    struct tm parts;
    time_t time = seconds;
    if (seconds == INT64_MAX || !gmtime_r(&time, &parts) ||
        strftime(out, VALIDITY_TIME, TIME_FORM, &parts) == 0)
        (void)snprintf(out, VALIDITY_TIME, "open");
}

bool validity_read(const char *name, const char *value, struct validity *validity,
                   struct err *err)
{
    struct validity made = {.known = true, .by_time = strcmp(name, "time") == 0};
    char from[VALIDITY_TIME];
    size_t length = strcspn(value, " ");
    if (validity->known)
        return err_set(err, E_VALIDITY, "runs or time, once");
    if (!made.by_time && !validity_read_runs(value, &made.interval, err))
        return false;
    if (made.by_time && (length >= sizeof from || value[length] != ' '))
        return err_set(err, E_VALIDITY, "time '%.60s' is no 'FROM UNTIL'", value);
    if (made.by_time) {
        memcpy(from, value, length);
        from[length] = '\0';
        if (!validity_read_time(from, &made.from_s, err) ||
            !validity_read_time(value + length + 1, &made.until_s, err))
            return false;
        if (made.from_s >= made.until_s)
            return err_set(err, E_VALIDITY, "time '%.60s' ends before it begins", value);
    }
    *validity = made;
    return true;
}
