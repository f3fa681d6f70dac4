/* moved.c - whether the tag of a planned campaign still says what it was planned with.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tag is resolved again without fetching a payload: a row whose checksum is that of a
 * blob in the campaign's store is that blob, any other one is something new.
 */
#include "coordinator/moved.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/payload.h"
#include "conditions/resolve.h"

#define MOVED_PATIENCE_S 2u
#define MOVED_CONNECT_MS 2000
#define MOVED_TYPES      64u

/* A payload of the plan under both checksums that tags use. */
struct known {
    char md5[MD5_HEX];
    struct sha256 hash;
    uint64_t size;
};

struct knowledge {
    struct known *payloads;
    size_t count;
};

const char *moved_name(enum moved moved)
{
    static const char *const names[] = {[MOVED_NOT_ASKED] = NULL,
                                        [MOVED_NO] = "no",
                                        [MOVED_YES] = "yes",
                                        [MOVED_UNKNOWN] = "unknown"};
    return names[moved];
}

static int known_compare(const void *left, const void *right)
{
    const struct known *a = left;
    const struct known *b = right;
    return memcmp(a->hash.bytes, b->hash.bytes, SHA256_SIZE);
}

/* What is gone from the store keeps an empty md5 and is known by its sha256 only. */
static void known_md5(const struct campaign *campaign, struct known *known)
{
    char name[RESOLVE_NAME];
    char path[TASK_URL + RESOLVE_NAME];
    struct bytes bytes;
    struct err unused;
    resolve_blob_name(&known->hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", campaign->store, name);
    bytes_init(&bytes, PAYLOAD_LIMIT);
    if (!disk_read_file(path, &bytes, &unused) ||
        !md5_hex(bytes.data, bytes.size, known->md5))
        known->md5[0] = 0;
    bytes_release(&bytes);
}

static void knowledge_make(struct knowledge *knowledge, const struct campaign *campaign,
                           const struct manifest *manifest)
{
    *knowledge = (struct knowledge){
        .payloads = mem_new(manifest->count + 1, sizeof *knowledge->payloads)};
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (!entry->gap)
            knowledge->payloads[knowledge->count++] =
                (struct known){.hash = entry->hash, .size = entry->size};
    }
    size_t kept = 0;
    qsort(knowledge->payloads, knowledge->count, sizeof *knowledge->payloads,
          known_compare);
    for (size_t i = 0; i < knowledge->count; i++) {
        if (kept > 0 &&
            known_compare(&knowledge->payloads[kept - 1], &knowledge->payloads[i]) == 0)
            continue;
        knowledge->payloads[kept] = knowledge->payloads[i];
        known_md5(campaign, &knowledge->payloads[kept++]);
    }
    knowledge->count = kept;
}

/* Every row is known without its payload; a checksum of nothing that we have gives a hash
 * of nothing that we have. */
static bool payload_known(void *user, const struct tag_row *row, struct sha256 *hash,
                          uint64_t *size)
{
    const struct knowledge *knowledge = user;
    struct err unused;
    bool is_sha256 = sha256_from_hex(row->checksum, hash, &unused);
    for (size_t i = 0; i < knowledge->count; i++) {
        const struct known *known = &knowledge->payloads[i];
        if (is_sha256 ? !sha256_equal(&known->hash, hash)
                      : strcmp(known->md5, row->checksum) != 0)
            continue;
        *hash = known->hash;
        *size = known->size;
        return true;
    }
    if (!is_sha256)
        *hash = sha256_of(row->checksum, strlen(row->checksum));
    *size = 0;
    return true;
}

static bool types_of(const struct manifest *manifest, const char *names[MOVED_TYPES],
                     size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < manifest->count; i++) {
        const char *type = manifest->entries[i].type;
        if (*count > 0 && strcmp(names[*count - 1], type) == 0)
            continue;
        if (*count == MOVED_TYPES)
            return false;
        names[(*count)++] = type;
    }
    return true;
}

static bool entry_equal(const struct manifest_entry *a, const struct manifest_entry *b)
{
    return strcmp(a->type, b->type) == 0 && a->gap == b->gap &&
           moment_compare(a->interval.start, b->interval.start) == 0 &&
           moment_compare(a->interval.end, b->interval.end) == 0 &&
           sha256_equal(&a->hash, &b->hash);
}

static size_t rows_of(const struct manifest *manifest, const char *type, size_t *first)
{
    size_t count = 0;
    *first = 0;
    for (size_t i = 0; i < manifest->count; i++) {
        if (strcmp(manifest->entries[i].type, type) == 0 && count++ == 0)
            *first = i;
    }
    return count;
}

static bool type_differs(const struct manifest *then, const struct manifest *now,
                         const char *type)
{
    size_t a = 0, b = 0;
    size_t count = rows_of(then, type, &a);
    bool same = rows_of(now, type, &b) == count;
    for (size_t i = 0; same && i < count; i++)
        same = entry_equal(&then->entries[a + i], &now->entries[b + i]);
    return !same;
}

static void compare(const struct manifest *then, const struct manifest *now,
                    const char *const *types, size_t count, enum moved *moved,
                    char detail[MOVED_DETAIL])
{
    size_t used = 0;
    *moved = MOVED_NO;
    for (size_t i = 0; i < count; i++) {
        if (!type_differs(then, now, types[i]))
            continue;
        *moved = MOVED_YES;
        int length = snprintf(detail + used, MOVED_DETAIL - used, "%s%s",
                              used > 0 ? ", " : "", types[i]);
        used += length > 0 ? (size_t)length : 0;
        used = used < MOVED_DETAIL ? used : MOVED_DETAIL - 1;
    }
}

static struct transfer_options transfer_of(const struct area *area)
{
    struct transfer_options transfer = transfer_options_patient(0, MOVED_PATIENCE_S);
    transfer.limits.connect_ms = MOVED_CONNECT_MS;
    transfer.limits.total_ms = (int64_t)MOVED_PATIENCE_S * 10000;
    transfer.bearer = &area->bearer;
    transfer.authorities = area->authorities;
    return transfer;
}

static void tag_compare(const struct area *area, const struct campaign *campaign,
                        const struct manifest *then, enum moved *moved,
                        char detail[MOVED_DETAIL])
{
    const char *types[MOVED_TYPES];
    struct knowledge knowledge;
    struct source *source = NULL;
    struct manifest now;
    enum tag_status status;
    struct err err = {0};
    const struct source_options options = {.url = campaign->source,
                                           .transfer = transfer_of(area)};
    struct resolve_request request = {.tag = campaign->tag,
                                      .first_run = then->first_run,
                                      .last_run = then->last_run,
                                      .types = types,
                                      .known = payload_known,
                                      .user = &knowledge};
    *moved = MOVED_UNKNOWN;
    if (!types_of(then, types, &request.type_count))
        return;
    knowledge_make(&knowledge, campaign, then);
    if (source_open(&options, &source, &err) &&
        resolve_tag(source, &request, &now, &status, &err)) {
        compare(then, &now, types, request.type_count, moved, detail);
        manifest_release(&now);
    } else
        (void)snprintf(detail, MOVED_DETAIL, "%.*s", MOVED_DETAIL - 1, err.text);
    source_close(source);
    free(knowledge.payloads);
}

/* Campaign and manifest; the transaction is over before anybody waits for a network. */
static bool plan_read(const struct area *area, const char *name,
                      struct campaign *campaign, struct manifest *manifest, bool *found,
                      struct err *err)
{
    char key[SHA256_HEX + 16];
    char hex[SHA256_HEX];
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    struct bytes text;
    bytes_init(&text, MANIFEST_TEXT);
    bool done = area_read(area, &catalog, &txn, err);
    enum lookup lookup =
        done ? catalog_get_campaign(txn, name, campaign, err) : LOOKUP_FAILED;
    *found = lookup == LOOKUP_FOUND && campaign->source[0] != 0;
    if (*found) {
        sha256_to_hex(&campaign->manifest, hex);
        (void)snprintf(key, sizeof key, "manifest/%s", hex);
        lookup = catalog_get_text(txn, key, &text, err);
        *found = lookup == LOOKUP_FOUND;
    }
    catalog_abort(txn);
    catalog_close(catalog);
    done = lookup != LOOKUP_FAILED &&
           (!*found || manifest_parse(text.data, text.size, key, manifest, err));
    bytes_release(&text);
    return done;
}

bool moved_ask(const struct area *area, const char *campaign, enum moved *moved,
               char detail[MOVED_DETAIL], struct err *err)
{
    struct campaign planned;
    struct manifest manifest;
    bool found = false;
    *moved = MOVED_NOT_ASKED;
    detail[0] = 0;
    if (!plan_read(area, campaign, &planned, &manifest, &found, err))
        return false;
    if (found) {
        tag_compare(area, &planned, &manifest, moved, detail);
        manifest_release(&manifest);
    }
    return true;
}
