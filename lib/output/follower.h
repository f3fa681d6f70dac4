/* follower.h - the sha256 of a file, taken in a thread of its own while it is written.
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

/* `path` exists and is borrowed. */
bool follower_start(const char *path, struct follower **follower, struct err *err);

/* The bytes before `size` are in the file and will not change any more. */
void follower_reach(struct follower *follower, uint64_t size);

/* Waits for the hash of `size` bytes, which is all. */
bool follower_end(struct follower *follower, uint64_t size, struct sha256 *hash,
                  struct err *err);

/* Ends the thread where it is; NULL is fine. */
void follower_free(struct follower *follower);

#endif
