/* conditions_index.c - tags, types, lists and blobs of a conditions store in memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_index.h"

#include <inttypes.h>
#include <search.h>
#include <strings.h>

#include "base/text.h"
#include "coordinator/conditions_index_internal.h"

/* ---- by number ---- */

static void *numbered_get(const struct numbered *numbered, uint64_t id)
{
    return id <= numbered->last && numbered->items ? numbered->items[id] : NULL;
}

void numbered_set(struct numbered *numbered, uint64_t id, void *item)
{
    if (id >= numbered->capacity) {
        size_t capacity = 2 * (size_t)id + 64;
        numbered->items = mem_grow(numbered->items, capacity, sizeof(void *));
        memset(&numbered->items[numbered->capacity], 0,
               (capacity - numbered->capacity) * sizeof(void *));
        numbered->capacity = capacity;
    }
    numbered->items[id] = item;
    if (id > numbered->last)
        numbered->last = id;
}

uint64_t index_last(const struct index *index, enum ledger_kind kind)
{
    return index->kinds[kind].last;
}

const struct ledger_word *index_status(const struct index *index, uint64_t id)
{
    return numbered_get(&index->kinds[LEDGER_STATUS], id);
}

const struct ledger_word *index_type(const struct index *index, uint64_t id)
{
    return numbered_get(&index->kinds[LEDGER_TYPE], id);
}

struct index_tag *index_tag(const struct index *index, uint64_t id)
{
    return numbered_get(&index->kinds[LEDGER_TAG], id);
}

struct index_list *index_list(const struct index *index, uint64_t id)
{
    return numbered_get(&index->kinds[LEDGER_LIST], id);
}

struct index_row *index_row(const struct index *index, uint64_t id)
{
    return numbered_get(&index->kinds[LEDGER_ROW], id);
}

/* ---- by name: the name is a member of what is found ---- */

static int compare_words(const void *left, const void *right)
{
    const struct ledger_word *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static int compare_tags(const void *left, const void *right)
{
    const struct index_tag *a = left, *b = right;
    return strcmp(a->record.name, b->record.name);
}

static int compare_blobs(const void *left, const void *right)
{
    const struct ledger_blob *a = left, *b = right;
    return memcmp(a->hash.bytes, b->hash.bytes, SHA256_SIZE);
}

static int compare_md5s(const void *left, const void *right)
{
    const struct ledger_blob *a = left, *b = right;
    return strcmp(a->md5, b->md5);
}

static void *tree_find(void *const *tree, const void *wanted,
                       int (*compare)(const void *, const void *))
{
    void *const *node = tfind(wanted, tree, compare);
    return node ? *node : NULL;
}

static void tree_add(void **tree, const void *item,
                     int (*compare)(const void *, const void *))
{
    if (!tsearch(item, tree, compare))
        mem_exhausted("a node of a tree");
}

static const struct ledger_word *find_word(const struct index *index,
                                           enum ledger_kind kind, const char *name)
{
    struct ledger_word wanted;
    struct err unused;
    if (!text_copy(wanted.name, sizeof wanted.name, name, &unused))
        return NULL;
    return tree_find(&index->names[kind], &wanted, compare_words);
}

const struct ledger_word *index_find_status(const struct index *index, const char *name)
{
    return find_word(index, LEDGER_STATUS, name);
}

const struct ledger_word *index_find_type(const struct index *index, const char *name)
{
    return find_word(index, LEDGER_TYPE, name);
}

struct index_tag *index_find_tag(const struct index *index, const char *name)
{
    struct index_tag wanted;
    struct err unused;
    if (!text_copy(wanted.record.name, sizeof wanted.record.name, name, &unused))
        return NULL;
    return tree_find(&index->names[LEDGER_TAG], &wanted, compare_tags);
}

/* A list's name ends in its number. */
struct index_list *index_find_list(const struct index *index, const char *name)
{
    const char *line = strrchr(name, '_');
    uint64_t id = 0;
    struct err unused;
    if (!line || !text_to_u64(line + 1, UINT64_MAX, &id, &unused))
        return NULL;
    struct index_list *list = index_list(index, id);
    return list && strcmp(list->name, name) == 0 ? list : NULL;
}

/* Index of the first list whose type is not before the given one. */
static size_t list_place(const struct index_tag *tag, const char *type)
{
    size_t low = 0, high = tag->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(tag->lists[middle]->type->name, type) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct index_list *index_tag_list(const struct index_tag *tag, const char *type)
{
    size_t place = list_place(tag, type);
    bool found = place < tag->count && strcmp(tag->lists[place]->type->name, type) == 0;
    return found ? tag->lists[place] : NULL;
}

const struct ledger_blob *index_blob_of(const struct index *index,
                                        const struct sha256 *hash)
{
    struct ledger_blob wanted = {.hash = *hash};
    return tree_find(&index->blobs, &wanted, compare_blobs);
}

const struct ledger_blob *index_blob(const struct index *index, const char *checksum)
{
    struct ledger_blob wanted;
    struct err unused;
    if (strlen(checksum) == SHA256_HEX - 1)
        return sha256_from_hex(checksum, &wanted.hash, &unused)
                   ? index_blob_of(index, &wanted.hash)
                   : NULL;
    if (!text_copy(wanted.md5, sizeof wanted.md5, checksum, &unused) || !*wanted.md5)
        return NULL;
    return tree_find(&index->blobs_md5, &wanted, compare_md5s);
}

/* ---- changing ---- */

static bool word_put(struct index *index, enum ledger_kind kind,
                     const struct ledger_word *record, struct err *err)
{
    if (find_word(index, kind, record->name) ||
        numbered_get(&index->kinds[kind], record->id))
        return err_set(err, E_CATALOG_LINK, "'%s' is there twice", record->name);
    struct ledger_word *word = mem_new(1, sizeof *word);
    *word = *record;
    numbered_set(&index->kinds[kind], word->id, word);
    tree_add(&index->names[kind], word, compare_words);
    return true;
}

static bool tag_put(struct index *index, const struct ledger_tag *record, struct err *err)
{
    struct index_tag *tag = index_tag(index, record->id);
    if (!index_status(index, record->status))
        return err_set(err, E_CATALOG_LINK, "tag '%s' has a status that is not there",
                       record->name);
    if (tag) {
        bug_if(strcmp(tag->record.name, record->name) != 0);
        tag->record = *record;
        return true;
    }
    if (index_find_tag(index, record->name))
        return err_set(err, E_CATALOG_LINK, "tag '%s' is there twice", record->name);
    tag = mem_new(1, sizeof *tag);
    tag->record = *record;
    numbered_set(&index->kinds[LEDGER_TAG], record->id, tag);
    tree_add(&index->names[LEDGER_TAG], tag, compare_tags);
    return true;
}

static void list_leave(struct index_list *list)
{
    struct index_tag *tag = list->tag;
    if (!tag)
        return;
    size_t place = list_place(tag, list->type->name);
    bug_if(place >= tag->count || tag->lists[place] != list);
    tag->count--;
    tag->rows -= list->count;
    memmove(&tag->lists[place], &tag->lists[place + 1],
            (tag->count - place) * sizeof(struct index_list *));
    list->tag = NULL;
}

static void list_enter(struct index_list *list, struct index_tag *tag)
{
    size_t place = list_place(tag, list->type->name);
    if (tag->count == tag->capacity) {
        tag->capacity = 2 * tag->capacity + 8;
        tag->lists = mem_grow(tag->lists, tag->capacity, sizeof(struct index_list *));
    }
    memmove(&tag->lists[place + 1], &tag->lists[place],
            (tag->count - place) * sizeof(struct index_list *));
    tag->lists[place] = list;
    tag->count++;
    tag->rows += list->count;
    list->tag = tag;
}

static bool list_put(struct index *index, const struct ledger_list *record,
                     struct err *err)
{
    struct index_list *list = index_list(index, record->id);
    const struct ledger_word *type = index_type(index, record->type);
    struct index_tag *tag = index_tag(index, record->tag);
    if (!type || (record->tag != 0 && !tag))
        return err_set(err, E_CATALOG_LINK, "list %" PRIu64 " has no type or tag",
                       record->id);
    if (!list) {
        list = mem_new(1, sizeof *list);
        list->type = type;
        (void)snprintf(list->name, sizeof list->name, "%s_%" PRIu64, type->name,
                       record->id);
        numbered_set(&index->kinds[LEDGER_LIST], record->id, list);
    }
    bug_if(list->type != type);
    list->record = *record;
    if (list->tag == tag)
        return true;
    list_leave(list);
    if (tag && index_tag_list(tag, type->name)) {
        list->record.tag = 0;
        return err_set(err, E_CATALOG_LINK, "tag '%s' has two lists of type '%s'",
                       tag->record.name, type->name);
    }
    if (tag)
        list_enter(list, tag);
    return true;
}

static bool blob_put(struct index *index, const struct ledger_blob *record)
{
    if (index_blob_of(index, &record->hash))
        return true;
    struct ledger_blob *blob = mem_new(1, sizeof *blob);
    *blob = *record;
    tree_add(&index->blobs, blob, compare_blobs);
    if (blob->md5[0])
        tree_add(&index->blobs_md5, blob, compare_md5s);
    return true;
}

bool index_put(struct index *index, const struct ledger_record *record, struct err *err)
{
    switch (record->kind) {
    case LEDGER_STATUS:
    case LEDGER_TYPE:
        return word_put(index, record->kind, &record->word, err);
    case LEDGER_TAG:
        return tag_put(index, &record->tag, err);
    case LEDGER_LIST:
        return list_put(index, &record->list, err);
    case LEDGER_ROW:
        return index_row_put(index, &record->row, err);
    case LEDGER_BLOB:
        return blob_put(index, &record->blob);
    case LEDGER_KINDS:
        break;
    }
    unreachable();
}

static void word_drop(struct index *index, enum ledger_kind kind, uint64_t id)
{
    struct ledger_word *word = numbered_get(&index->kinds[kind], id);
    if (!word)
        return;
    numbered_set(&index->kinds[kind], id, NULL);
    (void)tdelete(word, &index->names[kind], compare_words);
    free(word);
}

static void tag_drop(struct index *index, uint64_t id)
{
    struct index_tag *tag = index_tag(index, id);
    if (!tag)
        return;
    bug_if(tag->count > 0);
    numbered_set(&index->kinds[LEDGER_TAG], id, NULL);
    (void)tdelete(tag, &index->names[LEDGER_TAG], compare_tags);
    free(tag->lists);
    free(tag);
}

static void list_drop(struct index *index, uint64_t id)
{
    struct index_list *list = index_list(index, id);
    if (!list)
        return;
    list_leave(list);
    bug_if(list->count > 0);
    numbered_set(&index->kinds[LEDGER_LIST], id, NULL);
    free(list->slots);
    free(list);
}

static void index_drop(struct index *index, const struct ledger_record *record)
{
    struct index_row *row = NULL;
    switch (record->kind) {
    case LEDGER_STATUS:
    case LEDGER_TYPE:
        word_drop(index, record->kind, record->word.id);
        return;
    case LEDGER_TAG:
        tag_drop(index, record->tag.id);
        return;
    case LEDGER_LIST:
        list_drop(index, record->list.id);
        return;
    case LEDGER_ROW:
        row = index_row(index, record->row.id);
        if (row)
            index_row_drop(index, row);
        return;
    case LEDGER_BLOB:
    case LEDGER_KINDS:
        break;
    }
    unreachable();
}

bool index_apply(struct index *index, const struct ledger_change *changes, size_t count,
                 struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct ledger_record *record = &changes[i].record;
        struct index_row *row =
            record->kind == LEDGER_ROW ? index_row(index, record->row.id) : NULL;
        if (row)
            index_row_detach(row);
    }
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        if (changes[i].gone)
            index_drop(index, &changes[i].record);
        else
            done = index_put(index, &changes[i].record, err);
    }
    index_rows_bury(index);
    return done;
}

void index_set_error(struct index *index, uint64_t tag, const char *error)
{
    struct index_tag *found = index_tag(index, tag);
    (void)snprintf(found->error, sizeof found->error, "%.*s", INDEX_ERROR - 1, error);
}

/* ---- life ---- */

struct index *index_new(void)
{
    return mem_new(1, sizeof(struct index));
}

static void leave_it(void *item)
{
    (void)item;
}

static void lists_free(struct index *index)
{
    for (uint64_t i = 1; i <= index_last(index, LEDGER_LIST); i++) {
        struct index_list *list = index_list(index, i);
        if (list)
            free(list->slots);
    }
    for (uint64_t i = 1; i <= index_last(index, LEDGER_TAG); i++) {
        struct index_tag *tag = index_tag(index, i);
        if (tag)
            free(tag->lists);
    }
}

void index_free(struct index *index)
{
    if (!index)
        return;
    for (uint64_t i = 1; i <= index_last(index, LEDGER_ROW); i++) {
        struct index_row *row = index_row(index, i);
        if (!row)
            continue;
        row->list = NULL; /* all lists go */
        index_row_drop(index, row);
    }
    index_rows_bury(index);
    lists_free(index);
    for (int i = 0; i < LEDGER_LIST; i++)
        tdestroy(index->names[i], leave_it);
    tdestroy(index->blobs_md5, leave_it);
    tdestroy(index->blobs, free);
    for (int k = 0; k < LEDGER_BLOB; k++) {
        for (uint64_t i = 1; i <= index->kinds[k].last; i++)
            free(numbered_get(&index->kinds[k], i));
        free(index->kinds[k].items);
    }
    free(index);
}
