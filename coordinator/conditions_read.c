/* conditions_read.c - the read routes of the HSF API.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_read.h"

#include <inttypes.h>

#include "base/text.h"
#include "coordinator/conditions_paged.h"
#include "coordinator/conditions_pages.h"

#define MOMENT_ROW ((size_t)192) /* bytes of a row of the point query, usually less */
#define DUMP_ROW   ((size_t)320) /* of the whole tag */

static void not_found(struct answer *answer)
{
    answer_detail(answer, 404, "Not found.");
}

const struct index_tag *read_find_tag(struct answer *answer, const struct index *index,
                                      const char *name)
{
    const struct index_tag *tag = index_find_tag(index, name);
    if (!tag)
        not_found(answer);
    else if (tag->error[0])
        answer_detail(answer, 500, tag->error);
    return tag && !tag->error[0] ? tag : NULL;
}

void read_tag_etag(const struct index_tag *tag, char etag[ANSWER_ETAG])
{
    (void)snprintf(etag, ANSWER_ETAG, "\"t%" PRIu64 ".%" PRIu64 "\"", tag->record.id,
                   tag->record.sequence);
}

bool read_number(struct answer *answer, const char *name, int64_t *number)
{
    char detail[128];
    struct err unused;
    const char *text = http_request_query(answer->request, name);
    if (text && text_to_i64(text, INT64_MIN, INT64_MAX, number, &unused))
        return true;
    (void)snprintf(detail, sizeof detail, "%s must be a 64-bit integer.", name);
    answer_detail(answer, 400, detail);
    return false;
}

static bool wants_page(const struct answer *answer)
{
    return http_request_query(answer->request, "page") != NULL;
}

void read_statuses(struct answer *answer, const struct index *index)
{
    page_words(&answer->writer, index, LEDGER_STATUS);
}

void read_types(struct answer *answer, const struct index *index)
{
    if (wants_page(answer))
        paged_types(answer, index);
    else
        page_words(&answer->writer, index, LEDGER_TYPE);
}

void read_tags(struct answer *answer, const struct index *index)
{
    if (wants_page(answer))
        paged_tags(answer, index);
    else
        page_tags(&answer->writer, index);
}

static void dump(struct answer *answer, const struct index *index,
                 const struct index_tag *tag)
{
    char etag[ANSWER_ETAG];
    read_tag_etag(tag, etag);
    if (answer_is_ready(answer, etag))
        return;
    bytes_expect(&answer->body, tag->rows * DUMP_ROW);
    page_dump(&answer->writer, index, tag);
}

void read_dumps(struct answer *answer, const struct index *index)
{
    page_dumps(&answer->writer, index);
}

/* The number in the path; 0 for anything else. */
static uint64_t word_id(const struct answer *answer)
{
    struct err unused;
    uint64_t id = 0;
    return text_to_u64(answer->words[0], UINT64_MAX, &id, &unused) ? id : 0;
}

void read_dump_by_id(struct answer *answer, const struct index *index)
{
    const struct index_tag *tag = index_tag(index, word_id(answer));
    tag = read_find_tag(answer, index, tag ? tag->record.name : "");
    if (tag)
        dump(answer, index, tag);
}

void read_tag(struct answer *answer, const struct index *index)
{
    const struct index_tag *tag = read_find_tag(answer, index, answer->words[0]);
    const char *light = http_request_query(answer->request, "light");
    if (tag && light && strcmp(light, "1") == 0)
        page_tag(&answer->writer, index, tag, PAGE_TAG_LISTED);
    else if (tag)
        dump(answer, index, tag);
}

void read_list_names(struct answer *answer, const struct index *index)
{
    const struct index_tag *tag = read_find_tag(answer, index, answer->words[0]);
    if (tag)
        page_list_names(&answer->writer, tag);
}

void read_lists(struct answer *answer, const struct index *index)
{
    if (wants_page(answer))
        paged_lists(answer, index);
    else
        page_lists(&answer->writer, index);
}

void read_list(struct answer *answer, const struct index *index)
{
    const struct index_list *list = index_list(index, word_id(answer));
    if (list)
        page_list(&answer->writer, list, PAGE_LIST_NUMBERS);
    else
        not_found(answer);
}

void read_list_by_name(struct answer *answer, const struct index *index)
{
    const struct index_list *list = index_find_list(index, answer->words[0]);
    if (list)
        page_list(&answer->writer, list, PAGE_LIST_COUNTED);
    else
        not_found(answer);
}

void read_rows(struct answer *answer, const struct index *index)
{
    if (wants_page(answer))
        paged_rows(answer, index);
    else
        page_rows(&answer->writer, index);
}

void read_row(struct answer *answer, const struct index *index)
{
    const struct index_row *row = index_row(index, word_id(answer));
    if (row)
        page_row(&answer->writer, row, false);
    else
        not_found(answer);
}

/* Arrays as they stand ready in the index. */
static void moment_arrays(struct answer *answer, const struct index_tag *tag,
                          struct moment moment)
{
    struct bytes *body = &answer->body;
    struct err err;
    uint8_t *unused = NULL;
    size_t at = 0;
    bool done = bytes_reserve(body, tag ? tag->count * MOMENT_ROW : 2, &unused, &err) &&
                bytes_append(body, "[", 1, &err);
    for (size_t i = 0; tag && i < tag->count && done; i++) {
        at = index_slot_at(tag->lists[i], moment, at);
        if (at == SIZE_MAX)
            continue;
        const struct index_slot *slot = &tag->lists[i]->slots[at];
        done = (body->size == 1 || bytes_append(body, ",", 1, &err)) &&
               bytes_append(body, slot->text, slot->text_size, &err);
    }
    if (!done || !bytes_append(body, "]", 1, &err))
        answer_detail(answer, 500, err.text);
}

/* An unknown or missing tag is an empty answer, as clients know it, and an interval that
 * has ended is answered: they look at the end. */
void read_moment(struct answer *answer, const struct index *index)
{
    struct moment moment = {0};
    char etag[ANSWER_ETAG];
    const char *name = http_request_query(answer->request, "gtName");
    const char *shape = http_request_query(answer->request, "shape");
    if (!read_number(answer, "majorIOV", &moment.run) ||
        !read_number(answer, "minorIOV", &moment.spill))
        return;
    const struct index_tag *tag = name ? index_find_tag(index, name) : NULL;
    if (tag && tag->error[0]) {
        answer_detail(answer, 500, tag->error);
        return;
    }
    if (tag) {
        read_tag_etag(tag, etag);
        answer->caching = "no-cache"; /* ask again, with the ETag */
        if (answer_is_known(answer, etag))
            return;
    }
    if (shape && strcmp(shape, "dict") == 0)
        page_moment(&answer->writer, tag, moment);
    else
        moment_arrays(answer, tag, moment);
}

/* HOST of the request, when it is plain enough to be given back in a URL. */
static const char *plain_host(const struct answer *answer)
{
    const char *host = http_request_header(answer->request, "Host");
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789.-:[]";
    bool good =
        host && *host && strlen(host) < 256 && strspn(host, plain) == strlen(host);
    return good ? host : NULL;
}

void read_setting(struct answer *answer, const struct index *index)
{
    char url[512];
    const char *value = NULL;
    const char *name = answer->words[0];
    const char *host = plain_host(answer);
    (void)index;
    if (strcmp(name, "CDB_IOV_MODE") == 0)
        value = "continuous";
    if (strcmp(name, "CDB_PAYLOAD_BASE_URL") == 0 && host) {
        (void)snprintf(url, sizeof url, "http://%s" PAGE_PAYLOADS, host);
        value = url;
    }
    if (!value) {
        answer_detail(answer, 404, "No such setting.");
        return;
    }
    json_open_object(&answer->writer, NULL);
    json_put_text(&answer->writer, name, value);
    json_close_object(&answer->writer);
}
