/* conditions_index.h - all records of a conditions store in memory, ready to be asked.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Filled from a ledger or from a folder of tags. Whoever owns it sees to it that nobody
 * reads while it changes. Everything it gives is borrowed until the next change.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_INDEX_H
#define SPILLWAY_COORDINATOR_CONDITIONS_INDEX_H

#include "catalog/ledger.h"
#include "conditions/interval.h"

#define INDEX_LIST_NAME (LEDGER_NAME + 24) /* "<type>_<number>" */
#define INDEX_ERROR     256

struct index_row {
    struct ledger_row record; /* its texts live with it */
    struct index_list *list;  /* NULL: in none */
    struct index_row *next;   /* among those that are gone */
    size_t text_size;         /* what the point query says about it: */
    char *text;               /* a JSON array of nine; NULL while it is in no list */
};

/* A row of a list with what a search needs, together in memory. */
struct index_slot {
    struct moment start;
    const char *text;
    size_t text_size;
    struct index_row *row;
};

struct index_list {
    struct ledger_list record;
    char name[INDEX_LIST_NAME];
    const struct ledger_word *type;
    struct index_tag *tag; /* NULL: in none */
    size_t count;
    size_t capacity;
    struct index_slot *slots; /* by start */
};

struct index_tag {
    struct ledger_tag record;
    char error[INDEX_ERROR]; /* "" unless its file could not be read */
    size_t count;
    size_t capacity;
    struct index_list **lists; /* by the name of the type */
    size_t rows;
};

struct index;

struct index *index_new(void);
void index_free(struct index *index);

/* Adds or replaces a record. What it names must be there before (E_CATALOG_LINK); two
 * rows of a list never start together. */
bool index_put(struct index *index, const struct ledger_record *record, struct err *err);

/* All changes of a commit, in an order in which rows may trade places. Texts of the
 * changes may be those of rows that are replaced. */
bool index_apply(struct index *index, const struct ledger_change *changes, size_t count,
                 struct err *err);

/* Of a tag that could not be read. */
void index_set_error(struct index *index, uint64_t tag, const char *error);

/* By number, NULL when absent; numbers are at most index_last. */
uint64_t index_last(const struct index *index, enum ledger_kind kind);
const struct ledger_word *index_status(const struct index *index, uint64_t id);
const struct ledger_word *index_type(const struct index *index, uint64_t id);
struct index_tag *index_tag(const struct index *index, uint64_t id);
struct index_list *index_list(const struct index *index, uint64_t id);
struct index_row *index_row(const struct index *index, uint64_t id);

/* By name, NULL when absent. */
const struct ledger_word *index_find_status(const struct index *index, const char *name);
const struct ledger_word *index_find_type(const struct index *index, const char *name);
struct index_tag *index_find_tag(const struct index *index, const char *name);
struct index_list *index_find_list(const struct index *index, const char *name);

/* The list of a type in a tag. */
struct index_list *index_tag_list(const struct index_tag *tag, const char *type);

/* Index of the slot with the greatest start at or before a moment, SIZE_MAX for none;
 * `guess` is looked at first: types of one tag often change together. */
size_t index_slot_at(const struct index_list *list, struct moment moment, size_t guess);

/* The checksum that goes with a payload URL, NULL when no row has it. */
const char *index_url_checksum(const struct index *index, const char *url);

/* The bytes that a checksum (MD5 or sha256) names; NULL when they are not here. */
const struct ledger_blob *index_blob(const struct index *index, const char *checksum);
const struct ledger_blob *index_blob_of(const struct index *index,
                                        const struct sha256 *hash);

static inline struct interval row_interval(const struct ledger_row *row)
{
    return (struct interval){{row->start_major, row->start_minor},
                             {row->end_major, row->end_minor}};
}

#endif
