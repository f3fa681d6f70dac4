/* hist_root.c - histograms as ROOT objects.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Colours, fonts and sizes are ROOT's defaults.
 */
#include "output/hist_root.h"

#include <stdlib.h>
#include <string.h>

#include "output/compress.h"

#define NO_LIMIT (-1111.0) /* ROOT's word for "no minimum", "no maximum" */

static const char *class_of(const struct hist_form *form)
{
    return form->y.bins == 0 ? "TH1D" : "TH2D";
}

static void axis_style_put(struct root_stream *stream)
{
    size_t start = root_open(stream, 4);
    root_put_u32(stream, 510); /* divisions */
    root_put_u16(stream, 1);   /* colours of axis and labels */
    root_put_u16(stream, 1);
    root_put_u16(stream, 42); /* font */
    root_put_f32(stream, 0.005F);
    root_put_f32(stream, 0.035F);
    root_put_f32(stream, 0.03F);
    root_put_f32(stream, 1.0F);
    root_put_f32(stream, 0.035F);
    root_put_u16(stream, 1);
    root_put_u16(stream, 42);
    root_close(stream, start);
}

/* Pointer to a list of strings that carry the numbers of their bins. */
static void labels_put(struct root_stream *stream, const struct hist_axis *axis)
{
    if (axis->labels == NULL) {
        root_put_u32(stream, 0);
        return;
    }
    size_t pointer = root_object_open(stream, "THashList");
    size_t list = root_list_open(stream, axis->bins);
    for (uint32_t i = 0; i < axis->bins; i++) {
        size_t object = root_object_open(stream, "TObjString");
        size_t string = root_open(stream, 1);
        root_put_object(stream, i + 1);
        root_put_text(stream, axis->labels[i]);
        root_close(stream, string);
        root_close(stream, object);
        root_put_u8(stream, 0); /* option */
    }
    root_close(stream, list);
    root_close(stream, pointer);
}

static void axis_put(struct root_stream *stream, const char *name,
                     const struct hist_axis *axis)
{
    static const struct hist_axis none = {.title = "", .bins = 1, .low = 0, .high = 1};
    axis = axis->bins == 0 ? &none : axis;
    size_t start = root_open(stream, 10);
    root_put_named(stream, name, axis->title);
    axis_style_put(stream);
    root_put_u32(stream, axis->bins);
    root_put_f64(stream, axis->low);
    root_put_f64(stream, axis->high);
    root_put_u32(stream, 0); /* edges: equal bins */
    root_put_u32(stream, 0); /* first bin shown */
    root_put_u32(stream, 0); /* last */
    root_put_u16(stream, axis->labels == NULL ? 0 : 1);
    root_put_u8(stream, 0); /* not a time */
    root_put_text(stream, "");
    labels_put(stream, axis);
    root_put_u32(stream, 0); /* changed labels: none */
    root_close(stream, start);
}

static void statistics_put(struct root_stream *stream, const struct hist *hist)
{
    struct hist_moments moments = hist_moments(hist);
    root_put_f64(stream, (double)hist_entries(hist));
    root_put_f64(stream, moments.count);
    root_put_f64(stream, moments.count); /* weights are 1, so are their squares */
    root_put_f64(stream, moments.x);
    root_put_f64(stream, moments.xx);
}

/* The base class of all histograms. */
static void th1_put(struct root_stream *stream, const struct hist *hist)
{
    static const struct hist_axis none = {.bins = 0};
    const struct hist_form *form = &hist->form;
    size_t start = root_open(stream, 8);
    root_put_named(stream, form->name, form->title);
    root_put_line(stream);
    root_put_fill(stream);
    root_put_marker(stream);
    root_put_u32(stream, hist_cells(form));
    axis_put(stream, "xaxis", &form->x);
    axis_put(stream, "yaxis", &form->y);
    axis_put(stream, "zaxis", &none);
    root_put_u16(stream, 0);    /* bar offset */
    root_put_u16(stream, 1000); /* bar width */
    statistics_put(stream, hist);
    root_put_f64(stream, NO_LIMIT);
    root_put_f64(stream, NO_LIMIT);
    root_put_f64(stream, 0.0);                     /* norm */
    root_put_u32(stream, 0);                       /* contours */
    root_put_u32(stream, 0);                       /* errors: those of counts */
    root_put_text(stream, "");                     /* draw option */
    root_close(stream, root_list_open(stream, 0)); /* functions */
    root_put_u32(stream, 0);                       /* buffer */
    root_put_u8(stream, 0);
    root_put_u32(stream, 0); /* errors of bins: normal */
    root_put_u32(stream, 2); /* overflows: as set by the user */
    root_close(stream, start);
}

static void th2_put(struct root_stream *stream, const struct hist *hist)
{
    struct hist_moments moments = hist_moments(hist);
    size_t start = root_open(stream, 5);
    th1_put(stream, hist);
    root_put_f64(stream, 1.0); /* scale */
    root_put_f64(stream, moments.y);
    root_put_f64(stream, moments.yy);
    root_put_f64(stream, moments.xy);
    root_close(stream, start);
}

void hist_root_put(struct root_stream *stream, const struct hist *hist)
{
    uint32_t cells = hist_cells(&hist->form);
    bool flat = hist->form.y.bins == 0;
    size_t start = root_open(stream, flat ? 3 : 4);
    if (flat)
        th1_put(stream, hist);
    else
        th2_put(stream, hist);
    root_put_u32(stream, cells);
    for (uint32_t i = 0; i < cells; i++)
        root_put_f64(stream, (double)hist->cells[i]);
    root_close(stream, start);
}

/* Number of the directory of a histogram, made at its first use. */
static bool directory_of(struct root_file *file, const char *name, uint32_t *number,
                         struct err *err)
{
    for (uint32_t i = 1; i < file->directory_count; i++)
        if (strcmp(file->directories[i].name, name) == 0) {
            *number = i;
            return true;
        }
    return root_directory_add(file, ROOT_TOP, name, number, err);
}

/* A key with the object, compressed where that makes it smaller. */
static bool object_add(struct root_file *file, const struct root_key *key,
                       const struct bytes *object, struct compressor *compressor,
                       struct err *err)
{
    uint8_t *stored = mem_new(compress_bound(object->size), 1);
    size_t size = compress_data(compressor, object->data, object->size, stored);
    bool done = root_key_begin(file, key, NULL, err) &&
                root_key_add(file, stored, size, err) &&
                root_key_end(file, (uint32_t)object->size, NULL, err);
    free(stored);
    return done;
}

static bool hists_add(struct root_file *file, const struct hist_set *set,
                      struct compressor *compressor, struct err *err)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct hist *hist = &set->list[i];
        struct root_key key = {.class_name = class_of(&hist->form),
                               .name = hist->form.name,
                               .title = hist->form.title};
        struct root_stream object;
        if (!directory_of(file, hist->form.directory, &key.directory, err))
            return false;
        root_stream_init(&object, root_key_length(key.class_name, key.name, key.title));
        hist_root_put(&object, hist);
        bool done = root_stream_check(&object, err) &&
                    object_add(file, &key, &object.bytes, compressor, err);
        root_stream_release(&object);
        if (!done)
            return false;
    }
    return true;
}

bool hist_root_add(struct root_file *file, const struct hist_set *set, struct err *err)
{
    struct compressor *compressor = compressor_new();
    bool done = hists_add(file, set, compressor, err);
    compressor_free(compressor);
    return done;
}
