/* merge.h - many products -> one file, in the order given, bytes copied as they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stream "reco": a ROOT file with an RNTuple; each payload and its foot (pack.h) stand in
 * it as in a part, so a place is read the same way in both. "skim.NAME": the payloads one
 * behind the other; unless the first one begins with a start-of-run record, the records
 * of types 1 and 3 of the prologue stand before them. "summary": the lines. "hist" and
 * "flow": see merge_hist.c.
 *
 * Every input is hashed and must be what its product says. Memory does not grow with the
 * inputs but for a hash of each, or the page list of an RNTuple. The result exists whole
 * and synced under its name, or not at all.
 */
#ifndef SPILLWAY_OUTPUT_MERGE_H
#define SPILLWAY_OUTPUT_MERGE_H

#include "model/task.h"

struct merge_request {
    const char *store;  /* places of inputs are below this directory */
    const char *stream; /* of all inputs */
    struct sha256 key;  /* of the merged file */
    const struct merge_input *inputs;
    uint32_t input_count;
    const struct merge_input *prologue;
    uint32_t prologue_count;
    const char *path; /* to be created */
    bool synthetic;   /* made from simulated data; a ROOT file says so */
};

struct merge_result {
    struct product merged; /* place.file is left empty */
    uint64_t *offsets;     /* given by the caller: one per input, its payload's place */
    uint64_t bytes_read;
    uint32_t blamed; /* input that was wrong when merging failed, else UINT32_MAX */
};

/* E_MERGE_INPUT names the input that is missing or wrong. */
bool merge_write(const struct merge_request *request, struct merge_result *result,
                 struct err *err);

#endif
