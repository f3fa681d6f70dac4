/* root_stream.h - objects as ROOT streams them: big-endian, counted, with class tags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A payload of one key is built in memory. Errors stick: a put after a failed one does
 * nothing, root_stream_check() tells. Class tags and references count from the start of
 * the key record, so the key's length must be known before the payload is built.
 */
#ifndef SPILLWAY_OUTPUT_ROOT_STREAM_H
#define SPILLWAY_OUTPUT_ROOT_STREAM_H

#include "base/bytes.h"

#define ROOT_OBJECT_LIMIT                                                                \
    ((size_t)256 << 20) /* one streamed object; a key stays < 1 GiB */
#define ROOT_TAGS 32    /* different classes behind pointers */

struct root_tag {
    const char *class_name;
    uint32_t place; /* of its first use, from the start of the key */
};

struct root_stream {
    struct bytes bytes; /* the payload so far */
    uint32_t key_length;
    struct root_tag tags[ROOT_TAGS];
    uint32_t tag_count;
    bool failed;
    struct err why;
};

/* `key_length` as root_key_length() gives it. */
void root_stream_init(struct root_stream *stream, uint32_t key_length);
void root_stream_release(struct root_stream *stream);
bool root_stream_check(const struct root_stream *stream, struct err *err);

void root_put_u8(struct root_stream *stream, uint8_t value);
void root_put_u16(struct root_stream *stream, uint16_t value);
void root_put_u32(struct root_stream *stream, uint32_t value);
void root_put_u64(struct root_stream *stream, uint64_t value);
void root_put_f32(struct root_stream *stream, float value);
void root_put_f64(struct root_stream *stream, double value);
void root_put_bytes(struct root_stream *stream, const void *data, size_t size);

/* TString. */
void root_put_text(struct root_stream *stream, const char *text);

/* Byte count and version of a class instance; root_close() fills the count in. */
size_t root_open(struct root_stream *stream, uint16_t version);

/* Pointer to a new object: byte count and class tag; the object's own root_open()
 * follows, then two closes. The text of the name must outlive the stream. */
size_t root_object_open(struct root_stream *stream, const char *class_name);
void root_close(struct root_stream *stream, size_t start);

/* Pointer to an object of this stream; `start` is what root_object_open() gave. */
void root_put_reference(struct root_stream *stream, size_t start);

/* Base classes. `id` of a TObject is 0 except where a list says otherwise. */
void root_put_object(struct root_stream *stream, uint32_t id);
void root_put_named(struct root_stream *stream, const char *name, const char *title);

/* TAttLine, TAttFill, TAttMarker with ROOT's defaults. */
void root_put_line(struct root_stream *stream);
void root_put_fill(struct root_stream *stream);
void root_put_marker(struct root_stream *stream);

/* Head of a TList or a TObjArray up to its count; `count` pointers follow, in a TList
 * each with an option text. Close it. */
size_t root_list_open(struct root_stream *stream, uint32_t count);
size_t root_array_open(struct root_stream *stream, uint32_t count);

/* Bytes that a TString takes. */
size_t root_text_size(const char *text);

#endif
