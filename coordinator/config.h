/* config.h - campaign.yaml and runs.yaml as texts; config.c is the only door to libcyaml.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true: what loads has only known keys, none twice, every required key, and
 * scalars, lists and mappings in their places. Every scalar is kept as its text (NULL:
 * not given), because libcyaml reads "3x" as 3 and "010" as 8: numbers and words are read
 * by the callers, with base/text.h. One document, no aliases, depth as the schema has it.
 * Each error is one line, "FILE:LINE: what is wrong".
 */
#ifndef SPILLWAY_COORDINATOR_CONFIG_H
#define SPILLWAY_COORDINATOR_CONFIG_H

#include "base/err.h"

/* A campaign file is written by hand. */
#define CONFIG_CAMPAIGN_LIMIT ((size_t)1 << 20)

/* The text that is being read, for messages too. */
struct config_file {
    const char *path;
    const char *data;
    size_t size;
};

struct config_words {
    char **list;
    unsigned list_count;
};

struct config_select {
    struct config_words runs, periods, setups, types, quality, origin, particle;
};

struct config_budget {
    char *earlier_1, *earlier_2, *earlier_3, *run_mean, *nearest_run, *none;
};

struct config_conditions {
    char *source, *tag;
    struct config_words mirrors, allow, acknowledge;
    struct config_budget *budget;
};

struct config_cut {
    char *quantity, *min, *max;
};

struct config_skim {
    char *name, *kind, *fraction;
    struct config_words events;
    struct config_cut *cuts;
    unsigned cuts_count;
};

struct config_reconstruct {
    char *setup;
};

struct config_task {
    char *seconds, *bytes, *segments;
};

struct config_merge {
    char *bytes;
};

struct config_rule {
    char *class, *code, *crash, *text, *action, *delay_s, *factor, *up_to_mb, *up_to_s;
    char *passive;
};

struct config_retry {
    char *attempts, *delay_s, *segment_limit_s, *memory_mb;
    struct config_rule *rules;
    unsigned rules_count;
};

struct config_floor {
    char *stream, *share;
};

struct config_sample {
    char *spills;
};

struct config_gate {
    char *expires;
};

struct config_stages {
    struct config_sample *sample;
    struct config_gate *gate;
};

struct config_campaign {
    char *name, *purpose, *store, *lease_s, *alert_s, *priority, *complete_at,
        *eot_partial;
    struct config_select *select;
    struct config_conditions *conditions;
    struct config_reconstruct *reconstruct;
    struct config_skim *skims;
    unsigned skims_count;
    struct config_task *task;
    struct config_merge *merge;
    struct config_retry *retry;
    struct config_floor *never_below;
    unsigned never_below_count;
    struct config_stages *stages;
};

struct config_eot {
    char *source, *scaler_word, *scale;
};

struct config_setup {
    char *name;
    struct config_eot *eot;
};

struct config_chunk {
    char *file, *size, *adler32, *builder, *number;
};

struct config_run {
    char *run, *period, *setup, *particle, *momentum_gev, *type, *origin, *quality;
    char *magnet_a, *trigger, *start_s, *stop_s, *synthetic;
    struct config_chunk *chunks;
    unsigned chunks_count;
    struct config_words files;
};

struct config_runs {
    struct config_setup *setups;
    unsigned setups_count;
    struct config_run *runs;
    unsigned runs_count;
};

bool config_load_campaign(const struct config_file *file, struct config_campaign **out,
                          struct err *err);
void config_free_campaign(struct config_campaign *campaign);
bool config_load_runs(const struct config_file *file, struct config_runs **out,
                      struct err *err);
void config_free_runs(struct config_runs *runs);

/* Line, from 1, of the first "key: value" at or after line `from` (value NULL: any),
 * else of the first `key`, else of the first `value`, else `from`. For messages: comments
 * are skipped, quotes are not understood. */
unsigned config_line(const struct config_file *file, unsigned from, const char *key,
                     const char *value);

/* Line of the item `index`, from 0, of the block list below the first `key` at or after
 * line `from`; the line of the key when the list is not written one item a line. */
unsigned config_item_line(const struct config_file *file, unsigned from, const char *key,
                          unsigned index);

/* E_CONFIG "FILE:LINE: key: text". The first occurrence of key and value is as wrong as
 * the one that was met. */
bool config_fail(const struct config_file *file, const char *key, const char *value,
                 struct err *err, const char *text);

#endif
