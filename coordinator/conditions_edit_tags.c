/* conditions_edit_tags.c - changes of statuses, types, lists and tags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_edit_tags.h"

#include "base/text.h"
#include "conditions/tag.h"
#include "model/key.h"

/* ---- making ---- */

static void word_put(struct edit *edit, enum ledger_kind kind, const char *name)
{
    struct ledger_record *record = edit_put(edit, kind);
    record->word.id = library_next_id(edit->library, kind);
    record->word.created_s = edit->entry.time_s;
    (void)snprintf(record->word.name, sizeof record->word.name, "%s", name);
    edit->made = record->word.id;
}

bool edit_make_status(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    const char *name = NULL;
    if (!edit_name(body, "name", LEDGER_NAME - 1, &name, refusal))
        return false;
    if (index_find_status(edit->index, name))
        return refuse_field(refusal, "name",
                            "global tag status with this name already exists.");
    word_put(edit, LEDGER_STATUS, name);
    edit_say(edit, "new status %s", name);
    return true;
}

bool edit_make_type(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    const char *name = NULL;
    if (!edit_name(body, "name", TYPE_NAME - 1, &name, refusal))
        return false;
    if (index_find_type(edit->index, name))
        return refuse_field(refusal, "name",
                            "payload type with this name already exists.");
    word_put(edit, LEDGER_TYPE, name);
    edit_say(edit, "new payload type %s", name);
    return true;
}

static struct ledger_tag *tag_put(struct edit *edit, const char *name, uint64_t status)
{
    struct ledger_record *record = edit_put(edit, LEDGER_TAG);
    record->tag = (struct ledger_tag){.id = library_next_id(edit->library, LEDGER_TAG),
                                      .status = status,
                                      .sequence = 1,
                                      .created_s = edit->entry.time_s,
                                      .updated_s = edit->entry.time_s};
    (void)snprintf(record->tag.name, sizeof record->tag.name, "%s", name);
    (void)snprintf(edit->entry.tag, sizeof edit->entry.tag, "%s", name);
    edit->entry.sequence = 1;
    edit->made = record->tag.id;
    return &record->tag;
}

static bool tag_name_is_free(const struct edit *edit, const char *name,
                             struct refusal *refusal)
{
    if (index_find_tag(edit->index, name))
        return refuse_field(refusal, "name", "global tag with this name already exists.");
    return true;
}

bool edit_make_tag(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    const char *name = NULL, *status = NULL, *author = edit->entry.who;
    const struct json *given = json_get(body, "author");
    if (!edit_name(body, "name", LEDGER_NAME - 1, &name, refusal) ||
        !tag_name_is_free(edit, name, refusal) ||
        !edit_text(body, "status", LEDGER_NAME - 1, &status, refusal))
        return false;
    if (given && !json_is_null(given) &&
        !edit_text(body, "author", LEDGER_NAME - 1, &author, refusal))
        return false;
    const struct ledger_word *word = index_find_status(edit->index, status);
    if (!word)
        return refuse(refusal, 404, "There is no status '%.80s'.", status);
    if (tag_status_from(word->name) == TAG_FROZEN)
        return refuse(refusal, 409, "A new tag is empty: fill it first, freeze it then.");
    struct ledger_tag *tag = tag_put(edit, name, word->id);
    (void)snprintf(tag->author, sizeof tag->author, "%s", author);
    edit_say(edit, "new tag, %s", word->name);
    return true;
}

static uint64_t list_put(struct edit *edit, uint64_t type, uint64_t tag)
{
    struct ledger_record *record = edit_put(edit, LEDGER_LIST);
    record->list = (struct ledger_list){.id = library_next_id(edit->library, LEDGER_LIST),
                                        .type = type,
                                        .tag = tag,
                                        .created_s = edit->entry.time_s};
    return record->list.id;
}

bool edit_make_list(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    const char *name = NULL;
    if (!edit_text(body, "payload_type", LEDGER_NAME - 1, &name, refusal))
        return false;
    const struct ledger_word *type = index_find_type(edit->index, name);
    if (!type)
        return refuse(refusal, 404, "There is no payload type '%.80s'.", name);
    edit->made = list_put(edit, type->id, 0);
    edit_say(edit, "new list %s_%llu", type->name, (unsigned long long)edit->made);
    return true;
}

/* ---- attaching lists ---- */

static void list_move(struct edit *edit, const struct index_list *list, uint64_t tag)
{
    struct ledger_record *record = edit_put(edit, LEDGER_LIST);
    record->list = list->record;
    record->list.tag = tag;
}

/* A locked tag takes lists of new types, nothing else. */
static bool list_may_enter(const struct edit *edit, const struct index_tag *tag,
                           const struct index_list *known, struct refusal *refusal)
{
    if (edit_rule(edit, tag) == RULE_LOCKED && !known)
        return true;
    return edit_is_unlocked(edit, tag, "its lists stay as they are", refusal);
}

bool edit_attach_list(struct edit *edit, const struct json *body, struct refusal *refusal)
{
    const char *list_name = NULL, *tag_name = NULL;
    struct index_list *list = NULL;
    struct index_tag *tag = NULL;
    if (!edit_text(body, "payload_list", INDEX_LIST_NAME, &list_name, refusal) ||
        !edit_text(body, "global_tag", LEDGER_NAME - 1, &tag_name, refusal) ||
        !edit_find_list(edit, list_name, &list, refusal) ||
        !edit_find_tag(edit, tag_name, &tag, refusal))
        return false;
    edit->made = list->record.id;
    struct index_list *known = index_tag_list(tag, list->type->name);
    if (list->tag == tag) {
        edit_say(edit, "list %s is attached already", list->name);
        return true;
    }
    if (!list_may_enter(edit, tag, known, refusal) ||
        !edit_is_unlocked(edit, list->tag, "none of its lists may move away", refusal) ||
        !edit_touch(edit, list->tag, NULL, refusal) ||
        !edit_touch(edit, tag, NULL, refusal))
        return false;
    if (known)
        list_move(edit, known, 0);
    list_move(edit, list, tag->record.id);
    edit_say(edit, "list %s attached%s%s%s%s", list->name, known ? ", instead of " : "",
             known ? known->name : "", list->tag ? ", moved from " : "",
             list->tag ? list->tag->record.name : "");
    return true;
}

/* ---- a list, and what it needs ---- */

static bool name_is_fine(const char *field, const char *name, size_t most,
                         struct refusal *refusal)
{
    return text_is_name(name, most) ||
           refuse_field(refusal, field,
                        "Letters, digits and _.- only, not starting with . or -.");
}

/* The number of the tag, which changes or is new. */
static bool need_tag(struct edit *edit, const char *name, bool create, uint64_t *id,
                     struct refusal *refusal)
{
    const struct index_tag *tag = index_find_tag(edit->index, name);
    if (tag) {
        *id = tag->record.id;
        return edit_touch(edit, tag, NULL, refusal);
    }
    if (!create)
        return refuse(refusal, 404,
                      "There is no tag '%.80s': create=true (put --new) makes one.",
                      name);
    if (edit->if_match)
        return refuse(refusal, 412, "There is no tag '%.80s' for If-Match.", name);
    const struct ledger_word *status =
        index_find_status(edit->index, tag_status_name(TAG_UNLOCKED));
    struct ledger_tag *made = tag_put(edit, name, status->id);
    (void)snprintf(made->author, sizeof made->author, "%s", edit->entry.who);
    *id = made->id;
    return true;
}

static uint64_t need_type(struct edit *edit, const char *name)
{
    const struct ledger_word *type = index_find_type(edit->index, name);
    if (!type)
        word_put(edit, LEDGER_TYPE, name);
    return type ? type->id : edit->made;
}

bool edit_need_list(struct edit *edit, const char *tag, const char *type, bool create,
                    struct edit_place *place, struct refusal *refusal)
{
    uint64_t id = 0;
    if (!name_is_fine("tag", tag, LEDGER_NAME - 1, refusal) ||
        !name_is_fine("type", type, TYPE_NAME - 1, refusal) ||
        !need_tag(edit, tag, create, &id, refusal))
        return false;
    const struct index_tag *known = index_find_tag(edit->index, tag);
    place->list = known ? index_tag_list(known, type) : NULL;
    if (place->list) {
        place->id = place->list->record.id;
        return true;
    }
    if (known && !list_may_enter(edit, known, NULL, refusal))
        return false;
    place->id = list_put(edit, need_type(edit, type), id);
    return true;
}

/* ---- status ---- */

bool edit_set_status(struct edit *edit, struct index_tag *tag, const char *status,
                     struct refusal *refusal)
{
    const struct ledger_word *word = index_find_status(edit->index, status);
    struct ledger_record *record = NULL;
    if (!word)
        return refuse(refusal, 404, "There is no status '%.80s'.", status);
    edit->made = tag->record.id;
    if (edit_rule(edit, tag) == RULE_FROZEN && word->id != tag->record.status)
        return refuse(refusal, 423, "Tag %s is frozen for good: clone it to go on.",
                      tag->record.name);
    if (!edit_touch(edit, tag, &record, refusal))
        return false;
    edit_say(edit, "status %s, was %s", word->name,
             index_status(edit->index, tag->record.status)->name);
    record->tag.status = word->id;
    return true;
}

/* ---- copies ---- */

static void row_copy(struct edit *edit, const struct index_row *row, uint64_t list)
{
    struct ledger_record *record = edit_put(edit, LEDGER_ROW);
    record->row = row->record;
    record->row.id = library_next_id(edit->library, LEDGER_ROW);
    record->row.list = list;
    record->row.inserted_s = edit->entry.time_s;
}

bool edit_clone(struct edit *edit, const char *source, const char *name,
                struct refusal *refusal)
{
    struct index_tag *from = NULL;
    if (!edit_find_tag(edit, source, &from, refusal))
        return false;
    if (!tag_name_is_fine(name))
        return refuse_field(refusal, "name",
                            "Letters, digits and _.- only, not starting with . or -.");
    if (!tag_name_is_free(edit, name, refusal))
        return false;
    const struct ledger_word *status =
        index_find_status(edit->index, tag_status_name(TAG_UNLOCKED));
    struct ledger_tag *tag = tag_put(edit, name, status->id);
    memcpy(tag->author, from->record.author, sizeof tag->author);
    uint64_t made = tag->id;
    for (size_t l = 0; l < from->count; l++) {
        const struct index_list *list = from->lists[l];
        uint64_t id = list_put(edit, list->record.type, made);
        for (size_t i = 0; i < list->count; i++)
            row_copy(edit, list->slots[i].row, id);
    }
    edit_say(edit, "clone of %s at its sequence %llu", from->record.name,
             (unsigned long long)from->record.sequence);
    return true;
}

/* ---- deleting ---- */

bool edit_delete_tag(struct edit *edit, const char *name, struct refusal *refusal)
{
    struct index_tag *tag = NULL;
    if (!edit_find_tag(edit, name, &tag, refusal) ||
        !edit_is_unlocked(edit, tag, "it is not deleted", refusal) ||
        !edit_touch(edit, tag, NULL, refusal))
        return false;
    edit->count = 0; /* of the touched record nothing stays */
    for (size_t l = 0; l < tag->count; l++) {
        const struct index_list *list = tag->lists[l];
        for (size_t i = 0; i < list->count; i++)
            edit_drop(edit, LEDGER_ROW, list->slots[i].row->record.id);
        edit_drop(edit, LEDGER_LIST, list->record.id);
    }
    edit_drop(edit, LEDGER_TAG, tag->record.id);
    edit_say(edit, "tag deleted with %zu lists and %zu rows", tag->count, tag->rows);
    return true;
}

bool edit_delete_type(struct edit *edit, const char *name, struct refusal *refusal)
{
    const struct ledger_word *type = index_find_type(edit->index, name);
    if (!type)
        return refuse(refusal, 404, "There is no payload type '%.80s'.", name);
    for (uint64_t i = 1; i <= index_last(edit->index, LEDGER_LIST); i++) {
        const struct index_list *list = index_list(edit->index, i);
        if (list && list->type == type)
            return refuse(refusal, 409, "Payload type %s is in use by list %s.",
                          type->name, list->name);
    }
    edit_drop(edit, LEDGER_TYPE, type->id);
    edit_say(edit, "payload type %s deleted", type->name);
    return true;
}

bool edit_delete_list(struct edit *edit, const char *name, struct refusal *refusal)
{
    struct index_list *list = NULL;
    if (!edit_find_list(edit, name, &list, refusal) ||
        !edit_is_unlocked(edit, list->tag, "its lists stay", refusal))
        return false;
    if (list->tag)
        return refuse(refusal, 409, "List %s is in tag %s.", list->name,
                      list->tag->record.name);
    if (list->count > 0)
        return refuse(refusal, 409, "List %s has %zu rows.", list->name, list->count);
    edit_drop(edit, LEDGER_LIST, list->record.id);
    edit_say(edit, "list %s deleted", list->name);
    return true;
}
