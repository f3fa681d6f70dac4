/* summary.c - the accounts of one segment as a line of canonical JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/summary.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"

static bool numbers_write(struct bytes *out, const char *name, const uint64_t *numbers,
                          uint32_t count, struct err *err)
{
    if (!text_addf(out, err, ",\"%s\":[", name))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!text_addf(out, err, "%s%" PRIu64, i == 0 ? "" : ",", numbers[i]))
            return false;
    return text_add(out, "]", err);
}

static bool skim_write(struct bytes *out, const struct summary_skim *skim,
                       struct err *err)
{
    char kept[EVENT_DIGEST_TEXT];
    event_digest_text(&skim->kept, kept);
    return text_addf(out, err,
                     "{\"name\":\"%s\",\"other\":%" PRIu64 ",\"seen\":%" PRIu64
                     ",\"masked\":%" PRIu64 ",\"rejected\":%" PRIu64
                     ",\"damaged\":%" PRIu64 ",\"kept\":\"%s\"",
                     skim->name, skim->other, skim->seen, skim->masked, skim->rejected,
                     skim->damaged, kept) &&
           numbers_write(out, "after", skim->after, skim->cut_count, err) &&
           text_add(out, "}", err);
}

static bool skims_write(struct bytes *out, const struct summary *summary, struct err *err)
{
    if (!text_add(out, ",\"skims\":[", err))
        return false;
    for (uint32_t i = 0; i < summary->skim_count; i++)
        if ((i > 0 && !text_add(out, ",", err)) ||
            !skim_write(out, &summary->skims[i], err))
            return false;
    return text_add(out, "]}\n", err);
}

bool summary_write(const struct summary *summary, struct bytes *out, struct err *err)
{
    char seen[EVENT_DIGEST_TEXT];
    event_digest_text(&summary->seen, seen);
    const struct chunk_id *chunk = &summary->id.chunk;
    return text_addf(out, err,
                     "{\"run\":%u,\"spill\":%u,\"builder\":%u,\"chunk\":%u,"
                     "\"ordinal\":%u,\"seen\":\"%s\"",
                     chunk->run, summary->spill, chunk->builder, chunk->number,
                     summary->id.ordinal, seen) &&
           numbers_write(out, "events", summary->events, EVENT_TYPES, err) &&
           text_addf(out, err,
                     ",\"damaged_events\":%" PRIu64 ",\"damaged_bytes\":%" PRIu64
                     ",\"nan\":%" PRIu64 ",\"lost_channels\":%" PRIu64
                     ",\"no_master\":%" PRIu64,
                     summary->damaged_events, summary->damaged_bytes, summary->nan_count,
                     summary->lost_channels, summary->no_master) &&
           (summary->skipped == 0 ||
            text_addf(out, err, ",\"skipped\":%" PRIu64, summary->skipped)) &&
           numbers_write(out, "fallback", summary->fallback, FALLBACK_LEVELS, err) &&
           numbers_write(out, "damage", summary->damage.of, DAMAGE_CLASS_COUNT, err) &&
           skims_write(out, summary, err);
}

static bool number_read(const struct json *object, const char *name, uint64_t maximum,
                        uint64_t *number)
{
    int64_t value;
    if (!json_i64(json_get(object, name), &value) || value < 0 ||
        (uint64_t)value > maximum)
        return false;
    *number = (uint64_t)value;
    return true;
}

static bool numbers_read(const struct json *object, const char *name, uint64_t *numbers,
                         uint32_t count)
{
    const struct json *array = json_get(object, name);
    if (array == NULL || !json_is_array(array) || json_count(array) != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        int64_t value;
        if (!json_i64(json_at(array, i), &value) || value < 0)
            return false;
        numbers[i] = (uint64_t)value;
    }
    return true;
}

/* Classes are only ever appended: a line of an earlier release has fewer. */
static bool damage_read(const struct json *object, struct damage_counts *damage)
{
    uint64_t count = json_count(json_get(object, "damage"));
    return count <= DAMAGE_CLASS_COUNT &&
           numbers_read(object, "damage", damage->of, (uint32_t)count);
}

static bool digest_read(const struct json *object, const char *name,
                        struct event_digest *digest)
{
    const char *text;
    struct err ignored;
    char count[24];
    uint8_t sum[16];
    if (!json_text(json_get(object, name), &text))
        return false;
    const char *colon = strchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof count)
        return false;
    memcpy(count, text, (size_t)(colon - text));
    count[colon - text] = 0;
    if (!text_to_u64(count, UINT64_MAX, &digest->count, &ignored) ||
        !text_from_hex(colon + 1, sum, sizeof sum, &ignored))
        return false;
    digest->high = be64_load(sum);
    digest->low = be64_load(sum + 8);
    return true;
}

static bool skim_agrees(const struct summary_skim *skim)
{
    uint64_t left = skim->seen - skim->masked;
    for (uint32_t i = 0; i < skim->cut_count; i++) {
        if (skim->after[i] > left)
            return false;
        left = skim->after[i];
    }
    return skim->masked <= skim->rejected && skim->rejected <= skim->seen &&
           skim->kept.count == skim->seen - skim->rejected;
}

static bool skim_read(const struct json *object, struct summary_skim *skim)
{
    const char *name;
    struct err ignored;
    const struct json *after = json_get(object, "after");
    if (after == NULL || json_count(after) > RECIPE_CUTS)
        return false;
    skim->cut_count = (uint32_t)json_count(after);
    return json_text(json_get(object, "name"), &name) &&
           text_is_name(name, RECIPE_NAME - 1) &&
           text_copy(skim->name, sizeof skim->name, name, &ignored) &&
           number_read(object, "other", INT64_MAX, &skim->other) &&
           number_read(object, "seen", INT64_MAX, &skim->seen) &&
           number_read(object, "masked", INT64_MAX, &skim->masked) &&
           number_read(object, "rejected", INT64_MAX, &skim->rejected) &&
           number_read(object, "damaged", INT64_MAX, &skim->damaged) &&
           digest_read(object, "kept", &skim->kept) &&
           numbers_read(object, "after", skim->after, skim->cut_count) &&
           skim_agrees(skim);
}

static bool skims_read(const struct json *object, struct summary *summary)
{
    const struct json *skims = json_get(object, "skims");
    if (skims == NULL || !json_is_array(skims) || json_count(skims) > RECIPE_SKIMS)
        return false;
    summary->skim_count = (uint32_t)json_count(skims);
    for (uint32_t i = 0; i < summary->skim_count; i++)
        if (!skim_read(json_at(skims, i), &summary->skims[i]))
            return false;
    return true;
}

static bool head_read(const struct json *object, struct summary *summary)
{
    uint64_t run;
    uint64_t spill;
    uint64_t builder;
    uint64_t chunk;
    uint64_t ordinal;
    if (!number_read(object, "run", UINT32_MAX, &run) ||
        !number_read(object, "spill", UINT32_MAX, &spill) ||
        !number_read(object, "builder", UINT16_MAX, &builder) ||
        !number_read(object, "chunk", UINT16_MAX, &chunk) ||
        !number_read(object, "ordinal", UINT32_MAX, &ordinal))
        return false;
    summary->id =
        (struct segment_id){.chunk = {(uint32_t)run, (uint16_t)builder, (uint16_t)chunk},
                            .ordinal = (uint32_t)ordinal};
    summary->spill = (uint32_t)spill;
    return true;
}

static bool body_read(const struct json *object, struct summary *summary)
{
    return digest_read(object, "seen", &summary->seen) &&
           numbers_read(object, "events", summary->events, EVENT_TYPES) &&
           number_read(object, "damaged_events", INT64_MAX, &summary->damaged_events) &&
           number_read(object, "damaged_bytes", INT64_MAX, &summary->damaged_bytes) &&
           number_read(object, "nan", INT64_MAX, &summary->nan_count) &&
           number_read(object, "lost_channels", INT64_MAX, &summary->lost_channels) &&
           number_read(object, "no_master", INT64_MAX, &summary->no_master) &&
           (json_get(object, "skipped") == NULL ||
            number_read(object, "skipped", INT64_MAX, &summary->skipped)) &&
           numbers_read(object, "fallback", summary->fallback, FALLBACK_LEVELS) &&
           damage_read(object, &summary->damage);
}

bool summary_read(const void *line, size_t size, const char *what,
                  struct summary *summary, struct err *err)
{
    struct json *document;
    struct summary read = {0};
    if (!json_parse(line, size, what, &document, err))
        return false;
    bool good = head_read(document, &read) && body_read(document, &read) &&
                skims_read(document, &read);
    json_free(document);
    if (!good)
        return err_set(err, E_SUMMARY_FORMAT,
                       "%s: a member is missing, out of range or disagrees with others",
                       what);
    *summary = read;
    return true;
}
