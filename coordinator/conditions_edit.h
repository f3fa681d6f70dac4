/* conditions_edit.h - one change of a conditions store: rules, records, commit.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An edit holds the library's right to change from edit_begin to edit_end. The functions
 * of conditions_edit_*.h check their rules against what is there, collect records, and
 * one edit_commit makes all of it durable and visible, or nothing.
 *
 * Always true: a frozen tag is never changed again, by no way; a locked one only at the
 * end of its lists; whatever changes a tag raises its sequence by one.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_EDIT_H
#define SPILLWAY_COORDINATOR_CONDITIONS_EDIT_H

#include "base/arena.h"
#include "base/json.h"
#include "coordinator/conditions_library.h"

#define EDIT_MEMORY ((size_t)1 << 30) /* records of one change */

/* Why a change is refused, as HTTP says it. */
struct refusal {
    unsigned status;
    char field[32]; /* 400: of the body; "" none */
    char text[508];
};

/* Both are always false. */
bool refuse(struct refusal *refusal, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool refuse_field(struct refusal *refusal, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct edit {
    struct library *library;
    const struct index *index;
    const char *if_match; /* sequence that the caller knows, NULL none */
    bool replace;         /* an open interval may wipe what follows */
    bool matched;         /* if_match was looked at */
    size_t count;
    size_t capacity;
    struct ledger_change *changes;
    struct ledger_entry entry;
    struct arena arena; /* texts of records */
    uint64_t made;      /* number of what the answer shows */
};

/* `who` is the name of the token. */
void edit_begin(struct edit *edit, struct library *library, const char *who,
                int64_t now_s);
void edit_end(struct edit *edit);

/* The place of one more record to put; valid until the next. */
struct ledger_record *edit_put(struct edit *edit, enum ledger_kind kind);
void edit_drop(struct edit *edit, enum ledger_kind kind, uint64_t id);

/* What the log will say. */
void edit_say(struct edit *edit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a tag's status allows. Other words than the three mean unlocked, as they do in
 * the HSF service. */
enum tag_rule { RULE_UNLOCKED, RULE_LOCKED, RULE_FROZEN };
enum tag_rule edit_rule(const struct edit *edit, const struct index_tag *tag);

/* Refuses (423) unless the tag is unlocked; NULL is fine. */
bool edit_is_unlocked(const struct edit *edit, const struct index_tag *tag,
                      const char *what, struct refusal *refusal);

/* The tag changes: looks at if_match (412), raises the sequence. NULL is fine. Gives the
 * record for changes of its own in *record, if not NULL. */
bool edit_touch(struct edit *edit, const struct index_tag *tag,
                struct ledger_record **record, struct refusal *refusal);

/* 404 when there is none. */
bool edit_find_tag(const struct edit *edit, const char *name, struct index_tag **tag,
                   struct refusal *refusal);
bool edit_find_list(const struct edit *edit, const char *name, struct index_list **list,
                    struct refusal *refusal);

/* A member of a body: 400 when it is missing or of another kind. */
bool edit_text(const struct json *body, const char *name, size_t most, const char **text,
               struct refusal *refusal);

/* A name that may stand in a path. */
bool edit_name(const struct json *body, const char *name, size_t most, const char **text,
               struct refusal *refusal);

/* 500 or 507 when the disk refuses; then nothing changed. Without a record there is
 * nothing to do and nothing to log. */
bool edit_commit(struct edit *edit, struct refusal *refusal);

#endif
