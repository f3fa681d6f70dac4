/* conditions_read.h - the read routes of the HSF API.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each fills an answer from an index that stands still meanwhile.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_READ_H
#define SPILLWAY_COORDINATOR_CONDITIONS_READ_H

#include "coordinator/conditions_answer.h"
#include "coordinator/conditions_index.h"

void read_statuses(struct answer *answer, const struct index *index);
void read_types(struct answer *answer, const struct index *index);
void read_tags(struct answer *answer, const struct index *index);
void read_dumps(struct answer *answer, const struct index *index);
void read_dump_by_id(struct answer *answer, const struct index *index);
void read_tag(struct answer *answer, const struct index *index);
void read_list_names(struct answer *answer, const struct index *index);
void read_lists(struct answer *answer, const struct index *index);
void read_list(struct answer *answer, const struct index *index);
void read_list_by_name(struct answer *answer, const struct index *index);
void read_rows(struct answer *answer, const struct index *index);
void read_row(struct answer *answer, const struct index *index);
void read_moment(struct answer *answer, const struct index *index);
void read_setting(struct answer *answer, const struct index *index);

/* The tag that a route is about; an answer is made when it cannot be told. */
const struct index_tag *read_find_tag(struct answer *answer, const struct index *index,
                                      const char *name);

/* Names a state of a tag: "t<number>.<sequence>". */
void read_tag_etag(const struct index_tag *tag, char etag[ANSWER_ETAG]);

/* A whole number of the query; 400 is made when it is none. */
bool read_number(struct answer *answer, const char *name, int64_t *number);

#endif
