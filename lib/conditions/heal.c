/* heal.c - a blob of a store by its hash; one that is gone or damaged, from a mirror.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/heal.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/origin.h"
#include "conditions/resolve.h"

#define HEAL_URL 512

/* ---- the store ---- */

/* A blob that is gone from a store that is there will not come back by itself; a store
 * that is not there may. */
static bool store_is_there(const char *store)
{
    char folder[PATH_MAX];
    int length = snprintf(folder, sizeof folder, "%s/conditions", store);
    return length > 0 && length < (int)sizeof folder && disk_exists(folder);
}

static bool has_hash(const struct bytes *out, size_t before, const struct sha256 *hash)
{
    struct sha256 found = sha256_of(out->data + before, out->size - before);
    return sha256_equal(&found, hash);
}

static bool store_fetch(const char *store, const struct sha256 *hash, struct bytes *out,
                        struct err *err)
{
    char name[RESOLVE_NAME];
    char path[PATH_MAX];
    size_t before = out->size;
    resolve_blob_name(hash, name);
    int length = snprintf(path, sizeof path, "%s/%s", store, name);
    if (length < 0 || length >= (int)sizeof path)
        return err_set(err, E_LIMIT, "%.200s...: the path of the store is too long",
                       store);
    if (!disk_read_file(path, out, err))
        return store_is_there(store) && !disk_exists(path)
                   ? err_set(err, E_CONDITIONS_FETCH, "%s: is gone from the store", path)
                   : false;
    if (has_hash(out, before, hash))
        return true;
    out->size = before;
    return err_set(err, E_PAYLOAD_HASH, "%s: is damaged in the store", path);
}

/* ---- mirrors ---- */

static bool mirror_fetch(const struct heal *heal, const char *url,
                         const struct sha256 *hash, struct bytes *out, struct err *err)
{
    struct origin_options options = {
        .url = url,
        .transfer = transfer_options_patient((uint64_t)getpid(), HEAL_PATIENCE_S)};
    struct origin *origin = NULL;
    size_t before = out->size;
    options.transfer.circuits = heal->circuits;
    options.transfer.authorities = heal->authorities;
    bool done =
        origin_open(&options, &origin, err) && origin_read_blob(origin, hash, out, err);
    origin_close(origin);
    if (done && !has_hash(out, before, hash))
        done = err_set(err, E_PAYLOAD_HASH, "it has other bytes under this hash");
    if (!done)
        out->size = before;
    return done;
}

/* The store has it again for everybody; one that cannot be written costs only that. */
static void put_back(const struct heal *heal, const char *url, const struct sha256 *hash,
                     const struct bytes *out, size_t before, const struct err *cause)
{
    struct bytes blob;
    struct err err = {.code = E_NONE};
    bytes_init(&blob, out->size - before);
    bool done = store_is_there(heal->store) &&
                bytes_append(&blob, out->data + before, out->size - before, &err) &&
                resolve_blob_put(heal->store, hash, &blob, &err);
    bytes_release(&blob);
    char text[HEAL_URL + 2 * sizeof err.text];
    (void)snprintf(text, sizeof text, "blob=healed mirror=%s cause=\"%s\" put-back=%s",
                   url, cause->text, done ? "yes" : "no");
    if (heal->told != NULL)
        heal->told(heal->user, text);
}

/* The next line of `*at` into `url`; false at the end. */
static bool line_next(const char **at, char url[HEAL_URL])
{
    size_t length = strcspn(*at, "\n");
    if (length == 0)
        return false;
    (void)snprintf(url, HEAL_URL, "%.*s", (int)length, *at);
    *at += length + ((*at)[length] == '\n');
    return true;
}

/* What is wrong, without the address: it is said before, and the rest would be cut. */
static const char *reason_of(const struct err *answer, const char *url)
{
    size_t length = strlen(url);
    bool named = strncmp(answer->text, url, length) == 0;
    const char *reason = named ? strstr(answer->text + length, ": ") : NULL;
    return reason != NULL ? reason + 2 : answer->text;
}

bool heal_fetch(const struct heal *heal, const struct sha256 *hash, struct bytes *out,
                struct err *err)
{
    struct err cause = {.code = E_NONE};
    char url[HEAL_URL];
    size_t before = out->size;
    if (store_fetch(heal->store, hash, out, &cause))
        return true;
    *err = cause;
    if (heal->mirrors[0] == '\0')
        return err_set(err, (enum err_code)cause.code,
                       "%s; the campaign names no mirrors", cause.text);
    for (const char *at = heal->mirrors; line_next(&at, url);) {
        struct err answer = {.code = E_NONE};
        if (mirror_fetch(heal, url, hash, out, &answer)) {
            put_back(heal, url, hash, out, before, &cause);
            return true;
        }
        size_t used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof err->text - used, "; %.80s: %.120s", url,
                       reason_of(&answer, url));
    }
    return false;
}
