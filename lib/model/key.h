/* key.h - content is identity: the texts whose sha256 names a piece of work.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A key text is a header line, then "name=value\n" in fixed order: integers decimal,
 * doubles as 16 hexadecimal digits of their bits, strings percent-encoded. It holds all
 * that can change the result and nothing else: no campaign, tag, date, host, attempt,
 * path or thread. Planner and executor both build it; an executor whose text gives
 * another key refuses the task. Golden vectors in tests/golden/keys are never edited.
 */
#ifndef SPILLWAY_MODEL_KEY_H
#define SPILLWAY_MODEL_KEY_H

#include "base/bytes.h"
#include "model/segment.h"

/* 1 MiB: 10^4 payload types of 100 characters. */
#define KEY_TEXT_LIMIT ((size_t)1 << 20)
#define TYPE_NAME      32 /* payload type, with the NUL */

/* How an effective value was found; stored and in keys: append only. */
enum fallback {
    FALLBACK_EXACT = 0,     /* the row of this very spill, or a payload without rows */
    FALLBACK_EARLIER_1 = 1, /* one, two or three spills earlier */
    FALLBACK_EARLIER_2 = 2,
    FALLBACK_EARLIER_3 = 3,
    FALLBACK_RUN_MEAN = 4,
    FALLBACK_NEAREST_RUN = 5, /* only if the campaign allows it */
    FALLBACK_NONE = 6         /* no correction; only if the campaign allows it */
};

#define FALLBACK_LEVELS 7

const char *fallback_name(enum fallback level);

/* What one payload type says for one (run, spill). `value` names the canonical bytes:
 * the payload itself, or the canonical row of a table over spills. */
struct effective {
    char type[TYPE_NAME];
    struct sha256 value;
    enum fallback level;
};

struct recipe; /* model/recipe.h */

/* Texts of the two steps for one segment. `chunk` gives size and adler32; effective
 * values must be sorted by type and hold exactly the declared types of that step. */
bool key_reco_text(struct bytes *out, const struct chunk *chunk,
                   const struct segment *segment, const struct recipe *recipe,
                   const struct effective *values, size_t count, struct err *err);
bool key_select_text(struct bytes *out, const struct sha256 *reco_key,
                     const struct recipe *recipe, const struct effective *values,
                     size_t count, struct err *err);

/* All that the two keys of a segment are made of. */
struct key_input {
    const struct chunk *chunk;
    const struct segment *segment;
    const struct recipe *recipe;
    const struct effective *reco_values; /* none without reconstruction */
    size_t reco_count;
    const struct effective *select_values;
    size_t select_count;
    bool same_values; /* key_maker: recipe and values are those of the call before */
};

/* Both texts, as planner and executor build them; key_of() gives the keys. The buffers
 * must be empty. The select text always names the hash of the reco text: without
 * reconstruction there is no reco product and no reco key in plan and task, but that text
 * still says which input it is. */
bool key_segment_texts(const struct key_input *input, struct bytes *reco_text,
                       struct bytes *select_text, struct err *err);

/* Texts and keys of one segment after another: what a planner needs a million times. */
struct key_maker {
    struct bytes reco_text, select_text;
    struct sha256 reco_key, select_key;  /* of the texts */
    struct bytes reco_tail, select_tail; /* of the texts, from recipe and values */
    struct sha256_stream *hash;
};

void key_maker_init(struct key_maker *maker);
void key_maker_release(struct key_maker *maker);
bool key_maker_make(struct key_maker *maker, const struct key_input *input,
                    struct err *err);

/* Merged file: stream, class and ordered input keys. */
struct merge_class {
    char stream[64];
    char period[48];
    char setup[48];
    char beam[48];
    char origin[8]; /* data, mc */
    bool synthetic;
    uint32_t run;
    uint32_t sequence; /* file of the run in this stream, from 0 */
    uint64_t target_bytes;
};

bool key_merge_text(struct bytes *out, const struct merge_class *merge_class,
                    const struct sha256 *inputs, size_t count, struct err *err);

/* sha256 of a text. */
struct sha256 key_of(const struct bytes *text);

#endif
