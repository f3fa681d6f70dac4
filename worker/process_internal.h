/* process_internal.h - what the files of process share while a task is done.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_PROCESS_INTERNAL_H
#define SPILLWAY_WORKER_PROCESS_INTERNAL_H

#include "model/skip.h"
#include "output/columns.h"
#include "output/hist_bytes.h"
#include "output/summary.h"
#include "raw/once.h"
#include "raw/sadc.h"
#include "reco/event.h"
#include "reco/quality.h"
#include "reco/selection.h"
#include "worker/process.h"
#include "worker/process_input.h"
#include "worker/process_part.h"
#include "worker/process_values.h"

/* Events of a segment: 2^20 event numbers, and as many records again. */
#define PROCESS_EVENTS ((uint32_t)2 << 20)

/* One event or record of a segment. */
struct event_place {
    uint64_t offset; /* in the segment */
    uint32_t length;
    uint32_t event;
    uint16_t type;
    uint16_t accepted; /* bit s: skim s keeps it */
    bool skipped;      /* by a manager's word: not decoded, in no output */
    struct event_digest digest;
};

_Static_assert(RECIPE_SKIMS <= 16, "one bit a skim");

/* Events and records of the segment at work, in the order of the file. */
struct places {
    struct event_place *list;
    uint32_t count, capacity;
};

/* What decoding and reconstruction need; made once, `made_for` says for which values. */
struct decoder {
    struct sadc_digits digits;
    struct reco_table table; /* some rows, on their way to `writer` */
    struct columns_writer writer;
    struct faults faults;
    struct event_counts counts;
    struct layout layout; /* of the event before */
    uint64_t damaged_events;
    struct skip_list skip; /* of the segment at work */
    struct arena arena;    /* of the calibration */
    struct calibration calibration;
    const struct task_segment *made_for; /* NULL: none */
};

/* Stored columns that are read again; made once. */
struct columns_source {
    struct columns_reader reader;
    uint64_t wanted;         /* columns */
    struct reco_table table; /* of a cluster, with these */
};

struct process {
    const struct task *task;
    const struct process_options *options;
    struct arena *arena; /* of the report */
    struct values values;
    struct input input;
    struct part reco_part, select_part;
    bool quit;    /* the segment at work was given up */
    bool writing; /* a record is open: a failure now makes its file useless */
    struct bytes reco_text, select_text;
    struct bytes piece; /* raw bytes of an event that is fetched alone */
    struct bytes line;  /* a summary */
    struct selection selection;
    struct cut_flow flows[RECIPE_SKIMS];
    struct hist_set hists;     /* of the segment at work; made with the first one */
    struct hist_set cut_flows; /* the same, of the select step */
    struct bytes payload;      /* histograms as bytes */
    struct decoder decoder;
    struct columns_source source;
    struct places places;
    struct once once;
    struct summary summary; /* of the segment at work */
    struct product products[STREAMS];
    uint32_t product_count;
};

/* Where parts go; empty: into memory. */
const char *process_store(const struct process *process);

/* process_scan.c */

bool places_add(struct places *places, const struct event_place *place, struct err *err);

/* The digest of each, which are added to *sum. */
void places_digest(struct places *places, uint32_t run, uint32_t spill,
                   struct event_digest *sum);

/* Going through the events of a segment while its bytes are read; of those with one
 * number the first counts. */
struct scan {
    struct date_reader reader;
    const uint8_t *data;
};

/* Starts the segment that input_begin() began. */
bool scan_start(struct process *process, const struct task_segment *segment,
                const uint8_t *data, struct scan *scan, struct err *err);

/* FOUND: the next event or record, added to the places and to the summary. */
enum lookup scan_next(struct process *process, struct scan *scan,
                      struct date_event *event, struct err *err);

/* After the last event: E_WORKER_INPUT and E_WORKER_DEFICIT name what differs from the
 * index. Until then nothing that came out may count. */
bool scan_end(struct process *process, const struct task_segment *segment,
              struct err *err);

/* These three for the whole segment. */
bool process_scan(struct process *process, const struct task_segment *segment,
                  const uint8_t *data, struct err *err);

/* process_decode.c: reads and reconstructs all events of the segment and marks what skims
 * keep; with STEP_RECO it writes the columns. */
void decoder_init(struct decoder *decoder);
void decoder_release(struct decoder *decoder);

bool process_decode(struct process *process, const struct task_segment *segment,
                    const uint8_t **data, struct err *err);

/* process_stored.c */
void source_release(struct columns_source *source);

/* As process_decode(), from stored columns. *data is the whole segment if it had to
 * be read, else NULL. */
bool process_stored(struct process *process, const struct task_segment *segment,
                    const uint8_t **data, struct err *err);

/* process_select.c */

/* Once per segment: mask of the spill, counts to zero. */
bool process_select_start(struct process *process, const struct task_segment *segment,
                          struct err *err);

/* Marks what each skim keeps of one event; `table` NULL without reconstruction. */
void process_choose(struct process *process, const struct task_segment *segment,
                    struct event_place *place, const struct reco_table *table,
                    uint32_t row);

/* The same of `count` (up to SELECTION_ROWS) rows of stored columns from `row` on;
 * *accepted gets what place.accepted is of each. */
void process_choose_rows(struct process *process, const struct task_segment *segment,
                         uint32_t row, uint32_t count, uint16_t accepted[SELECTION_ROWS]);

/* Writes the streams of the select step. `data` NULL: events are fetched one by one. */
bool process_select_write(struct process *process, const struct task_segment *segment,
                          const uint8_t *data, struct err *err);

/* process_hist.c: streams "hist" of the reco step and "flow" of the select step. Start is
 * called once per segment, before its events; the decoder then fills pulses. */
bool process_hists_start(struct process *process, struct err *err);
bool process_hists_write(struct process *process, const struct task_segment *segment,
                         struct err *err);
bool process_flows_write(struct process *process, const struct task_segment *segment,
                         struct err *err);

/* process_merge.c: does a merge task. Fills status, failure, blamed (number of the input
 * that was wrong), merged product, offsets, part and byte counts. */
void process_merge(const struct task *task, const struct process_options *options,
                   struct arena *arena, struct report *report);

#endif
