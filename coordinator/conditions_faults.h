/* conditions_faults.h - what is wrong with a tag, as a list.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_FAULTS_H
#define SPILLWAY_COORDINATOR_CONDITIONS_FAULTS_H

#include "base/arena.h"
#include "base/json.h"
#include "conditions/interval.h"

enum fault_kind {
    FAULT_GAP,     /* nothing is valid */
    FAULT_OVERLAP, /* two rows claim it */
    FAULT_EXPIRED, /* a row whose end a gap follows */
    FAULT_MISSING, /* the source does not have the payload */
    FAULT_CORRUPT, /* its size or checksum is not what the tag says */
    FAULT_INVALID, /* it is not what its type wants */
    FAULT_GROUP,   /* it was made with another one than is valid beside it */
    FAULT_KINDS
};

struct fault {
    enum fault_kind kind;
    struct interval interval;
    const char *type;
    const char *text; /* "TYPE: runs A - B: what" */
};

/* Starts zeroed but for `arena`, where the texts are. */
struct faults {
    struct arena *arena;
    size_t counts[FAULT_KINDS];
    size_t count;
    size_t capacity;
    struct fault *list;
};

/* `type` and `what` are copied; the interval has an end. */
bool faults_add(struct faults *faults, enum fault_kind kind, const char *type,
                const struct interval *interval, const char *what, struct err *err);
void faults_release(struct faults *faults);

/* A line each, its kind in front. */
bool faults_write(const struct faults *faults, struct bytes *out, struct err *err);

/* The array "faults": kind, type, interval, text. */
void faults_json(const struct faults *faults, struct json_writer *writer);

/* true when there are none; else E_CONDITIONS_FAULTS with their counts by kind. */
bool faults_none(const struct faults *faults, const char *what, struct err *err);

#endif
