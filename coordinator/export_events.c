/* export_events.c - wanted columns and entries of a file as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/export_events.h"

#include <string.h>

#include "base/text.h"
#include "coordinator/export_text.h"

/* "A-B" or "A-": from A, up to and with B. */
static bool entries_parse(const char *text, struct event_file *file, struct err *err)
{
    char first[24];
    const char *dash = strchr(text, '-');
    size_t size = dash == NULL ? strlen(text) : (size_t)(dash - text);
    uint64_t last = UINT64_MAX - 1;
    if (dash == NULL || size >= sizeof first)
        return err_set(err, E_USAGE, "--entries wants A-B, not \"%.60s\"", text);
    memcpy(first, text, size);
    first[size] = 0;
    if (!text_to_u64(first, UINT64_MAX - 1, &file->from, err) ||
        (dash[1] != 0 && !text_to_u64(dash + 1, UINT64_MAX - 1, &last, err)))
        return err_wrap(err, "--entries");
    file->to = last + 1;
    return file->from < file->to ||
           err_set(err, E_USAGE, "--entries %s: the last is before the first", text);
}

bool export_events(const char *path, const struct export_options *options,
                   struct err *err)
{
    struct event_file file;
    if (!event_file_open(&file, path, err))
        return false;
    bool done = event_file_want(&file, options->columns, err) &&
                (options->entries == NULL || entries_parse(options->entries, &file, err));
    if (done)
        done = options->csv ? export_csv(&file, err) : export_json(&file, err);
    event_file_close(&file);
    return done;
}
