/* scan.h - chunks of one run into the catalogue: segments, damage, spills.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A chunk is stored only when its size and checksum are those of the run catalogue; one
 * transaction a chunk, so a scan that was stopped goes on where it was. A run that is
 * scanned again is stored whole or not at all, and when it stands in a plan its segments
 * must be the planned ones. An event that two segments of the run have counts in the
 * one that was scanned first. A spill's beam
 * count comes from its end-of-burst records: the same count from several builders is one
 * count, different ones are a conflict, none is unknown and never 0.
 */
#ifndef SPILLWAY_COORDINATOR_SCAN_H
#define SPILLWAY_COORDINATOR_SCAN_H

#include "coordinator/elsewhere.h"

struct scan_total {
    uint64_t chunks;    /* stored now */
    uint64_t known;     /* were scanned before */
    uint64_t failed;    /* nothing was stored for these */
    uint64_t bytes;     /* read */
    uint64_t segments;  /* of the stored chunks */
    uint64_t damaged;   /* chunks with damage */
    uint64_t conflicts; /* spills whose builders disagree, found now */
    uint64_t elsewhere; /* events of the stored chunks that other segments have too */
    uint64_t unread;    /* end-of-burst records whose count is damaged: unknown */
};

/* Called for each segment of a stored chunk with events that count elsewhere. */
typedef void (*scan_copies)(void *user, const struct elsewhere_found *found);

/* Called after each chunk; *failure is NULL when it was stored. */
typedef void (*scan_seen)(void *user, const struct chunk *chunk,
                          const struct err *failure);

struct scan_options {
    bool again; /* scan known chunks too, and count the spills anew */
    scan_seen seen;
    scan_copies copies;
    void *user;
};

/* Scans the chunks of `run` and adds to *total. A chunk that cannot be scanned is told
 * to `seen` and counted; false only when the catalog fails. */
bool scan_run(struct catalog *catalog, const struct run *run,
              const struct scan_options *options, struct scan_total *total,
              struct err *err);

/* After other bytes took the place of a chunk: no chunk of the run is scanned, no spill
 * has a count. */
bool scan_forget(struct catalog_txn *txn, uint32_t run, struct err *err);

/* Pure: what one more end-of-burst count makes of a spill. Gives true when the spill is
 * in conflict only now. */
bool scan_spill_count(struct spill *spill, double beam_count);

#endif
