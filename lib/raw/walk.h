/* walk.h - the structure walker: what is in a chunk, without decoding it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads a chunk once with flat memory. Every byte is accounted: the segments tile the
 * file, and what is in no good event is on the list of damage. Shares no code with the
 * decoders, because the two are compared: the index of the walker says what a decoder
 * must have seen.
 */
#ifndef SPILLWAY_RAW_WALK_H
#define SPILLWAY_RAW_WALK_H

#include "raw/walk_result.h"

/* Walks the file. `id` is what its name says: events of another run are damage, and a
 * file of another run altogether is E_RAW_RUN. E_RAW_EMPTY: no bytes; E_RAW_NO_EVENT: no
 * event at all; E_RAW_LAYOUT: a header layout that is not read. */
bool walk_chunk(const char *path, const struct chunk_id *id, struct walk_result *result,
                struct err *err);

/* The same for an open file; `name` is for messages. The file offset is not used. */
bool walk_fd(int fd, const char *name, const struct chunk_id *id,
             struct walk_result *result, struct err *err);

/* The same file again, whose segments were found before: events that are elsewhere by
 * them are damage and count in no segment. */
bool walk_again(const char *path, const struct walk_result *found,
                struct walk_result *result, struct err *err);

void walk_result_release(struct walk_result *result);

#endif
