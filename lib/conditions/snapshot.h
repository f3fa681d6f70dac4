/* snapshot.h - a tag for a window of runs in one file: for sites without network.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     spillway-snapshot 1
 *     <bytes of the payloads, one behind the other> <text of the manifest>
 *     tag NA64_2018_v3 frozen
 *     payloads https%3A//host/payloads        or -
 *     manifest <offset> <size> <sha256>
 *     blob <sha256> <size> <offset> <payload_url>     sorted; offset - in a thin one
 *     end
 *     spillway-snapshot-end <offset of "tag"> <bytes up to here> <sha256 of these>
 *
 * A thin snapshot pins the content and leaves the payloads where they are. The identity
 * is the manifest's hash; tag, URLs and the order of the bytes stand outside of it, so
 * that the same content from another mirror has the same identity. Nothing is
 * compressed: a file can be mapped, and its payloads are found in place. Every byte that
 * is used is checked: index and manifest when the file is opened, a payload when it is
 * read.
 */
#ifndef SPILLWAY_CONDITIONS_SNAPSHOT_H
#define SPILLWAY_CONDITIONS_SNAPSHOT_H

#include "conditions/manifest.h"
#include "conditions/tag.h"

struct snapshot;

/* E_SNAPSHOT with the place when it is damaged. */
bool snapshot_open(const char *path, struct snapshot **snapshot, struct err *err);
void snapshot_close(struct snapshot *snapshot);

/* Base of the payloads of a thin one, NULL when none is known. Borrowed. */
const char *snapshot_payloads(const struct snapshot *snapshot);

/* The one tag that is in it: rows with cut ends and sha256 as checksums. E_TAG_UNKNOWN
 * for another name. */
bool snapshot_read_tag(const struct snapshot *snapshot, const char *name,
                       struct arena *arena, struct tag *tag, struct err *err);

bool snapshot_list_tags(const struct snapshot *snapshot, tag_seen seen, void *user,
                        struct err *err);

/* Appends the bytes of a row's payload; not verified here. ABSENT: they are not in it. */
enum lookup snapshot_read_payload(const struct snapshot *snapshot,
                                  const struct tag_row *row, struct bytes *out,
                                  struct err *err);

/* ---- writing (snapshot_write.c) ---- */

struct snapshot_writer;

/* Writes beside `path`; nothing has that name before snapshot_finish. */
bool snapshot_begin(const char *path, bool thin, struct snapshot_writer **writer,
                    struct err *err);

/* Adds a payload: what resolve.h calls for each. */
bool snapshot_add(void *writer, const struct tag_row *row, const struct sha256 *hash,
                  const struct bytes *bytes, struct err *err);

struct snapshot_head {
    const char *tag;
    enum tag_status status;
    const char *payloads; /* NULL: not known */
    const struct manifest *manifest;
};

/* Writes the rest and gives the file its name, synced, 0444. */
bool snapshot_finish(struct snapshot_writer *writer, const struct snapshot_head *head,
                     struct err *err);

/* Always last; without snapshot_finish nothing is left behind. */
void snapshot_end(struct snapshot_writer *writer);

/* Of both files. */
#define SNAPSHOT_START "spillway-snapshot 1\n"
#define SNAPSHOT_END   "spillway-snapshot-end "
#define SNAPSHOT_TAIL  ((size_t)22 + 21 + 21 + 64 + 1) /* two numbers of 20 digits */
#define SNAPSHOT_INDEX ((size_t)256 << 20)             /* 2^19 lines of 400 characters */

#endif
