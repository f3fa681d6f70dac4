/* conditions_blob.c - the files of a conditions store: bytes under their own sha256.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_blob.h"

#include <limits.h>

#include "base/disk.h"

static bool blob_path(const char *folder, const struct sha256 *hash, char path[PATH_MAX],
                      struct err *err)
{
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    int length = snprintf(path, PATH_MAX, "%s/blobs/%.2s/%s", folder, hex, hex);
    return (length > 0 && length < PATH_MAX) ||
           err_set(err, E_DISK_OPEN, "the name of the folder is too long");
}

bool blob_write(const char *folder, const struct sha256 *hash, const void *data,
                size_t size, struct err *err)
{
    char path[PATH_MAX];
    if (!blob_path(folder, hash, path, err))
        return false;
    char *name = strrchr(path, '/');
    *name = '\0';
    if (!disk_make_path(path, err))
        return false;
    *name = '/';
    return disk_write_durable(path, data, size, 0444, err);
}

bool blob_read(const char *folder, const struct sha256 *hash, struct bytes *out,
               struct err *err)
{
    char path[PATH_MAX];
    size_t before = out->size;
    if (!blob_path(folder, hash, path, err) || !disk_read_file(path, out, err))
        return false;
    struct sha256 found = sha256_of(out->data + before, out->size - before);
    return sha256_equal(&found, hash) ||
           err_set(err, E_PAYLOAD_HASH, "%s: its bytes were changed: put them again",
                   path);
}

void edit_put_blob(struct edit *edit, const struct sha256 *hash, const void *data,
                   size_t size)
{
    if (index_blob_of(edit->index, hash))
        return;
    struct ledger_record *record = edit_put(edit, LEDGER_BLOB);
    record->blob =
        (struct ledger_blob){.hash = *hash, .size = size, .stored_s = edit->entry.time_s};
    if (!md5_hex(data, size, record->blob.md5))
        record->blob.md5[0] = '\0'; /* forbidden here: named by its sha256 only */
}
