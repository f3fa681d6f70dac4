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

#define CHANGE_PATH 1024
#define CHANGE_BODY ((size_t)65536)

/* A payload on its way. */
struct putting {
    const struct change_put *put;
    struct remote *remote;
    const struct bytes *bytes;
    char hex[SHA256_HEX];
    char url[256];
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
                     (*c >= '0' && *c <= '9') || strchr("_.-", *c);
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

bool change_make_tag(struct remote *remote, const char *tag, struct err *err)
{
    struct body body;
    body_open(&body);
    json_put_text(&body.writer, "name", tag);
    json_put_text(&body.writer, "status", "unlocked");
    return body_send(&body, remote, "POST", "gt", NULL, err);
}

static bool path_make(const struct putting *putting, char path[CHANGE_PATH],
                      struct err *err)
{
    const struct change_put *put = putting->put;
    int length = snprintf(
        path, CHANGE_PATH,
        "x/payload?tag=%.80s&type=%.80s&payload_url=%s&major_iov=%" PRId64
        "&minor_iov=%" PRId64 "&major_iov_end=%" PRId64 "&minor_iov_end=%" PRId64 "%s%s",
        put->tag, put->type, putting->url, put->interval.start.run,
        put->interval.start.spill, put->interval.end.run, put->interval.end.spill,
        put->replace ? "&replace=true" : "", put->create ? "&create=true" : "");
    return (length > 0 && length < CHANGE_PATH) ||
           err_set(err, E_USAGE, "the URL is too long");
}

/* One request: the service stores, makes and attaches all of it or nothing. */
static bool put_bytes(struct putting *putting, uint64_t *sequence, struct err *err)
{
    char path[CHANGE_PATH], match[24];
    struct json *answer = NULL;
    int64_t now = 0;
    struct remote_change change = {.method = "PUT",
                                   .path = path,
                                   .content_type = "application/octet-stream",
                                   .body = putting->bytes->data,
                                   .size = putting->bytes->size};
    url_make(putting);
    if (!tag_name_is_fine(putting->put->tag))
        return err_set(err, E_USAGE, "'%.80s' is no name of a tag", putting->put->tag);
    (void)snprintf(match, sizeof match, "%" PRIu64, *sequence);
    if (*sequence > 0)
        change.if_match = match;
    if (!path_make(putting, path, err) ||
        !remote_tell(putting->remote, &change, &answer, err))
        return false;
    bool done = json_i64(json_get(answer, "sequence"), &now) ||
                err_set(err, E_CONDITIONS_REPLY, "the service gives the tag no sequence");
    if (answer)
        json_free(answer);
    if (done)
        *sequence = (uint64_t)now;
    return done;
}

bool change_put_bytes(struct remote *remote, const struct change_put *put,
                      const struct bytes *bytes, uint64_t *sequence, struct err *err)
{
    struct putting putting = {.put = put, .remote = remote, .bytes = bytes};
    return put_bytes(&putting, sequence, err);
}

bool change_put(struct remote *remote, const struct change_put *put, struct err *err)
{
    struct bytes bytes;
    struct putting putting = {.put = put, .remote = remote, .bytes = &bytes};
    struct payload_marks marks;
    uint64_t sequence = 0; /* whatever the state of the tag is */
    bytes_init(&bytes, PAYLOAD_LIMIT);
    bool done = disk_read_file(put->file, &bytes, err) &&
                payload_check(put->type, &bytes, put->file, &marks, err) &&
                put_bytes(&putting, &sequence, err);
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
