/* root_file.h - a ROOT file, written front to back through a file of the caller.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always the layout with 64-bit places, so the size need not be known. Bytes depend on
 * what is written only: dates are one constant, the UUID comes from a key. Order: keys as
 * they are added, then the key list of each directory, the class list, the digest record
 * and the free list; at last the header and the directories are filled in, in place.
 *
 * Digest record: a TObjString ROOT_DIGEST in no key list, text "sha256 " and 64 digits.
 * It covers what has no checksum by ROOT's formats: the header's compression setting,
 * then of each key before it the payload, unless it is sealed or a directory, and the
 * head.
 *
 *     root_file_begin; { root_directory_add | root_key_begin, root_key_add...,
 *     root_key_end }...; root_file_end; always root_file_release
 */
#ifndef SPILLWAY_OUTPUT_ROOT_FILE_H
#define SPILLWAY_OUTPUT_ROOT_FILE_H

#include "base/digest.h"
#include "base/disk.h"

#define ROOT_VERSION     63600u      /* 6.36/00: the release whose layouts these are */
#define ROOT_DATE        0x7D800000u /* all dates in files, as in tests/golden/root/ */
#define ROOT_BEGIN       100u        /* place of the first key */
#define ROOT_DIRECTORIES 256u
/* Payload of one key; readers count in i32. */
#define ROOT_KEY_LIMIT  ((uint64_t)1 << 30)
#define ROOT_LIST_LIMIT ((size_t)64 << 20) /* heads of the keys of one directory */
#define ROOT_DIGEST     "spillway_digest"
#define ROOT_TOP        0u /* directory number of the file itself */

/* The first bytes of a file, which say what stands at its end. A run that writes nothing
 * gives them to one that then writes front to back and changes nothing afterwards. */
struct root_front {
    uint8_t bytes[512];
    size_t size; /* 0: not known */
};

struct root_target {
    int fd; /* empty file, writable at any place; stays the caller's. -1: nothing is
               written, payloads are counted only */
    struct root_front *front; /* filled when nothing is written, else used; may be NULL */
    const char *path;         /* in messages */
    const char *name;         /* logical file name, without a path; goes into the file */
    const struct sha256 *key; /* the UUID is made of it */
    uint32_t compression;     /* setting that the header names: 0 none, 505 zstd 5 */
};

/* What stands before a payload. */
struct root_key {
    const char *class_name;
    const char *name, *title;
    uint32_t directory; /* ROOT_TOP or what root_directory_add() gave */
    uint16_t cycle;     /* 0 is taken as 1, but not with extra: baskets start at 0 */
    bool hidden;        /* in no key list: RBlob, TBasket */
    bool sealed;        /* its payload has checksums of its own: pages, envelopes */
    uint64_t size;      /* of the payload as stored and as it is, if that is known */
    const void *extra;  /* behind the title, counted as part of the head: TBasket */
    uint32_t extra_size;
};

struct root_place {
    uint64_t key;     /* where the record starts */
    uint64_t payload; /* where its payload starts */
    uint64_t size;    /* of the payload as stored */
};

struct root_directory {
    uint64_t seek;      /* of its record */
    uint64_t parent;    /* seek of its parent's, 0 for the top */
    uint64_t at;        /* of the fields that are filled in at the end */
    uint32_t name_size; /* head of its key, for the top with name and title */
    char *name;
    struct bytes heads; /* of its visible keys */
    uint32_t count;
};

struct root_file {
    struct root_target target;
    uint64_t expected; /* size of the open key's payload as its head has it, 0: none */
    uint8_t uuid[16];
    uint64_t at;         /* written so far, with what waits in the buffer */
    struct bytes buffer; /* the last bytes */
    struct root_directory *directories;
    uint32_t directory_count;
    bool open; /* a key */
    struct root_place key;
    struct bytes head; /* of the open key */
    uint32_t directory;
    bool hidden;
    bool digested; /* the open key's payload goes into the digest */
    struct sha256_stream *digest;
};

/* Bytes of the head of a key without extra. */
uint32_t root_key_length(const char *class_name, const char *name, const char *title);

bool root_file_begin(struct root_file *file, const struct root_target *target,
                     struct err *err);

/* Frees memory; after a failure what was written is worthless. */
void root_file_release(struct root_file *file);

/* A TDirectory in `parent`. */
bool root_directory_add(struct root_file *file, uint32_t parent, const char *name,
                        uint32_t *directory, struct err *err);

/* Opens a record; its payload follows in pieces. payload, when not NULL, gets the place
 * of its first byte in the file: what locators of an RBlob count from. */
bool root_key_begin(struct root_file *file, const struct root_key *key, uint64_t *payload,
                    struct err *err);
bool root_key_add(struct root_file *file, const void *data, size_t size, struct err *err);

/* Payload bytes of another file, by the kernel where it can: of a sealed key only, since
 * they pass by the digest. When nothing is written, `from` may be NULL. */
bool root_key_copy(struct root_file *file, const struct disk_place *from, uint64_t size,
                   struct err *err);

/* Closes it. `object_size` is what the payload is when uncompressed, 0: as it stands. */
bool root_key_end(struct root_file *file, uint32_t object_size, struct root_place *place,
                  struct err *err);

/* A whole record at once; place may be NULL. */
bool root_key_put(struct root_file *file, const struct root_key *key,
                  const struct bytes *payload, struct root_place *place, struct err *err);

/* The bytes before this place are in the file and will not change. */
uint64_t root_file_final(const struct root_file *file);

/* Completes the file; `classes` is a set of root_classes.h. Does not sync. */
bool root_file_end(struct root_file *file, uint64_t classes, uint64_t *size,
                   struct err *err);

#endif
