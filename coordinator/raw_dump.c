/* raw_dump.c - a raw file as digits, or word by word.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_dump.h"

#include <errno.h>
#include <stdio.h>

#include "coordinator/command.h"
#include "coordinator/raw_digits.h"
#include "coordinator/raw_event.h"
#include "coordinator/raw_file.h"
#include "coordinator/raw_rules.h"

#define FLUSH_BYTES ((size_t)1 << 20)
#define EVENT_TEXT  ((size_t)4 << 30) /* the largest event, a line a word */
#define ANY         UINT64_MAX

struct dump {
    struct raw_file file;
    struct raw_rules rules;
    struct digits digits;
    struct faults faults;
    struct bytes out;
    uint64_t spill;  /* only this one; ANY all */
    uint64_t faulty; /* blocks with damage */
    bool as_digits;
};

static bool flush(struct dump *dump, struct err *err)
{
    if (dump->out.size > 0 &&
        fwrite(dump->out.data, 1, dump->out.size, stdout) != dump->out.size)
        return err_errno(err, E_DISK_WRITE, errno, "standard output");
    bytes_clear(&dump->out);
    return true;
}

static bool block_take(struct dump *dump, const struct date_event *event,
                       const struct slink_block *block, struct err *err)
{
    const struct chip_rule rule = raw_rule_of(&dump->rules, block);
    const struct map_chips *maps = dump->rules.maps;
    bool rich = maps != NULL && (maps->map.apv[block->source] & MAP_APV_RICH) != 0;
    digits_clear(&dump->digits);
    dump->faulty += !digits_take(block, &rule, &dump->digits, &dump->faults);
    return raw_digits_text(&dump->digits, &event->header, rich, &dump->out, err);
}

static bool event_digits(struct dump *dump, const struct date_event *event,
                         struct err *err)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        dump->faulty += found == LOOKUP_FAILED;
        if (found == LOOKUP_FOUND && !block_take(dump, event, &block, err))
            return false;
    }
    return true;
}

static bool events_dump(struct dump *dump, struct err *err)
{
    struct date_event event;
    uint64_t offset;
    while (raw_file_next(&dump->file, &event, &offset) == LOOKUP_FOUND) {
        if (dump->spill != ANY && event.header.spill != dump->spill)
            continue;
        bool done = dump->as_digits ? event_digits(dump, &event, err)
                                    : raw_event_text(&dump->rules, &dump->digits, &event,
                                                     offset, &dump->out, err);
        if (!done || (dump->out.size > FLUSH_BYTES && !flush(dump, err)))
            return false;
    }
    return flush(dump, err);
}

static bool file_dump(struct dump *dump, const char *path, const char *maps,
                      struct err *err)
{
    if (!raw_file_open(&dump->file, path, err))
        return false;
    if (!raw_rules_open(&dump->rules, maps, &dump->file, err)) {
        raw_file_close(&dump->file);
        return false;
    }
    digits_init(&dump->digits);
    bytes_init(&dump->out, EVENT_TEXT);
    bool done = events_dump(dump, err);
    bytes_release(&dump->out);
    digits_release(&dump->digits);
    raw_rules_close(&dump->rules);
    uint64_t places = dump->file.walk.chunk.damage_count;
    raw_file_close(&dump->file);
    if (done && places + dump->faulty > 0)
        (void)fprintf(stderr,
                      "spillway: %s is damaged: what is not damaged was printed; "
                      "spillway raw check lists the rest\n",
                      path);
    return done;
}

int raw_dump(int argc, char **argv)
{
    struct err err;
    const char *maps = NULL;
    struct dump dump = {.spill = ANY};
    const struct command_option options[] = {
        {.name = "digits", .flag = &dump.as_digits},
        {.name = "maps", .text = &maps},
        {.name = "spill", .number = &dump.spill},
    };
    if (!command_options(options, 3, &argc, argv, &err) ||
        !command_words(argc, 1, 1, "one raw file", &err) ||
        !file_dump(&dump, argv[1], maps, &err))
        return command_error(&err);
    return 0;
}
