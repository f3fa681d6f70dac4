/* sweep.c - the only place that removes files below the store's parts/.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/shelf.h"

#define SWEEP_ARENA ((size_t)1 << 20)

bool sweep_remove(const struct campaign *campaign, const char *name, struct err *err)
{
    char path[PATH_MAX];
    if (!shelf_path(campaign, name, path, err))
        return false;
    if (unlink(path) != 0 && errno != ENOENT)
        return err_errno(err, E_DISK_WRITE, errno, "%s: cannot be removed", path);
    return true;
}

static int token_compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

struct token_list {
    uint64_t *tokens;
    size_t count;
    size_t capacity;
};

static bool lease_tokens(struct catalog_txn *txn, struct token_list *list,
                         struct err *err)
{
    struct arena arena;
    struct attempt lease = {.number = 0};
    enum lookup found = LOOKUP_FOUND;
    arena_init(&arena, SWEEP_ARENA);
    while (found == LOOKUP_FOUND) {
        arena_reset(&arena);
        found = catalog_next_lease(txn, lease.number + 1, &arena, &lease, err);
        if (found != LOOKUP_FOUND)
            break;
        if (list->count == list->capacity) {
            list->capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
            list->tokens = mem_grow(list->tokens, list->capacity, sizeof *list->tokens);
        }
        list->tokens[list->count++] = lease.token;
    }
    arena_release(&arena);
    if (list->count > 0)
        qsort(list->tokens, list->count, sizeof *list->tokens, token_compare);
    return found == LOOKUP_ABSENT;
}

/* Exactly what part_name makes. */
static bool is_part_name(const char *name, uint64_t *token)
{
    char again[PRODUCT_FILE];
    char hex[SHA256_HEX];
    struct sha256 key;
    struct err err;
    const size_t head = strlen("parts/00/");
    if (strlen(name) < head + sizeof hex || !part_name_token(name, token))
        return false;
    memcpy(hex, name + head, sizeof hex - 1);
    hex[sizeof hex - 1] = 0;
    if (!sha256_from_hex(hex, &key, &err))
        return false;
    part_name(&key, *token, again);
    return strcmp(again, name) == 0;
}

static bool part_may_go(struct catalog_txn *txn, const struct token_list *current,
                        const char *name, uint64_t token, bool *may_go, struct err *err)
{
    struct file_record file;
    *may_go = false;
    if (current->count > 0 && bsearch(&token, current->tokens, current->count,
                                      sizeof token, token_compare) != NULL)
        return true;
    enum lookup found = catalog_get_file(txn, name, &file, err);
    *may_go = found == LOOKUP_ABSENT;
    return found != LOOKUP_FAILED;
}

static bool sweep_file(const struct campaign *campaign, struct catalog_txn *txn,
                       const struct token_list *current, const char *name,
                       struct swept *swept, struct err *err)
{
    uint64_t token;
    bool may_go;
    if (!is_part_name(name, &token)) {
        if (swept->foreign++ == 0)
            (void)snprintf(swept->first, sizeof swept->first, "%.250s", name);
        return true;
    }
    if (!part_may_go(txn, current, name, token, &may_go, err))
        return false;
    if (!may_go)
        return true;
    swept->removed++;
    return sweep_remove(campaign, name, err);
}

static bool sweep_folder(const struct campaign *campaign, struct catalog_txn *txn,
                         const struct token_list *current, const char *folder,
                         struct swept *swept, struct err *err)
{
    char path[PATH_MAX];
    if (!shelf_path(campaign, folder, path, err))
        return false;
    DIR *listing = opendir(path);
    if (listing == NULL)
        return errno == ENOENT || errno == ENOTDIR ||
               err_errno(err, E_DISK_OPEN, errno, "%s: cannot be listed", path);
    bool done = true;
    for (struct dirent *entry; done && (entry = readdir(listing)) != NULL;) {
        char name[NAME_MAX + 32];
        (void)snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            done = sweep_file(campaign, txn, current, name, swept, err);
    }
    (void)closedir(listing);
    return done;
}

bool sweep_parts(const struct campaign *campaign, struct catalog_txn *txn,
                 struct swept *swept, struct err *err)
{
    struct token_list current = {.count = 0};
    *swept = (struct swept){.removed = 0};
    bool done = lease_tokens(txn, &current, err);
    for (unsigned i = 0; done && i < 256; i++) {
        char folder[16];
        (void)snprintf(folder, sizeof folder, "parts/%02x", i);
        done = sweep_folder(campaign, txn, &current, folder, swept, err);
    }
    free(current.tokens);
    return done;
}

/* A published file goes with its sidecar, and with what a killed coordinator left of one.
 */
static bool collect(const struct campaign *campaign, const char *name, struct err *err)
{
    char sidecar[PRODUCT_FILE + 16], unfinished[PRODUCT_FILE + 16];
    (void)snprintf(sidecar, sizeof sidecar, "%s" SHELF_SIDECAR, name);
    (void)snprintf(unfinished, sizeof unfinished, "%s" SHELF_UNFINISHED, name);
    return sweep_remove(campaign, name, err) &&
           (strncmp(name, "published/", 10) != 0 ||
            (sweep_remove(campaign, sidecar, err) &&
             sweep_remove(campaign, unfinished, err)));
}

bool sweep_collecting(const struct campaign *campaign, struct catalog_txn *txn,
                      struct err *err)
{
    struct file_record file = {.name = ""};
    enum lookup found = catalog_next_file(txn, "", &file, err);
    while (found == LOOKUP_FOUND) {
        if (file.state == FILE_COLLECTING && file.campaign == campaign->id &&
            (!collect(campaign, file.name, err) ||
             !catalog_delete_file(txn, file.name, err)))
            return false;
        char next[PRODUCT_FILE + 1];
        int length = snprintf(next, sizeof next, "%s ", file.name);
        bug_if(length < 0 || (size_t)length >= sizeof next);
        found = catalog_next_file(txn, next, &file, err);
    }
    return found == LOOKUP_ABSENT;
}
