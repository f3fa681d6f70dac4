/* conditions_pages.h - the JSON bodies of the read API, in the shapes of nopayloaddb.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the original is known to differ from its own text, the original decides: see
 * lib/conditions/README.md and lib/conditions/tag.h for what clients meet.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_PAGES_H
#define SPILLWAY_COORDINATOR_CONDITIONS_PAGES_H

#include "base/json.h"
#include "coordinator/conditions_library.h"

/* Each appends one JSON value. */
void page_statuses(struct json_writer *writer);
void page_tag_rows(struct json_writer *writer, const struct library *library);
void page_tag_row(struct json_writer *writer, const struct library_tag *tag);
void page_dump(struct json_writer *writer, const struct library_tag *tag);
void page_dumps(struct json_writer *writer, const struct library *library);
void page_list_names(struct json_writer *writer, const struct library_tag *tag);
void page_types(struct json_writer *writer, const struct library *library);
void page_lists(struct json_writer *writer, const struct library *library);
void page_rows(struct json_writer *writer, const struct library *library);

/* The point query: arrays of nine, or objects. `tag` is NULL for an unknown one. */
void page_moment(struct json_writer *writer, const struct library_tag *tag,
                 struct moment moment, bool as_objects);

#endif
