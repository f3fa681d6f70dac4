/* root_read_histogram.c - TH1D and TH2D out of ROOT files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An object starts with its size (bit 30 set) and a version; base classes and members
 * follow in ROOT's order. What is only for drawing is passed over, but counted.
 */
#include "output/root_read_histogram.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define SIZED     0x40000000u
#define NEW_CLASS 0xffffffffu
#define OBJECT    10u /* TObject: version, id, bits */

/* An object's frame: where it ends. */
struct frame {
    size_t end;
};

static struct frame frame_open(struct cursor *cursor, uint16_t version)
{
    uint32_t size = cursor_be32(cursor);
    struct frame frame = {.end = cursor->at + (size & ~SIZED)};
    if ((size & SIZED) == 0 || cursor_be16(cursor) != version || frame.end > cursor->size)
        cursor->failed = true;
    return frame;
}

static void frame_close(struct cursor *cursor, struct frame frame)
{
    if (cursor->at != frame.end)
        cursor->failed = true;
}

static void frame_skip(struct cursor *cursor, uint16_t version)
{
    struct frame frame = frame_open(cursor, version);
    if (!cursor->failed)
        cursor->at = frame.end;
}

static void named_take(struct cursor *cursor, struct cursor_text *name,
                       struct cursor_text *title)
{
    struct frame frame = frame_open(cursor, 1);
    (void)cursor_take(cursor, OBJECT);
    *name = cursor_tstring(cursor);
    *title = cursor_tstring(cursor);
    frame_close(cursor, frame);
}

/* Count and numbers, NULL when there are none. */
static const uint8_t *array_take(struct cursor *cursor, uint32_t *count)
{
    *count = cursor_be32(cursor);
    if (*count > cursor_left(cursor) / 8) {
        cursor->failed = true;
        *count = 0;
    }
    return *count == 0 ? NULL : cursor_take(cursor, 8 * (size_t)*count);
}

/* Passes over the name of a class: given, or where it was given. */
static void class_skip(struct cursor *cursor)
{
    if (cursor_be32(cursor) != NEW_CLASS)
        return;
    while (!cursor->failed && cursor_u8(cursor) != 0)
        continue;
}

/* One label; its object's id is the bin. */
static void label_take(struct cursor *cursor, struct histogram_axis *axis)
{
    uint32_t size = cursor_be32(cursor);
    struct frame pointer = {.end = cursor->at + (size & ~SIZED)};
    class_skip(cursor);
    struct frame frame = frame_open(cursor, 1);
    (void)cursor_be16(cursor);
    uint32_t bin = cursor_be32(cursor);
    (void)cursor_be32(cursor);
    struct cursor_text text = cursor_tstring(cursor);
    frame_close(cursor, frame);
    frame_close(cursor, pointer);
    (void)cursor_tstring(cursor); /* option of the list */
    if (bin < 1 || bin > axis->bins || (size & SIZED) == 0)
        cursor->failed = true;
    else if (!cursor->failed)
        axis->labels[bin - 1] = text;
}

/* A list of labels, or none. */
static void labels_take(struct cursor *cursor, struct histogram_axis *axis)
{
    uint32_t size = cursor_be32(cursor);
    if (size == 0)
        return;
    struct frame pointer = {.end = cursor->at + (size & ~SIZED)};
    class_skip(cursor);
    struct frame frame = frame_open(cursor, 5);
    (void)cursor_take(cursor, OBJECT);
    (void)cursor_tstring(cursor);
    uint32_t count = cursor_be32(cursor);
    if (cursor->failed || (size & SIZED) == 0 || count > axis->bins) {
        cursor->failed = true;
        return;
    }
    axis->labels = mem_new(axis->bins, sizeof *axis->labels);
    for (uint32_t i = 0; i < axis->bins; i++)
        axis->labels[i] = (struct cursor_text){"", 0};
    for (uint32_t i = 0; i < count && !cursor->failed; i++)
        label_take(cursor, axis);
    frame_close(cursor, frame);
    frame_close(cursor, pointer);
}

static void axis_take(struct cursor *cursor, struct histogram_axis *axis)
{
    struct frame frame = frame_open(cursor, 10);
    struct cursor_text name;
    uint32_t edges;
    named_take(cursor, &name, &axis->title);
    frame_skip(cursor, 4); /* colours and sizes */
    axis->bins = cursor_be32(cursor);
    axis->low = cursor_real(cursor);
    axis->high = cursor_real(cursor);
    axis->edges = array_take(cursor, &edges);
    if (axis->bins == 0 || axis->bins > HISTOGRAM_BINS || !isfinite(axis->low) ||
        !isfinite(axis->high - axis->low) || axis->low >= axis->high ||
        (edges != 0 && edges != axis->bins + 1))
        cursor->failed = true;
    (void)cursor_take(cursor, 11); /* range shown, flags */
    (void)cursor_tstring(cursor);  /* format of times */
    if (!cursor->failed)
        labels_take(cursor, axis);
    if (cursor_be32(cursor) != 0) /* changed labels: never ours */
        cursor->failed = true;
    frame_close(cursor, frame);
}

/* The part that all histograms have. */
static void base_take(struct cursor *cursor, struct histogram_read *histogram)
{
    struct frame frame = frame_open(cursor, 8);
    uint32_t count;
    named_take(cursor, &histogram->name, &histogram->title);
    frame_skip(cursor, 2); /* line */
    frame_skip(cursor, 2); /* fill */
    frame_skip(cursor, 2); /* marker */
    histogram->cell_count = cursor_be32(cursor);
    for (int i = 0; i < 3 && !cursor->failed; i++)
        axis_take(cursor, &histogram->axes[i]);
    (void)cursor_be32(cursor); /* bars */
    histogram->entries = cursor_real(cursor);
    histogram->sumw = cursor_real(cursor);
    histogram->sumw2 = cursor_real(cursor);
    histogram->sumwx = cursor_real(cursor);
    histogram->sumwx2 = cursor_real(cursor);
    (void)cursor_take(cursor, 24); /* limits of the picture, norm */
    (void)array_take(cursor, &count);
    (void)array_take(cursor, &count); /* squares of weights */
    if (count != 0 && count != histogram->cell_count)
        cursor->failed = true;
    (void)cursor_tstring(cursor);
    frame_skip(cursor, 5); /* functions */
    (void)cursor_be32(cursor);
    (void)cursor_take(cursor, 1 + 4 + 4);
    frame_close(cursor, frame);
}

static void cells_take(struct cursor *cursor, struct histogram_read *histogram)
{
    uint32_t count;
    const uint8_t *cells = array_take(cursor, &count);
    uint64_t wanted = histogram->axes[0].bins + 2u;
    if (histogram->dimensions == 2)
        wanted *= histogram->axes[1].bins + 2u;
    if (cursor->failed || count != wanted || count != histogram->cell_count) {
        cursor->failed = true;
        return;
    }
    histogram->cells = mem_new(count, sizeof *histogram->cells);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bits = be64_load(cells + 8 * (size_t)i);
        memcpy(&histogram->cells[i], &bits, sizeof bits);
        if (!isfinite(histogram->cells[i]))
            cursor->failed = true;
    }
}

static bool object_take(struct cursor *cursor, struct histogram_read *histogram)
{
    bool flat = histogram->dimensions == 1;
    struct frame outer = frame_open(cursor, flat ? 3 : 4);
    if (flat)
        base_take(cursor, histogram);
    else {
        struct frame frame = frame_open(cursor, 5);
        base_take(cursor, histogram);
        (void)cursor_take(cursor, 32); /* scale, sums with y */
        frame_close(cursor, frame);
    }
    if (!cursor->failed)
        cells_take(cursor, histogram);
    frame_close(cursor, outer);
    return !cursor->failed && cursor_left(cursor) == 0;
}

bool histogram_is(const struct root_read_key *key)
{
    return strcmp(key->class_name, "TH1D") == 0 || strcmp(key->class_name, "TH2D") == 0;
}

bool histogram_read_key(struct histogram_read *histogram, const struct root_read *file,
                        const struct root_read_key *key, struct err *err)
{
    struct histogram_read read = {.dimensions = key->class_name[2] - '0'};
    bytes_init(&read.object, ROOT_READ_OBJECT);
    bool done = root_read_object(file, key, &read.object, err);
    if (done) {
        struct cursor cursor = cursor_over(read.object.data, read.object.size);
        if (!object_take(&cursor, &read))
            done = err_set(err, E_HISTOGRAM_FORMAT,
                           "%s: byte %" PRIu64 ": histogram \"%s\": damaged near byte "
                           "%zu of it",
                           file->path, key->offset, key->name, cursor.at);
        else if (!cursor_text_is(read.name, key->name))
            done = err_set(err, E_HISTOGRAM_FORMAT,
                           "%s: byte %" PRIu64 ": histogram \"%s\": its own name is "
                           "another",
                           file->path, key->offset, key->name);
    }
    if (done)
        *histogram = read;
    else
        histogram_read_release(&read);
    return done;
}

void histogram_read_release(struct histogram_read *histogram)
{
    for (int i = 0; i < 3; i++)
        free(histogram->axes[i].labels);
    free(histogram->cells);
    bytes_release(&histogram->object);
    *histogram = (struct histogram_read){.cells = NULL};
}

double histogram_edge(const struct histogram_axis *axis, uint32_t bin)
{
    double value;
    if (axis->edges == NULL)
        return axis->low + (axis->high - axis->low) * (bin - 1) / axis->bins;
    uint64_t bits = be64_load(axis->edges + 8 * (size_t)(bin - 1));
    memcpy(&value, &bits, sizeof value);
    return value;
}
