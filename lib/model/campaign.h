/* campaign.h - a named reprocessing: selection, recipe, conditions, policies, plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_MODEL_CAMPAIGN_H
#define SPILLWAY_MODEL_CAMPAIGN_H

#include "model/key.h"
#include "model/recipe.h"
#include "model/retry_rule.h"
#include "model/task.h"

#define CAMPAIGN_NAME 48

enum eot_partial {
    EOT_PARTIAL_DROP, /* a spill with a missing segment counts nothing (default) */
    EOT_PARTIAL_SCALE /* it counts the share of its delivered events */
};

/* The share of the segments that a stream must not fall below when losses are accepted.
 */
struct stream_floor {
    char stream[STREAM_NAME];
    double share;
};

/* How tasks are cut, leased and retried. Nothing here is in a key. */
struct campaign_policy {
    int64_t task_ns;        /* target of a task's time, 0: tasks are cut by bytes only */
    uint64_t task_bytes;    /* a task takes no more segments from so many bytes on */
    uint32_t task_segments; /* at most this many segments a task, 0: no bound */
    uint64_t merge_bytes; /* size target of published files; this one is in merge keys */
    int64_t lease_ns;     /* term of a lease */
    int64_t alert_ns;     /* without progress before it is told, 0: by lease and limit */
    int64_t retry_delay_ns;   /* before a failed segment is tried again */
    int64_t segment_limit_ns; /* executor deadline for one segment */
    uint64_t memory_bytes;    /* executor limit */
    uint32_t attempts;        /* blamed failures before quarantine */
    double complete_at; /* fraction of segments at which the rest may be closed as lost;
                         * not below any floor */
    enum eot_partial eot_partial;
    struct retry_rule rules[RETRY_RULES]; /* before the built-in ones */
    uint32_t rule_count;
    struct stream_floor floors[STREAMS];
    uint32_t floor_count;
};

struct campaign {
    uint32_t id; /* given by the catalog, from 1 */
    char name[CAMPAIGN_NAME];
    char tag[128];              /* global tag as named in the campaign file */
    char source[TASK_URL];      /* conditions source it was resolved from */
    char mirrors[TASK_MIRRORS]; /* of that source, a URL a line: for blobs that the store
                                 * lost */
    struct sha256 manifest;     /* of the manifest that was taken */
    char store[TASK_URL];       /* absolute directory */
    struct recipe recipe;
    struct campaign_policy policy;
    bool physics;           /* purpose */
    uint32_t segment_count; /* of the plan; dense numbers 0 .. count - 1 */
    uint32_t value_count;
    uint32_t set_count;
    uint32_t group_count; /* merge groups made so far */
    int64_t created_s;
    bool complete;           /* every group published, no segment open */
    struct sha256 file_hash; /* of the campaign file */
};

/* One segment of a plan. The dense number is its place in the merge order
 * (run, spill, builder, chunk, ordinal). */
struct plan_segment {
    struct segment_id id;
    uint32_t spill;
    struct sha256 reco_key; /* zero when the recipe does not reconstruct */
    struct sha256 select_key;
    uint32_t reco_set; /* number of the value set */
    uint32_t select_set;
};

/* Current state of a plan segment: 16 bytes in the catalog. Product numbers are 0 until
 * the step is committed (or was found in the catalog at planning). */
struct plan_state {
    uint8_t state;    /* enum segment_state */
    uint8_t blame;    /* failures for a cause in the segment */
    uint8_t deaths;   /* unexplained deaths of an executor at work on it */
    uint8_t attempts; /* saturates at 255 */
    uint32_t reco_product;
    uint32_t select_product;
    uint16_t failure; /* code of the last error */
    uint8_t memory;   /* limits of its tasks in sixteenths of the policy's, */
    uint8_t time;     /* raised by retry rules; 0: as the policy says */
};

/* Life of a merge group: open -> leased -> publishing -> published. VOID: products of its
 * run were lost, the run is cut into new groups when it is whole again. Append only. */
enum group_state {
    GROUP_OPEN,
    GROUP_LEASED,
    GROUP_PUBLISHING,
    GROUP_PUBLISHED,
    GROUP_FAILED,
    GROUP_VOID
};

/* Segments `first` .. `first + count - 1` of the plan, those that are committed, in one
 * stream; becomes one published file. */
struct merge_group {
    uint32_t number; /* dense, from 0 */
    struct merge_class merge_class;
    uint32_t first;
    uint32_t count;
    struct sha256 key;
    enum group_state state;
    char part[PRODUCT_FILE]; /* the merged part while publishing: what is moved */
    uint8_t deaths;
    uint16_t failure;
    char published[PRODUCT_FILE]; /* final name below the store */
    uint64_t size;                /* of the published file */
    struct sha256 hash;           /* sha256 of the published file */
    struct event_digest events;   /* sum over its inputs */
};

/* State of an attempt; LEASED is the only one that is not final. Stored: append only. */
enum attempt_state {
    ATTEMPT_LEASED,
    ATTEMPT_COMMITTED, /* whole or prefix */
    ATTEMPT_FAILED,
    ATTEMPT_RETURNED,
    ATTEMPT_VOID /* its lease was taken back; it can never commit */
};

struct attempt {
    uint64_t number; /* sequential, from 1 */
    uint64_t token;
    uint32_t campaign;
    enum attempt_state state;
    enum task_kind kind;
    uint32_t steps;
    uint64_t pilot;
    char host[64];
    const uint32_t *segments; /* plan numbers, or one group number */
    uint32_t segment_count;
    uint32_t committed; /* of the segments */
    struct err failure;
    struct retry_decision decision; /* of a failure; rule 0: none was needed */
    uint32_t blamed;                /* UINT32_MAX none */
    int32_t signal;
    int64_t start_s, end_s; /* wall, for display */
    int64_t wall_ns, cpu_ns;
    uint64_t bytes_read, bytes_written, peak_memory_bytes;
};

/* Physics accounting of a spill, from its end-of-burst record. */
struct spill {
    uint32_t run;
    uint32_t number;
    bool beam_known;    /* an end-of-burst record gave the count */
    bool beam_conflict; /* two builders gave different counts: reported, not used */
    double beam_count;  /* electrons (muons, hadrons) on target in this spill */
};

#endif
