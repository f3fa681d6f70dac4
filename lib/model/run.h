/* run.h - a run: data taken with one configuration; what the run catalogue says of it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Unknown is "unknown" (empty text, RUN_..._UNKNOWN, NAN), never inferred from the run
 * number. A run of unknown type is not selected for physics.
 */
#ifndef SPILLWAY_MODEL_RUN_H
#define SPILLWAY_MODEL_RUN_H

#include "base/err.h"

#define RUN_MAXIMUM 9999999u
#define RUN_NAME    48  /* period, set-up, trigger set: names, with the NUL */
#define RUN_NOTES   256 /* codes joined by ';' */

enum run_type {
    RUN_TYPE_UNKNOWN,
    RUN_TYPE_PHYSICS,
    RUN_TYPE_CALIBRATION,
    RUN_TYPE_HADRON, /* hadron calibration */
    RUN_TYPE_MUON,
    RUN_TYPE_PEDESTAL,
    RUN_TYPE_SCAN,
    RUN_TYPE_LED,
    RUN_TYPE_TEST
};

enum run_origin { RUN_ORIGIN_UNKNOWN, RUN_ORIGIN_DATA, RUN_ORIGIN_MC };

enum run_quality {
    RUN_QUALITY_UNKNOWN,
    RUN_QUALITY_GOOD, /* "good" and "stable" of the shift lists */
    RUN_QUALITY_UNSTABLE,
    RUN_QUALITY_BAD,
    RUN_QUALITY_STOPPED
};

struct run {
    uint32_t number;
    char period[RUN_NAME];
    char setup[RUN_NAME];
    char particle[RUN_NAME]; /* "electron", "positron", "muon", "hadron", "" unknown */
    char trigger[RUN_NAME];  /* trigger set by name */
    double momentum_gev;     /* beam momentum in GeV/c, NAN unknown */
    double magnet_a;         /* bending magnet current in A, NAN unknown */
    enum run_type type;
    enum run_origin origin;
    enum run_quality quality;
    int64_t start_s; /* Unix seconds, 0 unknown */
    int64_t stop_s;
    /* What a hand-kept list prints; UINT64_MAX where it prints nothing. */
    uint64_t listed_spills;
    uint64_t listed_triggers;
    double listed_eot; /* electrons on target, NAN where nothing is printed */
    char listed_eot_method[RUN_NAME];
    char notes[RUN_NOTES];
    bool synthetic; /* made by spillway-simulate; the mark follows into every output */
};

/* A run about which nothing is known but its number. */
struct run run_unknown(uint32_t number);

/* Names as in catalogues ("physics", "mc", "good"); the empty text is unknown. false
 * without a message when the word is none of them. */
const char *run_type_name(enum run_type type);
bool run_type_from(const char *word, enum run_type *type);
const char *run_origin_name(enum run_origin origin);
bool run_origin_from(const char *word, enum run_origin *origin);
const char *run_quality_name(enum run_quality quality);
bool run_quality_from(const char *word, enum run_quality *quality);

#endif
