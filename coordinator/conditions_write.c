/* conditions_write.c - the routes that change a store, from a request to an edit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_write.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "conditions/payload.h"
#include "conditions/tag.h"
#include "coordinator/conditions_blob.h"
#include "coordinator/conditions_edit_rows.h"
#include "coordinator/conditions_edit_tags.h"
#include "coordinator/conditions_freeze.h"
#include "coordinator/conditions_pages.h"

/* ---- preparing ---- */

static bool is_true(const char *text)
{
    return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

/* Whole numbers of the path of a deletion; without ends the interval is open. */
static bool interval_of_path(const struct answer *answer, struct interval *interval,
                             struct refusal *refusal)
{
    int64_t numbers[4] = {0, 0, INT64_MAX, INT64_MAX};
    struct err unused;
    for (size_t i = 2; i < answer->word_count; i++) {
        if (!text_to_i64(answer->words[i], 0, INT64_MAX, &numbers[i - 2], &unused))
            return refuse(refusal, 404, "'%.40s' is no whole number.", answer->words[i]);
    }
    *interval = (struct interval){{numbers[0], numbers[1]}, {numbers[2], numbers[3]}};
    return true;
}

static bool prepare_status(struct edit *edit, const struct answer *answer,
                           struct refusal *refusal)
{
    struct index_tag *tag = NULL;
    if (!edit_find_tag(edit, answer->words[0], &tag, refusal))
        return false;
    if (tag_status_from(answer->words[1]) == TAG_FROZEN)
        return edit_freeze(edit, tag, refusal);
    return edit_set_status(edit, tag, answer->words[1], refusal);
}

static bool prepare_row_deletion(struct edit *edit, const struct answer *answer,
                                 struct refusal *refusal)
{
    struct interval interval = {{0, 0}, {0, 0}};
    return interval_of_path(answer, &interval, refusal) &&
           edit_delete_row(edit, answer->words[0], answer->words[1], interval, refusal);
}

/* Bytes under their own hash; the file is there already. */
static bool prepare_blob(struct edit *edit, const struct answer *answer)
{
    size_t size = 0;
    const void *data = http_request_body(answer->request, &size);
    struct sha256 hash = sha256_of(data, size);
    edit_put_blob(edit, &hash, data, size);
    edit_say(edit, "bytes %s", answer->words[0]);
    return true;
}

/* A whole number of the query; without it `number` stays. */
static bool number_of_query(const struct answer *answer, const char *name,
                            int64_t *number, struct refusal *refusal)
{
    struct err unused;
    const char *text = http_request_query(answer->request, name);
    return !text || text_to_i64(text, 0, INT64_MAX, number, &unused) ||
           refuse_field(refusal, name,
                        "A whole number from 0 to 9223372036854775807 is required.");
}

static bool text_of_query(const struct answer *answer, const char *name, size_t most,
                          const char **text, struct refusal *refusal)
{
    *text = http_request_query(answer->request, name);
    return (*text && **text && strlen(*text) <= most) ||
           refuse_field(refusal, name, "1 to %zu characters are required.", most);
}

/* The rules first, so that what is refused leaves no bytes behind. */
static bool prepare_put(struct edit *edit, const struct answer *answer,
                        struct refusal *refusal)
{
    struct edit_put put = {.interval = {{-1, 0}, MOMENT_OPEN}};
    struct interval *interval = &put.interval;
    struct err err = {0};
    const void *data = http_request_body(answer->request, &put.size);
    put.create = is_true(http_request_query(answer->request, "create"));
    if (!text_of_query(answer, "tag", LEDGER_NAME - 1, &put.tag, refusal) ||
        !text_of_query(answer, "type", LEDGER_NAME - 1, &put.type, refusal) ||
        !text_of_query(answer, "payload_url", LEDGER_TEXT - 1, &put.url, refusal) ||
        !number_of_query(answer, "major_iov", &interval->start.run, refusal) ||
        !number_of_query(answer, "minor_iov", &interval->start.spill, refusal) ||
        !number_of_query(answer, "major_iov_end", &interval->end.run, refusal) ||
        !number_of_query(answer, "minor_iov_end", &interval->end.spill, refusal))
        return false;
    if (interval->start.run < 0)
        return refuse_field(refusal, "major_iov", "This field is required.");
    if (put.size > PAYLOAD_LIMIT)
        return refuse(refusal, 413, "A payload is at most %zu bytes.", PAYLOAD_LIMIT);
    put.hash = sha256_of(data, put.size);
    if (!edit_put_payload(edit, &put, refusal))
        return false;
    edit_put_blob(edit, &put.hash, data, put.size);
    return blob_write(library_folder(edit->library), &put.hash, data, put.size, &err) ||
           refuse(refusal, err.code == E_DISK_FULL ? 507 : 500,
                  "Nothing was changed: %.400s", err.text);
}

static bool prepare(struct edit *edit, enum write_kind kind, const struct answer *answer,
                    const struct json *body, struct refusal *refusal)
{
    const char *word = answer->words[0];
    switch (kind) {
    case WRITE_STATUS:
        return edit_make_status(edit, body, refusal);
    case WRITE_TAG:
        return edit_make_tag(edit, body, refusal);
    case WRITE_TYPE:
        return edit_make_type(edit, body, refusal);
    case WRITE_LIST:
        return edit_make_list(edit, body, refusal);
    case WRITE_LIST_ATTACH:
        return edit_attach_list(edit, body, refusal);
    case WRITE_ROW:
        return edit_make_row(edit, body, refusal);
    case WRITE_ROW_ATTACH:
        return edit_attach_row(edit, body, refusal);
    case WRITE_BULK:
        return edit_bulk(edit, body, refusal);
    case WRITE_CHANGE_STATUS:
        return prepare_status(edit, answer, refusal);
    case WRITE_CLONE:
        return edit_clone(edit, word, answer->words[1], refusal);
    case WRITE_DELETE_TAG:
        return edit_delete_tag(edit, word, refusal);
    case WRITE_DELETE_TYPE:
        return edit_delete_type(edit, word, refusal);
    case WRITE_DELETE_LIST:
        return edit_delete_list(edit, word, refusal);
    case WRITE_DELETE_ROW:
        return prepare_row_deletion(edit, answer, refusal);
    case WRITE_BLOB:
        return prepare_blob(edit, answer);
    case WRITE_PUT:
        return prepare_put(edit, answer, refusal);
    }
    unreachable();
}

/* ---- answering ---- */

static void say_deleted(struct answer *answer, const char *what, const char *name)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s %.100s deleted.", what, name);
    answer_detail(answer, 200, text);
}

static void say_blob(struct answer *answer)
{
    size_t size = 0;
    (void)http_request_body(answer->request, &size);
    json_open_object(&answer->writer, NULL);
    json_put_text(&answer->writer, "sha256", answer->words[0]);
    json_put_u64(&answer->writer, "size", size);
    json_close_object(&answer->writer);
}

static void say_put(struct answer *answer, const struct edit *edit)
{
    const struct index_row *row = index_row(edit->index, edit->made);
    json_open_object(&answer->writer, NULL);
    json_put_text(&answer->writer, "global_tag", edit->entry.tag);
    json_put_u64(&answer->writer, "sequence", edit->entry.sequence);
    json_put_u64(&answer->writer, "piov", edit->made);
    json_put_text(&answer->writer, "sha256", row->record.checksum);
    json_close_object(&answer->writer);
}

/* The body of success, while nobody else can change what it shows. */
static void say(struct answer *answer, const struct edit *edit, enum write_kind kind)
{
    struct json_writer *writer = &answer->writer;
    const struct index *index = edit->index;
    switch (kind) {
    case WRITE_STATUS:
        page_word(writer, index_status(index, edit->made));
        return;
    case WRITE_TYPE:
        page_word(writer, index_type(index, edit->made));
        return;
    case WRITE_TAG:
        page_tag(writer, index, index_tag(index, edit->made), PAGE_TAG_MADE);
        return;
    case WRITE_CLONE:
        page_tag(writer, index, index_tag(index, edit->made), PAGE_TAG_LISTED);
        return;
    case WRITE_CHANGE_STATUS:
        page_tag(writer, index, index_tag(index, edit->made), PAGE_TAG_MOVED);
        return;
    case WRITE_LIST:
    case WRITE_LIST_ATTACH:
        page_list(writer, index_list(index, edit->made), PAGE_LIST_NAMES);
        return;
    case WRITE_ROW:
    case WRITE_ROW_ATTACH:
        page_row(writer, index_row(index, edit->made), false);
        return;
    case WRITE_BULK:
        answer->content_type = NULL; /* an empty body, as the original sends */
        return;
    case WRITE_DELETE_TAG:
        say_deleted(answer, "Global Tag", answer->words[0]);
        return;
    case WRITE_DELETE_TYPE:
        say_deleted(answer, "Payload Type", answer->words[0]);
        return;
    case WRITE_DELETE_LIST:
        say_deleted(answer, "Payload List", answer->words[0]);
        return;
    case WRITE_DELETE_ROW:
        say_deleted(answer, "Payload IOV of", answer->words[1]);
        return;
    case WRITE_BLOB:
        say_blob(answer);
        return;
    case WRITE_PUT:
        say_put(answer, edit);
        return;
    }
    unreachable();
}

static void say_refusal(struct answer *answer, const struct refusal *refusal)
{
    if (refusal->field[0])
        answer_field(answer, refusal->field, refusal->text);
    else
        answer_detail(answer, refusal->status, refusal->text);
}

/* ---- running ---- */

static bool has_body(enum write_kind kind)
{
    return kind <= WRITE_BULK;
}

static bool body_read(const struct answer *answer, struct json **body,
                      struct refusal *refusal)
{
    struct err err;
    size_t size = 0;
    const void *data = http_request_body(answer->request, &size);
    if (!json_parse(data, size, "body", body, &err))
        return refuse(refusal, 400, "JSON parse error - %.400s", err.text);
    return true;
}

/* The hash of the path is that of the bytes, and they are durable. */
static bool blob_take(const struct answer *answer, const struct library *library,
                      struct refusal *refusal)
{
    struct sha256 wanted;
    struct err err = {0};
    size_t size = 0;
    const void *data = http_request_body(answer->request, &size);
    if (!sha256_from_hex(answer->words[0], &wanted, &err))
        return refuse(refusal, 400, "A sha256 is 64 hexadecimal digits.");
    if (size > PAYLOAD_LIMIT)
        return refuse(refusal, 413, "A payload is at most %zu bytes.", PAYLOAD_LIMIT);
    struct sha256 found = sha256_of(data, size);
    if (!sha256_equal(&found, &wanted))
        return refuse(refusal, 422, "The sha256 of the %zu bytes is another one.", size);
    if (blob_write(library_folder(library), &wanted, data, size, &err))
        return true;
    return refuse(refusal, err.code == E_DISK_FULL ? 507 : 500,
                  "Nothing was changed: %.400s", err.text);
}

static bool edit_run(struct answer *answer, struct library *library, enum write_kind kind,
                     const char *who, struct refusal *refusal)
{
    struct edit edit;
    struct json *body = NULL;
    if (has_body(kind) && !body_read(answer, &body, refusal))
        return false;
    edit_begin(&edit, library, who, clock_wall_s());
    edit.if_match = http_request_header(answer->request, "If-Match");
    edit.replace = is_true(http_request_query(answer->request, "replace"));
    bool done =
        prepare(&edit, kind, answer, body, refusal) && edit_commit(&edit, refusal);
    if (done)
        say(answer, &edit, kind);
    edit_end(&edit);
    if (body)
        json_free(body);
    return done;
}

void write_run(struct answer *answer, struct library *library, enum write_kind kind,
               const char *who)
{
    struct refusal refusal = {.status = 500};
    if ((kind == WRITE_BLOB && !blob_take(answer, library, &refusal)) ||
        !edit_run(answer, library, kind, who, &refusal))
        say_refusal(answer, &refusal);
}
