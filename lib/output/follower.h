/* follower.h - the sha256 of a file and of its parts, taken in a thread of its own.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The thread reads behind the writer, out of the page cache. Where a core is free the
 * hash costs no time; where none is, it costs what it would cost the writer.
 */
#ifndef SPILLWAY_OUTPUT_FOLLOWER_H
#define SPILLWAY_OUTPUT_FOLLOWER_H

#include "base/digest.h"

/* Opaque. */
struct follower;

/* `path` exists and is borrowed. At most `parts` calls of follower_part() will come. */
bool follower_start(const char *path, uint32_t parts, struct follower **follower,
                    struct err *err);

/* The bytes before `size` are in the file and will not change any more. */
void follower_reach(struct follower *follower, uint64_t size);

/* A part ends at `size`, where follower_reach() never was beyond; the next one begins. */
void follower_part(struct follower *follower, uint64_t size);

/* Waits for the hash of `size` bytes, which is all. */
bool follower_end(struct follower *follower, uint64_t size, struct sha256 *hash,
                  struct err *err);

/* Of part `index`, behind follower_end(). */
struct sha256 follower_part_hash(const struct follower *follower, uint32_t index);

/* Ends the thread where it is; NULL is fine. */
void follower_free(struct follower *follower);

#endif
