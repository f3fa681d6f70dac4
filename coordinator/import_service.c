/* import_service.c - where imported payloads go: a tag of a conditions service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/import_service.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/conditions_change.h"

struct item {
    char name[TAG_NAME + 8]; /* TYPE.txt */
    struct bytes bytes;
    const char *hex; /* in the arena; the rows that show this payload point to it */
    bool put;
};

struct import_service {
    struct remote *remote;
    bool replace;
    struct arena arena;
    struct tag wanted; /* what the payloads say together */
    struct tag there;
    bool known;        /* the service has the tag */
    uint64_t sequence; /* of the tag as it was read, and after each change of ours */
    size_t count, capacity;
    struct item *items;
};

bool import_service_open(const struct remote_options *remote, const char *tag,
                         bool replace, struct import_service **service, struct err *err)
{
    if (!tag_name_is_fine(tag))
        return err_set(err, E_USAGE, "'%.80s' is no name of a tag", tag);
    struct import_service *made = mem_new(1, sizeof *made);
    *made = (struct import_service){.replace = replace};
    arena_init(&made->arena, TAG_MEMORY);
    if (text_copy(made->wanted.name, sizeof made->wanted.name, tag, err) &&
        remote_open(remote, &made->remote, err)) {
        *service = made;
        return true;
    }
    import_service_close(made);
    return false;
}

void import_service_close(struct import_service *service)
{
    if (!service)
        return;
    for (size_t i = 0; i < service->count; i++)
        bytes_release(&service->items[i].bytes);
    free(service->items);
    arena_release(&service->arena);
    remote_close(service->remote);
    free(service);
}

/* ---- collecting ---- */

static bool item_make(struct import_service *service, const struct import_row *row,
                      struct item *item, struct err *err)
{
    struct sha256 hash = sha256_of(row->text->data, row->text->size);
    char hex[SHA256_HEX];
    sha256_to_hex(&hash, hex);
    item->hex = arena_text(&service->arena, hex);
    if (!item->hex)
        return err_set(err, E_LIMIT, "tag %s is too large", service->wanted.name);
    (void)snprintf(item->name, sizeof item->name, "%s.%s", row->type, row->ending);
    return bytes_append(&item->bytes, row->text->data, row->text->size, err);
}

static struct item *item_place(struct import_service *service, size_t size)
{
    if (service->count == service->capacity) {
        service->capacity = 2 * service->capacity + 16;
        service->items =
            mem_grow(service->items, service->capacity, sizeof *service->items);
    }
    struct item *item = &service->items[service->count++];
    *item = (struct item){.put = false};
    bytes_init(&item->bytes, size);
    return item;
}

enum splice import_service_add(struct import_service *service,
                               const struct import_row *row, struct err *err)
{
    struct item *item = item_place(service, row->text->size);
    if (!item_make(service, row, item, err))
        return SPLICE_REFUSED;
    const struct tag_row made = {.type = arena_text(&service->arena, row->type),
                                 .checksum = item->hex,
                                 .size = (int64_t)row->text->size,
                                 .interval = row->interval};
    if (!made.type) {
        (void)err_set(err, E_LIMIT, "tag %s is too large", service->wanted.name);
        return SPLICE_REFUSED;
    }
    return splice_row(&service->wanted, &made, service->replace, &service->arena, err);
}

/* ---- what the tag has ---- */

/* Intervals as they count: each ends where the next of its type starts. */
static void rows_clip(struct tag *tag)
{
    for (size_t i = 0; i + 1 < tag->count; i++) {
        struct tag_row *row = &tag->rows[i];
        if (strcmp(row->type, row[1].type) == 0 &&
            moment_compare(row[1].interval.start, row->interval.end) < 0)
            row->interval.end = row[1].interval.start;
    }
}

/* Before the tag: whoever changes it from then on makes our first change refused. */
static enum lookup sequence_load(struct import_service *service, struct err *err)
{
    char path[TAG_NAME + 16];
    struct json *document = NULL;
    int64_t sequence = 0;
    (void)snprintf(path, sizeof path, "x/head/%s", service->wanted.name);
    if (!remote_ask(service->remote, path, &document, err))
        return err->code == E_CONDITIONS_REFUSED ? LOOKUP_ABSENT : LOOKUP_FAILED;
    bool known = json_i64(json_get(document, "sequence"), &sequence) && sequence > 0;
    json_free(document);
    service->sequence = (uint64_t)sequence;
    if (known)
        return LOOKUP_FOUND;
    (void)err_set(err, E_CONDITIONS_REPLY, "%s: no sequence", path);
    return LOOKUP_FAILED;
}

/* A tag that the service does not show is empty: making it proves that. */
static bool tag_load(struct import_service *service, struct err *err)
{
    char path[TAG_NAME + 16];
    const char *name = service->wanted.name;
    struct json *document = NULL;
    struct err cause = {0};
    enum lookup lookup = sequence_load(service, &cause);
    (void)snprintf(path, sizeof path, "globalTag/%s", name);
    if (lookup == LOOKUP_ABSENT)
        return true;
    if (lookup == LOOKUP_FAILED ||
        !remote_ask(service->remote, path, &document, &cause)) {
        *err = cause;
        return false;
    }
    bool done = tag_read_dump(document, path, &service->arena, &service->there, err) &&
                tag_check(&service->there, path, err);
    json_free(document);
    if (!done)
        return false;
    service->known = true;
    if (service->there.status == TAG_FROZEN)
        return err_set(err, E_TAG_ROW, "tag %s is frozen: put into another one", name);
    rows_clip(&service->there);
    return true;
}

/* Whether the tag says it at every moment of the row, in however many pieces. */
static bool is_there(const struct tag *tag, const struct tag_row *row)
{
    struct moment next = row->interval.start; /* up to here it does */
    for (size_t i = 0; i < tag->count; i++) {
        const struct tag_row *old = &tag->rows[i];
        if (strcmp(old->type, row->type) != 0 || !interval_holds(old->interval, next))
            continue;
        if (strcmp(old->checksum, row->checksum) != 0)
            return false;
        next = old->interval.end;
        if (moment_compare(next, row->interval.end) >= 0)
            return true;
    }
    return false;
}

/* ---- sending ---- */

/* What is left to do: rows of `wanted` that the tag lacks, each checked against it. */
static bool rows_left(struct import_service *service, struct err *err)
{
    struct tag *wanted = &service->wanted;
    struct tag tried = service->there;
    size_t left = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct tag_row row = wanted->rows[i];
        if (is_there(&service->there, &row))
            continue;
        if (splice_row(&tried, &row, service->replace, &service->arena, err) ==
            SPLICE_REFUSED)
            return false;
        wanted->rows[left++] = row;
    }
    wanted->count = left;
    return true;
}

/* The payload of a row. */
static struct item *item_of(const struct import_service *service,
                            const struct tag_row *row)
{
    for (size_t i = 0; i < service->count; i++) {
        if (service->items[i].hex == row->checksum)
            return &service->items[i];
    }
    unreachable();
}

static bool row_send(struct import_service *service, const struct tag_row *row,
                     struct err *err)
{
    struct item *item = item_of(service, row);
    const struct change_put put = {.file = item->name,
                                   .tag = service->wanted.name,
                                   .type = row->type,
                                   .interval = row->interval,
                                   .replace = service->replace};
    item->put =
        change_put_bytes(service->remote, &put, &item->bytes, &service->sequence, err);
    return item->put || err_wrap(err, "%s from run %" PRId64 " spill %" PRId64, row->type,
                                 row->interval.start.run, row->interval.start.spill);
}

bool import_service_send(struct import_service *service, struct import_sent *sent,
                         struct err *err)
{
    const struct tag *wanted = &service->wanted;
    size_t done = 0;
    bool fine = tag_load(service, err) && rows_left(service, err) &&
                (service->known || change_make_tag(service->remote, wanted->name, err));
    size_t left = wanted->count;
    if (fine && !service->known)
        service->sequence = 1; /* as it was made */
    while (fine && done < left) {
        fine = row_send(service, &wanted->rows[done], err);
        done += fine;
    }
    if (!fine)
        return err_wrap(err, "tag %s: stopped after %zu of %zu rows", wanted->name, done,
                        left);
    *sent = (struct import_sent){0};
    for (size_t i = 0; i < service->count; i++)
        sent->put += service->items[i].put;
    sent->same = service->count - sent->put;
    return true;
}
