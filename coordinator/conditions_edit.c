/* conditions_edit.c - one change of a conditions store: rules, records, commit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_edit.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"
#include "conditions/tag.h"

bool refuse(struct refusal *refusal, unsigned status, const char *format, ...)
{
    refusal->status = status;
    refusal->field[0] = '\0';
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(refusal->text, sizeof refusal->text, format, arguments);
    va_end(arguments);
    return false;
}

bool refuse_field(struct refusal *refusal, const char *field, const char *format, ...)
{
    refusal->status = 400;
    (void)snprintf(refusal->field, sizeof refusal->field, "%s", field);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(refusal->text, sizeof refusal->text, format, arguments);
    va_end(arguments);
    return false;
}

void edit_begin(struct edit *edit, struct library *library, const char *who,
                int64_t now_s)
{
    *edit = (struct edit){.library = library, .entry = {.time_s = now_s}};
    (void)snprintf(edit->entry.who, sizeof edit->entry.who, "%s", who);
    arena_init(&edit->arena, EDIT_MEMORY);
    edit->index = library_change(library);
}

void edit_end(struct edit *edit)
{
    library_change_end(edit->library);
    free(edit->changes);
    arena_release(&edit->arena);
}

static struct ledger_change *change_add(struct edit *edit)
{
    if (edit->count == edit->capacity) {
        edit->capacity = 2 * edit->capacity + 8;
        edit->changes = mem_grow(edit->changes, edit->capacity, sizeof *edit->changes);
    }
    struct ledger_change *change = &edit->changes[edit->count++];
    *change = (struct ledger_change){.gone = false};
    return change;
}

struct ledger_record *edit_put(struct edit *edit, enum ledger_kind kind)
{
    struct ledger_record *record = &change_add(edit)->record;
    record->kind = kind;
    return record;
}

void edit_drop(struct edit *edit, enum ledger_kind kind, uint64_t id)
{
    struct ledger_change *change = change_add(edit);
    change->gone = true;
    change->record.kind = kind;
    switch (kind) {
    case LEDGER_STATUS:
    case LEDGER_TYPE:
        change->record.word.id = id;
        return;
    case LEDGER_TAG:
        change->record.tag.id = id;
        return;
    case LEDGER_LIST:
        change->record.list.id = id;
        return;
    case LEDGER_ROW:
        change->record.row.id = id;
        return;
    case LEDGER_BLOB:
    case LEDGER_KINDS:
        break;
    }
    unreachable();
}

void edit_say(struct edit *edit, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(edit->entry.what, sizeof edit->entry.what, format, arguments);
    va_end(arguments);
}

/* ---- tags ---- */

enum tag_rule edit_rule(const struct edit *edit, const struct index_tag *tag)
{
    const struct ledger_word *status = index_status(edit->index, tag->record.status);
    switch (tag_status_from(status->name)) {
    case TAG_FROZEN:
        return RULE_FROZEN;
    case TAG_LOCKED:
        return RULE_LOCKED;
    case TAG_UNLOCKED:
    case TAG_OTHER:
        break;
    }
    return RULE_UNLOCKED;
}

bool edit_is_unlocked(const struct edit *edit, const struct index_tag *tag,
                      const char *what, struct refusal *refusal)
{
    enum tag_rule rule = tag ? edit_rule(edit, tag) : RULE_UNLOCKED;
    if (rule == RULE_FROZEN)
        return refuse(refusal, 423, "Tag %s is frozen for good, %s: clone it to go on.",
                      tag->record.name, what);
    if (rule == RULE_LOCKED)
        return refuse(refusal, 423, "Tag %s is locked, %s.", tag->record.name, what);
    return true;
}

/* 7, "7" and * are understood. */
static bool sequence_matches(const char *given, uint64_t sequence)
{
    char copy[32];
    uint64_t number = 0;
    struct err unused;
    if (strcmp(given, "*") == 0)
        return true;
    if (given[0] == '"')
        given++;
    if (!text_copy(copy, sizeof copy, given, &unused))
        return false;
    size_t length = strlen(copy);
    if (length > 0 && copy[length - 1] == '"')
        copy[length - 1] = '\0';
    return text_to_u64(copy, UINT64_MAX, &number, &unused) && number == sequence;
}

/* The record of the tag among the changes, NULL when it was not touched yet. */
static struct ledger_record *touched(const struct edit *edit, uint64_t id)
{
    for (size_t i = 0; i < edit->count; i++) {
        struct ledger_record *record = &edit->changes[i].record;
        if (record->kind == LEDGER_TAG && record->tag.id == id)
            return record;
    }
    return NULL;
}

bool edit_touch(struct edit *edit, const struct index_tag *tag,
                struct ledger_record **record, struct refusal *refusal)
{
    if (!tag)
        return true;
    if (edit->if_match && !edit->matched &&
        !sequence_matches(edit->if_match, tag->record.sequence))
        return refuse(refusal, 412,
                      "Tag %s is at sequence %" PRIu64 ", not at the one of If-Match: "
                      "look at what changed, then try again.",
                      tag->record.name, tag->record.sequence);
    edit->matched = true;
    struct ledger_record *known = touched(edit, tag->record.id);
    if (!known) {
        known = edit_put(edit, LEDGER_TAG);
        known->tag = tag->record;
        known->tag.sequence++;
        known->tag.updated_s = edit->entry.time_s;
        edit->entry.sequence = known->tag.sequence;
        memcpy(edit->entry.tag, tag->record.name, sizeof edit->entry.tag);
    }
    if (record)
        *record = known;
    return true;
}

bool edit_find_tag(const struct edit *edit, const char *name, struct index_tag **tag,
                   struct refusal *refusal)
{
    *tag = index_find_tag(edit->index, name);
    return *tag || refuse(refusal, 404, "There is no tag '%.80s'.", name);
}

bool edit_find_list(const struct edit *edit, const char *name, struct index_list **list,
                    struct refusal *refusal)
{
    *list = index_find_list(edit->index, name);
    return *list || refuse(refusal, 404, "There is no payload list '%.100s'.", name);
}

/* ---- bodies ---- */

bool edit_text(const struct json *body, const char *name, size_t most, const char **text,
               struct refusal *refusal)
{
    const struct json *value = json_get(body, name);
    if (!value)
        return refuse_field(refusal, name, "This field is required.");
    if (!json_text(value, text))
        return refuse_field(refusal, name, "Not a valid string.");
    if (!**text)
        return refuse_field(refusal, name, "This field may not be blank.");
    if (strlen(*text) > most)
        return refuse_field(refusal, name,
                            "Ensure this field has no more than %zu characters.", most);
    return true;
}

bool edit_name(const struct json *body, const char *name, size_t most, const char **text,
               struct refusal *refusal)
{
    if (!edit_text(body, name, most, text, refusal))
        return false;
    return text_is_name(*text, most) ||
           refuse_field(refusal, name,
                        "Letters, digits and _.- only, not starting with . or -.");
}

/* ---- the end ---- */

bool edit_commit(struct edit *edit, struct refusal *refusal)
{
    struct err err = {0};
    if (edit->count == 0)
        return true;
    if (edit->if_match && !edit->matched)
        return refuse(refusal, 412,
                      "If-Match is the sequence of a tag; this changes none.");
    if (library_commit(edit->library, edit->changes, edit->count, &edit->entry, &err))
        return true;
    return refuse(refusal, err.code == E_DISK_FULL ? 507 : 500,
                  "Nothing was changed: %.400s", err.text);
}
