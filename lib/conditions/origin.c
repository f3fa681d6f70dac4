/* origin.c - one place that conditions come from: a service, a folder or a snapshot.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/origin.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/disk.h"
#include "base/text.h"
#include "conditions/folder.h"
#include "conditions/payload.h"
#include "conditions/service.h"
#include "conditions/snapshot.h"

#define ORIGIN_URL ((size_t)4096)

struct origin {
    char *folder;              /* or */
    char *base;                /* of the service, or */
    struct snapshot *snapshot; /* */
    char *payloads;            /* base of payloads, NULL while not known */
    struct transfer *transfer;
};

/* A copy without slashes at the end. */
static char *trimmed(const char *text)
{
    char *copy = mem_text(text);
    for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/'; length--)
        copy[length - 1] = '\0';
    return copy;
}

/* A local path as it is from any working directory; one that is not there stays. */
static char *absolute(const char *path)
{
    char *found = realpath(path, NULL);
    return found ? found : trimmed(path);
}

static char *joined(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = mem_new(1, size);
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* The local kinds: which one, and where its payloads are. */
static bool open_local(struct origin *origin, const char *path, struct err *err)
{
    if (!is_file(path)) {
        origin->folder = absolute(path);
        origin->payloads = joined(origin->folder, "payloads");
        return true;
    }
    if (!snapshot_open(path, &origin->snapshot, err))
        return false;
    const char *payloads = snapshot_payloads(origin->snapshot);
    origin->payloads = payloads ? trimmed(payloads) : NULL;
    return true;
}

bool origin_open(const struct origin_options *options, struct origin **origin,
                 struct err *err)
{
    const char *path = transfer_local_path(options->url);
    bool is_http = http_is_url(options->url);
    if ((!path || !*path) && !is_http)
        return err_set(err, E_URL,
                       "'%s' is no conditions source: file:PATH or http(s) URL",
                       options->url);
    struct origin *made = mem_new(1, sizeof *made);
    struct transfer_options transfer = options->transfer;
    *made = (struct origin){.folder = NULL};
    if (is_http)
        made->base = trimmed(options->url);
    else if (!open_local(made, path, err)) {
        origin_close(made);
        return false;
    }
    if (options->payloads) {
        free(made->payloads);
        const char *local = transfer_local_path(options->payloads);
        made->payloads = local ? absolute(local) : trimmed(options->payloads);
    }
    transfer.bearer_url = made->base;
    made->transfer = transfer_new(&transfer);
    *origin = made;
    return true;
}

void origin_close(struct origin *origin)
{
    if (!origin)
        return;
    transfer_free(origin->transfer);
    snapshot_close(origin->snapshot);
    free(origin->folder);
    free(origin->base);
    free(origin->payloads);
    free(origin);
}

static struct service service_of(const struct origin *origin)
{
    return (struct service){origin->base, origin->transfer};
}

/* ---- tags ---- */

/* scheme://host of the service, and a path. */
static char *on_its_host(const char *base, const char *path)
{
    const char *host = strstr(base, "://");
    size_t length = host ? (size_t)(host - base) + 3 : 0;
    length += strcspn(base + length, "/");
    size_t size = length + strlen(path) + 1;
    char *url = mem_new(1, size);
    (void)snprintf(url, size, "%.*s%s", (int)length, base, path);
    return url;
}

static bool read_once(struct origin *origin, const char *name, struct arena *arena,
                      struct tag *tag, struct err *err)
{
    struct service service = service_of(origin);
    bool done;
    if (origin->snapshot)
        done = snapshot_read_tag(origin->snapshot, name, arena, tag, err);
    else if (origin->folder)
        done = folder_read_tag(origin->folder, name, arena, tag, err);
    else
        done = service_read_tag(&service, name, arena, tag, err);
    if (done && origin->base && !origin->payloads && tag->payloads)
        origin->payloads = on_its_host(origin->base, tag->payloads);
    return done && tag_sort(tag, name, err);
}

/* Somebody may be writing: without a revision number, two equal reads must do. */
static bool read_again(struct origin *origin, const struct tag *first, struct err *err)
{
    struct arena arena;
    struct tag second;
    arena_init(&arena, TAG_MEMORY);
    bool done = read_once(origin, first->name, &arena, &second, err);
    if (done && !tag_equal(first, &second))
        done =
            err_set(err, E_TAG_MOVED, "tag '%s' changed between two reads", first->name);
    arena_release(&arena);
    return done;
}

static bool name_check(const char *name, struct err *err)
{
    return tag_name_is_fine(name) ||
           err_set(err, E_USAGE, "'%.100s' is no name of a tag", name);
}

bool origin_read_rows(struct origin *origin, const char *name, struct arena *arena,
                      struct tag *tag, struct err *err)
{
    struct tag made;
    if (!name_check(name, err) || !read_once(origin, name, arena, &made, err))
        return false;
    bool may_move = made.status != TAG_FROZEN && !origin->snapshot;
    if (may_move && !read_again(origin, &made, err))
        return false;
    *tag = made;
    return true;
}

/* The rows of a checked tag that the service's rule picks for one moment. */
static void pick_moment(struct tag *tag, struct moment moment)
{
    size_t kept = 0;
    bug_if(tag->count > 0 && tag->rows == NULL);
    for (size_t i = 0; i < tag->count; i++) {
        struct tag_row row = tag->rows[i];
        bool superseded = i + 1 < tag->count &&
                          strcmp(tag->rows[i + 1].type, row.type) == 0 &&
                          moment_compare(tag->rows[i + 1].interval.start, moment) <= 0;
        if (!superseded && interval_holds(row.interval, moment))
            tag->rows[kept++] = row;
    }
    tag->count = kept;
}

bool origin_read_moment(struct origin *origin, const char *name, struct moment moment,
                        struct arena *arena, struct tag *tag, struct err *err)
{
    if (!name_check(name, err))
        return false;
    if (origin->base) {
        struct service service = service_of(origin);
        return service_read_moment(&service, name, moment, arena, tag, err) &&
               tag_check(tag, name, err);
    }
    if (!read_once(origin, name, arena, tag, err) || !tag_check(tag, name, err))
        return false;
    pick_moment(tag, moment);
    return true;
}

bool origin_list_tags(struct origin *origin, tag_seen seen, void *user, struct err *err)
{
    struct service service = service_of(origin);
    if (origin->snapshot)
        return snapshot_list_tags(origin->snapshot, seen, user, err);
    return origin->folder ? folder_list_tags(origin->folder, seen, user, err)
                          : service_list_tags(&service, seen, user, err);
}

/* ---- payloads ---- */

const char *origin_payloads(const struct origin *origin)
{
    return origin->payloads;
}

static bool know_payloads(struct origin *origin, struct err *err)
{
    if (origin->payloads)
        return true;
    if (!origin->base)
        return err_set(err, E_CONDITIONS_FETCH,
                       "a thin snapshot that does not say where its payloads are");
    struct service service = service_of(origin);
    struct bytes base;
    const char *text = NULL;
    bytes_init(&base, ORIGIN_URL);
    bool done =
        service_payload_base(&service, &base, err) && text_terminate(&base, &text, err);
    if (done)
        origin->payloads = trimmed(text);
    bytes_release(&base);
    return done;
}

static bool verify(const struct tag_row *row, const struct bytes *bytes, struct err *err)
{
    char hex[SHA256_HEX];
    bool is_md5 = strlen(row->checksum) == MD5_HEX - 1;
    if (row->size >= 0 && (uint64_t)row->size != bytes->size)
        return err_set(err, E_PAYLOAD_HASH, "%s %s: %zu bytes, the tag says %" PRId64,
                       row->type, row->url, bytes->size, row->size);
    if (is_md5 && !md5_hex(bytes->data, bytes->size, hex))
        return err_set(err, E_PAYLOAD_HASH, "%s %s: this system forbids MD5", row->type,
                       row->url);
    if (!is_md5) {
        struct sha256 hash = sha256_of(bytes->data, bytes->size);
        sha256_to_hex(&hash, hex);
    }
    if (strcmp(hex, row->checksum) == 0)
        return true;
    return err_set(err, E_PAYLOAD_HASH, "%s %s: checksum is %s, the tag says %s",
                   row->type, row->url, hex, row->checksum);
}

/* What is wrong with this payload alone, or with the way to all of them. */
static enum err_code fetch_code(const struct http_response *response,
                                const struct err *cause)
{
    if (cause->code == E_HTTP_TOO_LARGE || cause->code == E_LIMIT)
        return E_PAYLOAD_HASH;
    if (cause->code == E_DISK_OPEN || response->status == 404 || response->status == 410)
        return E_PAYLOAD_ABSENT;
    return E_CONDITIONS_FETCH;
}

static bool fetch_payload(struct origin *origin, const struct tag_row *row,
                          struct bytes *out, struct err *err)
{
    struct http_response response;
    struct err cause = {0};
    bool declared = row->size >= 0 && (uint64_t)row->size < PAYLOAD_LIMIT;
    uint64_t maximum = declared ? (uint64_t)row->size : PAYLOAD_LIMIT;
    if (!know_payloads(origin, err))
        return false;
    char *url = joined(origin->payloads, row->url);
    bool done = transfer_get(origin->transfer, url, maximum, out, &response, &cause);
    free(url);
    return done || err_set(err, fetch_code(&response, &cause), "%s: %.400s", row->type,
                           cause.text);
}

bool origin_read_payload(struct origin *origin, const struct tag_row *row,
                         struct bytes *out, struct err *err)
{
    enum lookup inside = LOOKUP_ABSENT;
    bytes_clear(out);
    if (origin->snapshot)
        inside = snapshot_read_payload(origin->snapshot, row, out, err);
    if (inside == LOOKUP_FAILED ||
        (inside == LOOKUP_ABSENT && !fetch_payload(origin, row, out, err)))
        return false;
    return verify(row, out, err);
}

/* ---- blobs ---- */

static char *in_folder(const char *folder, const char *kind, const char *hex)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s/%.2s/%s", kind, hex, hex);
    char *path = joined(folder, name);
    if (disk_exists(path))
        return path;
    free(path);
    return NULL;
}

/* A store of campaigns, the data of a service, or a folder with tags. */
static bool folder_read_blob(const struct origin *origin, const char *hex,
                             struct bytes *out, struct err *err)
{
    char url[FOLDER_URL];
    char *path = in_folder(origin->folder, "conditions", hex);
    if (!path)
        path = in_folder(origin->folder, "blobs", hex);
    if (!path && folder_find_payload(origin->folder, hex, url))
        path = joined(origin->payloads, url);
    if (!path)
        return err_set(err, E_PAYLOAD_ABSENT, "nothing has this hash there");
    bool done = disk_read_file(path, out, err);
    free(path);
    return done;
}

/* Of our service; others answer 404. */
static bool service_read_blob(const struct origin *origin, const char *hex,
                              struct bytes *out, struct err *err)
{
    char name[128];
    struct http_response response;
    struct err cause = {0};
    (void)snprintf(name, sizeof name, "x/blob/%s", hex);
    char *url = joined(origin->base, name);
    bool done =
        transfer_get(origin->transfer, url, PAYLOAD_LIMIT, out, &response, &cause);
    free(url);
    return done || err_set(err, fetch_code(&response, &cause), "%.400s", cause.text);
}

bool origin_read_blob(struct origin *origin, const struct sha256 *hash, struct bytes *out,
                      struct err *err)
{
    char hex[SHA256_HEX];
    struct tag_row row = {.checksum = hex};
    sha256_to_hex(hash, hex);
    if (origin->base)
        return service_read_blob(origin, hex, out, err);
    if (origin->folder)
        return folder_read_blob(origin, hex, out, err);
    enum lookup inside = snapshot_read_payload(origin->snapshot, &row, out, err);
    return inside == LOOKUP_FOUND ||
           (inside == LOOKUP_ABSENT &&
            err_set(err, E_PAYLOAD_ABSENT, "it does not have it inside"));
}
