/* conditions_content.h - a tag of the service as a manifest, over all runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_CONTENT_H
#define SPILLWAY_COORDINATOR_CONDITIONS_CONTENT_H

#include "conditions/manifest.h"
#include "coordinator/conditions_index.h"

/* sha256 and size of a row's payload; false when they are not known: an MD5 alone names
 * no bytes. */
bool content_of_row(const struct index *index, const struct ledger_row *row,
                    struct sha256 *hash, uint64_t *size);

/* Rows of the tag whose payload is not known. */
size_t content_missing(const struct index *index, const struct index_tag *tag);

/* The manifest of a tag of which nothing is missing; release it. */
bool content_manifest(const struct index *index, const struct index_tag *tag,
                      struct manifest *manifest, struct err *err);

#endif
