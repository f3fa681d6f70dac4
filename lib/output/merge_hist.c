/* merge_hist.c - histograms of many segments -> one ROOT file with their sum.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Readers see directories with TH1D and TH2D, and "provenance": a line with the file's
 * key, then for each input its run, spill, key and place in this file. The inputs'
 * payloads stand in the file as they came, in records that ROOT does not list, so that
 * another merge can take them from here. The sum does not depend on their order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "output/compress.h"
#include "output/hist_bytes.h"
#include "output/hist_root.h"
#include "output/merge_internal.h"
#include "output/root_classes.h"

/* 65536 inputs of 120 characters. */
#define PROVENANCE_LIMIT ((size_t)16 << 20)

struct sum {
    struct merge *merge;
    struct root_file file;
    struct hist_set hists;
    struct bytes payload;    /* of one input */
    struct bytes provenance; /* lines */
    char name[STREAM_NAME + 32];
};

static bool payload_read(struct sum *sum, const struct product *product, struct err *err)
{
    struct merge *merge = sum->merge;
    uint8_t *place;
    bytes_clear(&sum->payload);
    if (!merge_open(merge, product, err) ||
        !bytes_reserve(&sum->payload, product->place.length, &place, err) ||
        !disk_read_at(merge->in, merge->in_path, product->place.offset, place,
                      product->place.length, err))
        return false;
    sum->payload.size = product->place.length;
    merge->result->bytes_read += product->place.length;
    struct sha256 hash = sha256_of(place, product->place.length);
    return sha256_equal(&hash, &product->bytes_hash) ||
           err_set(err, E_MERGE_INPUT,
                   "%" PRIu64 " bytes from %" PRIu64 " do not match their sha256",
                   product->place.length, product->place.offset);
}

static bool input_add(struct sum *sum, const struct merge_input *input, uint64_t *offset,
                      struct err *err)
{
    const struct product *product = &input->product;
    const struct root_key blob = {
        .class_name = "RBlob", .name = "", .title = "", .hidden = true};
    struct root_place place;
    char key[SHA256_HEX];
    sha256_to_hex(&product->key, key);
    if (!payload_read(sum, product, err) ||
        !hist_read(sum->payload.data, sum->payload.size, product->stream, &sum->hists,
                   err) ||
        !root_key_put(&sum->file, &blob, &sum->payload, &place, err))
        return false;
    *offset = place.payload;
    return text_addf(&sum->provenance, err,
                     "%" PRIu32 " %" PRIu32 " %s %" PRIu64 " %" PRIu64 "\n", input->run,
                     input->spill, key, place.payload, place.size);
}

static bool inputs_add(struct sum *sum, struct err *err)
{
    const struct merge_request *request = sum->merge->request;
    struct merge_result *result = sum->merge->result;
    for (uint32_t i = 0; i < request->input_count; i++) {
        const struct product *product = &request->inputs[i].product;
        bool done = strcmp(product->stream, request->stream) == 0 ||
                    err_set(err, E_MERGE_INPUT, "it is of stream %s", product->stream);
        if (!done || !input_add(sum, &request->inputs[i], &result->offsets[i], err))
            return merge_blame(sum->merge, i, err);
        event_digest_merge(&result->merged.events, &product->events);
        result->merged.entries += product->entries;
    }
    return true;
}

static bool provenance_put(struct sum *sum, struct err *err)
{
    const char *text;
    struct root_stream object;
    const struct root_key key = {.class_name = "TObjString",
                                 .name = "provenance",
                                 .title =
                                     sum->merge->request->synthetic ? "SYNTHETIC" : ""};
    if (!text_terminate(&sum->provenance, &text, err))
        return false;
    root_stream_init(&object, 0); /* no tags: the key's length does not matter */
    size_t start = root_open(&object, 1);
    root_put_object(&object, 0);
    root_put_text(&object, text);
    root_close(&object, start);
    bool done = root_stream_check(&object, err) &&
                root_key_put(&sum->file, &key, &object.bytes, NULL, err);
    root_stream_release(&object);
    return done;
}

static bool sum_write(struct sum *sum, struct err *err)
{
    const struct merge_request *request = sum->merge->request;
    char key[SHA256_HEX];
    sha256_to_hex(&request->key, key);
    (void)snprintf(sum->name, sizeof sum->name, "%s_%.12s.root", request->stream, key);
    const struct root_target target = {.fd = sum->merge->out,
                                       .path = request->path,
                                       .name = sum->name,
                                       .key = &request->key,
                                       .compression = COMPRESS_SETTING};
    return root_file_begin(&sum->file, &target, err) &&
           text_addf(&sum->provenance, err, "%sspillway-hist-1 %s\n",
                     request->synthetic ? "SYNTHETIC " : "", key) &&
           inputs_add(sum, err) && hist_root_add(&sum->file, &sum->hists, err) &&
           provenance_put(sum, err) &&
           root_file_end(&sum->file, ROOT_SET_TH2 | ROOT_BIT(ROOT_TOBJSTRING),
                         &sum->merge->offset, err);
}

bool merge_hist(struct merge *merge, struct err *err)
{
    struct sum *sum = mem_new(1, sizeof *sum);
    sum->merge = merge;
    hist_set_init(&sum->hists);
    bytes_init(&sum->payload, HIST_BYTES_LIMIT);
    bytes_init(&sum->provenance, PROVENANCE_LIMIT);
    bool done = sum_write(sum, err);
    root_file_release(&sum->file);
    hist_set_release(&sum->hists);
    bytes_release(&sum->payload);
    bytes_release(&sum->provenance);
    free(sum);
    return done;
}
