/* root_values_hist.c - histograms with known contents, in directories.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is expected is counted here anew, in double: values are multiples of 1/8, so the
 * sums are exact.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "output/hist_root.h"
#include "output/root_classes.h"
#include "tests/system/root_values.h"

#define CELLS 1024u

static const char *const labels[] = {"all", "trigger", "a label of some length", ""};

static const struct hist_form forms[] = {
    {"one",
     "plain",
     "a title with [units]",
     {"x [GeV]", 10, 0, 100, NULL},
     {"", 0, 0, 0, NULL}},
    {"one", "labels", "cut flow", {"cut", 4, -0.5, 3.5, labels}, {"", 0, 0, 0, NULL}},
    {"two",
     "plain",
     "the same name elsewhere",
     {"x", 7, -3, 4, NULL},
     {"", 0, 0, 0, NULL}},
    {"two", "plane", "two axes", {"x", 5, -8, 8, NULL}, {"y", 3, 0, 30, NULL}},
    {"two", "empty", "nothing", {"x", 1, 0, 1, NULL}, {"y", 1, 0, 1, NULL}},
};

#define FORMS (sizeof forms / sizeof forms[0])

/* The same histogram by other arithmetic. */
struct counted {
    double entries, inside, x, xx, y, yy, xy;
    double cells[CELLS];
};

static uint32_t bin_of(const struct hist_axis *axis, double value)
{
    if (axis->bins == 0 || value < axis->low)
        return 0;
    if (value >= axis->high)
        return axis->bins + 1;
    return 1 + (uint32_t)((value - axis->low) * axis->bins / (axis->high - axis->low));
}

static void counted_add(struct counted *counted, const struct hist_form *form, double x,
                        double y)
{
    uint32_t ix = bin_of(&form->x, x);
    uint32_t iy = bin_of(&form->y, y);
    counted->entries += 1;
    counted->cells[ix + (form->x.bins + 2) * iy] += 1;
    if (ix == 0 || ix > form->x.bins ||
        (form->y.bins > 0 && (iy == 0 || iy > form->y.bins)))
        return;
    counted->inside += 1;
    counted->x += x;
    counted->xx += x * x;
    counted->y += y;
    counted->yy += y * y;
    counted->xy += x * y;
}

static void bits_print(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    (void)printf(" %016" PRIx64, bits);
}

static void axis_print(char name, const struct hist_axis *axis)
{
    (void)printf("axis %c %u", name, axis->bins);
    bits_print(axis->low);
    bits_print(axis->high);
    (void)printf(" 0 %s\n", axis->title);
    for (uint32_t i = 0; axis->labels != NULL && i < axis->bins; i++)
        (void)printf("label %u %s\n", i + 1, axis->labels[i]);
}

static void counted_print(const struct counted *counted, const struct hist_form *form)
{
    bool flat = form->y.bins == 0;
    (void)printf("key %s/%s TH%dD %s\nhistogram %s/%s TH%dD", form->directory, form->name,
                 flat ? 1 : 2, form->title, form->directory, form->name, flat ? 1 : 2);
    bits_print(counted->entries);
    (void)printf(" %s\n", form->title);
    axis_print('X', &form->x);
    if (!flat)
        axis_print('Y', &form->y);
    (void)printf("moments");
    bits_print(counted->inside);
    bits_print(counted->inside);
    bits_print(counted->x);
    bits_print(counted->xx);
    if (!flat) {
        bits_print(counted->y);
        bits_print(counted->yy);
        bits_print(counted->xy);
    }
    (void)printf("\nsumw2\ncells");
    for (uint32_t i = 0; i < (form->x.bins + 2) * (flat ? 1 : form->y.bins + 2); i++)
        bits_print(counted->cells[i]);
    (void)printf("\n");
}

void hist_values(const char *path, uint32_t entries)
{
    static struct counted counted[FORMS];
    struct err err;
    struct root_file file;
    struct hist_set set;
    struct random random = {.state = 1};
    hist_set_init(&set);
    for (size_t i = 0; i < FORMS; i++) {
        struct hist *hist = hist_set_add(&set, &forms[i], &err);
        must(hist != NULL, &err);
        const struct hist_axis *x = &forms[i].x;
        const struct hist_axis *y = &forms[i].y;
        for (uint32_t n = 0; n < entries && strcmp(forms[i].name, "empty") != 0; n++) {
            double width = (x->high - x->low) * 1.25;
            double a = rint((x->low + (random_unit(&random) - 0.1) * width) * 8) / 8;
            if (x->labels != NULL) /* places: moments are those of the bins' middles */
                a = rint(a);
            double b = y->bins == 0 ? 0 : rint(random_unit(&random) * 8 * 40) / 8 - 5;
            hist_fill(hist, a, b, 1);
            counted_add(&counted[i], &forms[i], a, b);
        }
    }
    values_begin(&file, path, 0);
    must(hist_root_add(&file, &set, &err), &err);
    values_end(&file, ROOT_SET_TH2 | ROOT_BIT(ROOT_TOBJSTRING));
    hist_set_release(&set);
    for (size_t i = 0; i < FORMS; i++) {
        if (i == 0 || strcmp(forms[i].directory, forms[i - 1].directory) != 0)
            (void)printf("key %s TDirectory \n", forms[i].directory);
        counted_print(&counted[i], &forms[i]);
    }
}
