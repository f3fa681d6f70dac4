/* root_check.h - is a ROOT file of ours whole? Every key, place, count and checksum.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads with output/root_read.h and output/rntuple_read.h, not with what the writer
 * knows. The bytes of a file are covered three ways: pages and envelopes of RNTuples by
 * the checksums of that format; header, directories, key lists and free list by what the
 * keys say; all else (heads of keys, histograms, texts, the class list) by the digest
 * record, below. A file without that record is of another writer: its structure is
 * checked, and `digest` stays false.
 *
 * Digest record: the last key but one, class TObjString, name ROOT_CHECK_DIGEST, in no
 * key list. Its text is "sha256 " and 64 hexadecimal digits: the hash over, for each key
 * before it in the order of the file, the payload unless the key is an RBlob or a
 * directory, then the head. RBlobs with the histograms of a segment, which start with
 * ROOT_CHECK_HISTOGRAMS and have no checksum of their own, are in it.
 */
#ifndef SPILLWAY_OUTPUT_ROOT_CHECK_H
#define SPILLWAY_OUTPUT_ROOT_CHECK_H

#include "base/bytes.h"

#define ROOT_CHECK_DIGEST     "spillway_digest"
#define ROOT_CHECK_HISTOGRAMS "SPWYHIS1"
#define ROOT_CHECK_LINES      100u /* faults that are told, at most; all are counted */

struct root_check {
    uint64_t faults;
    uint64_t bytes;
    uint64_t keys;
    uint64_t directories;
    uint64_t histograms;
    uint64_t tuples;
    uint64_t entries; /* of all RNTuples */
    uint64_t clusters;
    uint64_t pages;
    bool digest; /* there is a digest record, and it agrees */
};

/* Reads every byte once, in large pieces; memory grows with the lists of keys and pages
 * only. Each fault is a line "byte N: what" in `out`. false: the file could not be read
 * at all. */
bool root_check_file(const char *path, struct root_check *check, struct bytes *out,
                     struct err *err);

#endif
