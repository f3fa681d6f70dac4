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

bool key_reco_text(struct bytes *out, const struct chunk *chunk,
                   const struct segment *segment, const struct recipe *recipe,
                   const struct effective *values, size_t count, struct err *err)
{
    char digest[EVENT_DIGEST_TEXT];
    event_digest_text(&segment->digest, digest);
    return text_addf(out, err,
                     "spillway-reco-1\nrun=%" PRIu32 "\nbuilder=%u\nchunk=%u\n"
                     "chunk.size=%" PRIu64 "\nchunk.adler32=%08" PRIx32 "\n"
                     "segment=%" PRIu32 "\noffset=%" PRIu64 "\nlength=%" PRIu64 "\n"
                     "adler32=%08" PRIx32 "\nevents=%s\n",
                     chunk->id.run, chunk->id.builder, chunk->id.number, chunk->size,
                     chunk->adler32, segment->id.ordinal, segment->offset,
                     segment->length, segment->adler32, digest) &&
           hash_line(out, "release", &recipe->release, err) &&
           recipe_reco_text(out, recipe, err) && values_text(out, values, count, err);
}

bool key_select_text(struct bytes *out, const struct sha256 *reco_key,
                     const struct recipe *recipe, const struct effective *values,
                     size_t count, struct err *err)
{
    return text_add(out, "spillway-select-1\n", err) &&
           hash_line(out, "reco", reco_key, err) && recipe_skim_text(out, recipe, err) &&
           values_text(out, values, count, err);
}

bool key_segment_texts(const struct key_input *input, struct bytes *reco_text,
                       struct bytes *select_text, struct err *err)
{
    bug_if(reco_text->size != 0);
    if (!key_reco_text(reco_text, input->chunk, input->segment, input->recipe,
                       input->reco_values, input->reco_count, err))
        return false;
    struct sha256 reco = key_of(reco_text);
    return key_select_text(select_text, &reco, input->recipe, input->select_values,
                           input->select_count, err);
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
