/* conditions_snapshot.c - takes a tag for a window of runs into one file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_snapshot.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "conditions/resolve.h"
#include "conditions/snapshot.h"

/* What the file holds, counted while it grows. */
struct taking {
    struct snapshot_writer *writer;
    uint64_t payloads;
    uint64_t bytes;
};

static bool payload_take(void *user, const struct tag_row *row, const struct sha256 *hash,
                         const struct bytes *bytes, struct err *err)
{
    struct taking *taking = user;
    taking->payloads++;
    taking->bytes += bytes->size;
    return snapshot_add(taking->writer, row, hash, bytes, err);
}

static bool report(const struct show *show, const struct snapshot_request *request,
                   const struct manifest *manifest, const struct taking *taking,
                   struct err *err)
{
    struct sha256 hash;
    char hex[SHA256_HEX];
    struct json_writer json;
    if (!manifest_hash(manifest, &hash, err))
        return false;
    sha256_to_hex(&hash, hex);
    if (!show->json)
        return text_addf(show->out, err,
                         "%s: tag %s, manifest %s, %zu intervals, %" PRIu64
                         " payloads of %" PRIu64 " bytes%s\n",
                         request->path, request->tag, hex, manifest->count,
                         taking->payloads, taking->bytes,
                         request->thin ? " left where they are" : "");
    json_begin(&json, show->out);
    json_open_object(&json, NULL);
    json_put_text(&json, "file", request->path);
    json_put_text(&json, "tag", request->tag);
    json_put_text(&json, "manifest", hex);
    json_put_u64(&json, "intervals", manifest->count);
    json_put_u64(&json, "payloads", taking->payloads);
    json_put_u64(&json, "bytes", taking->bytes);
    json_put_bool(&json, "thin", request->thin);
    json_close_object(&json);
    return json_end(&json, err);
}

bool snapshot_take(const struct show *show, struct source *source,
                   const struct snapshot_request *request, struct err *err)
{
    struct taking taking = {.writer = NULL};
    struct manifest manifest;
    struct resolve_request resolve = {.tag = request->tag,
                                      .first_run = request->first_run,
                                      .last_run = request->last_run,
                                      .seen = payload_take,
                                      .user = &taking};
    enum tag_status status = TAG_OTHER;
    if (!snapshot_begin(request->path, request->thin, &taking.writer, err))
        return false;
    bool done = resolve_tag(source, &resolve, &manifest, &status, err);
    if (done) {
        const struct snapshot_head head = {request->tag, status, source_payloads(source),
                                           &manifest};
        done = snapshot_finish(taking.writer, &head, err) &&
               report(show, request, &manifest, &taking, err);
        manifest_release(&manifest);
    }
    snapshot_end(taking.writer);
    return done;
}
