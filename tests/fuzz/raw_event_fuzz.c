/* raw_event_fuzz.c - any bytes as one event, told word by word and as digits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sources 1 to 8 are each of another chip, so that a few bytes reach all of them.
 */
#include <stdlib.h>

#include "coordinator/raw_digits.h"
#include "coordinator/raw_event.h"

#define TEXT_LIMIT ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char map_text[] =
    "<Map><DaqOptions><ChipsCreation>\n"
    "-1 -1 -1 1 -1 ChipSADC s\n-1 -1 -1 2 -1 ChipSADC s\n-1 -1 -1 3 -1 ChipAPV s\n"
    "-1 -1 -1 4 -1 ChipF1 s\n-1 -1 -1 5 -1 Scaler s\n-1 -1 -1 6 -1 ChipGandalf s\n"
    "-1 -1 -1 7 -1 ChipSinica s\n-1 -1 -1 9 -1 ChipNA64TDC s\n"
    "</ChipsCreation><OnlineFilter srcID=\"8\"/></DaqOptions>"
    "<ChipSADC version=\"2\" options=\"xy data_format3\">A 1 0 0 0 0\n</ChipSADC>"
    "<ChipSADC version=\"1\" options=\"xy data_format2\">B 2 0 0 0 0\n</ChipSADC>"
    "<ChipAPV version=\"2\">C 3 0 0 0 1 128 0 127 1\n</ChipAPV></Map>";

static void digits_go(struct raw_rules *rules, struct digits *digits,
                      const struct date_event *event, struct bytes *out)
{
    struct faults faults = {.sum_differs = 0};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    struct err err;
    enum lookup found;
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        if (found == LOOKUP_FAILED)
            continue;
        const struct chip_rule rule = raw_rule_of(rules, &block);
        digits_clear(digits);
        (void)digits_take(&block, &rule, digits, &faults);
        (void)raw_digits_text(digits, &event->header, true, out, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct map_chips *maps;
    static struct digits digits; /* for all inputs: its memory is dear */
    struct raw_rules rules = {.maps = NULL};
    struct date_event event = {.data = data};
    struct bytes out;
    struct err err;
    if (maps == NULL) {
        digits_init(&digits);
        maps = mem_new(1, sizeof *maps);
        bug_if(!map_read_text(map_text, sizeof map_text - 1, "map", 1, &maps->map, &err));
    }
    rules.maps = maps;
    if (!date_header_read(data, size, &event.header, &err) || event.header.size > size)
        return 0;
    bytes_init(&out, TEXT_LIMIT);
    bug_if(!raw_event_text(&rules, &digits, &event, 0, &out, &err) &&
           err.code != E_LIMIT);
    bytes_clear(&out);
    digits_go(&rules, &digits, &event, &out);
    bytes_release(&out);
    return 0;
}
