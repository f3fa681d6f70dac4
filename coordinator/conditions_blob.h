/* conditions_blob.h - the files of a conditions store: bytes under their own sha256.
 * SPDX-License-Identifier: Apache-2.0
 *
 * DIR/blobs/<2 hex>/<sha256>, 0444. A file is there before a record names it; one that no
 * record names is what a kill left and hurts nobody.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_BLOB_H
#define SPILLWAY_COORDINATOR_CONDITIONS_BLOB_H

#include "base/bytes.h"
#include "base/digest.h"
#include "coordinator/conditions_edit.h"

/* Durable, whole or not at all; replaces a file whose bytes were damaged. */
bool blob_write(const char *folder, const struct sha256 *hash, const void *data,
                size_t size, struct err *err);

/* Appends the bytes and checks them: E_PAYLOAD_HASH when they are not those of the hash.
 */
bool blob_read(const char *folder, const struct sha256 *hash, struct bytes *out,
               struct err *err);

/* The record of bytes that were written; known ones stay as they are. */
void edit_put_blob(struct edit *edit, const struct sha256 *hash, const void *data,
                   size_t size);

#endif
