/* conditions_pages.h - the JSON bodies of the HSF API, in the shapes of nopayloaddb.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the original is known to differ from its own text, the original decides: see
 * lib/conditions/README.md and lib/conditions/tag.h for what clients meet.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_PAGES_H
#define SPILLWAY_COORDINATOR_CONDITIONS_PAGES_H

#include "base/json.h"
#include "coordinator/conditions_index.h"

/* Each appends one JSON value. */
void page_word(struct json_writer *writer, const struct ledger_word *word);
void page_words(struct json_writer *writer, const struct index *index,
                enum ledger_kind kind);

/* A row of globalTags; as POST gt answers, without counts; as a change of status answers,
 * with the status as a number. */
/* Where payloads are on the host of the service. */
#define PAGE_PAYLOADS "/payloads"

enum page_tag_form { PAGE_TAG_LISTED, PAGE_TAG_MADE, PAGE_TAG_MOVED };

void page_tag(struct json_writer *writer, const struct index *index,
              const struct index_tag *tag, enum page_tag_form form);
void page_tags(struct json_writer *writer, const struct index *index);

/* Whole tags, nested. */
void page_dump(struct json_writer *writer, const struct index *index,
               const struct index_tag *tag);
void page_dumps(struct json_writer *writer, const struct index *index);

/* {"<type>": "<list>"} */
void page_list_names(struct json_writer *writer, const struct index_tag *tag);

/* A list without rows: tag and type by name, by number, or with the count of rows. */
enum page_list_form { PAGE_LIST_NAMES, PAGE_LIST_NUMBERS, PAGE_LIST_COUNTED };

void page_list(struct json_writer *writer, const struct index_list *list,
               enum page_list_form form);
void page_lists(struct json_writer *writer, const struct index *index);

/* `paged`: as rows of a page, with tag and type instead of comb_iov. */
void page_row(struct json_writer *writer, const struct index_row *row, bool paged);
void page_rows(struct json_writer *writer, const struct index *index);

/* The point query as objects; as arrays it comes ready from the index. */
void page_moment(struct json_writer *writer, const struct index_tag *tag,
                 struct moment moment);

#endif
