/* key.c - the canonical texts behind the keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/key.h"

#include <inttypes.h>

#include "base/text.h"
#include "model/recipe.h"

static const char *const level_names[FALLBACK_LEVELS] = {
    "exact", "earlier_1", "earlier_2", "earlier_3", "run_mean", "nearest_run", "none"};

const char *fallback_name(enum fallback level)
{
    return level_names[level];
}

static bool hash_line(struct bytes *out, const char *name, const struct sha256 *hash,
                      struct err *err)
{
    return text_add(out, name, err) && text_add(out, "=", err) &&
           text_add_hex(out, hash->bytes, sizeof hash->bytes, err) &&
           text_add(out, "\n", err);
}

static bool values_text(struct bytes *out, const struct effective *values, size_t count,
                        struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        bug_if(i > 0 && strcmp(values[i - 1].type, values[i].type) >= 0);
        if (!text_add(out, "payload.", err) || !text_add(out, values[i].type, err) ||
            !text_add(out, "=", err) ||
            !text_add_hex(out, values[i].value.bytes, SHA256_SIZE, err) ||
            !text_add(out, ",", err) ||
            !text_add_u64(out, (uint64_t)values[i].level, err) ||
            !text_add(out, "\n", err))
            return false;
    }
    return true;
}

static bool number_line(struct bytes *out, const char *name, uint64_t value,
                        struct err *err)
{
    return text_add(out, name, err) && text_add(out, "=", err) &&
           text_add_u64(out, value, err) && text_add(out, "\n", err);
}

/* Eight hexadecimal digits. */
static bool adler_line(struct bytes *out, const char *name, uint32_t value,
                       struct err *err)
{
    uint8_t digits[4];
    be32_store(digits, value);
    return text_add(out, name, err) && text_add(out, "=", err) &&
           text_add_hex(out, digits, sizeof digits, err) && text_add(out, "\n", err);
}

/* "events=" with the text of event_digest_text(), made without printf: a planner writes
 * a million. */
static bool events_line(struct bytes *out, const struct event_digest *digest,
                        struct err *err)
{
    uint8_t number[16];
    be64_store(number, digest->high);
    be64_store(number + 8, digest->low);
    return text_add(out, "events=", err) && text_add_u64(out, digest->count, err) &&
           text_add(out, ":", err) && text_add_hex(out, number, sizeof number, err) &&
           text_add(out, "\n", err);
}

/* What differs from segment to segment. */
static bool reco_head(struct bytes *out, const struct chunk *chunk,
                      const struct segment *segment, struct err *err)
{
    return text_add(out, "spillway-reco-1\n", err) &&
           number_line(out, "run", chunk->id.run, err) &&
           number_line(out, "builder", chunk->id.builder, err) &&
           number_line(out, "chunk", chunk->id.number, err) &&
           number_line(out, "chunk.size", chunk->size, err) &&
           adler_line(out, "chunk.adler32", chunk->adler32, err) &&
           number_line(out, "segment", segment->id.ordinal, err) &&
           number_line(out, "offset", segment->offset, err) &&
           number_line(out, "length", segment->length, err) &&
           adler_line(out, "adler32", segment->adler32, err) &&
           events_line(out, &segment->digest, err);
}

/* What segments of one spill have in common. */
static bool reco_tail(struct bytes *out, const struct recipe *recipe,
                      const struct effective *values, size_t count, struct err *err)
{
    return hash_line(out, "release", &recipe->release, err) &&
           recipe_reco_text(out, recipe, err) && values_text(out, values, count, err);
}

static bool select_head(struct bytes *out, const struct sha256 *reco_key, struct err *err)
{
    return text_add(out, "spillway-select-1\n", err) &&
           hash_line(out, "reco", reco_key, err);
}

static bool select_tail(struct bytes *out, const struct recipe *recipe,
                        const struct effective *values, size_t count, struct err *err)
{
    return recipe_skim_text(out, recipe, err) && values_text(out, values, count, err);
}

bool key_reco_text(struct bytes *out, const struct chunk *chunk,
                   const struct segment *segment, const struct recipe *recipe,
                   const struct effective *values, size_t count, struct err *err)
{
    return reco_head(out, chunk, segment, err) &&
           reco_tail(out, recipe, values, count, err);
}

bool key_select_text(struct bytes *out, const struct sha256 *reco_key,
                     const struct recipe *recipe, const struct effective *values,
                     size_t count, struct err *err)
{
    return select_head(out, reco_key, err) &&
           select_tail(out, recipe, values, count, err);
}

static struct sha256 text_hash(struct sha256_stream *hash, const struct bytes *text)
{
    sha256_start(hash);
    sha256_add(hash, text->data, text->size);
    return sha256_end(hash);
}

void key_maker_init(struct key_maker *maker)
{
    *maker = (struct key_maker){.hash = sha256_new()};
    bytes_init(&maker->reco_text, KEY_TEXT_LIMIT);
    bytes_init(&maker->select_text, KEY_TEXT_LIMIT);
    bytes_init(&maker->reco_tail, KEY_TEXT_LIMIT);
    bytes_init(&maker->select_tail, KEY_TEXT_LIMIT);
}

void key_maker_release(struct key_maker *maker)
{
    bytes_release(&maker->reco_text);
    bytes_release(&maker->select_text);
    bytes_release(&maker->reco_tail);
    bytes_release(&maker->select_tail);
    sha256_free(maker->hash);
    maker->hash = NULL;
}

static bool tails_make(struct key_maker *maker, const struct key_input *input,
                       struct err *err)
{
    bytes_clear(&maker->reco_tail);
    bytes_clear(&maker->select_tail);
    return reco_tail(&maker->reco_tail, input->recipe, input->reco_values,
                     input->reco_count, err) &&
           select_tail(&maker->select_tail, input->recipe, input->select_values,
                       input->select_count, err);
}

bool key_maker_make(struct key_maker *maker, const struct key_input *input,
                    struct err *err)
{
    const struct bytes *reco = &maker->reco_tail, *select = &maker->select_tail;
    bytes_clear(&maker->reco_text);
    bytes_clear(&maker->select_text);
    if ((!input->same_values && !tails_make(maker, input, err)) ||
        !reco_head(&maker->reco_text, input->chunk, input->segment, err) ||
        !bytes_append(&maker->reco_text, reco->data, reco->size, err))
        return false;
    maker->reco_key = text_hash(maker->hash, &maker->reco_text);
    if (!select_head(&maker->select_text, &maker->reco_key, err) ||
        !bytes_append(&maker->select_text, select->data, select->size, err))
        return false;
    maker->select_key = text_hash(maker->hash, &maker->select_text);
    return true;
}

bool key_segment_texts(const struct key_input *input, struct bytes *reco_text,
                       struct bytes *select_text, struct err *err)
{
    struct key_maker maker;
    bug_if(reco_text->size != 0 || select_text->size != 0);
    key_maker_init(&maker);
    bool done =
        key_maker_make(&maker, input, err) &&
        bytes_append(reco_text, maker.reco_text.data, maker.reco_text.size, err) &&
        bytes_append(select_text, maker.select_text.data, maker.select_text.size, err);
    key_maker_release(&maker);
    return done;
}

static bool class_line(struct bytes *out, const char *name, const char *value,
                       struct err *err)
{
    return text_addf(out, err, "%s=", name) && text_add_percent(out, value, err) &&
           text_add(out, "\n", err);
}

bool key_merge_text(struct bytes *out, const struct merge_class *merge_class,
                    const struct sha256 *inputs, size_t count, struct err *err)
{
    bool done = text_add(out, "spillway-merge-1\n", err) &&
                class_line(out, "stream", merge_class->stream, err) &&
                class_line(out, "period", merge_class->period, err) &&
                class_line(out, "setup", merge_class->setup, err) &&
                class_line(out, "beam", merge_class->beam, err) &&
                class_line(out, "origin", merge_class->origin, err) &&
                text_addf(out, err,
                          "synthetic=%d\nrun=%" PRIu32 "\nsequence=%" PRIu32
                          "\ntarget=%" PRIu64 "\n",
                          merge_class->synthetic, merge_class->run, merge_class->sequence,
                          merge_class->target_bytes);
    for (size_t i = 0; done && i < count; i++)
        done = hash_line(out, "input", &inputs[i], err);
    return done;
}

struct sha256 key_of(const struct bytes *text)
{
    return sha256_of(text->data, text->size);
}
