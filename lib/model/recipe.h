/* recipe.h - how events are processed: release, reco options, skims.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plain value, valid by construction: made from the campaign file by the coordinator,
 * carried in every task. Its canonical text is part of the keys: the reco part of reco
 * keys, the skim part of select keys.
 */
#ifndef SPILLWAY_MODEL_RECIPE_H
#define SPILLWAY_MODEL_RECIPE_H

#include "base/bytes.h"
#include "base/digest.h"

#define RECIPE_NAME    48
#define RECIPE_SKIMS   16
#define RECIPE_CUTS    32
#define RECIPE_FORMULA 64

/* What a skim selects by. */
enum skim_kind {
    SKIM_ALL,    /* every event */
    SKIM_RANDOM, /* the hash of (run, spill, event) is below `fraction` of its range */
    SKIM_CUTS    /* physics: all cuts, in order, on reconstructed columns */
};

/* One cut of a skim: a reconstructed quantity in an interval, margins included. The
 * quantity's name is one of reco/selection.h. An event without the quantity fails. */
struct skim_cut {
    char quantity[RECIPE_NAME];
    double minimum; /* inclusive; -HUGE_VAL for none */
    double maximum; /* exclusive; +HUGE_VAL for none */
};

struct skim {
    char name[RECIPE_NAME];
    enum skim_kind kind;
    double fraction;      /* SKIM_RANDOM: 0 to 1 */
    uint32_t event_types; /* bit mask of DATE types it looks at: physics, calibration */
    uint32_t cut_count;
    struct skim_cut cuts[RECIPE_CUTS];
};

struct recipe {
    struct sha256 release;   /* release id */
    bool reconstruct;        /* false: raw skims and summaries only, no reco step */
    char setup[RECIPE_NAME]; /* set-up description that reconstruction uses */
    uint32_t skim_count;
    struct skim skims[RECIPE_SKIMS]; /* sorted by name, names unique */
};

/* "reco.setup=...": what reconstruction options say; in reco keys. */
bool recipe_reco_text(struct bytes *out, const struct recipe *recipe, struct err *err);

/* "skim.NAME.kind=..." and so on, in the order of the names; in select keys. */
bool recipe_skim_text(struct bytes *out, const struct recipe *recipe, struct err *err);

/* Checks ranges, order and names; the message says which skim and cut. */
bool recipe_check(const struct recipe *recipe, struct err *err);

/* Index of a skim, -1 when absent. */
int recipe_find_skim(const struct recipe *recipe, const char *name);

#endif
