/* merge.c - many products -> one file, in the order given.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "output/merge_internal.h"
#include "output/pack.h"
#include "raw/date.h"

#define FLUSH ((uint64_t)8 << 20) /* bytes that go to the disk while others are made */

/* A relative path that stays below its root. */
static bool place_is_safe(const char *file)
{
    if (file[0] == '/' || file[0] == 0)
        return false;
    for (const char *part = file; part != NULL; part = strchr(part, '/')) {
        part += part == file ? 0 : 1;
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == 0))
            return false;
    }
    return true;
}

bool merge_open(struct merge *merge, const struct product *product, struct err *err)
{
    char path[PATH_MAX];
    int length =
        snprintf(path, sizeof path, "%s/%s", merge->request->store, product->place.file);
    if (!place_is_safe(product->place.file) || length < 0 ||
        (size_t)length >= sizeof path)
        return err_set(err, E_MERGE_INPUT, "\"%.60s\" is no place below the store",
                       product->place.file);
    if (merge->in >= 0 && strcmp(path, merge->in_path) == 0)
        return true;
    if (merge->in >= 0)
        (void)close(merge->in);
    merge->in = -1;
    uint64_t size;
    if (!disk_open_read(path, &merge->in, &size, err))
        return false;
    memcpy(merge->in_path, path, (size_t)length + 1);
    return true;
}

void merge_flush(struct merge *merge, uint64_t written, uint64_t final)
{
    if (written - merge->started < FLUSH)
        return;
    follower_reach(merge->follower, final);
    disk_write_behind(merge->out, merge->started, written - merge->started);
    merge->started = written;
}

/* Bytes of the open input to the output. */
static bool bytes_copy(struct merge *merge, const struct place *place, struct err *err)
{
    for (uint64_t done = 0; done < place->length;) {
        uint64_t left = place->length - done;
        uint64_t size = left < FLUSH ? left : FLUSH;
        const struct disk_place from = {merge->in, merge->in_path, place->offset + done};
        const struct disk_place to = {merge->out, merge->request->path, merge->offset};
        if (!disk_copy(&from, &to, size, err))
            return false;
        done += size;
        merge->offset += size;
        merge->result->bytes_read += size;
        merge_flush(merge, merge->offset, merge->offset);
    }
    return true;
}

bool merge_blame(struct merge *merge, uint32_t index, struct err *err)
{
    const struct merge_input *input = &merge->request->inputs[index];
    bool own =
        err->code == E_DISK_WRITE || err->code == E_DISK_FULL || err->code == E_LIMIT;
    if (!own)
        merge->result->blamed = index;
    return err_wrap(
        err, "input %" PRIu32 " (%s of run %" PRIu32 " spill %" PRIu32 ", %s)", index,
        input->product.stream, input->run, input->spill, input->product.place.file);
}

static bool input_copy(struct merge *merge, uint32_t index, struct err *err)
{
    const struct product *product = &merge->request->inputs[index].product;
    merge->result->offsets[index] = merge->offset;
    bool done = strcmp(product->stream, merge->request->stream) == 0 ||
                err_set(err, E_MERGE_INPUT, "it is of stream %s", product->stream);
    if (!done || !merge_open(merge, product, err) ||
        !bytes_copy(merge, &product->place, err))
        return merge_blame(merge, index, err);
    follower_part(merge->follower, merge->offset);
    event_digest_merge(&merge->result->merged.events, &product->events);
    merge->result->merged.entries += product->entries;
    return true;
}

static bool header_read(struct merge *merge, const struct place *place, uint64_t at,
                        struct date_header *header, struct err *err)
{
    uint64_t left = place->length - at;
    uint8_t data[DATE_HEAD_LONGEST];
    size_t size = left < sizeof data ? (size_t)left : sizeof data;
    return disk_read_at(merge->in, merge->in_path, place->offset + at, data, size, err) &&
           date_header_read(data, size, header, err);
}

static bool is_start(const struct date_header *header)
{
    return header->type == EVENT_START_OF_RUN || header->type == EVENT_START_OF_RUN_FILES;
}

/* Whether the first input that holds anything begins with a start record. */
static bool starts_itself(struct merge *merge, bool *starts, struct err *err)
{
    const struct merge_request *request = merge->request;
    *starts = false;
    for (uint32_t i = 0; i < request->input_count; i++) {
        const struct product *product = &request->inputs[i].product;
        if (product->place.length == 0)
            continue;
        struct date_header header;
        if (!merge_open(merge, product, err) ||
            !header_read(merge, &product->place, 0, &header, err))
            return merge_blame(merge, i, err);
        *starts = is_start(&header);
        return true;
    }
    return true;
}

/* The start records of one prologue input. */
static bool start_records_copy(struct merge *merge, const struct product *product,
                               struct err *err)
{
    const struct place *place = &product->place;
    if (!merge_open(merge, product, err) ||
        !pack_check_bytes(merge->in, merge->in_path, place, &product->bytes_hash, err))
        return false;
    uint64_t at = 0;
    while (at < place->length) {
        struct date_header header;
        if (!header_read(merge, place, at, &header, err))
            return false;
        if (header.size > place->length - at)
            return err_set(err, E_MERGE_INPUT, "an event passes the end of the skim");
        struct place record = {.offset = place->offset + at, .length = header.size};
        if (is_start(&header) && !bytes_copy(merge, &record, err))
            return false;
        at += header.size;
    }
    return true;
}

static bool prologue_copy(struct merge *merge, struct err *err)
{
    const struct merge_request *request = merge->request;
    bool starts = true;
    if (strncmp(request->stream, "skim.", 5) == 0 && !starts_itself(merge, &starts, err))
        return false;
    for (uint32_t i = 0; !starts && i < request->prologue_count; i++) {
        const struct product *product = &request->prologue[i].product;
        if (!start_records_copy(merge, product, err))
            return err_wrap(err, "prologue %" PRIu32 " (%s)", i, product->place.file);
    }
    return true;
}

static bool hist_stream(const char *stream)
{
    return strcmp(stream, "hist") == 0 || strcmp(stream, "flow") == 0;
}

/* Payloads are copied as they are, and the follower hashes each of them. */
static bool payload_stream(const char *stream)
{
    return strcmp(stream, "summary") == 0 || strncmp(stream, "skim.", 5) == 0;
}

static bool stream_check(const struct merge_request *request, struct err *err)
{
    return strcmp(request->stream, "reco") == 0 || hist_stream(request->stream) ||
           payload_stream(request->stream) ||
           err_set(err, E_MERGE_INPUT, "stream %s: there is no way to merge it",
                   request->stream);
}

static bool payloads_write(struct merge *merge, struct err *err)
{
    if (!prologue_copy(merge, err))
        return false;
    follower_part(merge->follower, merge->offset);
    for (uint32_t i = 0; i < merge->request->input_count; i++)
        if (!input_copy(merge, i, err))
            return false;
    return true;
}

/* Each payload is what its product says. */
static bool payloads_check(struct merge *merge, struct err *err)
{
    const struct merge_request *request = merge->request;
    for (uint32_t i = 0; i < request->input_count; i++) {
        const struct product *product = &request->inputs[i].product;
        /* The prologue is the first part. */
        struct sha256 hash = follower_part_hash(merge->follower, i + 1);
        if (sha256_equal(&hash, &product->bytes_hash))
            continue;
        err_set(err, E_MERGE_INPUT,
                "%" PRIu64 " bytes from %" PRIu64 " do not match their sha256",
                product->place.length, product->place.offset);
        return merge_blame(merge, i, err);
    }
    return true;
}

static bool contents_write(struct merge *merge, struct err *err)
{
    const char *stream = merge->request->stream;
    bool done = strcmp(stream, "reco") == 0 ? merge_reco(merge, err)
                : hist_stream(stream)       ? merge_hist(merge, err)
                                            : payloads_write(merge, err);
    merge->result->merged.place.length = merge->offset;
    return done;
}

/* The disk takes the last bytes while they are hashed. */
static bool contents_end(struct merge *merge, struct err *err)
{
    struct product *merged = &merge->result->merged;
    follower_reach(merge->follower, merge->offset);
    return disk_sync(merge->out, merge->request->path, err) &&
           follower_end(merge->follower, merge->offset, &merged->bytes_hash, err) &&
           (!payload_stream(merge->request->stream) || payloads_check(merge, err));
}

static bool file_write(struct merge *merge, struct err *err)
{
    const char *path = merge->request->path;
    bool parts = payload_stream(merge->request->stream);
    if (!disk_create(path, &merge->out, err))
        return false;
    bool done = follower_start(path, parts ? merge->request->input_count + 1 : 0,
                               &merge->follower, err) &&
                contents_write(merge, err) && contents_end(merge, err);
    follower_free(merge->follower);
    struct err late;
    if (!disk_close(merge->out, path, done ? err : &late))
        done = false;
    done = done && disk_sync_parent(path, err);
    if (!done)
        (void)unlink(path);
    return done;
}

bool merge_write(const struct merge_request *request, struct merge_result *result,
                 struct err *err)
{
    uint64_t *offsets = result->offsets;
    *result = (struct merge_result){
        .offsets = offsets, .blamed = UINT32_MAX, .merged = {.key = request->key}};
    if (!stream_check(request, err) ||
        !text_copy(result->merged.stream, STREAM_NAME, request->stream, err))
        return false;
    struct merge merge = {.request = request, .result = result, .in = -1};
    bool done = file_write(&merge, err);
    if (merge.in >= 0)
        (void)close(merge.in);
    return done || err_wrap(err, "merging %s", request->path);
}
