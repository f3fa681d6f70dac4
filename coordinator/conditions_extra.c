/* conditions_extra.c - heads, snapshots, bytes and the log of the service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_extra.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/payload.h"
#include "conditions/tag.h"
#include "coordinator/conditions_blob.h"
#include "coordinator/conditions_content.h"
#include "coordinator/conditions_read.h"

#define CACHE_FOREVER "public, max-age=31536000, immutable"
#define CACHE_HEAD    "public, max-age=5"
#define HEADS         256u
#define LOG_ENTRIES   1000u
#define SNAPSHOT_PATH "/api/cdb_rest/x/snapshot/"

/* ---- states of tags ---- */

struct head {
    uint64_t tag;
    uint64_t sequence;
    size_t missing;
    struct sha256 snapshot; /* zero when something is missing */
};

struct extra_heads {
    pthread_mutex_t lock;
    struct head heads[HEADS]; /* by the number of the tag, the last one counts */
};

struct extra_heads *extra_heads_new(void)
{
    struct extra_heads *heads = mem_new(1, sizeof *heads);
    bug_if(pthread_mutex_init(&heads->lock, NULL) != 0);
    return heads;
}

void extra_heads_free(struct extra_heads *heads)
{
    if (!heads)
        return;
    (void)pthread_mutex_destroy(&heads->lock);
    free(heads);
}

static bool head_get(struct extra_heads *heads, const struct index_tag *tag,
                     struct head *head)
{
    bug_if(pthread_mutex_lock(&heads->lock) != 0);
    *head = heads->heads[tag->record.id % HEADS];
    bug_if(pthread_mutex_unlock(&heads->lock) != 0);
    return head->tag == tag->record.id && head->sequence == tag->record.sequence;
}

static void head_put(struct extra_heads *heads, const struct head *head)
{
    bug_if(pthread_mutex_lock(&heads->lock) != 0);
    heads->heads[head->tag % HEADS] = *head;
    bug_if(pthread_mutex_unlock(&heads->lock) != 0);
}

static void snapshot_names(const struct sha256 *hash, char etag[ANSWER_ETAG],
                           char path[ANSWER_PATH])
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    (void)snprintf(etag, ANSWER_ETAG, "\"%s\"", hex);
    (void)snprintf(path, ANSWER_PATH, SNAPSHOT_PATH "%s", hex);
}

static bool snapshot_is_kept(struct answer_cache *cache, const struct sha256 *hash)
{
    char etag[ANSWER_ETAG], path[ANSWER_PATH];
    snapshot_names(hash, etag, path);
    return answer_cache_has(cache, etag, path);
}

/* Writes the manifest and keeps it to be asked for. */
static bool snapshot_keep(struct answer_cache *cache, const struct index *index,
                          const struct index_tag *tag, struct sha256 *hash,
                          struct err *err)
{
    char etag[ANSWER_ETAG], path[ANSWER_PATH];
    struct manifest manifest;
    struct bytes text;
    if (!content_manifest(index, tag, &manifest, err))
        return false;
    bytes_init(&text, MANIFEST_TEXT);
    bool done = manifest_write(&manifest, &text, err);
    manifest_release(&manifest);
    if (done) {
        *hash = sha256_of(text.data, text.size);
        snapshot_names(hash, etag, path);
        answer_cache_keep(cache, etag, path, &text);
    }
    bytes_release(&text);
    return done;
}

/* A frozen tag has its manifest as a blob; of others the last one is kept in memory. */
static bool head_find(struct answer *answer, struct extra_heads *heads,
                      const struct index *index, const struct index_tag *tag,
                      struct head *head, struct err *err)
{
    if (!sha256_is_zero(&tag->record.snapshot)) {
        *head = (struct head){.snapshot = tag->record.snapshot};
        return true;
    }
    if (head_get(heads, tag, head) &&
        (head->missing > 0 || snapshot_is_kept(answer->cache, &head->snapshot)))
        return true;
    *head = (struct head){
        tag->record.id, tag->record.sequence, content_missing(index, tag), {{0}}};
    if (head->missing == 0 &&
        !snapshot_keep(answer->cache, index, tag, &head->snapshot, err))
        return false;
    head_put(heads, head);
    return true;
}

static void put_head(struct json_writer *writer, const struct index *index,
                     const struct index_tag *tag, const struct head *head)
{
    char name[SHA256_HEX + 8] = "sha256:";
    sha256_to_hex(&head->snapshot, name + strlen(name));
    json_open_object(writer, NULL);
    json_put_text(writer, "tag", tag->record.name);
    json_put_text(writer, "status", index_status(index, tag->record.status)->name);
    json_put_u64(writer, "sequence", tag->record.sequence);
    if (sha256_is_zero(&head->snapshot))
        json_put_null(writer, "snapshot");
    else
        json_put_text(writer, "snapshot", name);
    json_put_u64(writer, "missing", head->missing);
    json_close_object(writer);
}

void extra_head(struct answer *answer, struct library *library, struct extra_heads *heads)
{
    struct head head;
    char etag[ANSWER_ETAG];
    struct err err = {0};
    const struct index *index = library_read(library);
    const struct index_tag *tag = read_find_tag(answer, index, answer->words[0]);
    answer->caching = CACHE_HEAD;
    if (tag) {
        read_tag_etag(tag, etag);
        if (answer_is_known(answer, etag))
            tag = NULL;
    }
    if (tag && head_find(answer, heads, index, tag, &head, &err))
        put_head(&answer->writer, index, tag, &head);
    else if (tag)
        answer_detail(answer, 409, err.text);
    library_done(library);
}

void extra_about(struct answer *answer, struct library *library)
{
    json_open_object(&answer->writer, NULL);
    json_put_text(&answer->writer, "service", "spillway conditions 1");
    json_put_text(&answer->writer, "mode",
                  library_is_folder(library) ? "folder" : "store");
    json_close_object(&answer->writer);
}

/* ---- bytes ---- */

/* The bytes of a hash from their file. */
static void answer_bytes(struct answer *answer, struct library *library,
                         const struct sha256 *hash)
{
    struct err err = {0};
    char hex[SHA256_HEX], etag[ANSWER_ETAG];
    sha256_to_hex(hash, hex);
    (void)snprintf(etag, sizeof etag, "\"%s\"", hex);
    answer->caching = CACHE_FOREVER;
    if (answer_is_known(answer, etag))
        return;
    if (blob_read(library_folder(library), hash, &answer->body, &err))
        answer->content_type = "application/octet-stream";
    else
        answer_detail(answer, 500, err.text);
}

static bool hash_of_path(struct answer *answer, struct sha256 *hash)
{
    struct err unused;
    if (sha256_from_hex(answer->words[0], hash, &unused))
        return true;
    answer_detail(answer, 404, "Not found: a sha256 is 64 hexadecimal digits.");
    return false;
}

static bool blob_is_known(struct library *library, const struct sha256 *hash)
{
    const struct index *index = library_read(library);
    bool known = index_blob_of(index, hash) != NULL;
    library_done(library);
    return known;
}

static void payload_of_folder(struct answer *answer, const char *folder, const char *url)
{
    char path[PATH_MAX];
    struct err err;
    int length = snprintf(path, sizeof path, "%s/payloads/%s", folder, url);
    answer->content_type = "application/octet-stream";
    if (length >= (int)sizeof path || !disk_exists(path) ||
        !disk_read_file(path, &answer->body, &err))
        answer_detail(answer, 404, "Not found.");
}

/* The URL of a row with this checksum. */
static bool url_of_checksum(struct library *library, const char *checksum,
                            char url[LEDGER_TEXT])
{
    struct err unused;
    bool found = false;
    const struct index *index = library_read(library);
    uint64_t last = index_last(index, LEDGER_ROW);
    for (uint64_t id = 1; id <= last && !found; id++) {
        const struct index_row *row = index_row(index, id);
        found = row && strcmp(row->record.checksum, checksum) == 0 &&
                tag_url_is_safe(row->record.url) &&
                text_copy(url, LEDGER_TEXT, row->record.url, &unused);
    }
    library_done(library);
    return found;
}

/* Where tags say their payloads' sha256, a folder has them by it too. */
static void blob_of_folder(struct answer *answer, struct library *library,
                           const struct sha256 *hash)
{
    char hex[SHA256_HEX], etag[ANSWER_ETAG], url[LEDGER_TEXT];
    sha256_to_hex(hash, hex);
    (void)snprintf(etag, sizeof etag, "\"%s\"", hex);
    if (!url_of_checksum(library, hex, url)) {
        answer_detail(answer, 404, "Not found.");
        return;
    }
    answer->caching = CACHE_FOREVER;
    if (answer_is_known(answer, etag))
        return;
    payload_of_folder(answer, library_folder(library), url);
    struct sha256 found = sha256_of(answer->body.data, answer->body.size);
    if (answer->status == 200 && !sha256_equal(&found, hash))
        answer_detail(answer, 404, "Its bytes were changed.");
}

void extra_blob(struct answer *answer, struct library *library)
{
    struct sha256 hash;
    if (!hash_of_path(answer, &hash))
        return;
    answer->ranges = true;
    if (library_is_folder(library))
        blob_of_folder(answer, library, &hash);
    else if (blob_is_known(library, &hash))
        answer_bytes(answer, library, &hash);
    else
        answer_detail(answer, 404, "Not found.");
}

void extra_snapshot(struct answer *answer, struct library *library)
{
    struct sha256 hash;
    char etag[ANSWER_ETAG], path[ANSWER_PATH];
    if (!hash_of_path(answer, &hash))
        return;
    answer->caching = CACHE_FOREVER;
    snapshot_names(&hash, etag, path);
    if (!answer_is_ready(answer, etag)) {
        if (!blob_is_known(library, &hash)) {
            answer_detail(answer, 404, "Not found: ask for the head of the tag again.");
            return;
        }
        answer_bytes(answer, library, &hash);
    }
    if (answer->status == 200)
        answer->content_type = "text/plain";
}

void extra_payload(struct answer *answer, struct library *library)
{
    const char *url = answer->words[0];
    struct sha256 hash;
    bool found = false;
    answer->ranges = true;
    if (!tag_url_is_safe(url)) {
        answer_detail(answer, 404, "Not found.");
        return;
    }
    if (library_is_folder(library)) {
        payload_of_folder(answer, library_folder(library), url);
        return;
    }
    const struct index *index = library_read(library);
    const char *checksum = index_url_checksum(index, url);
    const struct ledger_blob *blob = checksum ? index_blob(index, checksum) : NULL;
    if (blob) {
        hash = blob->hash;
        found = true;
    }
    library_done(library);
    if (found)
        answer_bytes(answer, library, &hash);
    else
        answer_detail(answer, 404, checksum ? "Its bytes were never put." : "Not found.");
}

/* ---- the log ---- */

static void put_hash(struct json_writer *writer, const char *key,
                     const struct sha256 *hash)
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    json_put_text(writer, key, hex);
}

static bool put_entry(void *user, const struct ledger_entry *entry, struct err *err)
{
    struct json_writer *writer = user;
    (void)err;
    json_open_object(writer, NULL);
    json_put_u64(writer, "number", entry->number);
    json_put_i64(writer, "time", entry->time_s);
    json_put_text(writer, "who", entry->who);
    json_put_text(writer, "tag", entry->tag);
    json_put_u64(writer, "sequence", entry->sequence);
    json_put_text(writer, "what", entry->what);
    put_hash(writer, "previous", &entry->previous);
    put_hash(writer, "hash", &entry->hash);
    json_close_object(writer);
    return true;
}

void extra_log(struct answer *answer, struct library *library)
{
    int64_t since = 0, limit = LOG_ENTRIES;
    struct err err = {0};
    const struct http_request *request = answer->request;
    if (library_is_folder(library)) {
        answer_detail(answer, 404, "A folder of tag files has no log.");
        return;
    }
    if ((http_request_query(request, "since") && !read_number(answer, "since", &since)) ||
        (http_request_query(request, "limit") && !read_number(answer, "limit", &limit)))
        return;
    if (since < 0 || limit < 1) {
        answer_detail(answer, 400, "since is at least 0, limit at least 1.");
        return;
    }
    limit = limit < LOG_ENTRIES ? limit : LOG_ENTRIES;
    json_open_array(&answer->writer, NULL);
    bool done = library_log(library, (uint64_t)since + 1, (uint64_t)limit, put_entry,
                            &answer->writer, &err);
    json_close_array(&answer->writer);
    if (!done)
        answer_detail(answer, 500, err.text);
}
