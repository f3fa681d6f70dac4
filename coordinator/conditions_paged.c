/* conditions_paged.c - the listings of the HSF API page by page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_paged.h"

#include <strings.h>

#include "base/text.h"
#include "coordinator/conditions_pages.h"

#define PAGED_SIZE     25u
#define PAGED_SIZE_MAX 1000u

/* What is asked for. */
struct paging {
    uint64_t page;
    uint64_t size;
    const char *search;
    const char *sort;
    bool descending;
};

/* Items that are left, in the order of their numbers first. */
struct items {
    size_t count;
    const void **items;
};

typedef int (*items_compare)(const void *left, const void *right);

static uint64_t clamped(const struct answer *answer, const char *name, uint64_t usual,
                        uint64_t most)
{
    struct err unused;
    uint64_t number = 0;
    const char *text = http_request_query(answer->request, name);
    if (!text)
        return usual;
    if (!text_to_u64(text, UINT64_MAX, &number, &unused))
        return usual;
    if (number < 1)
        return 1;
    return number < most ? number : most;
}

static const char *asked(const struct answer *answer, const char *name)
{
    const char *text = http_request_query(answer->request, name);
    return text && *text ? text : NULL;
}

static struct paging paging_of(const struct answer *answer)
{
    const char *order = asked(answer, "order");
    const char *sort = asked(answer, "sort");
    return (struct paging){.page = clamped(answer, "page", 1, UINT32_MAX),
                           .size =
                               clamped(answer, "page_size", PAGED_SIZE, PAGED_SIZE_MAX),
                           .search = asked(answer, "search"),
                           .sort = sort ? sort : "id",
                           .descending = order && strcasecmp(order, "desc") == 0};
}

/* NULL filters let everything through; nothing else fits an item without that name. */
static bool fits(const char *filter, const char *name)
{
    return !filter || (name && strcmp(filter, name) == 0);
}

static bool finds(const char *search, const char *text)
{
    return !search || strcasestr(text, search) != NULL;
}

static void items_sort(struct items *items, const struct paging *paging,
                       items_compare compare)
{
    if (compare)
        qsort(items->items, items->count, sizeof(void *), compare);
    for (size_t i = 0; paging->descending && i < items->count / 2; i++) {
        const void *item = items->items[i];
        items->items[i] = items->items[items->count - 1 - i];
        items->items[items->count - 1 - i] = item;
    }
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* ---- the envelope ---- */

struct slice_of_items {
    size_t first;
    size_t end;
};

static struct slice_of_items envelope_open(struct answer *answer,
                                           const struct items *items,
                                           const struct paging *paging)
{
    struct json_writer *writer = &answer->writer;
    uint64_t pages = (items->count + paging->size - 1) / paging->size;
    json_open_object(writer, NULL);
    json_put_u64(writer, "count", items->count);
    json_put_u64(writer, "page", paging->page);
    json_put_u64(writer, "page_size", paging->size);
    json_put_u64(writer, "total_pages", pages);
    json_open_array(writer, "results");
    uint64_t first = (paging->page - 1) * paging->size;
    if (first > items->count)
        first = items->count;
    uint64_t end = first + paging->size;
    return (struct slice_of_items){(size_t)first,
                                   end < items->count ? (size_t)end : items->count};
}

static void envelope_close(struct answer *answer, struct items *items)
{
    json_close_array(&answer->writer);
    json_close_object(&answer->writer);
    free(items->items);
}

static struct items items_new(const struct index *index, enum ledger_kind kind)
{
    return (struct items){.items =
                              mem_new((size_t)index_last(index, kind), sizeof(void *))};
}

/* ---- tags ---- */

static int tags_by_name(const void *left, const void *right)
{
    const struct index_tag *const *a = left, *const *b = right;
    return strcmp((*a)->record.name, (*b)->record.name);
}

static int tags_by_created(const void *left, const void *right)
{
    const struct index_tag *const *a = left, *const *b = right;
    int order = compare_numbers((*a)->record.created_s, (*b)->record.created_s);
    return order ? order : tags_by_name(left, right);
}

static int tags_by_updated(const void *left, const void *right)
{
    const struct index_tag *const *a = left, *const *b = right;
    int order = compare_numbers((*a)->record.updated_s, (*b)->record.updated_s);
    return order ? order : tags_by_name(left, right);
}

static int tags_by_status(const void *left, const void *right)
{
    const struct index_tag *const *a = left, *const *b = right;
    int order =
        compare_numbers((int64_t)(*a)->record.status, (int64_t)(*b)->record.status);
    return order ? order : tags_by_name(left, right);
}

/* The comparison of a word, NULL for "id" and whatever is not known. */
static items_compare compare_of(const char *sort, const char *const *words,
                                const items_compare *compares)
{
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], sort) == 0)
            return compares[i];
    }
    return NULL;
}

void paged_tags(struct answer *answer, const struct index *index)
{
    static const char *const words[] = {"name", "created", "updated", "status", NULL};
    static const items_compare compares[] = {tags_by_name, tags_by_created,
                                             tags_by_updated, tags_by_status};
    struct paging paging = paging_of(answer);
    const char *status = asked(answer, "status");
    struct items items = items_new(index, LEDGER_TAG);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_TAG); i++) {
        const struct index_tag *tag = index_tag(index, i);
        if (tag && finds(paging.search, tag->record.name) &&
            fits(status, index_status(index, tag->record.status)->name))
            items.items[items.count++] = tag;
    }
    items_sort(&items, &paging, compare_of(paging.sort, words, compares));
    struct slice_of_items slice = envelope_open(answer, &items, &paging);
    for (size_t i = slice.first; i < slice.end; i++)
        page_tag(&answer->writer, index, items.items[i], PAGE_TAG_LISTED);
    envelope_close(answer, &items);
}

/* ---- types ---- */

static int types_by_name(const void *left, const void *right)
{
    const struct ledger_word *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

void paged_types(struct answer *answer, const struct index *index)
{
    struct paging paging = paging_of(answer);
    struct items items = items_new(index, LEDGER_TYPE);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_TYPE); i++) {
        const struct ledger_word *type = index_type(index, i);
        if (type && finds(paging.search, type->name))
            items.items[items.count++] = type;
    }
    items_sort(&items, &paging, strcmp(paging.sort, "name") == 0 ? types_by_name : NULL);
    struct slice_of_items slice = envelope_open(answer, &items, &paging);
    for (size_t i = slice.first; i < slice.end; i++)
        page_word(&answer->writer, items.items[i]);
    envelope_close(answer, &items);
}

/* ---- lists ---- */

static int lists_by_name(const void *left, const void *right)
{
    const struct index_list *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static const char *tag_name_of(const struct index_list *list)
{
    return list && list->tag ? list->tag->record.name : NULL;
}

void paged_lists(struct answer *answer, const struct index *index)
{
    struct paging paging = paging_of(answer);
    const char *tag = asked(answer, "global_tag"), *type = asked(answer, "payload_type");
    struct items items = items_new(index, LEDGER_LIST);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_LIST); i++) {
        const struct index_list *list = index_list(index, i);
        if (list && finds(paging.search, list->name) && fits(tag, tag_name_of(list)) &&
            fits(type, list->type->name))
            items.items[items.count++] = list;
    }
    items_sort(&items, &paging, strcmp(paging.sort, "name") == 0 ? lists_by_name : NULL);
    struct slice_of_items slice = envelope_open(answer, &items, &paging);
    for (size_t i = slice.first; i < slice.end; i++)
        page_list(&answer->writer, items.items[i], PAGE_LIST_NAMES);
    envelope_close(answer, &items);
}

/* ---- rows ---- */

static int rows_by_url(const void *left, const void *right)
{
    const struct index_row *const *a = left, *const *b = right;
    int order = strcmp((*a)->record.url, (*b)->record.url);
    return order ? order
                 : compare_numbers((int64_t)(*a)->record.id, (int64_t)(*b)->record.id);
}

static int rows_by_start(const void *left, const void *right)
{
    const struct index_row *const *a = left, *const *b = right;
    int order = moment_compare(row_interval(&(*a)->record).start,
                               row_interval(&(*b)->record).start);
    return order ? order
                 : compare_numbers((int64_t)(*a)->record.id, (int64_t)(*b)->record.id);
}

struct row_filter {
    const char *search;
    const char *tag;
    const char *type;
    const char *list;
};

static bool row_is_wanted(const struct row_filter *filter, const struct index_row *row)
{
    const struct index_list *list = row->list;
    return (finds(filter->search, row->record.url) ||
            finds(filter->search, row->record.checksum)) &&
           fits(filter->tag, tag_name_of(list)) &&
           fits(filter->type, list ? list->type->name : NULL) &&
           fits(filter->list, list ? list->name : NULL);
}

void paged_rows(struct answer *answer, const struct index *index)
{
    static const char *const words[] = {"payload_url", "major_iov", NULL};
    static const items_compare compares[] = {rows_by_url, rows_by_start};
    struct paging paging = paging_of(answer);
    struct row_filter filter = {paging.search, asked(answer, "global_tag"),
                                asked(answer, "payload_type"),
                                asked(answer, "payload_list")};
    struct items items = items_new(index, LEDGER_ROW);
    for (uint64_t i = 1; i <= index_last(index, LEDGER_ROW); i++) {
        const struct index_row *row = index_row(index, i);
        if (row && row_is_wanted(&filter, row))
            items.items[items.count++] = row;
    }
    items_sort(&items, &paging, compare_of(paging.sort, words, compares));
    struct slice_of_items slice = envelope_open(answer, &items, &paging);
    for (size_t i = slice.first; i < slice.end; i++)
        page_row(&answer->writer, items.items[i], true);
    envelope_close(answer, &items);
}
