/* root_stream.c - objects as ROOT streams them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/root_stream.h"

#define COUNT_MARK   0x40000000u /* a byte count follows in the other bits */
#define CLASS_MARK   0x80000000u /* the place of an earlier class tag follows */
#define CLASS_NEW    0xFFFFFFFFu
#define PLACE_OFFSET 2u /* ROOT counts places in a record from 2 */
#define OBJECT_BITS  0x03000000u

void root_stream_init(struct root_stream *stream, uint32_t key_length)
{
    *stream = (struct root_stream){.key_length = key_length};
    bytes_init(&stream->bytes, ROOT_OBJECT_LIMIT);
}

void root_stream_release(struct root_stream *stream)
{
    bytes_release(&stream->bytes);
}

bool root_stream_check(const struct root_stream *stream, struct err *err)
{
    if (stream->failed)
        *err = stream->why;
    return !stream->failed;
}

void root_put_bytes(struct root_stream *stream, const void *data, size_t size)
{
    if (!stream->failed && !bytes_append(&stream->bytes, data, size, &stream->why))
        stream->failed = true;
}

void root_put_u8(struct root_stream *stream, uint8_t value)
{
    root_put_bytes(stream, &value, 1);
}

void root_put_u16(struct root_stream *stream, uint16_t value)
{
    uint8_t data[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    root_put_bytes(stream, data, sizeof data);
}

void root_put_u32(struct root_stream *stream, uint32_t value)
{
    uint8_t data[4];
    be32_store(data, value);
    root_put_bytes(stream, data, sizeof data);
}

void root_put_u64(struct root_stream *stream, uint64_t value)
{
    uint8_t data[8];
    be64_store(data, value);
    root_put_bytes(stream, data, sizeof data);
}

void root_put_f32(struct root_stream *stream, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    root_put_u32(stream, bits);
}

void root_put_f64(struct root_stream *stream, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    root_put_u64(stream, bits);
}

size_t root_text_size(const char *text)
{
    size_t length = strlen(text);
    return length < 255 ? 1 + length : 5 + length;
}

void root_put_text(struct root_stream *stream, const char *text)
{
    size_t length = strlen(text);
    bug_if(length > UINT32_MAX);
    root_put_u8(stream, length < 255 ? (uint8_t)length : 255);
    if (length >= 255)
        root_put_u32(stream, (uint32_t)length);
    root_put_bytes(stream, text, length);
}

size_t root_open(struct root_stream *stream, uint16_t version)
{
    size_t start = stream->bytes.size;
    root_put_u32(stream, 0);
    root_put_u16(stream, version);
    return start;
}

void root_close(struct root_stream *stream, size_t start)
{
    if (!stream->failed)
        be32_store(stream->bytes.data + start,
                   COUNT_MARK | (uint32_t)(stream->bytes.size - start - 4));
}

static void tag_put(struct root_stream *stream, const char *class_name)
{
    for (uint32_t i = 0; i < stream->tag_count; i++)
        if (strcmp(stream->tags[i].class_name, class_name) == 0) {
            root_put_u32(stream, CLASS_MARK | stream->tags[i].place);
            return;
        }
    bug_if(stream->tag_count == ROOT_TAGS);
    stream->tags[stream->tag_count++] = (struct root_tag){
        class_name, stream->key_length + (uint32_t)stream->bytes.size + PLACE_OFFSET};
    root_put_u32(stream, CLASS_NEW);
    root_put_bytes(stream, class_name, strlen(class_name) + 1);
}

size_t root_object_open(struct root_stream *stream, const char *class_name)
{
    size_t start = stream->bytes.size;
    root_put_u32(stream, 0);
    tag_put(stream, class_name);
    return start;
}

void root_put_reference(struct root_stream *stream, size_t start)
{
    root_put_u32(stream, stream->key_length + (uint32_t)start + PLACE_OFFSET);
}

void root_put_object(struct root_stream *stream, uint32_t id)
{
    root_put_u16(stream, 1);
    root_put_u32(stream, id);
    root_put_u32(stream, OBJECT_BITS);
}

void root_put_named(struct root_stream *stream, const char *name, const char *title)
{
    size_t start = root_open(stream, 1);
    root_put_object(stream, 0);
    root_put_text(stream, name);
    root_put_text(stream, title);
    root_close(stream, start);
}

void root_put_line(struct root_stream *stream)
{
    size_t start = root_open(stream, 2);
    root_put_u16(stream, 602); /* colour: dark blue */
    root_put_u16(stream, 1);   /* style: solid */
    root_put_u16(stream, 1);   /* width */
    root_close(stream, start);
}

void root_put_fill(struct root_stream *stream)
{
    size_t start = root_open(stream, 2);
    root_put_u16(stream, 0);    /* colour: white */
    root_put_u16(stream, 1001); /* style: solid */
    root_close(stream, start);
}

void root_put_marker(struct root_stream *stream)
{
    size_t start = root_open(stream, 2);
    root_put_u16(stream, 1); /* colour: black */
    root_put_u16(stream, 1); /* style: dot */
    root_put_f32(stream, 1.0F);
    root_close(stream, start);
}

size_t root_list_open(struct root_stream *stream, uint32_t count)
{
    size_t start = root_open(stream, 5);
    root_put_object(stream, 0);
    root_put_text(stream, "");
    root_put_u32(stream, count);
    return start;
}

size_t root_array_open(struct root_stream *stream, uint32_t count)
{
    size_t start = root_open(stream, 3);
    root_put_object(stream, 0);
    root_put_text(stream, "");
    root_put_u32(stream, count);
    root_put_u32(stream, 0); /* lower bound */
    return start;
}
