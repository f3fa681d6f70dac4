/* reco_file.h - the records of a merged reco file: columns of one segment after another.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Goes from key to key; a blob that ends with a foot (pack.h) and the size of the payload
 * before it is a record. Nothing in the file is believed.
 */
#ifndef SPILLWAY_OUTPUT_RECO_FILE_H
#define SPILLWAY_OUTPUT_RECO_FILE_H

#include "output/pack.h"

#define RECO_FILE_SIZE 8u /* behind the foot: size of the payload, little endian */

struct reco_file {
    int fd;
    const char *path; /* borrowed */
    uint64_t size;
    uint64_t at; /* the next key */
};

/* E_PACK_FORMAT when it is no ROOT file as we write them. */
bool reco_file_open(struct reco_file *file, const char *path, struct err *err);
void reco_file_close(struct reco_file *file);

/* The next record: key text, meta and the place of its columns. */
enum lookup reco_file_next(struct reco_file *file, struct pack_entry *entry,
                           struct err *err);

/* Reads every record: the sha256 of its payload, its key, the number of its rows. *events
 * gets the sum of their events. The message names the place. */
bool reco_file_verify(const char *path, struct event_digest *events, struct err *err);

#endif
