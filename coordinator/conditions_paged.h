/* conditions_paged.h - the listings of the HSF API page by page.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Query: page, page_size (1 to 1000, 25), search, sort, order=asc|desc, and filters by
 * name: status; global_tag, payload_type; payload_list. Numbers that are none are
 * clamped, an unknown `sort` is "id", as in the original.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_PAGED_H
#define SPILLWAY_COORDINATOR_CONDITIONS_PAGED_H

#include "coordinator/conditions_answer.h"
#include "coordinator/conditions_index.h"

void paged_tags(struct answer *answer, const struct index *index);
void paged_types(struct answer *answer, const struct index *index);
void paged_lists(struct answer *answer, const struct index *index);
void paged_rows(struct answer *answer, const struct index *index);

#endif
