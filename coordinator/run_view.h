/* run_view.h - runs of the catalogue with the sums over their chunks, for people.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RUN_VIEW_H
#define SPILLWAY_COORDINATOR_RUN_VIEW_H

#include "catalog/catalog.h"
#include "coordinator/select.h"

#define RUN_FILTER_RANGES 256

struct run_filter {
    const char *setup; /* NULL: any */
    struct run_range ranges[RUN_FILTER_RANGES];
    uint32_t range_count; /* 0: every run */
};

/* Adds "RUN" or "FIRST-LAST" words. */
bool run_filter_words(struct run_filter *filter, int count, char **words,
                      struct err *err);

struct run_view {
    struct run run;
    uint64_t chunks, chunks_scanned;
    uint64_t bytes, bytes_not_scanned;
    uint64_t damaged_bytes;
};

struct run_list {
    struct run_view *views; /* ascending run numbers */
    size_t count, room;
};

void run_list_init(struct run_list *list);
void run_list_release(struct run_list *list);
bool run_list_read(struct catalog *catalog, const struct run_filter *filter,
                   struct run_list *list, struct err *err);

bool run_list_text(const struct run_list *list, struct bytes *out, struct err *err);
bool run_list_json(const struct run_list *list, struct bytes *out, struct err *err);

/* One run with its chunks and spills. */
bool run_show_text(struct catalog *catalog, const struct run_view *view,
                   struct bytes *out, struct err *err);
bool run_show_json(struct catalog *catalog, const struct run_view *view,
                   struct bytes *out, struct err *err);

#endif
