/* pack.h - the container of parts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records one after another, written front to back, each payload named by a foot behind
 * it, all of them by the index at the end. All numbers little endian:
 *
 *   file     "SPWYPACK", u32 version 1, u32 0
 *   record   payload
 *            foot: "SPWYFOOT", u32 meta size, u32 key size, u64 payload size,
 *                  sha256 of the payload, meta text, key text,
 *                  sha256 of the foot up to here
 *   index    per record: u64 place of the payload, u64 its size, u64 size of the foot
 *   tail     "SPWYTAIL", u64 records, u64 place of the index,
 *            sha256 of: the first 16 bytes, the feet's sha256, the index,
 *            the tail up to here
 *
 * Meta text: the lines key=, stream=, run=, spill=, entries=, events= in this order. The
 * key text is the one whose sha256 is the key. The records tile the file, so every byte
 * is under a hash that names its place. The bytes are a function of the records alone.
 */
#ifndef SPILLWAY_OUTPUT_PACK_H
#define SPILLWAY_OUTPUT_PACK_H

#include "base/bytes.h"
#include "model/key.h"
#include "model/product.h"

#define PACK_HEAD       16u
#define PACK_RECORDS    ((uint64_t)1 << 20) /* of a file, at most */
#define PACK_META_LIMIT 1024u
#define PACK_BLOCK      ((size_t)256 << 10) /* of a write; events have some 10 kB */

/* What a record is; `key_text` hashes to `key`. */
struct pack_item {
    struct sha256 key;
    char stream[STREAM_NAME];
    uint32_t run, spill;
    uint64_t entries;
    struct event_digest events;
    const uint8_t *key_text;
    size_t key_size;
};

/* Writes front to back, in blocks; the caller owns, syncs and closes the descriptor. What
 * was added is in the file only after pack_finish, so a full disk may be told late. */
struct pack_writer {
    int fd;
    const char *path; /* for messages; borrowed */
    uint64_t offset;  /* bytes written */
    uint64_t payload; /* where the open record started */
    struct sha256_stream *hash;
    struct sha256_stream *feet;
    struct bytes index;
    bool open;
    uint8_t *buffer; /* what is not written yet */
    size_t held;
};

bool pack_writer_start(struct pack_writer *writer, int fd, const char *path,
                       struct err *err);

/* A record: begin, add as often as needed, end. `product` gets all but its file name. */
void pack_begin(struct pack_writer *writer);
bool pack_add(struct pack_writer *writer, const void *data, size_t size, struct err *err);
bool pack_end(struct pack_writer *writer, const struct pack_item *item,
              struct product *product, struct err *err);

/* Index and tail; *size is that of the file. Between records only. */
bool pack_finish(struct pack_writer *writer, uint64_t *size, struct err *err);

/* Frees what the writer holds, finished or not. */
void pack_writer_release(struct pack_writer *writer);

/* One record as read back; key_text lives in `key_bytes` until the next read. */
struct pack_entry {
    struct pack_item item;
    struct place place; /* offset and length of the payload */
    struct sha256 bytes_hash;
    struct bytes key_bytes;
    uint64_t end; /* of the foot */
    struct sha256 foot_hash;
};

void pack_entry_init(struct pack_entry *entry);
void pack_entry_release(struct pack_entry *entry);

struct pack_reader {
    int fd;
    char *path;
    uint64_t size;
    uint64_t records;
    struct bytes index;
    struct sha256 tail_hash;
};

/* Opens and checks that the records tile the file. E_PACK_FORMAT names what is wrong. */
bool pack_reader_open(struct pack_reader *reader, const char *path, struct err *err);
void pack_reader_close(struct pack_reader *reader);

/* The n-th record: foot checked against its hash, the index and its own key. The payload
 * is not read. */
bool pack_read(const struct pack_reader *reader, uint64_t n, struct pack_entry *entry,
               struct err *err);

/* The record whose payload is at `place` of an open file, without its index: for merging.
 */
bool pack_read_at(int fd, const char *path, const struct place *place,
                  struct pack_entry *entry, struct err *err);

struct pack_report {
    uint64_t records;
    uint64_t entries;
    uint64_t payload_bytes;
    struct event_digest events; /* sum over records of stream "reco" */
};

/* Reads every byte and checks every hash; the message names the damaged record. */
bool pack_verify(const char *path, struct pack_report *report, struct err *err);

/* sha256 of `length` bytes at `offset` against `expected`, in pieces of 1 MiB.
 * E_PACK_HASH, the message names the file and the place. */
bool pack_check_bytes(int fd, const char *path, const struct place *place,
                      const struct sha256 *expected, struct err *err);

#endif
