/* merge_reco.c - sealed columns of many segments -> one ROOT file with an RNTuple.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An input is what its product says when its foot does (key, sha256, events), and its
 * table names that key; its bytes are checked by the XXH3 of each page and of the table,
 * which takes a tenth of the time of another sha256. The foot stays, for who checks all
 * later.
 *
 * A first pass over feet and tables writes nothing; it gives the first bytes of the file,
 * which say where its last ones are. So the second one writes the file front to back, and
 * its hash can be taken on the way.
 *
 * Payload and foot of each input are copied as they are into one key, and the size of the
 * payload behind them, so that a record can be found from its end. Only the page
 * list, which says where the pages are, is made here, and the envelopes around it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/disk.h"
#include "output/columns.h"
#include "output/merge_internal.h"
#include "output/reco_file.h"
#include "output/reco_schema.h"
#include "output/root_classes.h"
#include "output/root_file.h"

struct reco {
    struct merge *merge;
    bool counting; /* the pass that writes nothing */
    struct root_file file;
    struct columns_reader reader;
    struct pack_entry entry;
    struct rntuple_clusters clusters;
    struct bytes envelope, cluster;
    uint64_t header_check;
    struct rntuple_link header;
};

static const struct root_key blob = {
    .class_name = "RBlob", .name = "", .title = "", .hidden = true, .sealed = true};

/* Puts reco->envelope. */
static bool envelope_put(struct reco *reco, struct rntuple_link *link, struct err *err)
{
    struct root_place place;
    if (!root_key_put(&reco->file, &blob, &reco->envelope, &place, err))
        return false;
    *link = (struct rntuple_link){.offset = place.payload, .size = place.size};
    return true;
}

static bool header_put(struct reco *reco, struct err *err)
{
    struct reco_schema *schema = mem_new(1, sizeof *schema);
    reco_schema_make(schema, reco->merge->request->synthetic);
    bool done = rntuple_header(&schema->schema, &reco->envelope, err);
    free(schema);
    if (!done)
        return false;
    reco->header_check = rntuple_check(&reco->envelope);
    return envelope_put(reco, &reco->header, err);
}

static bool ends_put(struct reco *reco, struct err *err)
{
    struct rntuple_link list, footer;
    uint8_t anchor[RNTUPLE_ANCHOR];
    bytes_clear(&reco->envelope);
    if (!rntuple_page_list(&reco->clusters, reco->header_check, &reco->envelope, err) ||
        !envelope_put(reco, &list, err))
        return false;
    bytes_clear(&reco->envelope);
    if (!rntuple_footer(&reco->clusters, reco->header_check, &list, &reco->envelope,
                        err) ||
        !envelope_put(reco, &footer, err))
        return false;
    rntuple_anchor(&reco->header, &footer, anchor);
    const struct root_key key = {
        .class_name = RNTUPLE_CLASS, .name = RECO_SCHEMA_NAME, .title = ""};
    return root_key_begin(&reco->file, &key, NULL, err) &&
           root_key_add(&reco->file, anchor, sizeof anchor, err) &&
           root_key_end(&reco->file, 0, NULL, err);
}

/* Pages of an input whose payload now is at `base`. */
static bool clusters_add(struct reco *reco, uint64_t base, struct err *err)
{
    struct rntuple_page pages[RECO_COLUMN_COUNT];
    for (uint32_t n = 0; n < reco->reader.clusters; n++) {
        uint32_t rows = columns_cluster_rows(&reco->reader, n);
        for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
            uint32_t size = columns_page_size(&reco->reader, n, c);
            pages[c] =
                (struct rntuple_page){.offset = base,
                                      .size = size,
                                      .elements = rows * reco_column_infos[c].width};
            base += size + COLUMNS_CHECK;
        }
        if (!rntuple_cluster_add(&reco->clusters, rows, pages, err))
            return false;
    }
    return true;
}

/* Foot and table of an input: it is what was asked for. */
static bool input_check(struct reco *reco, const struct product *product, struct err *err)
{
    struct merge *merge = reco->merge;
    const struct pack_item *item = &reco->entry.item;
    if (!pack_read_at(merge->in, merge->in_path, &product->place, &reco->entry, err))
        return false;
    if (!sha256_equal(&item->key, &product->key) ||
        !sha256_equal(&reco->entry.bytes_hash, &product->bytes_hash) ||
        strcmp(item->stream, product->stream) != 0 || item->entries != product->entries ||
        !event_digest_equal(&item->events, &product->events))
        return err_set(err, E_MERGE_INPUT, "the record there is another one");
    if (!columns_open(&reco->reader, merge->in, merge->in_path, &product->place,
                      &product->key, err))
        return false;
    return reco->reader.rows == product->entries ||
           err_set(err, E_MERGE_INPUT, "it has %" PRIu64 " rows for %" PRIu64 " events",
                   reco->reader.rows, product->entries);
}

/* `length` bytes. Each page is checked on the way; table and tail were, when they were
 * read. */
static bool payload_copy(struct reco *reco, uint64_t length, struct err *err)
{
    struct columns_reader *reader = &reco->reader;
    struct merge *merge = reco->merge;
    if (reco->counting)
        return root_key_copy(&reco->file, NULL, length, err); /* with the table */
    do {
        if (!columns_copy(reader, &reco->cluster, err) ||
            !root_key_add(&reco->file, reco->cluster.data, reco->cluster.size, err))
            return false;
        merge_flush(merge, reco->file.at, root_file_final(&reco->file));
        merge->result->bytes_read += reco->cluster.size;
    } while (reco->cluster.size > 0);
    merge->result->bytes_read += reader->table.size;
    return root_key_add(&reco->file, reader->table.data, reader->table.size, err);
}

static bool input_copy(struct reco *reco, const struct product *product, uint64_t *offset,
                       struct err *err)
{
    const struct bytes *foot = &reco->entry.key_bytes;
    uint64_t length = product->place.length;
    uint8_t size[RECO_FILE_SIZE];
    le64_store(size, length);
    if (!merge_open(reco->merge, product, err) || !input_check(reco, product, err))
        return false;
    struct root_key key = blob;
    if (length + foot->size + sizeof size <= ROOT_KEY_LIMIT)
        key.size = length + foot->size + sizeof size;
    return root_key_begin(&reco->file, &key, offset, err) &&
           payload_copy(reco, length, err) &&
           root_key_add(&reco->file, foot->data, foot->size, err) &&
           root_key_add(&reco->file, size, sizeof size, err) &&
           root_key_end(&reco->file, 0, NULL, err) && clusters_add(reco, *offset, err);
}

static bool inputs_copy(struct reco *reco, struct err *err)
{
    const struct merge_request *request = reco->merge->request;
    struct merge_result *result = reco->merge->result;
    for (uint32_t i = 0; i < request->input_count; i++) {
        const struct product *product = &request->inputs[i].product;
        if (strcmp(product->stream, request->stream) != 0)
            err_set(err, E_MERGE_INPUT, "it is of stream %s", product->stream);
        else if (input_copy(reco, product, &result->offsets[i], err)) {
            if (reco->counting)
                continue;
            event_digest_merge(&result->merged.events, &product->events);
            result->merged.entries += product->entries;
            continue;
        }
        return merge_blame(reco->merge, i, err);
    }
    return true;
}

static void reco_init(struct reco *reco, struct merge *merge)
{
    *reco = (struct reco){.merge = merge};
    columns_reader_init(&reco->reader);
    pack_entry_init(&reco->entry);
    rntuple_clusters_init(&reco->clusters, RECO_COLUMN_COUNT, COMPRESS_SETTING);
    bytes_init(&reco->envelope, RNTUPLE_LIMIT);
    bytes_init(&reco->cluster, COLUMNS_PAGES);
}

static void reco_release(struct reco *reco)
{
    root_file_release(&reco->file);
    columns_reader_release(&reco->reader);
    pack_entry_release(&reco->entry);
    rntuple_clusters_release(&reco->clusters);
    bytes_release(&reco->envelope);
    bytes_release(&reco->cluster);
}

static bool pass(struct merge *merge, int fd, struct root_front *front, struct err *err)
{
    const struct merge_request *request = merge->request;
    char hex[SHA256_HEX], name[32];
    sha256_to_hex(&request->key, hex);
    (void)snprintf(name, sizeof name, "reco_%.12s.root", hex);
    const struct root_target target = {.fd = fd,
                                       .front = front,
                                       .path = request->path,
                                       .name = name,
                                       .key = &request->key,
                                       .compression = COMPRESS_SETTING};
    struct reco reco;
    reco_init(&reco, merge);
    reco.counting = fd < 0;
    bool done = root_file_begin(&reco.file, &target, err) && header_put(&reco, err) &&
                inputs_copy(&reco, err) && ends_put(&reco, err) &&
                root_file_end(&reco.file, ROOT_SET_NTUPLE, &merge->offset, err);
    reco_release(&reco);
    return done;
}

bool merge_reco(struct merge *merge, struct err *err)
{
    struct root_front front = {.size = 0};
    return pass(merge, -1, &front, err) && pass(merge, merge->out, &front, err);
}
