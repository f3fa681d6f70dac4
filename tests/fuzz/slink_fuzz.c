/* slink_fuzz.c - any bytes as the equipments of a sub-event, in each kind of equipment.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses the layout of a flat event that is put around the rest; so the
 * fuzzer has no headers to guess.
 */
#include "raw/slink.h"
#include "raw/walk_event.h"
#include "raw/writer.h"

#define INPUT_LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void event_check(const struct date_event *event)
{
    struct walk_sum decoded = {.blocks = 0}, walked = {.blocks = 0};
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT)
        walk_sum_add(
            &decoded,
            found == LOOKUP_FOUND
                ? &(struct walk_piece){.source = block.source,
                                       .offset = (size_t)(block.words - event->data) - 12,
                                       .length = 4 * (size_t)block.count + 12}
                : &(struct walk_piece){.lost = true,
                                       .damage = fault.damage,
                                       .source = fault.source,
                                       .offset = fault.offset,
                                       .length = fault.length});
    walk_event_pieces(event->data, event->header.size, &walked);
    bug_if(!walk_sum_equal(&decoded, &walked));
    bug_if(decoded.block_bytes + decoded.lost_bytes > event->header.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    struct raw_writer writer;
    struct date_event event;
    if (size < 2 || size > INPUT_LIMIT)
        return 0;
    const struct raw_event_spec spec = {
        .flat = true,
        .header = {.layout = (enum date_layout)(data[0] % 3),
                   .type = 7,
                   .run = 1,
                   .event = 77,
                   .spill = 3}};
    raw_writer_init(&writer, 2 * INPUT_LIMIT);
    bug_if(!raw_event_begin(&writer, &spec, &err) ||
           !bytes_append(&writer.out, data + 1, (size - 1) / 4 * 4, &err));
    raw_event_end(&writer);
    event.data = writer.out.data;
    /* With the magic of another header behind it, it is none. */
    const bool read = date_header_read(event.data, writer.out.size, &event.header, &err);
    bug_if(!read && (size < 5 || le32_load(data + 1) != DATE_MAGIC));
    if (read)
        event_check(&event);
    raw_writer_release(&writer);
    return 0;
}
