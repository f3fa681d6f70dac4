/* conditions_change.c - spillway conditions put, clone, freeze, copy.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_change.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/manifest.h"
#include "conditions/payload.h"
#include "conditions/tag.h"
#include "coordinator/conditions_blob.h"
#include "coordinator/payload_check.h"

#define CHANGE_PATH 512
#define CHANGE_BODY ((size_t)65536)

/* A payload on its way. */
struct putting {
    const struct change_put *put;
    struct remote *remote;
    const struct bytes *bytes;
    char hex[SHA256_HEX];
    char url[256];
    char list[128];
};

/* ---- bodies ---- */

struct body {
    struct bytes bytes;
    struct json_writer writer;
};

static void body_open(struct body *body)
{
    bytes_init(&body->bytes, CHANGE_BODY);
    json_begin(&body->writer, &body->bytes);
    json_open_object(&body->writer, NULL);
}

/* Sends and releases. */
static bool body_send(struct body *body, struct remote *remote, const char *method,
                      const char *path, struct json **document, struct err *err)
{
    const char *text = NULL;
    json_close_object(&body->writer);
    bool done = json_end(&body->writer, err) &&
                text_terminate(&body->bytes, &text, err) &&
                remote_tell_json(remote, method, path, text, document, err);
    bytes_release(&body->bytes);
    return done;
}

/* ---- put ---- */

/* Letters that may stand in a URL; others become '_'. */
static void plain_name(const char *path, char out[64])
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(out, 64, "%.60s", slash ? slash + 1 : path);
    for (char *c = out; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("_.-+", *c);
        *c = (char)(plain ? *c : '_');
    }
}

/* "<type>/<2 hex>/<2 hex>/<sha256>_<file>", as the HSF client names its files. */
static void url_make(struct putting *putting)
{
    const struct change_put *put = putting->put;
    struct sha256 hash = sha256_of(putting->bytes->data, putting->bytes->size);
    char name[64];
    sha256_to_hex(&hash, putting->hex);
    plain_name(put->file, name);
    (void)snprintf(putting->url, sizeof putting->url, "%.80s/%.2s/%.2s/%s_%s", put->type,
                   putting->hex, putting->hex + 2, putting->hex, name);
}

static bool bytes_send(struct putting *putting, struct err *err)
{
    char path[CHANGE_PATH];
    struct json *unused = NULL;
    (void)snprintf(path, sizeof path, "x/blob/%s", putting->hex);
    struct remote_change change = {.method = "PUT",
                                   .path = path,
                                   .content_type = "application/octet-stream",
                                   .body = putting->bytes->data,
                                   .size = putting->bytes->size};
    bool done = remote_tell(putting->remote, &change, &unused, err);
    if (unused)
        json_free(unused);
    return done;
}

bool change_make_tag(struct remote *remote, const char *tag, struct err *err)
{
    struct body body;
    body_open(&body);
    json_put_text(&body.writer, "name", tag);
    json_put_text(&body.writer, "status", "unlocked");
    return body_send(&body, remote, "POST", "gt", NULL, err);
}

static bool type_make(struct putting *putting, struct err *err)
{
    struct body body;
    struct json *types = NULL;
    bool known = false;
    if (!remote_ask(putting->remote, "pt", &types, err))
        return false;
    for (size_t i = 0; i < json_count(types) && !known; i++) {
        const char *name = NULL;
        known = json_text(json_get(json_at(types, i), "name"), &name) &&
                strcmp(name, putting->put->type) == 0;
    }
    json_free(types);
    if (known)
        return true;
    body_open(&body);
    json_put_text(&body.writer, "name", putting->put->type);
    return body_send(&body, putting->remote, "POST", "pt", NULL, err);
}

static bool list_name(const struct json *value, struct putting *putting, struct err *err)
{
    const char *name = NULL;
    if (json_text(value, &name) && strlen(name) < sizeof putting->list)
        return text_copy(putting->list, sizeof putting->list, name, err);
    return err_set(err, E_CONDITIONS_REPLY, "the service names no payload list");
}

static bool list_make(struct putting *putting, struct err *err)
{
    struct body body;
    struct json *list = NULL;
    if (!type_make(putting, err))
        return false;
    body_open(&body);
    json_put_text(&body.writer, "payload_type", putting->put->type);
    if (!body_send(&body, putting->remote, "POST", "pl", &list, err))
        return false;
    bool done = list_name(json_get(list, "name"), putting, err);
    json_free(list);
    if (!done)
        return false;
    body_open(&body);
    json_put_text(&body.writer, "payload_list", putting->list);
    json_put_text(&body.writer, "global_tag", putting->put->tag);
    return body_send(&body, putting->remote, "PUT", "pl_attach", NULL, err);
}

/* The list of the type in the tag, made when there is none; so is the tag. */
static bool list_find(struct putting *putting, struct err *err)
{
    char path[CHANGE_PATH];
    struct json *lists = NULL;
    (void)snprintf(path, sizeof path, "gtPayloadLists/%.80s", putting->put->tag);
    if (!remote_ask(putting->remote, path, &lists, err)) {
        if (err->code != E_CONDITIONS_REFUSED)
            return false;
        if (!putting->put->create)
            return err_set(err, E_TAG_UNKNOWN,
                           "the service has no tag '%.80s': --new makes one",
                           putting->put->tag);
        return change_make_tag(putting->remote, putting->put->tag, err) &&
               list_make(putting, err);
    }
    const struct json *known = json_get(lists, putting->put->type);
    bool done = known ? list_name(known, putting, err) : list_make(putting, err);
    json_free(lists);
    return done;
}

static bool row_make(struct putting *putting, int64_t *id, struct err *err)
{
    const struct interval *interval = &putting->put->interval;
    struct body body;
    struct json *row = NULL;
    body_open(&body);
    json_put_text(&body.writer, "payload_url", putting->url);
    json_put_text(&body.writer, "checksum", putting->hex);
    json_put_u64(&body.writer, "size", putting->bytes->size);
    json_put_i64(&body.writer, "major_iov", interval->start.run);
    json_put_i64(&body.writer, "minor_iov", interval->start.spill);
    json_put_i64(&body.writer, "major_iov_end", interval->end.run);
    json_put_i64(&body.writer, "minor_iov_end", interval->end.spill);
    if (!body_send(&body, putting->remote, "POST", "piov", &row, err))
        return false;
    bool done = json_i64(json_get(row, "id"), id) ||
                err_set(err, E_CONDITIONS_REPLY, "the service gives the row no number");
    json_free(row);
    return done;
}

static bool row_attach(struct putting *putting, int64_t id, struct err *err)
{
    struct body body;
    body_open(&body);
    json_put_text(&body.writer, "payload_list", putting->list);
    json_put_i64(&body.writer, "piov_id", id);
    return body_send(&body, putting->remote, "PUT",
                     putting->put->replace ? "piov_attach?replace=true" : "piov_attach",
                     NULL, err);
}

static bool put_bytes(struct putting *putting, struct err *err)
{
    int64_t id = 0;
    url_make(putting);
    return bytes_send(putting, err) && list_find(putting, err) &&
           row_make(putting, &id, err) && row_attach(putting, id, err);
}

bool change_put_bytes(struct remote *remote, const struct change_put *put,
                      const struct bytes *bytes, struct err *err)
{
    struct putting putting = {.put = put, .remote = remote, .bytes = bytes};
    return put_bytes(&putting, err);
}

bool change_put(struct remote *remote, const struct change_put *put, struct err *err)
{
    struct bytes bytes;
    struct putting putting = {.put = put, .remote = remote, .bytes = &bytes};
    struct payload_marks marks;
    bytes_init(&bytes, PAYLOAD_LIMIT);
    bool done = disk_read_file(put->file, &bytes, err) &&
                payload_check(put->type, &bytes, put->file, &marks, err) &&
                put_bytes(&putting, err);
    bytes_release(&bytes);
    if (done)
        (void)printf("tag %s: %s from %" PRId64 ".%" PRId64 ": %s\n", put->tag, put->type,
                     put->interval.start.run, put->interval.start.spill, putting.hex);
    return done;
}

/* ---- tags ---- */

static bool names_are_fine(const char *first, const char *second, struct err *err)
{
    if (!tag_name_is_fine(first) || !tag_name_is_fine(second))
        return err_set(err, E_USAGE, "'%.80s' is no name of a tag",
                       tag_name_is_fine(first) ? second : first);
    return true;
}

bool change_clone(struct remote *remote, const char *source, const char *name,
                  struct err *err)
{
    char path[CHANGE_PATH];
    if (!names_are_fine(source, name, err))
        return false;
    (void)snprintf(path, sizeof path, "cloneGlobalTag/%s/%s", source, name);
    if (!remote_tell_json(remote, "POST", path, "", NULL, err))
        return false;
    (void)printf("tag %s is a copy of %s, unlocked\n", name, source);
    return true;
}

bool change_freeze(struct remote *remote, const char *tag, struct err *err)
{
    char path[CHANGE_PATH];
    struct json *head = NULL;
    const char *snapshot = NULL;
    if (!names_are_fine(tag, tag, err))
        return false;
    (void)snprintf(path, sizeof path, "gt_change_status/%s/frozen", tag);
    if (!remote_tell_json(remote, "PUT", path, "", NULL, err))
        return false;
    (void)snprintf(path, sizeof path, "x/head/%s", tag);
    if (!remote_ask(remote, path, &head, err))
        return false;
    (void)json_text(json_get(head, "snapshot"), &snapshot);
    (void)printf("tag %s is frozen, %s\n", tag, snapshot ? snapshot : "without snapshot");
    json_free(head);
    return true;
}

/* ---- copy ---- */

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A file of a blob; what has another name was never one. */
static bool blob_copy(const char *folder, const char *to, const char *name,
                      uint64_t *count, struct err *err)
{
    struct sha256 hash;
    struct bytes bytes;
    struct err unused;
    if (!sha256_from_hex(name, &hash, &unused))
        return true;
    bytes_init(&bytes, MANIFEST_TEXT);
    bool done = blob_read(folder, &hash, &bytes, err) &&
                blob_write(to, &hash, bytes.data, bytes.size, err);
    bytes_release(&bytes);
    *count += done;
    return done;
}

static bool blobs_copy(const char *folder, const char *to, uint64_t *count,
                       struct err *err)
{
    char path[PATH_MAX];
    bool done = true;
    for (unsigned i = 0; i < 256 && done; i++) {
        struct dirent **entries = NULL;
        (void)snprintf(path, sizeof path, "%s/blobs/%02x", folder, i);
        int found = scandir(path, &entries, not_hidden, alphasort);
        for (int e = 0; e < found; e++) {
            done = done && blob_copy(folder, to, entries[e]->d_name, count, err);
            free(entries[e]);
        }
        free(entries);
    }
    return done;
}

/* Records first: whatever they name was there before them. */
bool change_copy(const char *folder, const char *to, struct err *err)
{
    uint64_t count = 0;
    if (!ledger_copy(folder, to, err) || !blobs_copy(folder, to, &count, err))
        return false;
    (void)printf("copied to %s, %" PRIu64 " files of bytes\n", to, count);
    return true;
}
