/* root_read.h - reads ROOT containers: header, keys, directories, payloads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It shares nothing with the writer, so that one's mistake is not the other's. Everything
 * in a file is untrusted: places are checked against the file, sizes against the limits
 * below. Layout: 100 bytes of header, then keys without gap to the end of the file.
 */
#ifndef SPILLWAY_OUTPUT_ROOT_READ_H
#define SPILLWAY_OUTPUT_ROOT_READ_H

#include "output/root_read_cursor.h"

#define ROOT_READ_BEGIN 100u  /* where the first key stands */
#define ROOT_READ_TEXT  1024u /* of a class, name or title, with the NUL */
#define ROOT_READ_KEY_HEADER                                                             \
    4096u /* of a key: three texts and 34 bytes, and a basket's 19 */
#define ROOT_READ_OBJECT      ((size_t)256 << 20) /* of an object that is read whole */
#define ROOT_READ_DIRECTORY   60u                 /* bytes of a directory record */
#define ROOT_READ_UUID        18u                 /* version and 16 bytes */
#define ROOT_READ_BIG_VERSION 1000000u /* added to the version: 64-bit places */
#define ROOT_READ_BIG_KEY     1000u    /* the same of keys and directories */
#define ROOT_CLASS_BLOB       "RBlob"
#define ROOT_CLASS_TUPLE      "ROOT::RNTuple"
#define ROOT_CLASS_FILE       "TFile"
#define ROOT_CLASS_FOLDER     "TDirectory"

struct root_header {
    uint32_t version; /* without ROOT_READ_BIG_VERSION */
    bool big;
    uint64_t end;
    uint64_t free_place;
    uint32_t free_size;
    uint32_t free_count;
    uint32_t name_size;
    uint8_t units;
    uint32_t compression;
    uint64_t info_place;
    uint32_t info_size;
    uint8_t uuid[ROOT_READ_UUID];
    bool clean; /* the bytes behind it are zero */
};

struct root_read {
    int fd;
    char *path;
    uint64_t size;
    struct root_header header;
};

struct root_read_key {
    uint64_t offset;
    uint32_t size;        /* header and payload */
    uint16_t header_size; /* of the key */
    uint16_t version;     /* without ROOT_READ_BIG_KEY */
    bool big;
    uint32_t object_size; /* of the payload when unpacked */
    uint32_t date;
    uint16_t cycle;
    uint64_t place; /* where it says that it stands */
    uint64_t parent;
    char class_name[ROOT_READ_TEXT];
    char name[ROOT_READ_TEXT];
    char title[ROOT_READ_TEXT];
    size_t texts_end; /* bytes of the header that were understood */
    uint8_t header[ROOT_READ_KEY_HEADER];
};

struct root_read_directory {
    uint16_t version; /* without ROOT_READ_BIG_KEY */
    bool big;
    uint32_t created, modified;
    uint32_t keys_size, name_size;
    uint64_t place, parent, keys_place;
    uint8_t uuid[ROOT_READ_UUID];
    bool clean; /* what is left of its 60 bytes is zero */
};

/* E_ROOT_FORMAT when it is no ROOT file. Close what was opened. */
bool root_read_open(struct root_read *file, const char *path, struct err *err);
void root_read_close(struct root_read *file);

/* Does the file start like a ROOT file? */
bool root_read_is_root(const char *path);

/* The key at `offset`, which lies wholly in the file. */
bool root_read_key(const struct root_read *file, uint64_t offset,
                   struct root_read_key *key, struct err *err);

/* The payload as stored and unpacked; replaces the content of `out`, whose limit is the
 * largest that is wanted. */
bool root_read_object(const struct root_read *file, const struct root_read_key *key,
                      struct bytes *out, struct err *err);

/* A directory record, `size` bytes at the cursor. */
bool root_read_directory(struct cursor *cursor, struct root_read_directory *directory);

/* The first key whose class (NULL: any) and name are these, in any directory; `name` may
 * be given with the directories in front of it, "quality/ecal_time". */
enum lookup root_read_find(const struct root_read *file, const char *class_name,
                           const char *name, struct root_read_key *key, struct err *err);

#endif
