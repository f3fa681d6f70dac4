/* snapshot_fuzz.c - a snapshot whose index has the right hash and any content.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The input is the file between its first and its last line, with two bytes in front that
 * say how many of its bytes are the index.
 */
#include "conditions/snapshot.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(int fd, const void *data, size_t size)
{
    bug_if(write(fd, data, size) != (ssize_t)size);
}

static void read_rows(const struct snapshot *snapshot, const struct tag *tag)
{
    struct bytes bytes;
    struct err err = {0};
    bytes_init(&bytes, (size_t)1 << 20);
    for (size_t i = 0; i < tag->count; i++) {
        bytes_clear(&bytes);
        if (snapshot_read_payload(snapshot, &tag->rows[i], &bytes, &err) == LOOKUP_FOUND)
            bug_if(bytes.size != (uint64_t)tag->rows[i].size);
    }
    bytes_release(&bytes);
}

static bool list_seen(void *user, const struct tag_listing *listing, struct err *err)
{
    (void)err;
    memcpy(user, listing->name, TAG_NAME);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char tail[SNAPSHOT_TAIL + 1];
    char hex[SHA256_HEX];
    char path[64];
    char name[TAG_NAME];
    struct snapshot *snapshot = NULL;
    struct err err = {0};
    if (size < 2)
        return 0;
    size_t index = (size_t)data[0] << 8 | data[1];
    data += 2;
    size -= 2;
    if (index > size)
        index = size;
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    bug_if(fd < 0);
    struct sha256 hash = sha256_of(data + size - index, index);
    sha256_to_hex(&hash, hex);
    put(fd, SNAPSHOT_START, sizeof SNAPSHOT_START - 1);
    put(fd, data, size);
    (void)snprintf(tail, sizeof tail, SNAPSHOT_END "%020zu %020zu %s\n",
                   sizeof SNAPSHOT_START - 1 + size - index, index, hex);
    put(fd, tail, SNAPSHOT_TAIL);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (snapshot_open(path, &snapshot, &err)) {
        struct arena arena;
        struct tag tag;
        arena_init(&arena, (size_t)1 << 24);
        bug_if(!snapshot_list_tags(snapshot, list_seen, name, &err));
        if (snapshot_read_tag(snapshot, name, &arena, &tag, &err))
            read_rows(snapshot, &tag);
        arena_release(&arena);
        snapshot_close(snapshot);
    }
    (void)close(fd);
    return 0;
}
