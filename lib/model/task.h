/* task.h - everything a worker needs, and what it answers: the two messages.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A worker never asks back. A task groups neighbouring segments of one chunk; its bounds
 * are in no key and in no output byte. A report may cover a prefix of the task.
 */
#ifndef SPILLWAY_MODEL_TASK_H
#define SPILLWAY_MODEL_TASK_H

#include "base/arena.h"
#include "model/chunk.h"
#include "model/key.h"
#include "model/product.h"
#include "model/recipe.h"
#include "model/run.h"
#include "model/segment.h"

enum task_kind {
    TASK_PROCESS, /* reco and/or select of segments */
    TASK_MERGE    /* ordered products into one file */
};

/* Steps of a process task. */
#define STEP_RECO   1u
#define STEP_SELECT 2u

#define TASK_SEGMENTS 4096u /* at most, per task */
#define TASK_VALUES   65536u
#define TASK_INPUTS   65536u
#define TASK_URL      512
#define TASK_MIRRORS  ((size_t)7 * TASK_URL) /* SOURCE_MIRRORS of conditions/source.h */

/* An effective value with what is needed to get its bytes: either inline (canonical row)
 * or a blob by its hash, in the store under conditions/<2 hex>/<hash>. */
struct task_value {
    struct effective effective;
    uint64_t size;          /* bytes of the value */
    const uint8_t *inlined; /* NULL: fetch the blob */
};

struct task_segment {
    uint32_t index; /* dense number in the campaign's plan */
    struct segment segment;
    struct sha256 reco_key;
    struct sha256 select_key;
    const uint32_t *reco_values; /* indices into task.values, sorted by type */
    uint32_t reco_value_count;
    const uint32_t *select_values;
    uint32_t select_value_count;
    struct product reco; /* input when only STEP_SELECT is asked; key zero otherwise */
};

/* One input of a merge, in the final order. */
struct merge_input {
    struct product product;
    uint32_t run, spill;
};

struct task {
    uint64_t attempt; /* sequential number of the attempt in the catalog */
    uint64_t token;   /* of its lease: 64 random bits */
    enum task_kind kind;
    char store[TASK_URL]; /* where parts go and blobs come from: absolute directory */
    char mirrors[TASK_MIRRORS]; /* of the campaign */
    uint64_t memory_bytes;      /* limit for the executor */
    int64_t duration_ns;        /* limit for one segment */

    /* TASK_PROCESS */
    uint32_t steps;
    struct run run;
    struct chunk chunk;
    const struct recipe *recipe;
    const struct task_value *values;
    uint32_t value_count;
    const struct task_segment *segments;
    uint32_t segment_count;

    /* TASK_MERGE */
    uint32_t group; /* dense number of the merge group in the campaign */
    struct sha256 merge_key;
    struct merge_class merge_class;
    const struct merge_input *inputs;
    uint32_t input_count;
    const struct merge_input
        *prologue; /* raw skims: where the start records of the run are */
    uint32_t prologue_count;
};

enum report_status {
    REPORT_DONE,     /* all segments, or the merge */
    REPORT_PREFIX,   /* the first `segment_count` segments; the rest is handed back */
    REPORT_RETURNED, /* nothing was done and nobody is to blame (drain, lost executor) */
    REPORT_FAILED    /* `failure` says why; segments before it may be reported done */
};

/* Per committed segment. Seen = kept + rejected + damaged for each stream. */
struct segment_result {
    uint32_t index;
    struct event_digest seen; /* decoded events and records: must equal the index */
    uint64_t damaged_events;  /* seen by the walker, not decodable */
    uint64_t nan_count;
    int64_t cpu_ns;
    int64_t wall_ns;
    const struct product *products; /* one a stream */
    uint32_t product_count;
};

struct part_size {
    char file[PRODUCT_FILE];
    uint64_t size;
};

struct report {
    uint64_t attempt;
    uint64_t token;
    enum report_status status;
    struct err failure; /* REPORT_FAILED */
    uint32_t blamed;    /* plan number of the segment at work when it failed, in a merge
                         * the index of the bad input; UINT32_MAX none */
    int32_t signal;     /* that ended the executor, 0 none */
    const struct segment_result *segments;
    uint32_t segment_count;
    /* TASK_MERGE done: the merged file as one product; inputs get their places from it.
     */
    struct product merged;
    const uint64_t *input_offsets; /* of each input's payload in the merged file */
    uint32_t input_count;
    /* Sizes of the parts that the products name, for the check before a commit. */
    const struct part_size *parts;
    uint32_t part_count;
    uint64_t bytes_read;
    uint64_t bytes_written;
    uint64_t peak_memory_bytes;
    int64_t wall_ns;
    int64_t cpu_ns;
    char host[64];
};

#endif
