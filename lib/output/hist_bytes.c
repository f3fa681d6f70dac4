/* hist_bytes.c - histograms as bytes and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/hist_bytes.h"

#include <inttypes.h>
#include <string.h>

#include "base/digest.h"

#define MAGIC  "SPWYHIS1"
#define HEAD   12u
#define XXH3   8u
#define NUMBER 10u /* bytes of a LEB128 number, at most */

#define CELLS_AT_ONCE 64u /* written */

/* What a failing put or get leaves behind; all others then do nothing. */
struct tape {
    struct bytes *out; /* writing */
    const uint8_t *at; /* reading */
    const uint8_t *end;
    bool failed;
    bool full; /* it failed because a cell has no room */
    struct err *err;
};

static void put(struct tape *tape, const void *data, size_t size)
{
    if (!tape->failed && !bytes_append(tape->out, data, size, tape->err))
        tape->failed = true;
}

static void put_u32(struct tape *tape, uint32_t value)
{
    uint8_t data[4];
    le32_store(data, value);
    put(tape, data, sizeof data);
}

static void put_u64(struct tape *tape, uint64_t value)
{
    uint8_t data[8];
    le64_store(data, value);
    put(tape, data, sizeof data);
}

static void put_real(struct tape *tape, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_u64(tape, bits);
}

/* Returns the size. */
static size_t number_store(uint8_t data[NUMBER], uint64_t value)
{
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        data[size++] = (uint8_t)(value | 0x80);
    data[size++] = (uint8_t)value;
    return size;
}

static void put_number(struct tape *tape, uint64_t value)
{
    uint8_t data[NUMBER];
    put(tape, data, number_store(data, value));
}

static void put_text(struct tape *tape, const char *text)
{
    size_t length = strlen(text);
    bug_if(length > UINT16_MAX);
    uint8_t data[2] = {(uint8_t)length, (uint8_t)(length >> 8)};
    put(tape, data, sizeof data);
    put(tape, text, length);
}

static void put_axis(struct tape *tape, const struct hist_axis *axis)
{
    put_u32(tape, axis->bins);
    if (axis->bins == 0)
        return;
    uint8_t labelled = axis->labels != NULL;
    put_text(tape, axis->title);
    put_real(tape, axis->low);
    put_real(tape, axis->high);
    put(tape, &labelled, 1);
    for (uint32_t i = 0; labelled && i < axis->bins; i++)
        put_text(tape, axis->labels[i]);
}

static void put_forms(struct tape *tape, const struct hist_set *set)
{
    put_u32(tape, set->count);
    for (uint32_t i = 0; i < set->count; i++) {
        const struct hist_form *form = &set->list[i].form;
        put_text(tape, form->directory);
        put_text(tape, form->name);
        put_text(tape, form->title);
        put_axis(tape, &form->x);
        put_axis(tape, &form->y);
    }
}

static void put_sum(struct tape *tape, hist_sum sum)
{
    put_u64(tape, (uint64_t)sum);
    put_u64(tape, (uint64_t)(sum >> 64));
}

/* Are the next cells all empty? Most are. */
static bool four_empty(const uint32_t *cells, uint32_t left)
{
    return left >= 4 && (cells[0] | cells[1] | cells[2] | cells[3]) == 0;
}

/* Of each cell that is filled how far it is from the one before, and its content. */
static void put_cells(struct tape *tape, const uint32_t *cells, uint32_t count)
{
    uint8_t data[CELLS_AT_ONCE * 2 * NUMBER];
    size_t size = 0;
    int64_t before = -1;
    for (uint32_t i = 0; i < count;) {
        if (four_empty(cells + i, count - i)) {
            i += 4;
            continue;
        }
        if (cells[i] != 0) {
            size += number_store(data + size, (uint64_t)((int64_t)i - before));
            size += number_store(data + size, cells[i]);
            before = i;
        }
        i++;
        if (size > sizeof data - (size_t)2 * NUMBER) {
            put(tape, data, size);
            size = 0;
        }
    }
    put(tape, data, size);
}

static void put_contents(struct tape *tape, const struct hist *hist)
{
    uint32_t count = hist_cells(&hist->form);
    uint32_t filled = 0;
    uint64_t entries = hist_entries(hist);
    put_number(tape, entries);
    if (entries == 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        filled += hist->cells[i] != 0;
    put_number(tape, filled);
    put_cells(tape, hist->cells, count);
    if (hist->places)
        return;
    put_sum(tape, hist->sums.x);
    put_sum(tape, hist->sums.xx);
    if (hist->form.y.bins == 0)
        return;
    put_sum(tape, hist->sums.y);
    put_sum(tape, hist->sums.yy);
    put_sum(tape, hist->sums.xy);
}

bool hist_write(const struct hist_set *set, struct bytes *out, struct err *err)
{
    struct tape tape = {.out = out, .err = err};
    size_t start = out->size;
    put(&tape, MAGIC, 8);
    put_u32(&tape, 0);
    put_forms(&tape, set);
    if (!tape.failed)
        le32_store(out->data + start + 8, (uint32_t)(out->size - start - HEAD));
    for (uint32_t i = 0; i < set->count; i++)
        put_contents(&tape, &set->list[i]);
    if (!tape.failed)
        put_u64(&tape, xxh3_of(out->data + start, out->size - start));
    return !tape.failed;
}

/* The next bytes, NULL when there are fewer. */
static const uint8_t *get(struct tape *tape, size_t size)
{
    const uint8_t *place = tape->at;
    if (tape->failed || (size_t)(tape->end - tape->at) < size) {
        tape->failed = true;
        return NULL;
    }
    tape->at += size;
    return place;
}

static uint32_t get_u32(struct tape *tape)
{
    const uint8_t *place = get(tape, 4);
    return place == NULL ? 0 : le32_load(place);
}

static uint64_t get_u64(struct tape *tape)
{
    const uint8_t *place = get(tape, 8);
    return place == NULL ? 0 : le64_load(place);
}

static double get_real(struct tape *tape)
{
    uint64_t bits = get_u64(tape);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* In its shortest form only. */
static uint64_t get_number(struct tape *tape)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        const uint8_t *place = get(tape, 1);
        if (place == NULL)
            return 0;
        uint64_t digits = *place & 0x7F;
        if ((shift == 63 && digits > 1) || (shift > 0 && *place == 0))
            break;
        value |= digits << shift;
        if ((*place & 0x80) == 0)
            return value;
    }
    tape->failed = true;
    return 0;
}

/* A text of at most `limit` - 1 characters, copied into `out`. */
static void get_text(struct tape *tape, char *out, size_t limit)
{
    const uint8_t *head = get(tape, 2);
    size_t length = head == NULL ? 0 : (size_t)(head[0] | head[1] << 8);
    const uint8_t *text = get(tape, length);
    out[0] = 0;
    if (text == NULL || length >= limit || memchr(text, 0, length) != NULL) {
        tape->failed = true;
        return;
    }
    memcpy(out, text, length);
    out[length] = 0;
}

/* Texts of one histogram while its description is read. */
struct form_texts {
    char directory[HIST_NAME], name[HIST_NAME], title[HIST_TITLE];
    char axes[2][HIST_TITLE];
};

static bool get_labels(struct tape *tape, struct hist_axis *axis, struct arena *arena)
{
    char label[HIST_TITLE];
    const char **labels = arena_try(arena, axis->bins, sizeof *labels);
    for (uint32_t i = 0; labels != NULL && i < axis->bins; i++) {
        get_text(tape, label, sizeof label);
        labels[i] = tape->failed ? NULL : arena_text(arena, label);
        if (labels[i] == NULL)
            return false;
    }
    axis->labels = labels;
    return labels != NULL;
}

static bool get_axis(struct tape *tape, struct hist_axis *axis, char *title,
                     struct arena *arena)
{
    *axis = (struct hist_axis){.title = title, .bins = get_u32(tape)};
    title[0] = 0;
    if (axis->bins == 0)
        return !tape->failed;
    get_text(tape, title, HIST_TITLE);
    axis->low = get_real(tape);
    axis->high = get_real(tape);
    const uint8_t *labelled = get(tape, 1);
    if (tape->failed || axis->bins > HIST_BINS || *labelled > 1)
        return false;
    return *labelled == 0 || get_labels(tape, axis, arena);
}

static bool get_form(struct tape *tape, struct hist_set *set)
{
    struct form_texts texts;
    struct hist_form form = {texts.directory, texts.name, texts.title, {0}, {0}};
    get_text(tape, texts.directory, sizeof texts.directory);
    get_text(tape, texts.name, sizeof texts.name);
    get_text(tape, texts.title, sizeof texts.title);
    return get_axis(tape, &form.x, texts.axes[0], &set->arena) &&
           get_axis(tape, &form.y, texts.axes[1], &set->arena) &&
           hist_set_find(set, texts.directory, texts.name) == NULL &&
           hist_set_add(set, &form, tape->err) != NULL;
}

static bool get_forms(struct tape *tape, struct hist_set *set)
{
    uint32_t count = get_u32(tape);
    for (uint32_t i = 0; i < count && !tape->failed; i++)
        tape->failed = !get_form(tape, set);
    return !tape->failed && tape->at == tape->end;
}

/* The description is that of the set, or becomes it. */
static bool forms_agree(const uint8_t *data, size_t size, struct hist_set *set,
                        struct err *err)
{
    if (set->count == 0) {
        struct tape tape = {.at = data, .end = data + size, .err = err};
        return get_forms(&tape, set);
    }
    struct bytes own;
    bytes_init(&own, HIST_BYTES_LIMIT);
    struct tape tape = {.out = &own, .err = err};
    put_forms(&tape, set);
    bool same = !tape.failed && own.size == size && memcmp(own.data, data, size) == 0;
    bytes_release(&own);
    return same;
}

static void get_sum(struct tape *tape, hist_sum *sum)
{
    uint64_t low = get_u64(tape);
    uint64_t high = get_u64(tape);
    hist_sum value = (hist_sum)((unsigned __int128)high << 64 | low);
    if (__builtin_add_overflow(*sum, value, sum))
        tape->failed = true;
}

static void get_cells(struct tape *tape, struct hist *hist, uint64_t entries)
{
    uint64_t filled = get_number(tape);
    uint64_t count = hist_cells(&hist->form);
    uint64_t next = 0;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < filled && !tape->failed; i++) {
        uint64_t step = get_number(tape);
        uint64_t value = get_number(tape);
        if (step == 0 || step > count - next || value == 0 || value > entries - sum) {
            tape->failed = true;
            return;
        }
        next += step;
        sum += value;
        uint32_t *cell = &hist->cells[next - 1];
        if (value > UINT32_MAX - *cell) {
            tape->failed = tape->full = true;
            return;
        }
        *cell += (uint32_t)value;
    }
    tape->failed = tape->failed || sum != entries;
}

static void get_contents(struct tape *tape, struct hist *hist)
{
    uint64_t entries = get_number(tape);
    if (entries > UINT64_MAX - hist_entries(hist))
        tape->failed = true;
    if (entries == 0 || tape->failed)
        return;
    get_cells(tape, hist, entries);
    if (hist->places)
        return;
    get_sum(tape, &hist->sums.x);
    get_sum(tape, &hist->sums.xx);
    if (hist->form.y.bins == 0)
        return;
    get_sum(tape, &hist->sums.y);
    get_sum(tape, &hist->sums.yy);
    get_sum(tape, &hist->sums.xy);
}

bool hist_read(const void *data, size_t size, const char *what, struct hist_set *set,
               struct err *err)
{
    const uint8_t *bytes = data;
    if (size < HEAD + XXH3 || memcmp(bytes, MAGIC, 8) != 0 ||
        le32_load(bytes + 8) > size - HEAD - XXH3)
        return err_set(err, E_HIST_FORMAT, "%s: no histograms are here", what);
    if (xxh3_of(bytes, size - XXH3) != le64_load(bytes + size - XXH3))
        return err_set(err, E_HIST_FORMAT,
                       "%s: the checksum of the histograms is another", what);
    size -= XXH3;
    size_t forms = le32_load(bytes + 8);
    struct err ignored;
    if (!forms_agree(bytes + HEAD, forms, set, &ignored))
        return err_set(err, E_HIST_FORMAT,
                       "%s: the descriptions of the histograms are damaged or others",
                       what);
    struct tape tape = {.at = bytes + HEAD + forms, .end = bytes + size, .err = &ignored};
    for (uint32_t i = 0; i < set->count && !tape.failed; i++) {
        get_contents(&tape, &set->list[i]);
        if (tape.full)
            return err_set(err, E_LIMIT,
                           "%s: with these a cell of %s/%s has more than %" PRIu32
                           " entries: merge fewer runs",
                           what, set->list[i].form.directory, set->list[i].form.name,
                           UINT32_MAX);
        if (tape.failed)
            return err_set(err, E_HIST_FORMAT, "%s: the contents of %s/%s are damaged",
                           what, set->list[i].form.directory, set->list[i].form.name);
    }
    if (tape.at != tape.end)
        return err_set(err, E_HIST_FORMAT, "%s: bytes are left over", what);
    return true;
}
