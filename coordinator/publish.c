/* publish.c - moving a merged file to its published name, and its sidecar.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/publish.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/json.h"
#include "coordinator/shelf.h"
#include "coordinator/skipped.h"

#define SIDECAR_LIMIT ((size_t)1 << 20)

enum lookup publish_file(const struct campaign *campaign, const struct merge_group *group,
                         struct err *err)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    if (!shelf_path(campaign, group->part, from, err) ||
        !shelf_path(campaign, group->published, to, err))
        return LOOKUP_FAILED;
    if (!disk_exists(from)) {
        /* It was moved before a crash, perhaps not durably. */
        if (!disk_exists(to))
            return LOOKUP_ABSENT;
        return disk_sync_parent(to, err) ? LOOKUP_FOUND : LOOKUP_FAILED;
    }
    bool moved = shelf_make_parent(to, err) && disk_rename(from, to, err) &&
                 disk_sync_parent(to, err) && disk_sync_parent(from, err);
    return moved ? LOOKUP_FOUND : LOOKUP_FAILED;
}

static void put_hash(struct json_writer *json, const char *key, const struct sha256 *hash)
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    json_put_text(json, key, hex);
}

static bool put_skipped(const struct skipped *skipped, void *context, struct err *err)
{
    struct json_writer *json = context;
    const struct ruling *ruling = skipped->ruling;
    (void)err;
    json_open_object(json, NULL);
    json_put_u64(json, "spill", skipped->segment.spill);
    json_put_u64(json, "event", ruling->event);
    json_put_text(json, "by", ruling->by);
    json_put_i64(json, "unix_s", ruling->unix_s);
    json_put_text(json, "reason", ruling->reason);
    json_close_object(json);
    return true;
}

static void sidecar_text(struct json_writer *json, const struct campaign *campaign,
                         const struct merge_group *group, int64_t wall_s)
{
    const struct merge_class *merge_class = &group->merge_class;
    char host[64] = "";
    char digest[EVENT_DIGEST_TEXT];
    (void)gethostname(host, sizeof host - 1);
    event_digest_text(&group->events, digest);
    json_put_text(json, "file", group->published);
    json_put_u64(json, "size", group->size);
    put_hash(json, "sha256", &group->hash);
    put_hash(json, "merge_key", &group->key);
    json_put_text(json, "stream", merge_class->stream);
    json_put_u64(json, "run", merge_class->run);
    json_put_u64(json, "sequence", merge_class->sequence);
    json_put_text(json, "period", merge_class->period);
    json_put_text(json, "setup", merge_class->setup);
    json_put_text(json, "beam", merge_class->beam);
    json_put_text(json, "origin", merge_class->origin);
    json_put_bool(json, "synthetic", merge_class->synthetic);
    json_put_text(json, "event_digest", digest);
    put_hash(json, "release", &campaign->recipe.release);
    json_put_text(json, "campaign", campaign->name);
    json_put_text(json, "tag", campaign->tag);
    json_put_text(json, "conditions", campaign->source);
    put_hash(json, "manifest", &campaign->manifest);
    json_put_i64(json, "published_unix_s", wall_s);
    json_put_text(json, "host", host);
}

bool publish_sidecar(struct catalog *catalog, const struct campaign *campaign,
                     const struct merge_group *group, int64_t wall_s, struct err *err)
{
    char path[PATH_MAX], temporary[PATH_MAX];
    char name[PRODUCT_FILE + 16], unfinished[PRODUCT_FILE + 24];
    struct bytes text;
    struct json_writer json;
    struct catalog_txn *txn;
    (void)snprintf(name, sizeof name, "%s" SHELF_SIDECAR, group->published);
    (void)snprintf(unfinished, sizeof unfinished, "%s" SHELF_UNFINISHED,
                   group->published);
    if (!shelf_path(campaign, name, path, err) ||
        !shelf_path(campaign, unfinished, temporary, err) ||
        !catalog_begin(catalog, &txn, err))
        return false;
    bytes_init(&text, SIDECAR_LIMIT);
    json_begin(&json, &text);
    json_open_object(&json, NULL);
    sidecar_text(&json, campaign, group, wall_s);
    json_open_array(&json, "skipped_events");
    bool done = skipped_each(txn, campaign->id, group->first, group->count, put_skipped,
                             &json, err);
    catalog_abort(txn);
    json_close_array(&json);
    json_close_object(&json);
    done = json_end(&json, err) && done && shelf_make_parent(path, err) &&
           disk_write_alone(path, temporary, text.data, text.size, 0644, err);
    bytes_release(&text);
    return done;
}
