/* root_check_internal.h - what the parts of the check of ROOT files share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_OUTPUT_ROOT_CHECK_INTERNAL_H
#define SPILLWAY_OUTPUT_ROOT_CHECK_INTERNAL_H

#include "base/digest.h"
#include "output/root_check.h"
#include "output/root_read.h"

#define ROOT_CHECK_KEYS ((uint64_t)1 << 24) /* of a file: 40 bytes of memory each */

enum root_kind {
    ROOT_KIND_TOP,       /* the first key: the file itself */
    ROOT_KIND_DIRECTORY, /* of other directories */
    ROOT_KIND_LIST,      /* keys of a directory */
    ROOT_KIND_INFO,      /* the class list */
    ROOT_KIND_FREE,
    ROOT_KIND_BLOB,
    ROOT_KIND_HISTOGRAMS, /* of a segment, in an RBlob */
    ROOT_KIND_HIDDEN,     /* other keys in no list: baskets, the digest */
    ROOT_KIND_OBJECT
};

struct root_mark {
    uint64_t offset;
    uint64_t parent;
    uint32_t size;
    uint16_t header_size;
    uint8_t kind;
    bool listed; /* found in the list of its directory */
};

struct root_checker {
    struct root_read file;
    struct root_check *check;
    struct bytes *out;
    struct root_mark *marks; /* in the order of the file */
    uint64_t count;
    uint32_t date; /* of the first key: all others have it */
    struct sha256_stream *digest;
    struct root_read_key *key; /* the one at work; large */
    struct bytes *piece;       /* of the file, for reading on */
};

/* A fault, as one line. */
void root_fault(struct root_checker *checker, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The error of a reader, which names the file and the byte, as a fault. */
void root_fault_err(struct root_checker *checker, const struct err *err);

/* The key that starts at `offset`, NULL: none does. */
struct root_mark *root_mark_at(const struct root_checker *checker, uint64_t offset);

/* The key whose payload holds these bytes, NULL: none does. */
const struct root_mark *root_mark_around(const struct root_checker *checker,
                                         uint64_t offset, uint64_t size);

/* Directories, key lists, free list, header. */
bool root_check_directories(struct root_checker *checker, struct err *err);

/* The bytes of an RBlob behind `covered` bytes of pages and envelopes. */
bool root_check_rest(struct root_checker *checker, const struct root_mark *mark,
                     uint64_t covered, struct err *err);

/* All RNTuples, and that they fill all RBlobs. */
bool root_check_tuples(struct root_checker *checker, struct err *err);

#endif
