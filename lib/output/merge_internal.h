/* merge_internal.h - what the files of merge share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_OUTPUT_MERGE_INTERNAL_H
#define SPILLWAY_OUTPUT_MERGE_INTERNAL_H

#include <limits.h>

#include "output/follower.h"
#include "output/merge.h"

struct merge {
    const struct merge_request *request;
    struct merge_result *result;
    int out;
    uint64_t offset;           /* written so far of a file without a container */
    struct follower *follower; /* hashes the file */
    int in;                    /* the input file that is open, -1 none */
    char in_path[PATH_MAX];
    uint64_t started; /* bytes of the file on their way to the disk */
};

/* Opens the file of a product for merge->in, unless it is open. */
bool merge_open(struct merge *merge, const struct product *product, struct err *err);

/* Told of what was written so far, starts to bring it to the disk; the bytes before
 * `final` will not change. */
void merge_flush(struct merge *merge, uint64_t written, uint64_t final);

/* An input is to blame when it cannot be read or is wrong, not when writing failed; fills
 * result->blamed and names the input. Returns false. */
bool merge_blame(struct merge *merge, uint32_t index, struct err *err);

/* merge_reco.c: the whole file of stream "reco". */
bool merge_reco(struct merge *merge, struct err *err);

/* merge_hist.c: the whole file of stream "hist" or "flow". */
bool merge_hist(struct merge *merge, struct err *err);

#endif
