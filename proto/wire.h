/* wire.h - the one codec: model values to bytes and back, for wire and catalog alike.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes are checked once, here: what an unpack function gives is valid by construction
 * (texts terminated and bounded, enums in range, counts within the named limits). All
 * memory of the result is in `arena`, whose limit bounds what hostile bytes can ask for.
 * Pack functions append to `out`. The formats are in spillway.proto; fields are only ever
 * added and numbers never reused.
 */
#ifndef SPILLWAY_PROTO_WIRE_H
#define SPILLWAY_PROTO_WIRE_H

#include "model/campaign.h"
#include "model/message.h"

/* 64 tasks of 4096 segments of 250 bytes. */
#define WIRE_MESSAGE_LIMIT ((size_t)64 << 20)

#define WIRE_PRODUCTS 128u  /* streams of a segment: two a skim, and the fixed ones */
#define WIRE_PARTS    1024u /* files that one report names */

/* The streams that one step made of one segment. */
struct product_set {
    struct sha256 key;
    const struct product *products;
    uint32_t count;
};

/* What the effective values of a segment are: value numbers sorted by type. */
struct value_set {
    const uint32_t *values;
    uint32_t count; /* at most TASK_VALUES */
};

/* Files below the store of a campaign. Stored: append only. */
enum file_state { FILE_PART, FILE_PUBLISHED, FILE_COLLECTING };

struct file_record {
    char name[PRODUCT_FILE];
    uint32_t campaign; /* whose store */
    enum file_state state;
    uint64_t size;
    uint32_t live;      /* products that point into it */
    struct sha256 hash; /* published files: sha256 of the whole file */
};

#define WIRE_PAIR(noun)                                                                  \
    bool wire_##noun##_pack(const struct noun *value, struct bytes *out,                 \
                            struct err *err);                                            \
    bool wire_##noun##_unpack(const uint8_t *data, size_t size, struct arena *arena,     \
                              struct noun *value, struct err *err);

/* Messages. */
WIRE_PAIR(task)
WIRE_PAIR(report)
WIRE_PAIR(hello)
WIRE_PAIR(hello_answer)
WIRE_PAIR(sync)
WIRE_PAIR(sync_answer)

/* Records. */
WIRE_PAIR(run)
WIRE_PAIR(chunk)
WIRE_PAIR(segment)
WIRE_PAIR(spill)
WIRE_PAIR(campaign)
WIRE_PAIR(plan_segment)
WIRE_PAIR(task_value)
WIRE_PAIR(merge_group)
WIRE_PAIR(attempt)
WIRE_PAIR(product_set)
WIRE_PAIR(value_set)
WIRE_PAIR(file_record)

#endif
