/* raw_inspect.c - spillway raw inspect: the summary of a raw file, or one event of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/raw_event.h"
#include "coordinator/raw_summary.h"

#define OUTPUT_LIMIT ((size_t)4 << 30) /* the largest event, a line a word */
#define PARTS        3

/* Which event: the run, spill and event number, or the place in the file. */
struct wanted {
    bool by_offset;
    uint64_t offset;
    uint64_t run, spill, event; /* run: UINT64_MAX any */
};

/* "RUN:SPILL:EVENT", "SPILL:EVENT" or an offset. */
static bool wanted_read(const char *text, struct wanted *wanted, struct err *err)
{
    char copy[64];
    uint64_t part[PARTS];
    size_t count = 0;
    bool good = strlen(text) < sizeof copy && text_copy(copy, sizeof copy, text, err);
    for (char *at = copy, *next; good && at != NULL; at = next) {
        struct err ignored;
        next = strchr(at, ':');
        if (next != NULL)
            *next++ = 0;
        good = count < PARTS && text_to_u64(at, UINT64_MAX, &part[count], &ignored);
        count++;
    }
    if (!good)
        return err_set(
            err, E_USAGE,
            "--event %.60s: RUN:SPILL:EVENT, SPILL:EVENT or an offset in bytes "
            "is expected",
            text);
    *wanted = (struct wanted){.by_offset = count == 1,
                              .offset = part[0],
                              .run = count == PARTS ? part[0] : UINT64_MAX,
                              .spill = count > 1 ? part[count - 2] : 0,
                              .event = part[count - 1]};
    return true;
}

/* Whatever stands there, also when nobody counts it as a good event. */
static bool event_at(struct raw_file *file, const struct raw_rules *rules,
                     struct digits *digits, uint64_t offset, struct bytes *out,
                     struct err *err)
{
    struct date_event event;
    if (offset >= file->size)
        return err_set(err, E_USAGE, "%s has %" PRIu64 " bytes, none at %" PRIu64,
                       file->path, file->size, offset);
    uint64_t left = file->size - offset;
    event.data = file->data + offset;
    if (!date_header_read(event.data, left, &event.header, err))
        return err_wrap(err, "%s: byte %" PRIu64, file->path, offset);
    if (event.header.size > left) {
        (void)fprintf(stderr, "spillway: the file ends inside this event\n");
        event.header.size = (uint32_t)(left & ~(uint64_t)3);
    }
    return raw_event_text(rules, digits, &event, offset, out, err);
}

static bool events_of(struct raw_file *file, const struct raw_rules *rules,
                      struct digits *digits, const struct wanted *wanted,
                      struct bytes *out, struct err *err)
{
    struct date_event event;
    uint64_t offset;
    while (raw_file_next(file, &event, &offset) == LOOKUP_FOUND)
        if ((wanted->run == UINT64_MAX || event.header.run == wanted->run) &&
            event.header.spill == wanted->spill && event.header.event == wanted->event &&
            !raw_event_text(rules, digits, &event, offset, out, err))
            return false;
    return out->size > 0 ||
           err_set(err, E_USAGE,
                   "%s (run %" PRIu32 ") has no event %" PRIu64 " in spill %" PRIu64,
                   file->path, file->walk.chunk.id.run, wanted->event, wanted->spill);
}

static bool event_inspect(struct raw_file *file, const struct raw_rules *rules,
                          const struct wanted *wanted, struct bytes *out, struct err *err)
{
    struct digits digits;
    digits_init(&digits);
    bool done = wanted->by_offset
                    ? event_at(file, rules, &digits, wanted->offset, out, err)
                    : events_of(file, rules, &digits, wanted, out, err);
    digits_release(&digits);
    return done;
}

static bool inspect(const char *path, const char *maps, const char *event,
                    struct bytes *out, struct err *err)
{
    struct raw_file file;
    struct raw_rules rules;
    struct wanted wanted = {.by_offset = false};
    if ((event != NULL && !wanted_read(event, &wanted, err)) ||
        !raw_file_open(&file, path, err))
        return false;
    bool done = raw_rules_open(&rules, maps, &file, err);
    if (done) {
        done = event == NULL ? raw_summary_text(&file, &rules, out, err)
                             : event_inspect(&file, &rules, &wanted, out, err);
        raw_rules_close(&rules);
    }
    raw_file_close(&file);
    return done;
}

int raw_inspect(int argc, char **argv)
{
    struct err err;
    struct bytes out;
    const char *maps = NULL, *event = NULL;
    const struct command_option options[] = {{.name = "maps", .text = &maps},
                                             {.name = "event", .text = &event}};
    if (!command_options(options, 2, &argc, argv, &err) ||
        !command_words(argc, 1, 1, "one raw file", &err))
        return command_error(&err);
    bytes_init(&out, OUTPUT_LIMIT);
    int status = inspect(argv[1], maps, event, &out, &err) ? command_print(&out)
                                                           : command_error(&err);
    bytes_release(&out);
    return status;
}
