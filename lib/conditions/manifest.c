/* manifest.c - a tag resolved for a window of runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/manifest.h"

#include <inttypes.h>

#include "base/text.h"
#include "model/run.h"

#define MANIFEST_LINE  256
#define MANIFEST_WORDS 8

void manifest_init(struct manifest *manifest, uint32_t first_run, uint32_t last_run)
{
    *manifest = (struct manifest){.first_run = first_run, .last_run = last_run};
}

void manifest_release(struct manifest *manifest)
{
    free(manifest->entries);
    *manifest = (struct manifest){0};
}

static struct interval manifest_window(const struct manifest *manifest)
{
    return interval_of_runs(manifest->first_run, manifest->last_run);
}

static const struct manifest_entry *manifest_last(const struct manifest *manifest)
{
    return manifest->count > 0 ? &manifest->entries[manifest->count - 1] : NULL;
}

static bool moment_equal(struct moment a, struct moment b)
{
    return moment_compare(a, b) == 0;
}

static bool entry_same_bytes(const struct manifest_entry *a,
                             const struct manifest_entry *b)
{
    return a->gap == b->gap && a->size == b->size && sha256_equal(&a->hash, &b->hash);
}

/* Whether `entry` may follow: the same type goes on where it ended, another one is later
 * in the alphabet and begins with the window when the one before ended with it. */
static bool entry_may_follow(const struct manifest *manifest,
                             const struct manifest_entry *entry)
{
    struct interval window = manifest_window(manifest);
    const struct manifest_entry *last = manifest_last(manifest);
    if (interval_is_empty(entry->interval) ||
        moment_compare(entry->interval.end, window.end) > 0)
        return false;
    if (last && strcmp(last->type, entry->type) == 0)
        return moment_equal(last->interval.end, entry->interval.start);
    bool closed = !last || moment_equal(last->interval.end, window.end);
    bool later = !last || strcmp(last->type, entry->type) < 0;
    return closed && later && moment_equal(entry->interval.start, window.start);
}

bool manifest_add(struct manifest *manifest, const struct manifest_entry *entry,
                  struct err *err)
{
    if (!entry_may_follow(manifest, entry))
        return err_set(err, E_MANIFEST,
                       "%s from %" PRId64 ".%" PRId64 " does not follow on what is there",
                       entry->type, entry->interval.start.run,
                       entry->interval.start.spill);
    const struct manifest_entry *last = manifest_last(manifest);
    if (last && strcmp(last->type, entry->type) == 0 && entry_same_bytes(last, entry)) {
        manifest->entries[manifest->count - 1].interval.end = entry->interval.end;
        return true;
    }
    if (manifest->count == MANIFEST_ENTRIES)
        return err_set(err, E_LIMIT, "the manifest has more than %zu entries",
                       MANIFEST_ENTRIES);
    if (manifest->count == manifest->capacity) {
        manifest->capacity = manifest->capacity > 0 ? 2 * manifest->capacity : 64;
        manifest->entries =
            mem_grow(manifest->entries, manifest->capacity, sizeof *manifest->entries);
    }
    manifest->entries[manifest->count++] = *entry;
    return true;
}

/* ---- text ---- */

/* Digits and a blank, without the printf that would be half of the writing. */
static char *put_number(char *at, int64_t number)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        *at++ = '-';
    while (count > 0)
        *at++ = digits[--count];
    *at++ = ' ';
    return at;
}

static bool write_entry(const struct manifest_entry *entry, struct bytes *out,
                        struct err *err)
{
    char line[MANIFEST_LINE]; /* type and four numbers are 116 at most */
    const struct interval *interval = &entry->interval;
    size_t length = strlen(entry->type);
    memcpy(line, entry->type, length);
    char *at = line + length;
    *at++ = ' ';
    at = put_number(at, interval->start.run);
    at = put_number(at, interval->start.spill);
    at = put_number(at, interval->end.run);
    at = put_number(at, interval->end.spill);
    if (!bytes_append(out, line, (size_t)(at - line), err))
        return false;
    if (entry->gap)
        return text_add(out, "gap\n", err);
    sha256_to_hex(&entry->hash, line);
    line[SHA256_HEX - 1] = ' ';
    return bytes_append(out, line, SHA256_HEX, err) &&
           text_add_u64(out, entry->size, err) && text_add(out, "\n", err);
}

bool manifest_write(const struct manifest *manifest, struct bytes *out, struct err *err)
{
    bug_if(manifest->count > 0 && !manifest->entries);
    if (!text_addf(out, err, "spillway-manifest 1\nruns %" PRIu32 " %" PRIu32 "\n",
                   manifest->first_run, manifest->last_run))
        return false;
    bug_if(manifest->count > 0 && manifest->entries == NULL);
    for (size_t i = 0; i < manifest->count; i++) {
        if (!write_entry(&manifest->entries[i], out, err))
            return false;
    }
    return text_add(out, "end\n", err);
}

bool manifest_hash(const struct manifest *manifest, struct sha256 *hash, struct err *err)
{
    struct bytes text;
    bytes_init(&text, MANIFEST_TEXT);
    bool done = manifest_write(manifest, &text, err);
    if (done)
        *hash = sha256_of(text.data, text.size);
    bytes_release(&text);
    return done;
}

/* One line of a canonical text, split at single spaces. */
struct line {
    const char *data;
    size_t size;
    size_t at;
    size_t number;
    char text[MANIFEST_LINE];
    size_t count;
    char *words[MANIFEST_WORDS];
};

static bool line_next(struct line *line)
{
    const char *start = line->data + line->at;
    size_t left = line->size - line->at;
    const char *stop = left > 0 ? memchr(start, '\n', left) : NULL;
    size_t length = stop ? (size_t)(stop - start) : MANIFEST_LINE;
    line->number++;
    line->count = 0;
    if (length >= MANIFEST_LINE || memchr(start, '\0', length))
        return false;
    memcpy(line->text, start, length);
    line->text[length] = '\0';
    line->at += length + 1;
    for (char *at = line->text; at && line->count < MANIFEST_WORDS;) {
        char *space = strchr(at, ' ');
        if (space)
            *space++ = '\0';
        line->words[line->count++] = at;
        at = space;
    }
    return true;
}

static bool parse_moment(char *const *words, struct moment *moment, struct err *err)
{
    return text_to_i64(words[0], INT64_MIN, INT64_MAX, &moment->run, err) &&
           text_to_i64(words[1], INT64_MIN, INT64_MAX, &moment->spill, err);
}

static bool parse_entry(struct line *line, struct manifest_entry *entry, struct err *err)
{
    *entry = (struct manifest_entry){.gap = line->count == 6};
    if (line->count < 6 || line->count > 7 ||
        !text_is_name(line->words[0], TYPE_NAME - 1))
        return err_set(err, E_MANIFEST, "no entry of a manifest");
    if (!text_copy(entry->type, sizeof entry->type, line->words[0], err) ||
        !parse_moment(line->words + 1, &entry->interval.start, err) ||
        !parse_moment(line->words + 3, &entry->interval.end, err))
        return false;
    if (entry->gap)
        return strcmp(line->words[5], "gap") == 0 ||
               err_set(err, E_MANIFEST, "neither a hash and size nor 'gap'");
    return sha256_from_hex(line->words[5], &entry->hash, err) &&
           text_to_u64(line->words[6], UINT64_MAX, &entry->size, err);
}

static bool parse_head(struct line *line, struct manifest *manifest, struct err *err)
{
    uint64_t first = 0, last = 0;
    if (!line_next(line) || line->count != 2 ||
        strcmp(line->words[0], "spillway-manifest") != 0 ||
        strcmp(line->words[1], "1") != 0)
        return err_set(err, E_MANIFEST, "expected 'spillway-manifest 1'");
    if (!line_next(line) || line->count != 3 || strcmp(line->words[0], "runs") != 0 ||
        !text_to_u64(line->words[1], RUN_MAXIMUM, &first, err) ||
        !text_to_u64(line->words[2], RUN_MAXIMUM, &last, err) || first > last)
        return err_set(err, E_MANIFEST, "expected 'runs FIRST LAST'");
    manifest_init(manifest, (uint32_t)first, (uint32_t)last);
    return true;
}

static bool parse_entries(struct line *line, struct manifest *manifest, struct err *err)
{
    struct manifest_entry entry;
    while (line_next(line)) {
        if (line->count == 1 && strcmp(line->words[0], "end") == 0)
            return true;
        if (!parse_entry(line, &entry, err) || !manifest_add(manifest, &entry, err))
            return false;
    }
    return err_set(err, E_MANIFEST, "the text stops before 'end'");
}

/* Entries may be right one by one and the text still not be the canonical one (joined
 * neighbours, a type that stops early, leading zeros): writing it again tells. */
static bool is_canonical(const struct manifest *manifest, const void *data, size_t size,
                         struct err *err)
{
    struct bytes text;
    const struct manifest_entry *last = manifest_last(manifest);
    if (last && !moment_equal(last->interval.end, manifest_window(manifest).end))
        return err_set(err, E_MANIFEST, "%s stops before the last run", last->type);
    bytes_init(&text, MANIFEST_TEXT);
    bool done = manifest_write(manifest, &text, err);
    if (done && (text.size != size || memcmp(text.data, data, size) != 0))
        done = err_set(err, E_MANIFEST, "not the canonical text");
    bytes_release(&text);
    return done;
}

bool manifest_parse(const void *data, size_t size, const char *what,
                    struct manifest *manifest, struct err *err)
{
    struct manifest made = {0};
    struct line line = {.data = data, .size = size};
    struct err cause = {0};
    if (parse_head(&line, &made, &cause) && parse_entries(&line, &made, &cause) &&
        is_canonical(&made, data, size, &cause)) {
        *manifest = made;
        return true;
    }
    manifest_release(&made);
    return err_set(err, E_MANIFEST, "%s: line %zu: %.300s", what, line.number,
                   cause.text);
}

/* ---- look-up ---- */

/* Index of the first entry that is not before (type, moment): ends after the moment. */
static size_t find_entry(const struct manifest *manifest, const char *type,
                         struct moment moment)
{
    size_t low = 0, high = manifest->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct manifest_entry *entry = &manifest->entries[middle];
        int sign = strcmp(entry->type, type);
        if (sign < 0 || (sign == 0 && moment_compare(entry->interval.end, moment) <= 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct manifest_entry *manifest_at(const struct manifest *manifest,
                                         const char *type, uint32_t run, uint32_t spill)
{
    struct moment moment = {run, spill};
    size_t index = find_entry(manifest, type, moment);
    if (index == manifest->count)
        return NULL;
    const struct manifest_entry *entry = &manifest->entries[index];
    bool found =
        strcmp(entry->type, type) == 0 && interval_holds(entry->interval, moment);
    return found ? entry : NULL;
}
